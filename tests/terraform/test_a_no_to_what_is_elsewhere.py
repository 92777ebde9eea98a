"""A run whose module or workspace is elsewhere: a no ends it, a yes waits for what it asked of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.terraform.cli import Run, result, write

BOX = 'resource "terraform_data" "a" {}\n'
MISTYPED = 'resource "terraform_data" "a" {\n  imput = "a"\n}\n'


@pytest.fixture(params=["a question", "a fix"])
def waiting(planner: Run, module: Path, request: pytest.FixtureRequest) -> RunResult:
    write(module, BOX)
    if request.param == "a fix":
        write(module, MISTYPED)
        return result(planner("run", module, "--json"))
    assert planner("run", module).returncode == 0
    return result(planner("run", module, "--destroy", "--json"))


def test_where_its_folder_is_gone(planner: Run, waiting: RunResult, module: Path) -> None:
    assert waiting.exit_code == 3
    shutil.rmtree(module)
    approved = planner("approve", waiting.run_id)
    assert (approved.returncode, "is not there any more" in approved.stderr) == (1, True)
    rejected = result(planner("reject", waiting.run_id, "--json"))
    assert (rejected.state, rejected.reason[:8]) == ("FAILED", "rejected")
    assert planner("review", "--json").stdout.strip() == "[]"


def test_where_its_workspace_is_another(planner: Run, waiting: RunResult) -> None:
    approved = planner("approve", waiting.run_id, TF_WORKSPACE="other")
    assert (approved.returncode, "in the workspace 'default'" in approved.stderr) == (1, True)
    assert result(planner("reject", waiting.run_id, "--json", TF_WORKSPACE="other")).state == "FAILED"
