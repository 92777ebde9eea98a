"""Where features meet: nothing is done that the settings, a flag or a person's answer did not allow."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.terraform.broken_modules import answer, edit
from tests.terraform.cli import PLANNER, Run, result, until, write
from tests.terraform.test_fixed_scenarios import Module
from tests.terraform.test_locked_states import ADA, Bucket, bucket

__all__ = ["bucket"]
pytestmark = pytest.mark.terraform
REPLACED = 'variable "x" {}\nresource "terraform_data" "box" {\n  triggers_replace = var.x\n}\n'
LIMITED = """variable "size" {
  type = number
  validation {
    condition     = var.size < 5
    error_message = "At most 4."
  }
}
resource "terraform_data" "box" {
  input = var.size
}
"""


@pytest.fixture
def here(module: Path, env: dict[str, str]) -> Module:
    return Module(module, env)


def model_of(module: Path, *answers: dict[str, object]) -> str:
    path = module.parent / "answers.json"
    path.write_text(json.dumps(answers), encoding="utf-8")
    return f"scripted:{path}"


def held(here: Module) -> dict[str, object]:
    """What the state holds: names, and what the objects are to be replaced with."""
    told = json.loads(here.terraform("state", "pull").stdout)
    made = {r["name"]: r["instances"][0]["attributes"]["triggers_replace"] for r in told["resources"]}
    return {name: one["value"] if isinstance(one, dict) else one for name, one in made.items()}


def test_an_edit_that_could_not_be_proven_beside_a_lock_is_not_put_in_place_with_its_release(
    planner: Run, here: Module, bucket: Bucket
) -> None:
    good = REPLACED.replace("{}", '{\n  default = "blue"\n}')
    here.applied({"main.tf": bucket.backend + good})
    bad = bucket.backend + good.replace("default", 'hint = "x"\n  default')
    write(here.folder, bad)
    write(here.folder, "autonomy: fix\napprove: {edit_config: auto, force_unlock: auto}\n", "planner.yaml")
    both = [edit("main.tf", 'hint = "x"', 'description = "x"'), edit("main.tf", '"blue"', '"green"')]
    model = model_of(here.folder, answer("edit_config", "It is misspelt.", edits=both))
    who = {"Who": f"x@{socket.gethostname()}", "Created": "2001-01-01T00:00:00Z"}
    bucket.hold(ADA | who | {"Path": f"{bucket._name}/box"})
    told = result(planner("run", here.folder, "--yes", "--model", model, "--json"))
    assert told.state != "SUCCESS"
    assert (here.folder / "main.tf").read_text(encoding="utf-8") == bad


def test_a_reviewer_allows_what_was_shown_and_nothing_that_was_asked_since(
    planner: Run, here: Module, env: dict[str, str], tmp_path: Path
) -> None:
    good = 'variable "hue" {\n  default = 1\n}\nresource "terraform_data" "box" {\n  input = var.hue\n}\n'
    other = 'resource "terraform_data" "other" {\n  input = 1\n}\n'
    here.applied({"main.tf": good, "other.tf": other})
    write(here.folder, good.replace("var.hue", "var.heu"))
    parked = result(planner("run", here.folder, "--model", "none", "--json"))
    shown = tmp_path / "shown"
    with shown.open("w", encoding="utf-8") as out:
        reviewer = subprocess.Popen(
            [*PLANNER, "review"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
        until(lambda: "[a]pprove" in shown.read_text(encoding="utf-8"))
        (here.folder / "other.tf").unlink()
        anew = result(planner("resume", parked.run_id, "--json"))
        assert anew.pending != parked.pending
        reviewer.communicate("a\nfine\n", timeout=80)
    assert "asks something else by now" in shown.read_text(encoding="utf-8")
    assert set(held(here)) == {"box", "other"}


def test_an_approval_is_of_the_values_in_the_files_of_variables_too(
    planner: Run, here: Module, tmp_path: Path
) -> None:
    values = tmp_path / "x.tfvars"
    values.write_text('x = "a"\n', encoding="utf-8")
    write(here.folder, REPLACED)
    here.terraform("init")
    here.terraform("apply", "-auto-approve", f"-var-file={values}")
    values.write_text('x = "b"\n', encoding="utf-8")
    parked = result(planner("run", here.folder, "--var-file", values, "--model", "none", "--json"))
    assert parked.exit_code == 3
    values.write_text('x = "another"\n', encoding="utf-8")
    assert planner("approve", parked.run_id, "--json").returncode == 3, "it is asked anew"
    assert held(here) == {"box": "a"}


def test_a_run_does_not_go_on_in_another_workspace(
    started: Callable[..., subprocess.Popen[str]], here: Module, tmp_path: Path
) -> None:
    fails = "echo begun >>../begun; test -e ../ok || { echo 'connection reset by peer' >&2; exit 1; }"
    write(
        here.folder,
        f'resource "terraform_data" "box" {{\n  provisioner "local-exec" {{ command = "{fails}" }}\n}}\n',
    )
    here.terraform("init")
    here.terraform("workspace", "new", "prod")
    here.terraform("workspace", "select", "default")
    run = started("run", here.folder, "--model", "none", "--yes", "--json")
    until((tmp_path / "begun").exists)
    here.terraform("workspace", "select", "prod")
    (tmp_path / "ok").touch()
    _, err = run.communicate(timeout=80)
    assert (run.returncode, "'default'" in err) == (1, True), err
    assert not here.terraform("state", "list").stdout.split(), "nothing was made in prod"


@pytest.mark.parametrize(("said", "code"), [("never", 2), ("ask", 3), ("auto", 0)])
def test_who_may_not_set_a_variable_may_not_edit_a_file_of_values(
    planner: Run, here: Module, said: str, code: int
) -> None:
    write(here.folder, LIMITED)
    write(here.folder, "size = 9\n", "terraform.tfvars")
    write(here.folder, f"autonomy: fix\napprove: {{set_variable: {said}}}\n", "planner.yaml")
    three = [edit("terraform.tfvars", "size = 9", "size = 3")]
    model = model_of(here.folder, answer("edit_config", "Too large.", edits=three))
    assert result(planner("run", here.folder, "--model", model, "--json")).exit_code == code


def test_a_value_that_a_person_gave_is_not_replaced_unasked(planner: Run, here: Module) -> None:
    write(here.folder, LIMITED)
    model = model_of(here.folder, answer("set_variable", "Too large.", variable="size", value="3"))
    asks = planner("run", here.folder, "--var", "size=9", "--autonomy", "fix", "--model", model, "--json")
    told: RunResult = result(asks)
    assert told.exit_code == 3, told.reason
    assert told.pending is not None
    assert told.pending.proposal is not None
    assert [finding.rule for finding in told.pending.proposal.findings] == ["var:given"]


def test_what_an_attempt_has_replaced_a_fix_does_not_replace_again_unasked(
    planner: Run, here: Module
) -> None:
    good = (
        'variable "x" {\n  default = "a"\n}\nvariable "y" {\n  default = "bad"\n}\n'
        + REPLACED.partition("\n")[2]
    )
    late = """resource "terraform_data" "late" {
  input      = var.y
  depends_on = [terraform_data.box]
  lifecycle {
    postcondition {
      condition     = self.output == "ok"
      error_message = "not ok"
    }
  }
}
"""
    here.applied({"main.tf": good})
    write(here.folder, good.replace('"a"', '"b"') + late)
    both = [edit("main.tf", '"bad"', '"ok"'), edit("main.tf", '"b"', '"c"')]
    model = model_of(here.folder, answer("edit_config", "y is wrong.", edits=both))
    told = result(planner("run", here.folder, "--autonomy", "fix", "--yes", "--model", model, "--json"))
    assert told.exit_code == 3, told.reason
    assert held(here)["box"] == "b"
