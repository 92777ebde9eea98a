"""Where two edits would make a module sound, neither is made: what a person meant is not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform.cli import Run, write

pytestmark = pytest.mark.terraform

DOUBTFUL = {
    "a map that is not indented and lacks its brace": """
locals {
  cfg = {
  a = 1
  b = 2
}

resource "terraform_data" "a" {
  input = local.cfg
}
""",
    "an interpolation that may end before the hyphen": """
variable "env" {
  default = "prod"
}

resource "terraform_data" "a" {
  input = "app-${var.env-x"
}
""",
    "a name between two that are as near": """
locals {
  subnet_id  = "s-1"
  subnet_ids = ["s-1", "s-2"]
}

resource "terraform_data" "a" {
  input = local.subnet_idd
}
""",
    "a string without an end before what may be a comment": """
locals {
  a = "x # comment
  b = "y"
}

resource "terraform_data" "a" {
  input = [local.a, local.b]
}
""",
}


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_may_mean_two_things_is_left_to_a_person(planner: Run, module: Path, text: str) -> None:
    write(module, text)
    done = planner("run", module, "--autonomy", "fix", "--model", "none")
    assert done.returncode == 2, done.stdout
    assert (module / "main.tf").read_text(encoding="utf-8") == text


def test_what_terraform_says_of_an_error_stands_below_it(planner: Run, module: Path) -> None:
    write(module, DOUBTFUL["a name between two that are as near"])
    done = planner("run", module, "--model", "none")
    assert 'A local value with the name "subnet_idd" has not been declared.' in done.stdout
