"""A run that is stopped while it waits: no answer is taken that nobody could act on or take back."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.terraform.cli import Run, result, write

BOX = 'resource "terraform_data" "a" {}\n'


@pytest.fixture
def waiting(planner: Run, module: Path) -> RunResult:
    write(module, BOX)
    assert planner("run", module).returncode == 0
    return result(planner("run", module, "--destroy", "--json"))


@pytest.mark.parametrize("answer", ["approve", "reject"])
@pytest.mark.parametrize("everything", [True, False])
def test_a_stopped_run_takes_no_answer_and_says_how_it_goes_on(
    planner: Run, waiting: RunResult, answer: str, *, everything: bool
) -> None:
    which = () if everything else (waiting.run_id,)
    planner("stop", *(which or ("--all",)))
    refused = planner(answer, waiting.run_id)
    assert refused.returncode == 4
    assert " ".join(("`planner start", *which)) + "`" in refused.stderr
    assert waiting.run_id in planner("review", "--json").stdout, "it waits as before"
    planner("start", *which)
    assert planner("reject", waiting.run_id).returncode == 2
