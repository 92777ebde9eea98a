"""What a caller leaves out, or what lies where a state should: told, and never waited for without end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terraform.cli import PLANNER, Run, result, write

pytestmark = pytest.mark.terraform

BOX = 'resource "terraform_data" "box" {}\n'


@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", ">&- 2>&-", "<&- 2>&-"])
def test_a_run_whose_caller_closed_its_streams_is_a_run_like_any_other(
    env: dict[str, str], module: Path, closed: str
) -> None:
    write(module, BOX)
    done = subprocess.run(
        ["bash", "-c", f'exec "$@" {closed}', "-", *PLANNER, "run", module], env=env, check=False, timeout=90
    )
    assert done.returncode == 0
    assert (module / "terraform.tfstate").stat().st_size


@pytest.mark.parametrize("put", [Path.mkdir, os.mkfifo], ids=["a folder", "a pipe"])
def test_what_lies_in_the_place_of_a_state_and_is_no_file_is_named_and_never_waited_for(
    planner: Run, module: Path, put: Callable[[Path], None]
) -> None:
    write(module, BOX)
    put(module / "terraform.tfstate")
    failed = result(planner("run", module, "--json"))
    assert (failed.exit_code, failed.attempts[-1].diagnostics[0].summary) == (2, "State file is no file")
    assert failed.incidents[-1].category == "state_corrupt"
    assert failed.incidents[-1].source == "signature"
    assert "move it away" in failed.incidents[-1].remediation.summary


VARIABLES = """variable "token" {
  type      = string
  ephemeral = true
}
variable "names" {
  type = list(string)
}
resource "terraform_data" "box" {
  input = var.names
  provisioner "local-exec" {
    command = "test ${var.token} = open"
  }
}
"""


@pytest.mark.parametrize("place", ["a flag", "a file"])
def test_an_ephemeral_value_that_was_given_reaches_the_apply_too(
    planner: Run, module: Path, tmp_path: Path, place: str
) -> None:
    write(module, VARIABLES)
    file = tmp_path / "given.tfvars"
    file.write_text('token = "open"\nnames = ["a"]\n', encoding="utf-8")
    flags = ["--var", "token=open", "--var", 'names=["a"]'] if place == "a flag" else ["--var-file", file]
    done = result(planner("run", module, *flags, "--json"))
    assert (done.state, done.reason) == ("SUCCESS", "4 checks passed")


def test_a_module_that_goes_away_while_it_is_run_is_named_as_that(planner: Run, module: Path) -> None:
    write(
        module,
        'resource "terraform_data" "box" {\n'
        f'  provisioner "local-exec" {{\n    command = "mv {module} {module}-moved"\n  }}\n}}\n',
    )
    done = planner("run", module, "--json")
    assert done.returncode == 1
    assert f"{module} is not there" in done.stderr


@pytest.mark.parametrize("drift", ["none", "ignore"])
def test_outputs_that_fill_more_than_one_line_can_hold_are_told_all_the_same(
    planner: Run, module: Path, drift: str
) -> None:
    write(module, "ab" * (1 << 20), "big.txt")
    write(module, 'output "big" {\n  value = file("big.txt")\n}\noutput "small" {\n  value = "here"\n}\n')
    checks = f"drift: {drift}, outputs: [{{name: small, equals: here}}]"
    write(module, f"version: 1\nchecks: {{{checks}}}\n", "planner.yaml")
    done = result(planner("run", module, "--json"))
    assert (done.state, done.outputs["small"]) == ("SUCCESS", "here")
