"""What a run prints for people: a question is no failure, and nothing is said twice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terraform.cli import Run, power_cut, until, write

pytestmark = pytest.mark.terraform

BOX = 'resource "terraform_data" "a" {}\n'


@pytest.fixture
def asking(planner: Run, module: Path) -> str:
    """The id of a run that asks whether something may be destroyed, and what it printed, line by line."""
    write(module, BOX)
    assert planner("run", module).returncode == 0
    return planner("run", module, "--destroy").stdout


def run_id_in(screen: str) -> str:
    return screen.rsplit("  run ", maxsplit=1)[-1].split(maxsplit=1)[0]


def test_a_plan_that_needs_a_person_is_a_question_and_no_failure(asking: str) -> None:
    assert "attempt 1: stopped in plan" in asking
    assert "a question  (parked)\n  The plan would destroy terraform_data.a.\n" in asking
    for untrue in ("failed", "diagnosis", "escalate"):
        assert untrue not in asking
    assert asking.count("planner approve") == 1


def test_once_a_plan_is_refused_nobody_is_told_to_approve_it(planner: Run, asking: str) -> None:
    told = planner("reject", run_id_in(asking)).stdout
    assert "rejected by" in told
    assert "planner approve" not in told
    assert told.count("Run again to be asked anew") == 1


def test_once_a_plan_is_approved_nobody_is_told_to_look_at_it(planner: Run, asking: str) -> None:
    told = planner("approve", run_id_in(asking)).stdout
    assert "a question  (approved)" in told
    assert "Look at the changes" not in told


def test_what_terraform_says_twice_and_what_stands_above_is_said_once(planner: Run, module: Path) -> None:
    write(module, 'resource "terraform_data" "a" {\n  input = 1\n}\nresource "terraform_data" "a" {}\n')
    told = planner("run", module).stdout
    assert told.count("error: Duplicate resource") == 1
    next_step = told.split("what to do")[1].splitlines()[1].strip()
    assert told.count(next_step) == 1
    assert f"Run again: planner run {module}" in told


def test_a_run_that_ended_says_that_it_does_not_go_on(planner: Run, module: Path) -> None:
    write(module, BOX)
    run_id = run_id_in(planner("run", module).stdout)
    done = planner("resume", run_id)
    assert done.returncode == 0
    assert f"run {run_id} has ended, and does not go on" in done.stderr


def test_a_run_that_was_cut_off_is_shown_with_the_command_that_goes_on_with_it(
    planner: Run, started: Callable[..., subprocess.Popen[str]], module: Path
) -> None:
    slow = """
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "touch ${path.module}/begun && sleep 20"
  }
}
"""
    write(module, slow)
    child = started("run", module, start_new_session=True)
    until((module / "begun").exists)
    power_cut(child)
    run_id = planner("runs").stdout.split()[0]
    assert f"planner resume {run_id}" in planner("show", run_id).stdout


def test_a_report_of_a_question_names_no_cause_and_no_failure(planner: Run, asking: str) -> None:
    told = planner("report", run_id_in(asking)).stdout
    assert "a question about the plan" in told
    assert "stopped in plan" in told
    for untrue in ("### 1. other", "failed in plan", "escalate"):
        assert untrue not in told


def test_every_list_says_whose_time_it_tells(planner: Run, module: Path) -> None:
    write(module, 'resource "terraform_data" "a" {\n  inputt = 1\n}\n')
    planner("run", module)
    run_id = planner("runs").stdout.split()[0]
    planner("reject", run_id)
    for listed in ("runs", "audit", "incidents"):
        lines = planner(listed).stdout.splitlines()
        assert lines
        assert all(" UTC  " in line for line in lines)
