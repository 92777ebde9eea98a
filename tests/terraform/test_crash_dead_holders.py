"""C-17 and C-22: what a dead process held is taken over, what a living one holds is waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from contracts.result import RunResult
from subagents.identity import identity_of, is_alive
from tests.terraform.cli import Run, power_cut, result, until, write
from tests.terraform.crash_rows import trial
from tests.terraform.crash_world import BOX, SLOW, World, addresses, ended, store

pytestmark = pytest.mark.terraform
SQUATTER = Path(__file__).with_name("squatter.py")


@contextmanager
def squatting(pid: int) -> Iterator[None]:
    """Another process has this pid."""
    until(lambda: not Path(f"/proc/{pid}").exists())
    command = [sys.executable, "-I", str(SQUATTER), str(pid), "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        if child.stdout.readline() != "sits\n":
            child.wait()
            pytest.skip("this machine does not let us choose a pid")
        try:
            yield
        finally:
            os.kill(pid, signal.SIGKILL)


@trial("C-17", few=1, full=20)
def test_a_dead_holder_is_not_mistaken_for_the_processes_that_got_its_pids(
    started: Callable[..., subprocess.Popen[str]],
    planner: Run,
    module: Path,
    env: dict[str, str],
    seed: int,
) -> None:
    """The planner that held the module and the Terraform that applied are dead, and their pids in use."""
    world = World(module, env)
    write(module, BOX % 1)
    world.by_hand("apply", "-auto-approve")
    write(module, BOX % 1 + SLOW)
    child = started("run", module)
    until(world.begun)
    terraform, run_id = world.applying(), world.run_id()
    power_cut(child)
    world.let_go()
    with ExitStack() as stack:
        for pid in (terraform.pid, child.pid):
            stack.enter_context(squatting(pid))
        assert identity_of(terraform.pid).pid == terraform.pid
        assert not is_alive(terraform)
        command = ("resume", run_id) if seed % 2 else ("run", module)
        told = result(planner(*command, "--json"))
        assert told.exit_code == 3, told.reason
        assert "may already have created terraform_data.slow" in told.reason
        assert result(planner("approve", told.run_id, "--json")).state == "SUCCESS"
    assert len(set(world.told("apply"))) == 2


@trial("C-22", few=1, full=10)
def test_a_lock_of_our_own_terraform_that_still_lives_is_waited_for_and_not_broken(
    started: Callable[..., subprocess.Popen[str]], module: Path, env: dict[str, str], seed: int
) -> None:
    """planner was killed, and its Terraform still saves the state when the run is taken up."""
    world = World(module, env)
    with store() as kept:
        write(module, kept.backend + BOX % 2 + SLOW)
        child = started("run", module)
        until(world.begun)
        kept.asked.clear()
        kept.open.clear()
        child.kill()
        child.wait()
        until(kept.asked.is_set)
        resumed = started("resume", world.run_id(), "--json")
        until(lambda: any(entry["kind"] == "run_resumed" for entry in world.entries()))
        terraform, lock = world.applying(), kept.lock
        with pytest.raises(subprocess.TimeoutExpired):
            resumed.wait(0.5)
        assert (ended(terraform), len(world.told("plan")), kept.lock) == (False, 1, lock)
        assert lock is not None
        kept.open.set()
        out, _ = resumed.communicate(timeout=60)
        told = RunResult.model_validate_json(out)
        assert told.exit_code == 3, told.reason
        assert (kept.lock, kept.broken, len(world.told("apply"))) == (None, [], 1)
        assert kept.state is not None
        assert addresses(kept.state) == {
            "terraform_data.box[0]",
            "terraform_data.box[1]",
            "terraform_data.slow",
        }
