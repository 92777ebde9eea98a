"""Diagnosis as a user meets it: what is explained, remembered, forgotten and stopped, on real Terraform."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform

ONCE = """
variable "room" {
  default = "attic"
}
locals {
  note = "gremlins in the ${var.room}"
}
resource "terraform_data" "box" {
  input = local.note
  provisioner "local-exec" {
    command = "test -e ../calm || { touch ../calm; echo the gremlins are out; kill -9 $$; }"
  }
}
"""
RETRY = {
    "evidence": ["the gremlins are out"],
    "root_cause": "The gremlins were out for a moment.",
    "category": "other",
    "retryable": True,
    "confidence": 0.9,
    "remediation": "retry",
    "summary": "Run it again once they are in.",
    "repeat": True,
    "usage": {"input_tokens": 900, "output_tokens": 200, "cost_usd": 0.0002},
}


def script(folder: Path, *answers: dict[str, object]) -> str:
    path = folder / "answers.json"
    path.write_text(json.dumps(answers), encoding="utf-8")
    return f"scripted:{path}"


def test_a_prompt_is_explained_word_for_word_and_nothing_is_sent(planner: Run, module: Path) -> None:
    write(module, ONCE)
    done = planner("run", module, "--model", "none", "--explain-prompt")
    assert done.returncode == 2
    assert "# nothing was sent" in done.stdout
    for told in ("the gremlins are out", 'variable "room"', "create terraform_data.box", "about $0.000"):
        assert told in done.stdout
    assert "0 model calls, $0" in done.stdout
    (module / "terraform.tfstate").unlink()
    again = planner("run", module, "--model", "none", "--explain-prompt", "--json", "--yes")
    assert result(again).state == "SUCCESS", "with --json standard output holds the result alone"


def test_a_remedy_that_worked_is_remembered_proposed_for_nothing_and_forgotten(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, ONCE)
    model = script(tmp_path, RETRY)
    first = result(planner("run", module, "--model", model, "--json"))
    assert (first.state, first.usage.model_calls, first.incidents[0].source) == ("SUCCESS", 1, "model")

    def fail_again(*options: str) -> RunResult:
        (tmp_path / "calm").unlink()
        (module / "terraform.tfstate").unlink()
        return result(planner("run", module, "--json", "--yes", *options))

    second = fail_again("--model", "none")
    assert second.state == "SUCCESS"
    (incident,) = second.incidents
    assert (incident.source, incident.origin, second.usage.model_calls) == ("memory", first.run_id, 0)
    assert incident.fingerprint == first.incidents[0].fingerprint

    listed = json.loads(planner("incidents", "--json").stdout)
    assert [row["outcome"] for row in listed] == ["worked", "worked"]
    assert "gremlins" in planner("incidents", "search", "gremlin").stdout
    assert first.run_id in planner("incidents", "show", listed[0]["id"]).stdout
    assert planner("incidents", "forget", incident.fingerprint).stdout == "2 forgotten.\n"
    assert fail_again("--model", "none").state == "FAILED"


def test_the_same_question_is_paid_for_once_across_runs(planner: Run, module: Path, tmp_path: Path) -> None:
    write(module, ONCE.replace("touch ../calm;", ""))
    answer = {**RETRY, "remediation": "escalate", "retryable": False}
    model = script(tmp_path, answer)
    first = result(planner("run", module, "--model", model, "--json"))
    (module / "terraform.tfstate").unlink()
    again = result(planner("run", module, "--model", model, "--json", "--yes"))
    assert [run.usage.model_calls for run in (first, again)] == [1, 0]
    assert again.incidents[0].root_cause == first.incidents[0].root_cause
    assert again.usage.cost_usd == 0
    assert "an earlier answer of" in planner("show", again.run_id).stdout


def test_no_day_costs_more_than_its_cap(planner: Run, module: Path, tmp_path: Path) -> None:
    write(module, ONCE.replace("touch ../calm;", ""))
    model = script(tmp_path, {**RETRY, "remediation": "escalate"})
    done = planner("run", module, "--model", model, "--json", PLANNER_MAX_USD_PER_DAY="0.0001")
    assert "max_usd_per_day_everywhere reached" in result(done).incidents[0].root_cause
    wrong = planner("run", module, "--model", model, PLANNER_MAX_USD_PER_DAY="a lot")
    assert (wrong.returncode, "PLANNER_MAX_USD_PER_DAY" in wrong.stderr) == (1, True)


def test_the_kill_switch_keeps_every_run_from_beginning_until_it_is_taken_back(
    planner: Run, module: Path
) -> None:
    write(module, 'resource "terraform_data" "a" {}\n')
    assert planner("stop").returncode == 1
    assert planner("stop", "--all", "--why", "the night").returncode == 0
    refused = planner("run", module)
    assert refused.returncode == 4
    assert "the night" in refused.stderr
    assert "planner start" in refused.stderr
    assert not (module / "terraform.tfstate").exists()
    told = planner("doctor").stdout
    assert "✗ kill switch: on" in told
    assert "✓ engine: " in told
    assert planner("start").returncode == 0
    assert "kill switch: off" in planner("doctor").stdout
    assert planner("run", module).returncode == 0


def test_a_running_apply_that_is_switched_off_ends_in_order_within_its_step(
    planner: Run, started: Callable[..., subprocess.Popen[str]], module: Path
) -> None:
    write(
        module,
        'resource "terraform_data" "slow" {\n  count = 4\n'
        '  provisioner "local-exec" {\n    command = "echo begun >> ../effects; sleep 2"\n  }\n}\n',
    )
    child = started("run", module, "--json")
    deadline = time.monotonic() + 30
    while not (module.parent / "effects").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    run_id = json.loads(planner("runs", "--json").stdout)[0]["run_id"]
    stopped = time.monotonic()
    assert planner("stop", run_id, "--why", "the night").returncode == 0
    out, err = child.communicate(timeout=60)
    assert time.monotonic() - stopped < 8
    assert child.returncode == 4, err
    record = RunResult.model_validate_json(out)
    assert record.state == "FAILED"
    told = r"stopped by .+ at .+ UTC: the night \(during apply; the state is saved\)"
    assert re.match(told, record.reason)
    assert (module / "terraform.tfstate").exists(), "what was made is in the state"
    assert planner("resume", run_id).returncode == 4
    ended = planner("start", run_id).stdout
    assert f"Run {run_id} has ended, and does not go on: FAILED, stopped by" in ended
    assert planner("start").stdout == "Runs may begin: they were not stopped.\n"


def test_a_run_that_has_ended_is_not_stopped_and_how_it_ended_is_said(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, 'resource "terraform_data" "a" {}\n')
    ended = result(planner("run", module, "--json"))
    done = planner("stop", ended.run_id)
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        f"run {ended.run_id} has ended already, and cannot be stopped: SUCCESS, {ended.reason}" in done.stderr
    )
    assert not (tmp_path / "home" / "stop").exists(), "no switch is left behind"
    assert "switch.stopped" not in planner("audit").stdout


@pytest.mark.parametrize(
    ("named", "says"), [("2", "2 runs have an id that begins with '2'"), ("nope", "no run has an id")]
)
def test_no_switch_is_left_behind_for_a_run_that_is_not_named_clearly(
    planner: Run, module: Path, tmp_path: Path, named: str, says: str
) -> None:
    write(module, 'resource "terraform_data" "a" {}\n')
    for _ in range(2):
        assert planner("run", module).returncode == 0
    done = planner("stop", named)
    assert (done.returncode, says in done.stderr) == (1, True), done.stderr
    assert not (tmp_path / "home" / "stop").exists()


def test_a_text_is_diagnosed_even_where_nothing_can_be_kept(planner: Run, tmp_path: Path) -> None:
    failure, home = tmp_path / "failure.txt", tmp_path / "a-file"
    failure.write_text("Error: Cycle: terraform_data.a, terraform_data.b\n", encoding="utf-8")
    home.write_text("", encoding="utf-8")
    done = planner("diagnose", failure, "--json", "--model", "none", PLANNER_HOME=str(home))
    assert (done.returncode, json.loads(done.stdout)["category"]) == (0, "cycle"), done.stderr
    asked = planner("diagnose", failure, "--model", script(tmp_path, RETRY), PLANNER_HOME=str(home))
    assert asked.returncode == 1, "no model is asked where its cost cannot be counted"


def test_a_path_that_looks_like_a_secret_of_the_environment_is_still_driven(
    planner: Run, module: Path
) -> None:
    write(module, 'resource "terraform_data" "a" {}\n')
    assert planner("run", module, DB_PASSWORD=str(module), OLDPWD=str(module.parent)).returncode == 0


BROKEN = """
resource "terraform_data" "box" {
  provisioner "local-exec" {
    command = "echo the gremlins are out; kill -9 $$"
  }
}
"""
EDIT = RETRY | {
    "retryable": False,
    "remediation": "edit_config",
    "edits": [{"file": "main.tf", "search": "; kill -9 $$", "replace": ""}],
}


def test_a_proposed_edit_is_a_patch_that_git_takes_and_that_mends_the_module(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, BROKEN)
    failed = planner("run", module, "--model", script(tmp_path, EDIT))
    run_id = json.loads(planner("runs", "--json").stdout)[0]["run_id"]
    assert f"planner show {run_id} --patch" in failed.stdout
    patch = planner("show", run_id, "--patch").stdout
    assert '+    command = "echo the gremlins are out"' in patch.splitlines()

    subprocess.run(["git", "apply"], cwd=module, input=patch, text=True, check=True)
    (module / "terraform.tfstate").unlink()  # the tainted box would ask for a person's approval
    assert result(planner("run", module, "--json", "--yes")).state == "SUCCESS"
    again = planner("show", run_id, "--patch")
    assert again.returncode == 1
    assert "has to be there exactly once" in again.stderr


def test_a_patch_around_which_a_secret_stands_is_not_shown(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    secret = 'password = "9fK2-canary-77aQ"'
    write(module, BROKEN.replace("provisioner", f"input = {{ {secret} }}\n  provisioner", 1))
    planner("run", module, "--model", script(tmp_path, EDIT))
    run_id = json.loads(planner("runs", "--json").stdout)[0]["run_id"]
    shown = planner("show", run_id, "--patch")
    assert shown.returncode == 1
    assert "the patch would show a secret" in shown.stderr
    assert "canary" not in shown.stdout + shown.stderr


def test_a_run_that_proposes_no_edit_has_no_patch(planner: Run, module: Path) -> None:
    write(module, BROKEN)
    planner("run", module, "--model", "none")
    run_id = json.loads(planner("runs", "--json").stdout)[0]["run_id"]
    shown = planner("show", run_id, "--patch")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "proposes no edit" in shown.stderr


def test_a_model_that_cannot_tell_does_not_unsay_what_a_signature_knows(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(
        module,
        'variable "size" {\n  default = 0\n  validation {\n    condition     = var.size > 0\n'
        '    error_message = "Too small."\n  }\n}\n',
    )
    unsure = RETRY | {"evidence": [], "confidence": 0.2, "remediation": "escalate", "retryable": False}
    model = script(tmp_path, unsure)
    told = result(planner("run", module, "--autonomy", "fix", "--model", model, "--json"))
    (incident,) = told.incidents
    assert (incident.category, incident.source) == ("invalid_argument", "signature")
    assert incident.usage.calls == 1, "what was asked is paid for all the same"


def test_of_what_did_not_fail_no_cause_is_named(planner: Run, module: Path, tmp_path: Path) -> None:
    write(module, 'output "x" {\n  value = "the bucket already exists"\n}\n')
    told = tmp_path / "told.txt"
    for options, says in ((("-json",), "no failure in this text"), ((), "Apply complete! Resources: 0")):
        command = ("terraform", f"-chdir={module}", "apply", "-auto-approve", *options)
        told.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
        done = planner("diagnose", told)
        assert (done.returncode, done.stdout, says in done.stderr) == (1, "", True), done.stderr
