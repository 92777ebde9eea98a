"""Beside its end a run tells: a rename that would lose an object, checks that warn, a patch that fits."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.terraform.cli import PLANNER, Run, result, write

pytestmark = pytest.mark.terraform

BOX = 'resource "terraform_data" "%s" {\n  input = "one"\n}\n'
CHECKED = """
check "a" {
  assert {
    condition     = terraform_data.box.output == "two"
    error_message = "it is not two"
  }
  assert {
    condition     = terraform_data.box.output == "%s"
    error_message = "it is another"
  }
}
"""
CRLF = """variable "name" {
  default = "web"
}
resource "terraform_data" "x" {
  input = var.nme
}
""".replace("\n", "\r\n")


def test_what_was_renamed_is_asked_about_with_the_block_that_keeps_it(planner: Run, module: Path) -> None:
    write(module, BOX % "box")
    assert planner("run", module).returncode == 0
    write(module, BOX % "crate")
    told = result(planner("run", module, "--json"))
    assert told.exit_code == 3
    assert "if terraform_data.box is called terraform_data.crate now, a moved block keeps it" in told.reason
    write(module, BOX % "crate" + "moved {\n  from = terraform_data.box\n  to   = terraform_data.crate\n}\n")
    assert planner("reject", told.run_id).returncode == 2
    assert result(planner("run", module, "--json")).state == "SUCCESS"


def test_a_fix_that_goes_on_with_a_rename_says_so_too(planner: Run, module: Path) -> None:
    output = 'output "o" {\n  value = terraform_data.box.output\n}\n'
    write(module, BOX % "box" + output)
    assert planner("run", module).returncode == 0
    write(module, BOX % "boxx" + output)
    told = result(planner("run", module, "--autonomy", "fix", "--json"))
    assert told.pending is not None
    assert told.pending.proposal is not None
    kept = "; if it is called terraform_data.boxx now, a moved block keeps it."
    assert [f.what for f in told.pending.proposal.findings if f.rule == "G3"] == [f"would be destroyed{kept}"]


@pytest.mark.parametrize(("other", "many"), [("one", "an assertion"), ("three", "2 assertions")])
def test_a_check_block_that_fails_stands_beside_the_checks_that_passed(
    planner: Run, module: Path, other: str, many: str
) -> None:
    write(module, BOX % "box" + CHECKED % other)
    for _ in ("made", "nothing to do"):
        told = result(planner("run", module, "--json"))
        assert told.reason == f"4 checks passed; {many} of the module's own check blocks failed"


def test_the_patch_of_a_file_with_carriage_returns_is_one_that_git_takes(
    planner: Run, module: Path, env: dict[str, str]
) -> None:
    (module / "main.tf").write_bytes(CRLF.encode())
    told = result(planner("run", module, "--json", "--model", "none"))
    show = [*PLANNER, "show", told.run_id, "--patch"]
    patch = subprocess.run(show, env=env, capture_output=True, check=True).stdout
    subprocess.run(["git", "init", "-q"], cwd=module, check=True)
    subprocess.run(["git", "apply"], cwd=module, input=patch, check=True)
    assert (module / "main.tf").read_bytes() == CRLF.replace("var.nme", "var.name").encode()
