"""What is mistyped is answered with what was meant, and never with something untrue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform

REFUSED = {
    "a misspelt command": (("doctr",), "Did you mean 'doctor'?"),
    "no run at all": (("runs", "--limit", "0"), "0 is not in the range 1<=x<=1000000"),
    "fewer incidents than none": (("incidents", "--limit", "-1"), "is not in the range 1<=x<=1000000"),
    "a run that the trail does not know": (("audit", "--run", "nope"), "no run whose id begins with 'nope'"),
    "an incident that there is not": (("incidents", "forget", "99"), "there is no incident 99"),
    "a run and all of them": (("stop", "--all", "x"), "a run and --all are both named"),
}


def test_a_flag_out_of_range_is_told_in_one_sentence(planner: Run, module: Path) -> None:
    write(module, 'resource "terraform_data" "a" {}\n')
    done = planner("run", module, "--max-retries", "-1")
    assert done.returncode == 1
    assert "error: --max-retries should be greater than or equal to 0\n" in done.stderr


@pytest.mark.parametrize(("words", "says"), REFUSED.values(), ids=REFUSED)
def test_what_is_mistyped_is_an_operators_error_that_says_what_is_wrong(
    planner: Run, words: tuple[str, ...], says: str
) -> None:
    done = planner(*words)
    assert done.returncode == 1
    assert says in done.stderr


def test_the_list_of_runs_has_its_times_as_every_other_json(planner: Run, module: Path) -> None:
    write(module, 'resource "terraform_data" "a" {}\n')
    told = result(planner("run", module, "--json"))
    listed = json.loads(planner("runs", "--json").stdout)
    assert [row["run_id"] for row in listed] == [told.run_id]
    assert listed[0]["started_at"].endswith("Z")
    assert "T" in listed[0]["started_at"]


def test_what_cannot_be_answered_any_more_names_the_run_to_look_at(planner: Run, module: Path) -> None:
    write(module, 'resource "terraform_data" "a" {}\n')
    run_id = result(planner("run", module, "--json")).run_id
    for command in ("approve", "reject", "undo"):
        assert f"planner show {run_id}" in planner(command, run_id).stderr
