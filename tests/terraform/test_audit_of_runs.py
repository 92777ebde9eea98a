"""The audit trail and the log of real runs, through the command as people and collectors use it."""

from __future__ import annotations

import csv
import getpass
import io
import json
import os
import pty
import sqlite3
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.cli import PLANNER, Run, result, write

pytestmark = pytest.mark.terraform

SOUND = 'resource "terraform_data" "box" {\n  input = 1\n}\n'
BROKEN = (
    'variable "colour" {\n  default = "blue"\n}\nresource "terraform_data" "box" {\n  input = var.color\n}\n'
)
ME = getpass.getuser()
Line = dict[str, Any]


def trail(planner: Run, *options: str) -> list[Line]:
    done = planner("audit", "export", *options)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def names(lines: list[Line]) -> list[str]:
    return [line["action"]["name"] for line in lines]


def action(lines: list[Line], name: str) -> Line:
    (only,) = [line["action"] for line in lines if line["action"]["name"] == name]
    found: Line = only
    return found


def holds(planner: Run, *options: str) -> dict[str, Any]:
    done = planner("audit", "verify", "--json", *options)
    assert done.returncode == 0, done.stdout
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def parked(planner: Run, module: Path) -> str:
    write(module, BROKEN)
    told = result(planner("run", module, "--model", "none", "--json"))
    assert told.exit_code == 3, told.reason
    return told.run_id


# --- the trail ----------------------------------------------------------------------------------


def test_a_clean_run_leaves_who_applied_what_and_how_it_ended(planner: Run, module: Path) -> None:
    write(module, SOUND)
    assert planner("run", module).returncode == 0
    lines = trail(planner)
    assert names(lines) == ["run.started", "apply.begun", "apply.ended", "run.ended"]
    assert {line["action"]["actor"] for line in lines} == {ME}
    assert action(lines, "apply.begun")["before"] == "objects in the state: 0"
    assert action(lines, "apply.begun")["after"] == "create terraform_data.box"
    assert action(lines, "run.ended")["after"] == "SUCCESS"
    told = holds(planner)
    assert (told["lines"], told["runs"], told["head"]) == (4, 1, lines[-1]["hash"])


def test_a_fix_is_told_from_the_question_to_the_undo_with_the_files_digests(
    planner: Run, module: Path
) -> None:
    run_id = parked(planner, module)
    broken = sha256((module / "main.tf").read_bytes()).hexdigest()
    assert planner("approve", run_id, "--comment", "looks right").returncode == 0
    mended = sha256((module / "main.tf").read_bytes()).hexdigest()
    assert planner("undo", run_id).returncode == 0
    lines = trail(planner)
    assert names(lines) == [
        *("run.started", "approval.asked", "approval.given", "run.resumed"),
        *("promotion.begun", "promotion.ended", "fix.applied", "apply.begun", "apply.ended", "run.ended"),
        *("undo.begun", "undo.ended", "run.undone"),
    ]
    given = action(lines, "approval.given")
    assert (given["actor"], given["reason"]) == (ME, "looks right")
    assert given["after"] in action(lines, "approval.asked")["after"]
    promoted = action(lines, "promotion.begun")
    assert (promoted["before"], promoted["after"]) == (f"main.tf {broken}", f"main.tf {mended}")
    assert promoted["reversal"] == action(lines, "fix.applied")["reversal"] == "planner"
    assert "invalid_reference" in action(lines, "fix.applied")["reason"]
    assert action(lines, "run.undone")["after"] == "put back main.tf"
    assert sha256((module / "main.tf").read_bytes()).hexdigest() == broken
    assert holds(planner)["ok"]


def test_what_is_destroyed_cannot_be_taken_back_and_says_so(planner: Run, module: Path) -> None:
    write(module, SOUND)
    planner("run", module)
    assert planner("run", module, "--destroy", "--yes").returncode == 0
    begun = [line["action"] for line in trail(planner) if line["action"]["name"] == "apply.begun"][-1]
    assert (begun["after"], begun["before"]) == ("delete terraform_data.box", "objects in the state: 1")
    assert (begun["reversal"], begun["reason"]) == ("never", "--yes, and the policy")


def test_a_no_and_what_is_forgotten_are_told(planner: Run, module: Path) -> None:
    run_id = parked(planner, module)
    assert planner("reject", run_id, "--comment", "not like this").returncode == 2
    assert planner("incidents", "forget", "--all").returncode == 0
    lines = trail(planner)
    assert action(lines, "approval.refused")["reason"] == "not like this"
    assert action(lines, "run.ended")["after"] == "FAILED, rejected"
    assert action(lines, "incidents.forgotten")["reversal"] == "never"


def test_the_kill_switch_says_who_and_why_both_ways(planner: Run, module: Path) -> None:
    write(module, SOUND)
    assert planner("stop", "--all", "--why", "token=abcdefgh12345678").returncode == 0
    assert planner("run", module).returncode == 4
    assert planner("start").returncode == 0
    assert planner("start").returncode == 0
    stopped, started = trail(planner)
    assert stopped["action"]["name"] == "switch.stopped"
    assert "<secret:" in stopped["action"]["reason"]
    assert (started["action"]["name"], started["action"]["after"]) == ("switch.started", "runs may begin")
    assert f"stopped by {ME}" in started["action"]["before"]
    assert holds(planner)["lines"] == 2


NO_TRAIL = "CREATE TRIGGER no_trail BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"


def refuse_audit(home: Path) -> None:
    with sqlite3.connect(home / "planner.db") as database:
        database.execute(NO_TRAIL)
    database.close()


def break_store(home: Path) -> None:
    for path in home.glob("planner.db*"):
        path.write_bytes(b"this was a database" * 100)


@pytest.mark.parametrize("trouble", [refuse_audit, break_store], ids=lambda f: f.__name__)
def test_the_kill_switch_works_without_its_trail(
    planner: Run, module: Path, tmp_path: Path, trouble: Callable[[Path], None]
) -> None:
    write(module, SOUND)
    assert planner("run", module).returncode == 0
    trouble(tmp_path / "home")
    done = planner("stop", "--all", "--why", "now")
    assert done.returncode == 0
    assert "every run is stopped" in done.stdout
    assert "the audit trail does not say so" in done.stderr
    assert (tmp_path / "home" / "stop" / "all").read_text(encoding="utf-8").endswith(": now")
    assert planner("run", module).returncode in {1, 4}


def test_damage_and_a_lost_head_are_exit_code_1(planner: Run, module: Path, tmp_path: Path) -> None:
    write(module, SOUND)
    planner("run", module)
    head = holds(planner)["head"]
    planner("stop", "--all")
    assert holds(planner, "--head", head)["ok"]
    assert planner("audit", "verify", "--head", "0123").returncode == 1
    lost = planner("audit", "verify", "--head", "0" * 64)
    assert lost.returncode == 1
    assert "cut off" in lost.stdout
    with sqlite3.connect(tmp_path / "home" / "planner.db") as database:
        database.execute("UPDATE journal SET line = replace(line, 'SUCCESS', 'FAILED')")
    database.close()
    damaged = planner("audit", "verify", "--json")
    assert damaged.returncode == 1
    told = json.loads(damaged.stdout)
    assert not told["ok"]
    assert told["damage"][0]["where"].startswith("entry ")


def test_the_trail_is_listed_for_people_and_exported_for_programs(planner: Run, module: Path) -> None:
    assert planner("audit").stdout == "Nothing was done yet.\n"
    run_id = parked(planner, module)
    planner("reject", run_id, "--comment", '=HYPERLINK("http://x")')
    planner("stop", "--all")
    shown = planner("audit", "--limit", "2").stdout.splitlines()
    assert [line.split("  ")[2] for line in shown] == ["run.ended", "switch.stopped"]
    listed = json.loads(planner("audit", "--json").stdout)
    assert listed == trail(planner)
    assert names(trail(planner, "--run", run_id[:10]))[-1] == "run.ended"
    assert trail(planner, "--since", "2999-01-01") == []
    assert trail(planner, "--since", "2020-01-01T00:00:00") == listed
    rows = list(csv.DictReader(io.StringIO(planner("audit", "export", "--format", "csv").stdout)))
    assert [row["hash"] for row in rows] == [line["hash"] for line in listed]
    assert rows[2]["reason"] == '\'=HYPERLINK("http://x")', "a spreadsheet would run it"


# --- the log ------------------------------------------------------------------------------------


def log_lines(text: str) -> list[Line]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_the_log_on_standard_error_is_what_is_in_the_file_and_standard_output_stays_pure(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, SOUND)
    done = planner("run", module, "--json", PLANNER_LOG="json", PLANNER_LOG_LEVEL="debug")
    told = result(done)
    kept = (tmp_path / "home" / "runs" / told.run_id / "log.jsonl").read_text(encoding="utf-8")
    assert log_lines(done.stderr) == log_lines(kept)
    assert [line["event"] for line in log_lines(kept)][::99] == ["run.opened"]
    last = log_lines(kept)[-1]
    assert (last["event"], last["state"], last["actor"]) == ("run.finished", "SUCCESS", ME)
    assert (last["checks_passed"], last["terraform_s"]) == (len(told.checks), told.terraform_s)


def test_what_people_do_to_a_run_is_in_its_log_too(planner: Run, module: Path, tmp_path: Path) -> None:
    run_id = parked(planner, module)
    planner("approve", run_id)
    planner("undo", run_id)
    text = (tmp_path / "home" / "runs" / run_id / "log.jsonl").read_text(encoding="utf-8")
    events = [line["event"] for line in log_lines(text)]
    for name in (
        "approval.asked",
        "approval.given",
        "run.resumed",
        "fix.promoted",
        "fix.put_back",
        "run.undone",
    ):
        assert events.count(name) == 1, name
    assert events.count("run.finished") == 2
    assert events.count("incident.diagnosed") == 1


def test_lines_for_people_say_the_same_without_json(planner: Run, module: Path) -> None:
    write(module, SOUND)
    done = planner("run", module, PLANNER_LOG="console")
    assert done.returncode == 0
    assert "run.finished" in done.stderr
    assert "exit_code=0" in done.stderr


def test_without_the_variable_there_is_no_log_on_standard_error(planner: Run, module: Path) -> None:
    write(module, SOUND)
    assert "run.finished" not in planner("run", module).stderr


@pytest.mark.parametrize("wrong", [{"PLANNER_LOG": "xml"}, {"PLANNER_LOG_LEVEL": "loud"}])
def test_a_wrong_word_is_told_before_the_run(planner: Run, module: Path, wrong: dict[str, str]) -> None:
    write(module, SOUND)
    done = planner("run", module, **wrong)
    assert done.returncode == 1
    assert "one of" in done.stderr
    assert "Nothing was done yet." in planner("audit").stdout


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", "2> >(head -c 10 >/dev/null)"])
def test_a_standard_error_that_went_away_never_ends_a_run(
    module: Path, env: dict[str, str], closed: str
) -> None:
    write(module, SOUND)
    command = f'"$@" {closed}'
    done = subprocess.run(
        ["bash", "-c", command, "bash", *PLANNER, "run", str(module), "--json"],
        env=env | {"PLANNER_LOG": "json", "PLANNER_LOG_LEVEL": "debug"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["state"] == "SUCCESS"


def test_on_a_terminal_the_log_takes_the_place_of_the_live_view(module: Path, env: dict[str, str]) -> None:
    write(module, SOUND)
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [*PLANNER, "run", str(module)],
        env=env | {"PLANNER_LOG": "json", "TERM": "xterm-256color"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:  # the terminal's other end is closed
            break
        if not read:
            break
        said += read
    os.close(ours)
    assert child.wait(60) == 0
    text = said.decode()
    assert "\x1b" not in text
    assert log_lines(text)[-1]["event"] == "run.finished"
    assert "VALIDATING → SUCCESS" in text
