"""planner's own log: stable names, all of a run's facts as keys, and nothing that stops or delays the run."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.approval import Approval, ApprovalRequest, Proposal
from contracts.budget import Usage
from contracts.fixing import StateChange
from contracts.hypothesis import Source
from contracts.incident import Decision, Evidence, Incident, Named, Stage
from contracts.journal import (
    Decided,
    EffectEnded,
    EffectIntended,
    EffectStarted,
    Entry,
    JournalLine,
    Moved,
    RunParked,
    RunResumed,
    Tried,
    Undone,
)
from contracts.remediation import EditConfig, Retry
from contracts.run import Effect, Outcome, RunEvent, RunState
from observability.events import BOUND, EVENTS, LEVELS, Shown
from observability.listeners import RunLog
from planner.incidents import incident_of
from planner.result import result_of
from tests.fakes.planning import (
    CREATE_A,
    ENGINE,
    PROCESS,
    AgreeableValidator,
    Bench,
    PlainRedactor,
    ScriptedTerraform,
    apply_of,
    hypothesis,
    plan_of,
)

Line = dict[str, Any]
ALWAYS = {"event", "level", "timestamp", *BOUND}


class Logged:
    """A bench whose journal is logged to a file."""

    def __init__(self, folder: Path, bench: Bench, shown: Shown | None = None) -> None:
        self.path = folder / "log.jsonl"
        self.bench = bench
        self.log = RunLog(self.path, bench.redactor, bench.record, shown)
        self.log.on_line(bench.store.lines("run-1")[0])
        bench.journal.watch(self.log)

    def append(self, *entries: Entry) -> None:
        for entry in entries:
            self.bench.journal.append(entry)

    def lines(self) -> list[Line]:
        self.log.finish(result_of(self.bench.record))
        return read(self.path)


def read(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def named(lines: list[Line], name: str) -> Line:
    (only,) = [line for line in lines if line["event"] == name]
    return only


def mended(folder: Path) -> Bench:
    """A run whose first validation fails, and whose second holds."""
    terraform = ScriptedTerraform(
        plans=[plan_of(CREATE_A), plan_of(), plan_of()], applies=[apply_of(CREATE_A)]
    )
    return Bench(folder, terraform=terraform, validator=AgreeableValidator(fails=1))


def incident(decision: Decision, remedy: EditConfig | Retry, note: str = "") -> Incident:
    known = Named(hypothesis=hypothesis(remedy), source=Source.SIGNATURE, origin="t")
    found = incident_of(known, Evidence(stage=Stage.PLAN), attempt=1)
    return found.model_copy(update={"decision": decision, "note": note})


EDIT = EditConfig(summary="mend it")
ASKED = ApprovalRequest(
    digest="d" * 64,
    question="edit_config: mend it",
    changes=(CREATE_A,),
    proposal=Proposal(remediations=(EDIT,)),
)
CHANGE = StateChange(verb="import", source="a.b", destination="i")


def everything(logged: Logged) -> Iterator[Entry]:
    """One entry of each kind that a run alone does not lead to here."""
    at = logged.bench.clock.now()
    yield RunResumed(engine=ENGINE, actor="ada")
    yield EffectIntended(effect=Effect.MODEL, attempt=1, model="anthropic:m")
    usage = Usage(calls=1, input_tokens=7, cached_tokens=5, output_tokens=3, cost_usd=Decimal("0.002"))
    yield EffectEnded(effect=Effect.MODEL, ended="done", usage=usage)
    yield Tried(incident=incident(Decision.REFUSED, EDIT, "it does not hold"), kept=False)
    yield Tried(incident=incident(Decision.NONE, EDIT, "half of it"), kept=True)
    yield RunParked(reason="approval needed", incident=incident(Decision.PARKED, EDIT), pending=ASKED)
    given = Approval(decision="approve", digest=ASKED.digest, actor="grace", comment="fine", at=at)
    yield Decided(approval=given)
    yield EffectIntended(effect=Effect.PROMOTE, attempt=1, what="a.tf, main.tf")
    yield EffectEnded(effect=Effect.PROMOTE, ended="done")
    yield EffectIntended(effect=Effect.CHANGE, attempt=1, what=CHANGE.command, change=CHANGE)
    yield EffectStarted(effect=Effect.CHANGE, process=PROCESS)
    yield EffectEnded(effect=Effect.CHANGE, ended="completed", duration_s=1)
    yield EffectIntended(effect=Effect.UNDO, attempt=1, what="files")
    yield EffectEnded(effect=Effect.UNDO, ended="done")
    yield Undone(what=("put back a.tf",), actor="grace")


def all_lines(folder: Path) -> list[Line]:
    logged = Logged(folder, mended(folder))
    logged.bench.drive()
    logged.append(*everything(logged))
    return logged.lines()


def test_a_run_that_fails_once_is_told_in_this_order(tmp_path: Path) -> None:
    logged = Logged(tmp_path, mended(tmp_path))
    logged.bench.drive()
    assert [line["event"] for line in logged.lines()] == [
        *("run.opened", "run.transition"),
        *("terraform.started", "terraform.finished") * 3,
        "run.transition",
        *("terraform.started", "terraform.finished") * 1,
        *("check.finished", "run.transition"),
        *("incident.diagnosed", "fix.applied", "run.transition"),
        *("terraform.started", "terraform.finished") * 2,
        "run.transition",
        *("check.finished", "run.transition", "run.finished"),
    ]


def test_every_line_is_about_a_run_a_module_and_an_attempt(tmp_path: Path) -> None:
    logged = Logged(tmp_path, mended(tmp_path))
    logged.bench.drive()
    lines = logged.lines()
    assert {(line["run_id"], line["module"]) for line in lines} == {("run-1", str(tmp_path))}
    attempts = [line["attempt"] for line in lines]
    assert attempts == sorted(attempts)
    assert named(lines, "incident.diagnosed")["attempt"] == 1
    assert [line["attempt"] for line in lines if line["event"] == "check.finished"] == [1, 2]
    assert lines[-1]["attempt"] == 2


def test_every_event_that_is_written_is_in_the_list_and_every_one_of_the_list_is_written(
    tmp_path: Path,
) -> None:
    lines = all_lines(tmp_path)
    assert {line["event"] for line in lines} == set(EVENTS)
    for line in lines:
        event = EVENTS[line["event"]]
        assert set(line) - ALWAYS == set(event.keys) - set(BOUND), line["event"]
        assert line["level"] == event.level
        assert not event.what.endswith(".")


def test_the_canonical_line_tells_all_of_it(tmp_path: Path) -> None:
    logged = Logged(tmp_path, mended(tmp_path))
    logged.bench.drive()
    last = logged.lines()[-1]
    assert (last["state"], last["exit_code"], last["attempts"], last["retries"]) == ("SUCCESS", 0, 2, 1)
    assert (last["category"], last["source"]) == ("network", "signature")
    assert (last["fixes"], last["checks_passed"], last["checks_failed"]) == (["retry"], 1, 0)
    assert (last["engine"], last["engine_version"]) == ("terraform", "1.11.4")
    assert last["model_calls"] == last["input_tokens"] == last["cost_usd"] == 0


def test_terraform_calls_a_models_answer_and_an_answer_of_a_person_are_whole(tmp_path: Path) -> None:
    lines = all_lines(tmp_path)
    done = next(line for line in lines if line["event"] == "terraform.finished" and line["effect"] == "apply")
    assert (done["pid"], done["ended"], done["duration_s"]) == (4242, "completed", 1.0)
    assert done["what"] == "create terraform_data.a"
    answered = named(lines, "model.answered")
    assert (answered["model"], answered["fault"], answered["cost_usd"]) == ("anthropic:m", None, 0.002)
    assert (answered["input_tokens"], answered["output_tokens"]) == (7, 3)
    given = named(lines, "approval.given")
    assert (given["decision"], given["actor"], given["comment"]) == ("approve", "grace", "fine")
    assert named(lines, "fix.promoted")["files"] == ["a.tf", "main.tf"]
    assert named(lines, "fix.proven")["remediations"] == ["edit_config"]


def test_an_incident_that_waited_is_diagnosed_once(tmp_path: Path) -> None:
    logged = Logged(tmp_path, Bench(tmp_path))
    logged.append(
        RunParked(reason="approval needed", incident=incident(Decision.PARKED, EDIT), pending=ASKED),
    )
    outcome = Outcome(
        event=RunEvent.REMEDIED, reason="mended", incident=incident(Decision.APPROVED, EDIT), wait_s=2
    )
    moved = Moved(
        event=RunEvent.REMEDIED, source=RunState.DIAGNOSING, target=RunState.RUNNING, outcome=outcome
    )
    at = logged.bench.clock.now()
    logged.log.on_line(JournalLine(run_id="run-1", seq=9, at=at, entry=moved))
    lines = logged.lines()
    assert named(lines, "incident.diagnosed")["decision"] == "parked"
    applied = named(lines, "fix.applied")
    assert (applied["decision"], applied["wait_s"]) == ("approved", 2)


def test_a_line_says_when_it_happened_and_not_when_it_was_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    at = bench.store.lines("run-1")[0].at
    first = Logged(tmp_path, bench).lines()[0]
    assert first["timestamp"] == at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_nothing_is_written_before_the_run_waits_for_a_process_and_then_all_of_it(tmp_path: Path) -> None:
    logged = Logged(tmp_path, Bench(tmp_path))
    logged.append(EffectIntended(effect=Effect.INIT, attempt=1))
    assert not logged.path.exists()
    logged.append(EffectStarted(effect=Effect.INIT, process=PROCESS))
    logged.append(EffectEnded(effect=Effect.INIT, ended="completed", duration_s=1))
    wanted = ["run.opened", "terraform.started", "terraform.finished"]
    assert [line["event"] for line in logged.lines()][:-1] == wanted


def test_a_call_of_a_model_is_told_while_it_is_waited_for(tmp_path: Path) -> None:
    logged = Logged(tmp_path, Bench(tmp_path))
    logged.append(EffectIntended(effect=Effect.MODEL, attempt=1, model="anthropic:m"))
    deadline = time.monotonic() + 20
    while not logged.path.exists() or len(read(logged.path)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    logged.log.close()
    assert [line["event"] for line in read(logged.path)] == ["run.opened", "model.asked"]


# --- secrets ------------------------------------------------------------------------------------


def test_a_secret_is_masked_however_deep_it_lies_and_before_anything_is_cut(tmp_path: Path) -> None:
    secret = "hunter2-hunter2"
    bench = Bench(tmp_path, redactor=PlainRedactor(secret))
    logged = Logged(tmp_path, bench)
    line = bench.store.lines("run-1")[0]
    texts = (f"put back {secret}", "x" * 1990 + secret, f"\x1b[31m{secret}")
    logged.log.on_line(line.model_copy(update={"entry": Undone(what=texts, actor=secret)}))
    text = json.dumps(logged.lines())
    assert secret not in text
    assert "hunter2" not in text
    assert text.count("<secret>") >= 3


def test_long_texts_and_lists_are_cut(tmp_path: Path) -> None:
    logged = Logged(tmp_path, Bench(tmp_path))
    logged.append(Undone(what=tuple("y" * 5000 for _ in range(60)), actor="ada"))
    undone = named(logged.lines(), "run.undone")
    assert len(undone["what"]) == 51
    assert undone["what"][-1] == "and 10 more"
    assert all(len(text) < 2100 for text in undone["what"])


# --- standard error -----------------------------------------------------------------------------


def watched(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Standard error; set in the test itself, for pytest sets its own before each phase."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.mark.parametrize("least", LEVELS)
def test_standard_error_shows_the_level_that_was_asked_for_and_the_file_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: Any
) -> None:
    stderr = watched(monkeypatch)
    logged = Logged(tmp_path, mended(tmp_path), Shown("json", least))
    logged.bench.drive()
    kept = logged.lines()
    shown = [json.loads(line) for line in stderr.getvalue().splitlines()]
    above = LEVELS[LEVELS.index(least) :]
    assert shown == [line for line in kept if line["level"] in above]


def test_lines_for_people_are_plain_and_one_a_fact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = watched(monkeypatch)
    logged = Logged(tmp_path, mended(tmp_path), Shown("console", "info"))
    logged.append(Undone(what=("one\ntwo",), actor="ada"))
    logged.lines()
    text = stderr.getvalue()
    assert "\x1b" not in text
    assert len(text.splitlines()) == 3
    assert "run.opened" in text
    assert "actor=ada" in text


class Gone(io.StringIO):
    """A stream whose reader went away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("stream", [Gone(), None], ids=["went away", "was never there"])
def test_a_standard_error_that_is_gone_ends_nothing_and_the_file_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: io.StringIO | None
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    logged = Logged(tmp_path, mended(tmp_path), Shown("json", "info"))
    assert logged.bench.drive().state is RunState.SUCCESS
    assert logged.lines()[-1]["event"] == "run.finished"


def test_a_file_that_cannot_be_written_ends_nothing_and_standard_error_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = watched(monkeypatch)
    (tmp_path / "log.jsonl").mkdir()
    logged = Logged(tmp_path, mended(tmp_path), Shown("json", "info"))
    assert logged.bench.drive().state is RunState.SUCCESS
    logged.log.finish(result_of(logged.bench.record))
    assert json.loads(stderr.getvalue().splitlines()[-1])["event"] == "run.finished"


def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    Logged(tmp_path, Bench(tmp_path)).lines()
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o077 == 0
