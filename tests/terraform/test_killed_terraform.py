"""Somebody, as the kernel does where memory runs out, kills Terraform alone; planner lives and names it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.fakes.this_machine import engine
from tests.terraform.cli import Run, result, until, write
from tests.terraform.crash_world import BOX, SLOW, World

pytestmark = pytest.mark.terraform
DEATHS = {"by a signal": "kill -9 $$", "in a wrapper that lives": "exit 137"}


def killed(folder: Path, command: str, how: str, times: int) -> Path:
    """A Terraform that dies the first times it is given a command."""
    program = folder / "mortal"
    program.write_text(
        f"#!/bin/sh\ntouch {folder}/deaths\n"
        f'if [ "$1" = {command} ] && [ "$(wc -l <{folder}/deaths)" -lt {times} ]; then\n'
        f"  echo died >>{folder}/deaths; {how}\nfi\n"
        f'exec {shutil.which(engine())} "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o700)
    return program


@pytest.mark.parametrize("how", DEATHS.values(), ids=DEATHS.keys())
@pytest.mark.parametrize("command", ["init", "plan"])
def test_a_command_that_changes_nothing_is_tried_again_where_it_was_killed(
    planner: Run, module: Path, tmp_path: Path, command: str, how: str
) -> None:
    write(module, BOX % 1)
    program = killed(tmp_path, command, how, times=1)
    told = result(planner("run", module, "--model", "none", "--terraform-bin", program, "--json"))
    assert told.state == "SUCCESS", told.reason
    (incident,) = told.incidents
    assert (incident.category, incident.source, incident.retryable) == ("capacity", "signature", True)
    assert incident.remediation.kind == "wait_and_retry"
    assert f"{Path(engine()).name} {command} was killed" in incident.root_cause
    assert "memory" in incident.root_cause
    assert any("signal 9 (SIGKILL)" in quote for quote in incident.evidence)


def test_one_that_is_killed_every_time_ends_the_run_with_its_name(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, BOX % 1)
    program = killed(tmp_path, "plan", DEATHS["by a signal"], times=9)
    told = result(
        planner(
            *("run", module, "--model", "none", "--terraform-bin", program, "--max-retries", 1, "--json"),
        )
    )
    assert told.exit_code == 2
    assert "capacity" in told.reason
    assert len((tmp_path / "deaths").read_text(encoding="utf-8").split()) == 2


def test_a_killed_apply_is_named_and_not_tried_again(
    started: Callable[..., subprocess.Popen[str]], planner: Run, module: Path, env: dict[str, str]
) -> None:
    world = World(module, env)
    write(module, BOX % 1)
    world.by_hand("apply", "-auto-approve")
    write(module, BOX % 1 + SLOW)
    child = started("run", world.module, "--model", "none", "--json")
    until(world.begun)
    os.kill(world.applying().pid, signal.SIGKILL)
    world.let_go()
    out, _ = child.communicate(timeout=60)
    told = RunResult.model_validate_json(out)
    assert told.exit_code == 2
    (incident,) = told.incidents
    assert (incident.category, incident.source, incident.retryable) == ("capacity", "signature", False)
    assert incident.remediation.kind == "escalate"
    assert f"{Path(engine()).name} apply was killed" in incident.root_cause
    assert len(world.told("apply")) == 1
    again = result(planner("run", module, "--model", "none", "--json"))
    assert again.exit_code == 3
    assert "may already have created terraform_data.slow" in again.reason
