"""What `planner run` shows while it goes on, on a terminal and in a CI log, holds no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform.cli import Run, write

pytestmark = pytest.mark.terraform

TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3
SECRET = "Zx9kQp2vLmT7wRbN"
BACKEND = """
terraform {
  backend "http" {
    address   = "http://127.0.0.1:9/state?token=%s"
    retry_max = 0
  }
}
"""
KEYED = """
variable "db_password" {
  sensitive = true
  default   = "first-of-them-4Tt9qq"
}
resource "terraform_data" "k" {
  for_each         = toset([nonsensitive(var.db_password)])
  triggers_replace = "%s"
}
"""


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
def test_the_token_of_a_backend_that_cannot_be_reached_is_masked(
    planner: Run, module: Path, *, as_json: bool
) -> None:
    write(module, BACKEND % TOKEN)
    done = planner("run", module, "--model", "none", "--max-retries", "0", *["--json"] * as_json)
    assert done.returncode == 2, done.stderr
    assert "token=<secret:" in done.stderr
    assert TOKEN not in done.stdout + done.stderr


def test_an_instance_that_is_keyed_by_a_secret_is_named_by_its_mask(planner: Run, module: Path) -> None:
    write(module, KEYED % "one")
    first = planner("run", module, "--model", "none", "--json", TF_VAR_db_password=SECRET)
    assert first.returncode == 0, first.stderr
    assert 'terraform_data.k["<secret:' in first.stderr
    write(module, KEYED % "two")
    second = planner("run", module, "--model", "none", "--json", TF_VAR_db_password=SECRET)
    assert second.returncode == 3, second.stderr
    for done in (first, second):
        assert SECRET not in done.stdout + done.stderr
