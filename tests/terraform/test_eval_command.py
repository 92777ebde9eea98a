"""`planner-eval` as a user calls it, on real Terraform: run, resume, report, compare, list."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from evals.scenario import CANARY
from evals.trials import Ran, TrialLog
from tests.fakes.model_server import as_json, serving
from tests.fakes.this_machine import engine

pytestmark = pytest.mark.terraform
HAPPY, SOLVED, ASKED = "s-75cf9a", "s-b92e3d", "s-f437a9"
"""Nothing is wrong; a signature knows the edit; only a model does."""
THREE = ("--only", HAPPY, "--only", SOLVED, "--only", ASKED)
Eval = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def planner_eval(env: dict[str, str]) -> Eval:
    def call(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "evals.cli", *map(str, arguments)],
            env=env | {"PLANNER_TERRAFORM": engine()} | more,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    return call


def test_scenarios_are_run_once_resumed_for_nothing_and_shown_in_every_form(
    planner_eval: Eval, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    done = planner_eval("run", *THREE, "--models", "gold,signature-only,oracle,no-op", "--out", log)
    assert done.returncode == 0, done.stdout + done.stderr
    trials = {(t.scenario, t.model): t for t in TrialLog(log).read()}
    assert len(trials) == 12
    told = {key: trial.observed.state for key, trial in trials.items() if trial.observed}
    assert {told[HAPPY, model] for model in ("gold", "signature-only", "oracle", "no-op")} == {"SUCCESS"}
    assert {told[SOLVED, model] for model in ("gold", "signature-only", "oracle", "no-op")} == {"SUCCESS"}
    assert [told[ASKED, model] for model in ("gold", "signature-only", "oracle", "no-op")] == [
        "SUCCESS",
        "FAILED",
        "SUCCESS",
        "FAILED",
    ]
    assert trials[SOLVED, "oracle"].shared, "no model was needed: it is not run again for each"
    assert not trials[ASKED, "oracle"].shared
    assert CANARY not in log.read_text(encoding="utf-8")

    size = log.stat().st_size
    refused = planner_eval("run", *THREE, "--out", log)
    assert refused.returncode == 1
    assert "--resume" in refused.stderr
    again = planner_eval(
        "run", *THREE, "--models", "gold,signature-only,oracle,no-op", "--out", log, "--resume"
    )
    assert (again.returncode, log.stat().st_size) == (0, size)

    for form, mark in {
        "markdown": "| model |",
        "html": "<!doctype html>",
        "junit": "<testsuites",
        "csv": "scenario,",
        "prometheus": "# HELP",
    }.items():
        shown = planner_eval("report", log, "--only", "executed", "--format", form)
        assert shown.returncode == 0, shown.stderr
        assert mark.lower() in shown.stdout.lower(), form
    assert planner_eval("compare", log, log, "--identical").returncode == 0
    assert "no regression" in planner_eval("compare", log, log).stdout
    assert "oracle" in planner_eval("compare", log, "--models", "no-op,oracle").stdout


def test_two_runs_differ_in_nothing_but_time_and_a_change_is_found(
    planner_eval: Eval, tmp_path: Path
) -> None:
    logs = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for log in logs:
        planner_eval("run", "--only", ASKED, "--models", "signature-only,noisy,adversarial", "--out", log)
    same = planner_eval("compare", *logs, "--identical")
    assert same.returncode == 0, same.stdout
    lines = logs[1].read_text(encoding="utf-8").splitlines()
    changed = json.loads(lines[0])
    changed["observed"]["changed"] = ["other.tf"]
    logs[1].write_text("\n".join([json.dumps(changed), *lines[1:]]) + "\n", encoding="utf-8")
    assert planner_eval("compare", *logs, "--identical").returncode == 2


def test_the_gate_fails_where_what_must_pass_does_not(planner_eval: Eval, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    planner_eval("run", "--only", SOLVED, "--models", "signature-only", "--out", log)
    trial = json.loads(log.read_text(encoding="utf-8"))
    trial["observed"] |= {"state": "FAILED", "exit_code": 2}
    log.write_text(json.dumps(trial) + "\n", encoding="utf-8")
    done = planner_eval("run", "--only", SOLVED, "--models", "signature-only", "--out", log, "--resume")
    assert done.returncode == 2
    assert f"{SOLVED}" in done.stderr
    assert "must pass" in done.stderr


def test_what_nobody_can_run_is_told_before_anything_is_run(planner_eval: Eval, tmp_path: Path) -> None:
    for arguments, told in (
        (("--models", "orakel"), "no model is called 'orakel'"),
        (("--models", "anthropic:claude-haiku-5-5"), "ANTHROPIC_API_KEY"),
        (("--only", "no-such-thing"), "no scenario is called"),
    ):
        done = planner_eval("run", *arguments, "--out", tmp_path / "log.jsonl")
        assert (done.returncode, told in done.stderr) == (1, True), done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "log.jsonl").exists()
    listed = planner_eval("list", "--only", HAPPY)
    assert "a fleet of five boxes" in listed.stdout


def test_a_real_models_replies_are_recorded_once_and_played_without_its_server(
    planner_eval: Eval, tmp_path: Path
) -> None:
    edit = {"file": "variables.tf", "search": "default = 0", "replace": "default = 5"}
    reply = {
        "evidence": [],
        "root_cause": "The default breaks the variable's own rule.",
        "category": "invalid_argument",
        "retryable": False,
        "confidence": 0.9,
        "remediation": "edit_config",
        "summary": "Let it be five.",
        "edits": [edit],
    }
    text = {"content": [{"type": "text", "text": json.dumps(reply)}], "stop_reason": "end_turn"}
    usage = {"input_tokens": 1000, "output_tokens": 200}
    told = ("run", "--only", ASKED, "--models", "anthropic:claude-haiku-5-5", "--replies", tmp_path / "kept")
    with serving(as_json(200, {"type": "message", **text, "usage": usage})) as server:
        real = {"ANTHROPIC_API_KEY": "sk-test-0123456789", "ANTHROPIC_BASE_URL": server.url}
        done = planner_eval(*told, "--cassettes", "record", "--out", tmp_path / "a.jsonl", **real)
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == 1
    done = planner_eval(*told, "--cassettes", "replay", "--out", tmp_path / "b.jsonl")
    assert done.returncode == 0, done.stderr
    first, second = (TrialLog(tmp_path / name).read()[0] for name in ("a.jsonl", "b.jsonl"))
    assert first.observed is not None
    assert first.observed.state == "SUCCESS"
    for trial in (first, second):
        assert (trial.usage.calls, trial.usage.cost_usd) == (1, Decimal("0.0002"))
    assert second.observed is not None
    assert second.observed.patch == first.observed.patch
    kept = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "kept").rglob("*.json"))
    assert "sk-test" not in kept

    for path in (tmp_path / "kept").rglob("*.json"):
        path.unlink()
    stale = planner_eval(*told, "--cassettes", "replay", "--out", tmp_path / "c.jsonl")
    assert stale.returncode == 2, "a run whose replies are gone has not passed"
    assert "no reply is recorded" in stale.stderr
    assert TrialLog(tmp_path / "c.jsonl").read()[0].ran is Ran.STALE_CASSETTE


@pytest.mark.parametrize("words", [("rum",), ("run", "--trails", "3"), ("--modles",), ("report", "no.jsonl")])
def test_what_is_mistyped_is_never_told_as_a_broken_gate(planner_eval: Eval, words: tuple[str, ...]) -> None:
    done = planner_eval(*words)
    assert done.returncode == 1
    assert "Error: " in done.stderr


def test_a_report_that_would_not_be_written_is_refused(planner_eval: Eval, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("", encoding="utf-8")
    done = planner_eval("report", log, "--out", tmp_path / "report")
    assert done.returncode == 1
    assert "--format" in done.stderr
