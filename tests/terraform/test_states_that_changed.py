"""A state that cannot have become what it is, or could not be saved, stops the next plan before it begins."""

from __future__ import annotations

import ctypes
import json
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.state_server import StateServer, state_server
from tests.terraform.cli import Run, result, until, write

pytestmark = pytest.mark.terraform

BOXES = 'resource "terraform_data" "box" {\n  count = %d\n}\n'


def planned(env: dict[str, str], run_id: str) -> int:
    """How many plans a run began."""
    with sqlite3.connect(Path(env["PLANNER_HOME"], "planner.db")) as store:
        lines = [
            json.loads(line)["entry"]
            for (line,) in store.execute("SELECT line FROM journal WHERE run_id = ?", (run_id,))
        ]
    return sum(entry["kind"] == "effect_intended" and entry["effect"] == "plan" for entry in lines)


def older(module: Path, first: bytes) -> None:
    (module / "terraform.tfstate").write_bytes(first)


def of_another(module: Path, _: bytes) -> None:
    state = json.loads((module / "terraform.tfstate").read_bytes())
    (module / "terraform.tfstate").write_text(json.dumps(state | {"lineage": "b" * 36}), encoding="utf-8")


def emptied(module: Path, _: bytes) -> None:
    state = json.loads((module / "terraform.tfstate").read_bytes())
    empty = state | {"resources": [], "serial": state["serial"] + 1}
    (module / "terraform.tfstate").write_text(json.dumps(empty), encoding="utf-8")


STRANGE: dict[str, tuple[Callable[[Path, bytes], None], str]] = {
    "an older copy": (older, "is older than planner last saw"),
    "another module's": (of_another, "is not the one planner last saw"),
    "a valid one without objects": (emptied, "has no objects any more, and planner last saw 3"),
}


@pytest.mark.parametrize(("change", "told"), STRANGE.values(), ids=STRANGE.keys())
def test_a_strange_state_is_asked_about_before_anything_is_planned_whatever_yes_says(
    planner: Run, env: dict[str, str], module: Path, change: Callable[[Path, bytes], None], told: str
) -> None:
    write(module, BOXES % 2)
    assert result(planner("run", module, "--json")).exit_code == 0
    first = (module / "terraform.tfstate").read_bytes()
    write(module, BOXES % 3)
    assert result(planner("run", module, "--json")).exit_code == 0
    change(module, first)
    before = (module / "terraform.tfstate").read_bytes()

    parked = result(planner("run", module, "--json", "--yes"))
    assert parked.exit_code == 3
    assert told in parked.reason
    assert planned(env, parked.run_id) == 0
    assert (module / "terraform.tfstate").read_bytes() == before

    assert result(planner("approve", parked.run_id, "--json")).state == "SUCCESS"
    assert result(planner("run", module, "--json")).exit_code == 0


def test_a_backup_that_is_put_back_is_gone_on_with(planner: Run, module: Path) -> None:
    write(module, BOXES % 2)
    assert result(planner("run", module, "--json")).exit_code == 0
    good = module / "good.tfstate"
    shutil.copy(module / "terraform.tfstate", good)
    emptied(module, b"")
    assert result(planner("run", module, "--json")).exit_code == 3
    shutil.copy(good, module / "terraform.tfstate")
    again = result(planner("run", module, "--json"))
    assert (again.exit_code, again.attempts[0].stage) == (0, "validate")


def test_what_another_run_has_made_of_the_state_since_is_no_reason_to_doubt_it(
    planner: Run, module: Path
) -> None:
    write(module, BOXES % 3)
    assert planner("run", module, "--model", "none").returncode == 0
    write(module, BOXES % 1)
    parked = result(planner("run", module, "--model", "none", "--json"))
    assert parked.exit_code == 3
    assert planner("run", module, "--model", "none", "--destroy", "--yes").returncode == 0
    answered = planner("approve", parked.run_id)
    assert "planner last saw 3" not in answered.stdout + answered.stderr


def test_what_somebody_else_applied_since_is_no_reason_to_ask(
    planner: Run, env: dict[str, str], module: Path
) -> None:
    write(module, BOXES % 1)
    assert result(planner("run", module, "--json")).exit_code == 0
    write(module, BOXES % 4)
    subprocess.run(
        ["terraform", "apply", "-auto-approve"], cwd=module, env=env, check=True, capture_output=True
    )
    assert result(planner("run", module, "--json")).exit_code == 0


# --- remote states ------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[StateServer]:
    with state_server() as made:
        yield made


def test_a_remote_state_that_holds_nothing_any_more_is_asked_about_before_it_is_made_again(
    planner: Run, module: Path, server: StateServer
) -> None:
    write(module, server.backend + BOXES % 2)
    assert result(planner("run", module, "--json")).exit_code == 0
    server.states.clear()
    parked = result(planner("run", module, "--json"))
    assert parked.exit_code == 3
    assert "may already have created terraform_data.box[0], terraform_data.box[1]" in parked.reason
    assert not server.states
    assert result(planner("approve", parked.run_id, "--json")).state == "SUCCESS"


@pytest.mark.parametrize("other", [{}, {"lineage": "11111111-aaaa-bbbb-cccc-222222222222", "serial": 99}])
def test_a_remote_state_that_fell_back_is_asked_about_before_what_it_lost_is_made_again(
    planner: Run, module: Path, server: StateServer, other: dict[str, Any]
) -> None:
    write(module, server.backend + BOXES % 1)
    assert result(planner("run", module, "--json")).exit_code == 0
    earlier = json.dumps(json.loads(server.states["/state"]) | other).encode()
    write(module, server.backend + BOXES % 2)
    assert result(planner("run", module, "--json")).exit_code == 0
    server.states["/state"] = earlier
    for _ in range(2):  # that it was seen once is no reason to believe it
        parked = result(planner("run", module, "--json"))
        assert parked.exit_code == 3
        assert "may already have created terraform_data.box[1]," in parked.reason
    assert server.states["/state"] == earlier
    assert result(planner("approve", parked.run_id, "--json")).state == "SUCCESS"
    assert result(planner("run", module, "--json")).state == "SUCCESS"


def test_what_somebody_else_took_out_of_a_remote_state_since_is_no_reason_to_ask(
    planner: Run, module: Path, server: StateServer
) -> None:
    write(module, server.backend + BOXES % 2)
    for _ in range(2):
        assert result(planner("run", module, "--json")).exit_code == 0
    state = json.loads(server.states["/state"])
    del state["resources"][0]["instances"][1]
    server.states["/state"] = json.dumps(state | {"serial": state["serial"] + 1}).encode()
    assert result(planner("run", module, "--json")).exit_code == 0


def test_a_state_that_the_store_refuses_is_kept_in_private_and_blocks_until_it_is_pushed(
    planner: Run, env: dict[str, str], module: Path, server: StateServer
) -> None:
    write(module, server.backend + BOXES % 1)
    assert result(planner("run", module, "--json")).exit_code == 0
    held = dict(server.states)
    server.refuses = True
    write(module, server.backend + BOXES % 2)
    failed = result(planner("run", module, "--json"))
    assert failed.exit_code == 2
    left = module / "errored.tfstate"
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert server.states == held

    server.refuses = False
    blocked = result(planner("run", module, "--json"))
    assert (blocked.exit_code, blocked.incidents[0].category) == (2, "state_corrupt")
    assert planned_nothing(blocked.attempts[0].diagnostics[0].summary)
    assert server.states == held

    subprocess.run(
        ["terraform", "state", "push", "errored.tfstate"],
        cwd=module,
        env=env,
        check=True,
        capture_output=True,
    )
    left.unlink()
    done = result(planner("run", module, "--json"))
    assert done.exit_code == 0
    assert "nothing to apply" not in done.reason


def planned_nothing(summary: str) -> bool:
    return summary == "An unsaved state lies in the module"


SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "echo begun >> effects; sleep 3"
  }
}
"""


@pytest.mark.parametrize("known", [False, True], ids=["that was never made ready", "that was run before"])
def test_a_second_module_with_the_same_state_is_told_who_works_on_it(
    planner: Run,
    started: Callable[..., subprocess.Popen[str]],
    module: Path,
    tmp_path: Path,
    server: StateServer,
    *,
    known: bool,
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write(other, server.backend + BOXES % 1)
    if known:
        assert result(planner("run", other, "--json")).exit_code == 0
        server.states.clear()
    write(module, server.backend + SLOW)
    child = started("run", module)
    until((module / "effects").exists)
    second = planner("run", other)
    assert second.returncode == 1
    assert "the state of this module is being worked on by planner run" in second.stderr
    assert f"pid {child.pid}" in second.stderr
    child.communicate(timeout=60)
    assert child.returncode == 0


# --- a full disk --------------------------------------------------------------------------------

TEXT = 'join("", [for i in range(1000) : "0123456789012345678901234567890123456789"])'
FILLS = f"""
resource "terraform_data" "first" {{
  input = {TEXT}
}}
resource "terraform_data" "plug" {{
  depends_on = [terraform_data.first]
  provisioner "local-exec" {{
    command = "cat /dev/zero > plug 2>/dev/null || true"
  }}
}}
resource "terraform_data" "more" {{
  count      = 8
  depends_on = [terraform_data.plug]
  input      = {TEXT}
}}
"""


@pytest.fixture
def small_disk(module: Path) -> Iterator[Path]:
    libc = ctypes.CDLL(None, use_errno=True)
    options = b"size=2m,mode=755"
    if sys.platform != "linux" or libc.mount(b"tmpfs", str(module).encode(), b"tmpfs", 0, options):
        pytest.skip("no small file system can be mounted here")
    yield module
    libc.umount2(str(module).encode(), 2)


def test_a_state_that_a_full_disk_leaves_nowhere_else_is_taken_from_the_output(
    planner: Run, env: dict[str, str], small_disk: Path
) -> None:
    write(small_disk, FILLS)
    failed = result(planner("run", small_disk, "--json"))
    assert failed.exit_code == 2
    kept = list(Path(env["PLANNER_HOME"]).glob("runs/*/out/apply-*/errored.tfstate"))
    assert len(kept) == 1
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600
    saved = json.loads(kept[0].read_bytes())
    assert sum(len(resource["instances"]) for resource in saved["resources"]) == 10
    shown = planner("show", failed.run_id).stdout
    assert str(kept[0]) in shown, "however many errors there are, the state's place is shown"
    assert str(kept[0]) in " ".join(d.detail for d in failed.attempts[0].diagnostics)

    (small_disk / "plug").unlink()
    blocked = result(planner("run", small_disk, "--json"))
    assert blocked.exit_code == 2
    assert blocked.incidents[0].category == "state_corrupt"

    (small_disk / "errored.tfstate").unlink(missing_ok=True)
    (small_disk / "terraform.tfstate").unlink(missing_ok=True)
    subprocess.run(
        ["terraform", "state", "push", str(kept[0])], cwd=small_disk, env=env, check=True, capture_output=True
    )
    done = result(planner("run", small_disk, "--json"))
    assert (done.exit_code, done.attempts[0].diagnostics) == (0, ())
