"""Where features meet: nothing is done that the settings, a flag or a person's answer did not allow."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.terraform.broken_modules import answer, edit
from tests.terraform.cli import PLANNER, Run, power_cut, result, until, write
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


def test_an_approval_is_of_the_values_that_come_from_outside_the_module_too(
    planner: Run, here: Module, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("a", encoding="utf-8")
    here.applied(
        {"main.tf": REPLACED.replace("{}", "{\n  default = 1\n}").replace("var.x", f'file("{outside}")')}
    )
    outside.write_text("b", encoding="utf-8")
    parked = result(planner("run", here.folder, "--model", "none", "--json"))
    assert parked.exit_code == 3
    outside.write_text("another", encoding="utf-8")
    anew = planner("approve", parked.run_id, "--json")
    assert anew.returncode == 3, "it is asked anew"
    assert held(here) == {"box": "a"}
    assert planner("approve", parked.run_id, "--json").returncode == 0
    assert held(here) == {"box": "another"}


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


@pytest.mark.parametrize(("said", "code"), [("never", 2), ("ask", 3), ("auto", 0)])
def test_who_may_not_set_a_variable_may_not_edit_its_default(
    planner: Run, here: Module, said: str, code: int
) -> None:
    write(here.folder, LIMITED.replace("= number", "= number\n  default = 9"))
    write(here.folder, f"autonomy: fix\napprove: {{set_variable: {said}}}\n", "planner.yaml")
    three = [edit("main.tf", "default = 9", "default = 3")]
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


def test_a_state_that_goes_away_while_a_person_thinks_is_asked_about_before_anything_is_made_again(
    planner: Run, here: Module
) -> None:
    more = 'resource "terraform_data" "other" {\n}\n'
    write(here.folder, REPLACED + more)
    assert result(planner("run", here.folder, "--var", "x=a", "--model", "none", "--json")).exit_code == 0
    parked = result(planner("run", here.folder, "--var", "x=b", "--model", "none", "--json"))
    assert parked.exit_code == 3
    for name in ("terraform.tfstate", "terraform.tfstate.backup"):
        (here.folder / name).unlink(missing_ok=True)
    told = result(planner("approve", parked.run_id, "--json"))
    assert told.exit_code == 3, told.reason
    assert "may already have created terraform_data.box, terraform_data.other" in told.reason
    assert not (here.folder / "terraform.tfstate").exists()


def test_no_plan_lies_about_while_a_person_thinks(planner: Run, here: Module, env: dict[str, str]) -> None:
    write(here.folder, REPLACED)
    planner("run", here.folder, "--var", "x=a", "--model", "none")
    parked = result(planner("run", here.folder, "--var", "x=b", "--model", "none", "--json"))
    assert parked.exit_code == 3
    kept = {path.name for path in Path(env["PLANNER_HOME"], "runs", parked.run_id).rglob("*")}
    assert "tfplan" not in kept
    assert "variables.json" in kept


def test_a_folder_of_data_that_terraform_does_not_get_is_refused(
    planner: Run, here: Module, env: dict[str, str], tmp_path: Path
) -> None:
    write(here.folder, REPLACED)
    env["TF_DATA_DIR"] = str(tmp_path / "elsewhere")
    told = planner("run", here.folder, "--var", "x=a")
    assert (told.returncode, "TF_DATA_DIR" in told.stderr) == (1, True), told.stderr
    assert not (here.folder / "terraform.tfstate").exists()


def test_arguments_that_terraform_does_not_get_are_refused_where_they_would_change_the_plan(
    planner: Run, here: Module, env: dict[str, str]
) -> None:
    write(here.folder, REPLACED)
    env["TF_CLI_ARGS_plan"] = "-no-color -var-file=prod.tfvars -target terraform_data.box"
    told = planner("run", here.folder, "--var", "x=a")
    assert (told.returncode, "TF_CLI_ARGS_plan has -target, -var-file" in told.stderr) == (1, True)
    assert not (here.folder / "terraform.tfstate").exists()
    assert "TF_CLI_ARGS_plan has -target, -var-file" in planner("doctor").stdout
    env["TF_CLI_ARGS_plan"] = "-no-color -parallelism=5 -lock-timeout 5m"
    assert planner("run", here.folder, "--var", "x=a").returncode == 0


@pytest.mark.parametrize("named", [False, True], ids=["planner.yaml", "--config"])
def test_what_the_settings_forbid_while_a_person_thinks_is_not_done(
    planner: Run, here: Module, tmp_path: Path, *, named: bool
) -> None:
    write(here.folder, REPLACED)
    (tmp_path / "strict.yaml").write_text("policy: {destroy: ask}\n", encoding="utf-8")
    config = ("--config", tmp_path / "strict.yaml") if named else ()
    planner("run", here.folder, "--var", "x=a", "--model", "none")
    parked = result(planner("run", here.folder, "--var", "x=b", "--model", "none", "--json", *config))
    assert parked.exit_code == 3
    where = tmp_path / "strict.yaml" if named else here.folder / "planner.yaml"
    where.write_text("policy: {destroy: never}\n", encoding="utf-8")
    told = result(planner("approve", parked.run_id, "--json"))
    assert told.state != "SUCCESS"
    assert held(here)["box"] == "a"


def test_planners_own_folder_is_no_part_of_a_module_that_it_lies_in(planner: Run, here: Module) -> None:
    write(here.folder, REPLACED)
    own = ("--home", here.folder / ".planner", "--json")
    assert result(planner("run", here.folder, "--var", "x=a", "--model", "none", *own)).exit_code == 0
    parked = result(planner("run", here.folder, "--var", "x=b", "--model", "none", *own))
    assert parked.exit_code == 3
    done = result(planner("approve", parked.run_id, *own))
    assert done.exit_code == 0, done.reason


def test_what_is_not_utf_8_is_refused_with_its_name(planner: Run, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"m\xf6dule")
    odd.mkdir()
    write(odd, REPLACED)
    told = planner("run", odd, "--var", "x=a")
    assert (told.returncode, "Traceback" in told.stderr) == (1, False), told.stderr
    assert "is not UTF-8" in told.stderr


def test_a_run_of_a_folder_that_was_renamed_says_so(planner: Run, here: Module) -> None:
    write(here.folder, REPLACED)
    planner("run", here.folder, "--var", "x=a", "--model", "none")
    parked = result(planner("run", here.folder, "--var", "x=b", "--model", "none", "--json"))
    here.folder.rename(here.folder.with_name("renamed"))
    told = planner("approve", parked.run_id)
    assert (told.returncode, "is not there any more" in told.stderr) == (1, True), told.stderr


def test_a_pipe_and_a_linked_folder_in_the_module_are_part_of_what_is_approved(
    planner: Run, here: Module, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "off.sh").write_text(f"echo {name}\n", encoding="utf-8")
    linked = here.folder / "scripts"
    linked.symlink_to(tmp_path / "one")
    os.mkfifo(here.folder / "pipe")
    write(here.folder, REPLACED)
    planner("run", here.folder, "--var", "x=a", "--model", "none")
    parked = result(planner("run", here.folder, "--var", "x=b", "--model", "none", "--json"))
    assert parked.exit_code == 3
    linked.unlink()
    linked.symlink_to(tmp_path / "two")
    assert planner("approve", parked.run_id).returncode == 3, "it is asked anew"
    (tmp_path / "two" / "off.sh").write_text("echo other\n", encoding="utf-8")
    assert planner("approve", parked.run_id).returncode == 3, "it is asked anew"
    assert planner("approve", parked.run_id).returncode == 0


def cut_off_while_making(module: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    """A run dies once `terraform_data.slow` is made, which notes its workspace; from then on it is quick."""
    made = module.parent / "made"
    slow = "echo ${terraform.workspace} >>../made; test -e ../quick || sleep 30"
    body = f'  provisioner "local-exec" {{\n    command = "{slow}"\n  }}\n'
    write(module, f'resource "terraform_data" "slow" {{\n{body}}}\n')
    child = started("run", module, "--var", "x=a", "--model", "none")
    until(made.exists)
    power_cut(child)
    (module.parent / "quick").touch()


def test_what_may_exist_already_is_asked_about_however_many_runs_came_between(
    planner: Run, started: Callable[..., subprocess.Popen[str]], here: Module, tmp_path: Path
) -> None:
    write(here.folder, REPLACED.replace("triggers_replace", "input"), "other.tf")
    assert planner("run", here.folder, "--var", "x=a", "--model", "none").returncode == 0
    cut_off_while_making(here.folder, started)
    (here.folder / "main.tf").rename(here.folder / "main.off")
    assert planner("run", here.folder, "--var", "x=b", "--model", "none").returncode == 0
    (here.folder / "main.off").rename(here.folder / "main.tf")
    told = result(planner("run", here.folder, "--var", "x=b", "--model", "none", "--json"))
    assert told.exit_code == 3, told.reason
    assert "may already have created terraform_data.slow" in told.reason
    assert (tmp_path / "made").read_text(encoding="utf-8") == "default\n"


def test_a_doubt_of_one_workspace_outlives_a_run_in_another_and_is_none_of_its_own(
    planner: Run, started: Callable[..., subprocess.Popen[str]], here: Module, tmp_path: Path
) -> None:
    write(here.folder, REPLACED, "other.tf")
    assert planner("run", here.folder, "--var", "x=a", "--model", "none").returncode == 0
    cut_off_while_making(here.folder, started)
    here.terraform("workspace", "new", "dev")
    dev = result(planner("run", here.folder, "--var", "x=a", "--model", "none", "--json"))
    assert dev.exit_code == 0, dev.reason
    here.terraform("workspace", "select", "default")
    told = result(planner("run", here.folder, "--var", "x=a", "--model", "none", "--json"))
    assert told.exit_code == 3, told.reason
    assert "may already have created terraform_data.slow" in told.reason
    assert (tmp_path / "made").read_text(encoding="utf-8").split() == ["default", "dev"]


def test_checks_are_made_with_the_secrets_in_them_that_no_journal_shows(
    planner: Run, here: Module, env: dict[str, str], tmp_path: Path
) -> None:
    env["TF_VAR_token"] = "deployer-4711"
    write(here.folder, 'variable "token" {}\nresource "terraform_data" "deployer-4711" {\n}\n')
    none = "checks: {state: [{address: terraform_data.deployer-4711, count: 0}]}\n"
    write(here.folder, none, "planner.yaml")
    told = result(planner("run", here.folder, "--model", "none", "--json"))
    assert told.exit_code == 2, told.reason
    assert [check.passed for check in told.checks if check.kind == "state"] == [False]
    held_by = [
        p for p in (tmp_path / "home").rglob("*") if p.is_file() and b"deployer-4711" in p.read_bytes()
    ]
    assert not held_by


def test_a_run_goes_on_with_the_values_in_the_environment_that_it_began_with(
    planner: Run, here: Module, env: dict[str, str]
) -> None:
    write(here.folder, REPLACED)
    env["TF_VAR_x"] = "a"
    assert planner("run", here.folder, "--model", "none").returncode == 0
    env["TF_VAR_x"] = "b"
    parked = result(planner("run", here.folder, "--model", "none", "--json"))
    assert parked.exit_code == 3
    env["TF_VAR_x"] = "another"
    told = planner("approve", parked.run_id)
    assert (told.returncode, "TF_VAR_x" in told.stderr, "another" in told.stderr) == (1, True, False)
    assert held(here) == {"box": "a"}
    env["TF_VAR_x"] = "b"
    assert planner("approve", parked.run_id).returncode == 0
    assert held(here) == {"box": "b"}


def test_a_yes_with_the_digest_that_was_shown_is_to_that_question_alone(planner: Run, here: Module) -> None:
    other = 'resource "terraform_data" "other" {\n  input = 1\n}\n'
    write(here.folder, REPLACED)
    write(here.folder, other, "other.tf")
    assert planner("run", here.folder, "--var", "x=a", "--model", "none").returncode == 0
    asks = planner("run", here.folder, "--var", "x=b", "--model", "none")
    [yes] = [
        line.split("  no:")[0] for line in asks.stdout.splitlines() if line.startswith("  yes: planner ")
    ]
    approve = yes.removeprefix("  yes: planner ").split()
    (here.folder / "other.tf").unlink()
    assert planner(*approve).returncode == 3, "it is asked anew"
    told = planner(*approve)
    assert (told.returncode, "asks something else by now" in told.stderr) == (1, True), told.stderr
    assert set(held(here)) == {"box", "other"}
    assert planner(*approve[:2]).returncode == 0
    assert set(held(here)) == {"box"}
