"""`planner drift` tells what differs from a module's code, names what fails, and changes nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.drift import DriftReport
from tests.terraform.cli import Run, until, write

MODULE = """
variable "size" { default = "small" }
resource "terraform_data" "box" { input = var.size }
output "size" { value = terraform_data.box.output }
"""


def report(done: subprocess.CompletedProcess[str]) -> DriftReport:
    assert "Traceback" not in done.stderr, done.stderr
    found = DriftReport.model_validate_json(done.stdout)
    assert found.exit_code == done.returncode
    return found


def files(module: Path) -> dict[str, str]:
    """What stands in the module, but for what init makes there."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in module.iterdir()
        if path.is_file() and path.name != ".terraform.lock.hcl"
    }


def test_before_the_first_apply_all_is_pending_and_nothing_is_made(planner: Run, module: Path) -> None:
    write(module, MODULE)
    before = files(module)
    found = report(planner("drift", module, "--json"))
    assert (found.state, found.exit_code) == ("pending", 2)
    assert [(c.address, c.action) for c in found.changes] == [("terraform_data.box", "create")]
    assert found.drifted == ()
    assert files(module) == before
    assert json.loads(planner("runs", "--json").stdout) == []


def test_after_an_apply_nothing_differs_and_with_another_value_it_does(planner: Run, module: Path) -> None:
    write(module, MODULE)
    assert planner("run", module).returncode == 0
    before = files(module)
    told = planner("drift", module)
    assert told.returncode == 0
    assert told.stdout.startswith("IN SYNC  ")
    other = report(planner("drift", module, "--var", "size=large", "--json"))
    assert (other.state, [c.action for c in other.changes]) == ("pending", ["update"])
    assert other.outputs_change
    assert files(module) == before


def test_a_change_of_an_output_alone_is_pending(planner: Run, module: Path) -> None:
    write(module, MODULE)
    assert planner("run", module).returncode == 0
    write(module, 'output "more" { value = 1 }\n', "more.tf")
    found = report(planner("drift", module, "--json"))
    assert (found.state, found.changes, found.outputs_change) == ("pending", (), True)
    assert "change outputs" in planner("drift", module).stdout


@pytest.mark.parametrize(
    ("text", "stage", "category"),
    [
        ('resource "terraform_data" "a" { input = var.none }\n', "plan", "invalid_reference"),
        ('terraform {\n  required_version = "< 0.1"\n}\n', "init", "version_constraint"),
    ],
)
def test_what_fails_is_named_and_nothing_is_claimed(
    planner: Run, module: Path, text: str, stage: str, category: str
) -> None:
    write(module, text)
    found = report(planner("drift", module, "--json"))
    assert (found.state, found.exit_code) == ("failed", 2)
    assert found.incident is not None
    assert (found.incident.stage, found.incident.category) == (stage, category)
    assert found.incident.source == "signature"
    assert "what to do" in planner("drift", module).stdout


def test_a_secret_that_terraform_quotes_is_masked(planner: Run, module: Path) -> None:
    write(
        module,
        'variable "db_password" {\n  type = string\n  validation {\n    condition = false\n'
        '    error_message = "not this: ${var.db_password}"\n  }\n}\n',
    )
    for more in ([], ["--json"]):
        done = planner("drift", module, "--var", "db_password=correct-horse-9x", *more)
        assert done.returncode == 2
        assert "correct-horse-9x" not in done.stdout + done.stderr


def test_while_everything_is_stopped_nothing_is_asked_of_terraform(planner: Run, module: Path) -> None:
    write(module, MODULE)
    planner("stop", "--all")
    done = planner("drift", module)
    assert done.returncode == 4
    assert "planner start" in done.stderr
    assert not (module / ".terraform").exists()


def test_a_module_that_is_being_applied_is_busy(
    planner: Run, started: Callable[..., subprocess.Popen[str]], module: Path
) -> None:
    write(
        module,
        'resource "terraform_data" "a" {\n  provisioner "local-exec" { command = "touch on; sleep 30" }\n}\n',
    )
    child = started("run", module)
    until((module / "on").exists)
    done = planner("drift", module)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    child.terminate()
    child.wait(60)


def test_the_time_limit_ends_a_look(planner: Run, module: Path) -> None:
    write(module, MODULE)
    found = report(planner("drift", module, "--timeout", "0.02", "--json"))
    assert (found.state, found.exit_code) == ("stopped", 4)
