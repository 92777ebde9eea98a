"""C-09 and C-10: a state that is not what it was, and a store that does not take one."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terraform.cli import Run, result, write
from tests.terraform.crash_rows import trial
from tests.terraform.crash_world import BOX, World, addresses, store

pytestmark = pytest.mark.terraform


@pytest.fixture
def world(module: Path, env: dict[str, str]) -> World:
    return World(module, env)


def truncated(state: Path, _: bytes) -> None:
    state.write_bytes(state.read_bytes()[:-100])


def of_no_bytes(state: Path, _: bytes) -> None:
    state.write_bytes(b"")


def older(state: Path, first: bytes) -> None:
    state.write_bytes(first)


def of_another(state: Path, _: bytes) -> None:
    other = json.loads(state.read_bytes()) | {"lineage": "b" * 36}
    state.write_text(json.dumps(other), encoding="utf-8")


def without_objects(state: Path, _: bytes) -> None:
    whole = json.loads(state.read_bytes())
    empty = whole | {"resources": [], "serial": whole["serial"] + 1}
    state.write_text(json.dumps(empty), encoding="utf-8")


STRANGE: list[tuple[Callable[[Path, bytes], None], str]] = [
    (truncated, "terraform.tfstate is no JSON object. Restore it from terraform.tfstate.backup"),
    (of_no_bytes, "create everything again. Restore it from terraform.tfstate.backup"),
    (older, "is older than planner last saw (serial 1, was 4); terraform.tfstate.backup holds serial"),
    (of_another, "is not the one planner last saw (lineage bbbbbbbb, was"),
    (without_objects, "planner last saw 3; terraform.tfstate.backup holds serial"),
]


@trial("C-09", few=2, full=5)
def test_a_strange_state_is_named_with_its_backup_and_terraform_is_not_told_to_plan_from_it(
    planner: Run, world: World, seed: int
) -> None:
    """What it says of the other three is held by the strange states elsewhere in this folder."""
    write(world.module, BOX % 1)
    world.by_hand("apply", "-auto-approve")
    state = world.module / "terraform.tfstate"
    first = state.read_bytes()
    write(world.module, BOX % 3)
    assert result(planner("run", world.module, "--json")).exit_code == 0
    change, says = STRANGE[seed % len(STRANGE)]
    change(state, first)
    strange, planned = state.read_bytes(), len(world.told("plan"))

    told = result(planner("run", world.module, "--json", "--yes"))
    assert told.exit_code in {2, 3}
    details = [d.detail for attempt in told.attempts for d in attempt.diagnostics]
    assert says in " ".join([told.reason, *details])
    assert len(world.told("plan")) == planned
    assert state.read_bytes() == strange


FAULTS = {"500": 500, "no answer": 0, "403": 403}


@trial("C-10", few=2, full=10)
def test_a_state_that_the_store_does_not_take_is_kept_in_private_and_blocks_until_it_is_pushed(
    planner: Run, world: World, seed: int
) -> None:
    with store() as kept:
        write(world.module, kept.backend + BOX % 1)
        if seed % 2:
            assert result(planner("run", world.module, "--json")).exit_code == 0
        write(world.module, kept.backend + BOX % 2)
        kept.fault = list(FAULTS.values())[seed % len(FAULTS)]
        failed = result(planner("run", world.module, "--json"))
        assert failed.exit_code == 2, failed.reason
        left = world.module / "errored.tfstate"
        assert stat.S_IMODE(left.stat().st_mode) == 0o600
        assert addresses(json.loads(left.read_bytes())) == {f"terraform_data.box[{n}]" for n in range(2)}

        kept.fault = None
        held, planned = dict(kept.states), len(world.told("plan"))
        blocked = result(planner("run", world.module, "--json", "--yes"))
        assert (blocked.exit_code, blocked.incidents[0].category) == (2, "state_corrupt")
        assert "terraform state push errored.tfstate" in blocked.attempts[0].diagnostics[0].detail
        assert (len(world.told("plan")), kept.states, kept.lock) == (planned, held, None)

        world.by_hand("state", "push", "errored.tfstate")
        assert kept.state is not None
        assert len(addresses(kept.state)) == 2
