"""C-08: Terraform is killed before it wrote any state. No plan is applied twice."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.terraform.cli import Run, power_cut, result, until, write
from tests.terraform.crash_rows import trial
from tests.terraform.crash_world import BOX, SLOW, World

pytestmark = pytest.mark.terraform


@pytest.fixture
def world(module: Path, env: dict[str, str]) -> World:
    """A module with a state, so that the next apply does not begin with writing one."""
    made = World(module, env)
    write(module, BOX % 1)
    made.by_hand("apply", "-auto-approve")
    write(module, BOX % 1 + SLOW)
    return made


def after_terraform_alone(
    child: subprocess.Popen[str], planner: Run, world: World, *, overlaps: bool
) -> RunResult:
    """Terraform is killed; planner waits for the child it left, and somebody runs the module again."""
    os.kill(world.applying().pid, signal.SIGKILL)
    if not overlaps:
        write(world.module, BOX % 2)
    time.sleep(0.3)
    assert (child.poll(), len(world.told("plan")), world.effects()) == (None, 1, ["begun"])
    world.let_go()
    out, _ = child.communicate(timeout=60)
    assert world.effects() == ["begun", "ended"]
    assert RunResult.model_validate_json(out).exit_code == 2, "it ends, and does not try again by itself"
    return result(planner("run", world.module, "--json"))


def after_both(child: subprocess.Popen[str], planner: Run, world: World, *, overlaps: bool) -> RunResult:
    """planner is killed too; somebody resumes."""
    power_cut(child)
    world.let_go()
    if not overlaps:
        write(world.module, BOX % 2)
    told = result(planner("resume", world.run_id(), "--json"))
    assert world.effects() == ["begun"]
    return told


@trial("C-08", few=4, full=20)
def test_a_plan_whose_apply_was_killed_is_made_anew_and_asked_about_where_it_creates_the_same(
    started: Callable[..., subprocess.Popen[str]], planner: Run, world: World, seed: int
) -> None:
    """Terraform itself would take the same plan a second time: no state tells it of the first."""
    before = world.state()
    child = started("run", world.module, "--json")
    until(world.begun)
    assert world.state() == before
    happens, overlaps = (after_terraform_alone, after_both)[seed % 2], seed // 2 % 2 == 0
    told = happens(child, planner, world, overlaps=overlaps)
    if overlaps:
        assert (told.exit_code, len(world.told("apply"))) == (3, 1), told.reason
        assert "may already have created terraform_data.slow" in told.reason
        told = result(planner("approve", told.run_id, "--json"))
    assert told.state == "SUCCESS", told.reason
    assert len(set(world.told("apply"))) == len(world.told("apply")) == 2
    assert world.effects().count("begun") == (2 if overlaps else 1)
