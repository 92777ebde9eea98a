"""`planner report` on real runs: what it tells of one, of a window, and what it never tells."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from contracts.report import RunReport
from contracts.summary import Summary
from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform
FLEET = Path(__file__).parents[2] / "modules" / "local-fleet"
SECRET = "canary-9b1d-value"
LEAKY = """
variable "db_password" { sensitive = true }
output "db_password" {
  value     = var.db_password
  sensitive = true
}
resource "terraform_data" "loud" {
  provisioner "local-exec" { command = "echo password=%s >&2; exit 1" }
}
"""
FORMATS = (("--format", "md"), ("--format", "html"), ("--format", "json"), ("--postmortem",))


@pytest.fixture
def misspelt(module: Path) -> Path:
    shutil.copytree(
        FLEET, module, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*")
    )
    text = (module / "main.tf").read_text(encoding="utf-8")
    write(module, text.replace("var.prefix, count", "var.prefx, count"))
    return module


def report(planner: Run, run_id: str) -> RunReport:
    return RunReport.model_validate_json(planner("report", run_id, "--format", "json").stdout)


def test_a_run_that_failed_was_approved_and_succeeded_is_told_whole(planner: Run, misspelt: Path) -> None:
    run_id = result(planner("run", misspelt, "--model", "none", "--json")).run_id
    waits = report(planner, run_id)
    assert waits.asked_at is not None
    assert waits.result.pending is not None
    done = result(planner("approve", run_id, "--comment", "a typo", "--json"))
    told = report(planner, run_id[:18])
    assert told.result.model_copy(update={"duration_s": 0}) == done.model_copy(update={"duration_s": 0})
    assert told.result.duration_s == pytest.approx(done.duration_s, abs=0.01)
    assert [stay.state.value for stay in told.path] == [
        *("INIT", "RUNNING", "DIAGNOSING", "RUNNING", "VALIDATING", "SUCCESS")
    ]
    assert told.waited_s > 0
    [remedy] = told.remedies
    assert (remedy.outcome, [a.comment for a in remedy.answers]) == ("worked", ["a typo"])
    assert '+    name = format("%s-%02d", var.prefix' in told.edits[0].patch
    assert len(told.changes[-1].created) == 5
    assert (told.result.usage.model_calls, told.calls) == (0, ())


def test_a_fix_that_was_undone_is_told_so(planner: Run, misspelt: Path) -> None:
    done = result(planner("run", misspelt, "--model", "none", "--autonomy", "fix", "--json"))
    assert done.exit_code == 0
    before = report(planner, done.run_id)
    planner("undo", done.run_id)
    after = report(planner, done.run_id)
    assert ([e.put_back for e in before.edits], [e.put_back for e in after.edits]) == ([False], [True])
    assert after.result.duration_s == before.result.duration_s
    assert "put back later" in planner("report", done.run_id).stdout


def test_each_format_goes_to_standard_output_or_to_a_file(
    planner: Run, misspelt: Path, tmp_path: Path
) -> None:
    run_id = result(planner("run", misspelt, "--model", "none", "--json")).run_id
    for options in FORMATS:
        shown = planner("report", run_id, *options)
        assert shown.returncode == 0, shown.stderr
        out = tmp_path / "report"
        assert planner("report", run_id, *options, "--out", out).stdout == ""
        assert out.read_text(encoding="utf-8") == shown.stdout
    assert planner("report", run_id).stdout.startswith("# module waits for a person\n")


def test_a_window_tells_all_runs_of_it(planner: Run, misspelt: Path, tmp_path: Path) -> None:
    planner("run", misspelt, "--model", "none")
    planner("run", misspelt, "--model", "none", "--autonomy", "fix")
    clean = tmp_path / "clean"
    clean.mkdir()
    write(clean, 'resource "terraform_data" "a" {}\n')
    planner("run", clean)
    told = Summary.model_validate_json(planner("report", "--since", "24h", "--format", "json").stdout)
    assert (told.now.runs, told.now.succeeded, told.now.waiting) == (3, 2, 1)
    assert told.now.free_share == 1
    assert told.now.cost_usd == 0
    assert told.before.runs == 0
    assert [again.runs for again in told.recurring] == [2]
    assert [fix.kind for fix in told.fixes] == ["edit_config"]
    assert len(told.waiting) == 1
    for arguments in ((), ("--since",), ("--since", "2026-01-01")):
        text = planner("report", *arguments).stdout
        assert "3 runs: 2 succeeded, 1 waiting for a person." in text
    assert planner("report", "--since", "7d", "--format", "html").stdout.startswith("<!doctype html>")


def test_no_byte_of_a_secret_is_in_any_report(planner: Run, module: Path) -> None:
    write(module, LEAKY % SECRET)
    done = planner(
        "run", module, "--model", "none", "--json", "--var", f"db_password={SECRET}", NPM_TOKEN=SECRET
    )
    run_id = result(done).run_id
    told = [planner("report", run_id, *options).stdout for options in FORMATS]
    told += [planner("report", "--since", "24h", *options).stdout for options in FORMATS[:3]]
    assert all(told)
    assert any("<secret:" in text for text in told)
    assert [text for text in told if SECRET in text] == []


@pytest.mark.parametrize(
    ("arguments", "what", "remedy"),
    [
        (("nope",), "no run has an id that begins with 'nope'", "planner runs"),
        (("--since", "yesterday"), "--since 'yesterday' is no time before now", "24h, 7d"),
        (("--postmortem",), "--postmortem needs a run", "planner runs"),
        (("x", "--since", "7d"), "a run and --since are both named", "name one"),
        (("x", "--postmortem", "--format", "html"), "a postmortem is Markdown", "leave --format out"),
        (("--out", "/nowhere/at/all"), "cannot be written", "writable folder"),
    ],
)
def test_what_cannot_be_told_is_an_operators_error_with_a_remedy(
    planner: Run, arguments: tuple[str, ...], what: str, remedy: str
) -> None:
    done = planner("report", *arguments)
    assert done.returncode == 1
    assert what in done.stderr
    assert remedy in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_in_which_nothing_failed_has_no_postmortem(planner: Run, module: Path) -> None:
    write(module, 'resource "terraform_data" "a" {}\n')
    run_id = result(planner("run", module, "--json")).run_id
    done = planner("report", run_id, "--postmortem")
    assert (done.returncode, "nothing failed" in done.stderr) == (1, True)
    assert json.loads(planner("report", run_id, "--format", "json").stdout)["result"]["state"] == "SUCCESS"
