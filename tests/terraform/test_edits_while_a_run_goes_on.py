"""Somebody edits the module while a run applies what it planned before: told as that, never as drift."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform

EDITED = """
resource "terraform_data" "a" {
  input = "one"
  provisioner "local-exec" { command = "cp ../edit more.tf" }
}
"""
MORE = 'resource "terraform_data" "b" {}'


def test_a_file_that_is_edited_while_an_apply_goes_on_is_told_as_that(planner: Run, module: Path) -> None:
    write(module, EDITED)
    write(module.parent, MORE, "edit")
    done = result(planner("run", module, "--model", "none", "--json"))
    assert (done.exit_code, len(done.incidents)) == (2, 1), done.reason
    [drift] = [check for check in done.checks if not check.passed]
    assert drift.detail.endswith("files edited since the plan that was applied: more.tf")
    assert "more.tf" in done.incidents[0].root_cause
    assert "run again" in done.incidents[0].remediation.summary
    assert result(planner("run", module, "--json")).state == "SUCCESS"
