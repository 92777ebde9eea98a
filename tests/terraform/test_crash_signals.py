"""C-03 to C-07: planner is killed, hung up on or interrupted while a real Terraform applies."""

from __future__ import annotations

import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.terraform.cli import Run, result, until, write
from tests.terraform.crash_rows import trial
from tests.terraform.crash_world import (
    BOX,
    CHATTY,
    SLOW,
    Store,
    World,
    addresses,
    all_ended,
    ended,
    store,
    terminal,
)

pytestmark = pytest.mark.terraform


@pytest.fixture
def world(module: Path, env: dict[str, str]) -> World:
    return World(module, env)


@pytest.fixture
def kept(seed: int) -> Iterator[Store | None]:
    """Where the state is kept: in the module for even seeds, else in a store."""
    with ExitStack() as stack:
        yield stack.enter_context(store()) if seed % 2 else None


def configured(world: World, kept: Store | None, text: str) -> None:
    write(world.module, (kept.backend if kept else "") + text)


def is_locked(world: World, kept: Store | None) -> bool:
    return world.lock_left() if kept is None else kept.lock is not None


@trial("C-03", few=2, full=20)
def test_what_was_made_is_saved_and_the_lock_free_when_planner_is_killed_while_terraform_prints(
    started: Callable[..., subprocess.Popen[str]], world: World, kept: Store | None, seed: int
) -> None:
    configured(world, kept, BOX % 20 + CHATTY)
    child = started("run", world.module)
    until(world.begun)
    enough = random.Random(seed).randrange(100, 6_000)
    with world.output() as said:
        printed = len(said.text())
        until(lambda: len(said.text()) > printed + enough)
        child.kill()
        child.wait()
        process = world.applying()
        until(lambda: ended(process))
        assert said.interrupts() == 1
        complete = said.complete()
    state = world.state() if kept is None else kept.state
    assert state is not None
    assert complete | {"terraform_data.slow"} <= addresses(state)
    assert not is_locked(world, kept)
    until(lambda: all_ended(process), 5)


@trial("C-04", few=1, full=20)
def test_a_run_whose_planner_is_killed_while_a_resource_takes_its_time_is_resumed_without_a_second_apply(
    started: Callable[..., subprocess.Popen[str]], planner: Run, world: World, kept: Store | None, seed: int
) -> None:
    configured(world, kept, SLOW)
    child = started("run", world.module)
    until(world.begun)
    with world.output() as said:
        child.kill()
        child.wait()
        told = result(planner("resume", world.run_id(), "--json"))  # at once: Terraform may still be at it
        assert said.interrupts() == 1
    assert (world.effects(), len(world.told("apply"))) == (["begun"], 1)
    assert told.exit_code == 3, told.reason
    assert "terraform_data.slow" in told.reason
    assert not is_locked(world, kept)
    world.let_go()
    assert result(planner("approve", told.run_id, "--json")).state == "SUCCESS"
    assert world.effects() == ["begun", "begun", "ended"]
    assert len(set(world.told("apply"))) == len(world.told("apply")) == 2


@trial("C-05", few=1, full=20)
def test_a_terminal_that_is_closed_is_one_interrupt_for_terraform_and_leaves_no_lock(
    env: dict[str, str], world: World, kept: Store | None, seed: int
) -> None:
    configured(world, kept, SLOW)
    with terminal(env, "run", world.module) as window:
        until(world.begun)
        with world.output() as said:
            window.close()
            assert window.planner.wait(30) == 130
            assert said.interrupts() == 1
    assert not is_locked(world, kept)
    until(lambda: all_ended(world.applying()), 5)
    stopped = [e for e in world.entries() if e["kind"] == "moved"][-1]
    assert stopped["event"] == "killed"


@trial("C-06", few=1, full=20)
def test_ctrl_c_in_a_terminal_is_one_interrupt_for_terraform(
    env: dict[str, str], world: World, kept: Store | None, seed: int
) -> None:
    configured(world, kept, SLOW)
    with terminal(env, "run", world.module) as window:
        until(world.begun)
        with world.output() as said:
            window.press_ctrl_c()
            assert window.planner.wait(30) == 130
            assert said.interrupts() == 1
        until(lambda: window.shows("interrupted (during apply; the state is saved)"))
    assert not is_locked(world, kept)
    until(lambda: all_ended(world.applying()), 5)


@trial("C-07", few=1, full=20)
def test_ctrl_c_twice_while_the_state_is_being_saved_is_still_one_interrupt(
    env: dict[str, str], world: World, seed: int
) -> None:
    """The second would make Terraform give up what it has not saved yet."""
    with store() as kept:
        write(world.module, kept.backend + BOX % 3 + SLOW)
        with terminal(env, "run", world.module) as window:
            until(world.begun)
            with world.output() as said:
                kept.asked.clear()
                kept.open.clear()
                window.press_ctrl_c()
                until(lambda: window.shows("Stopping: Terraform is asked to finish"))
                until(kept.asked.is_set)
                window.press_ctrl_c()
                until(lambda: window.shows("Still stopping; a second interrupt now could cost the state"))
                assert window.planner.poll() is None
                kept.open.set()
                assert window.planner.wait(30) == 130
                assert said.interrupts() == 1
        assert kept.lock is None
        assert kept.state is not None
        assert addresses(kept.state) >= {f"terraform_data.box[{n}]" for n in range(3)}


@trial("C-07", few=1, full=20)
def test_a_planner_that_is_killed_after_ctrl_c_is_no_second_interrupt(
    started: Callable[..., subprocess.Popen[str]], world: World, seed: int
) -> None:
    """As who cancels a job does it: an interrupt, and SIGKILL when it took too long."""
    with store() as kept:
        write(world.module, kept.backend + BOX % 3 + SLOW)
        child = started("run", world.module)
        until(world.begun)
        with world.output() as said:
            kept.asked.clear()
            kept.open.clear()
            child.send_signal(signal.SIGINT)
            until(kept.asked.is_set)
            child.kill()
            child.wait()
            kept.open.set()
            until(lambda: ended(world.applying()))
            assert said.interrupts() == 1
        assert kept.lock is None
        assert kept.state is not None
        assert addresses(kept.state) >= {f"terraform_data.box[{n}]" for n in range(3)}
