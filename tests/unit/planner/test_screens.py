"""What stands on the screen at the end of a run: each thing once, and whole."""

from __future__ import annotations

from pathlib import Path

from click import unstyle

from contracts.diagnostic import Diagnostic, Severity
from contracts.identity import EngineId
from contracts.incident import Decision, Stage
from contracts.record import RunRecord
from contracts.remediation import WaitAndRetry
from contracts.run import Attempt, RunRequest, RunState
from planner.handover import handover_of
from planner.render import result_text
from planner.render_incident import incident_text
from planner.result import result_of
from tests.fakes.clock import START
from tests.fakes.told_runs import FIX, incident

WAIT = WaitAndRetry(summary="Wait, and look at the network.", wait_s=1)


def said(severity: Severity, summary: str, detail: str = "") -> Diagnostic:
    return Diagnostic(severity=severity, summary=summary, detail=detail)


def attempt(n: int, *diagnostics: Diagnostic, ok: bool = False, duration_s: float = 1.2) -> Attempt:
    return Attempt(n=n, stage=Stage.INIT, ok=ok, duration_s=duration_s, diagnostics=diagnostics)


def record(*attempts: Attempt, **fields: object) -> RunRecord:
    run = RunRecord(
        run_id="run-1",
        request=RunRequest(module=Path("/m")),
        engine=EngineId(name="terraform", version="1"),
        started_at=START,
        last_at=START,
        state=RunState.FAILED,
        reason="the cap of 3 retries is reached",
        attempts=attempts,
    )
    return run.model_copy(update=fields)


def text(run: RunRecord) -> str:
    return unstyle(result_text(result_of(run)))


DOWN = said(Severity.ERROR, "the registry is down")


def waited(last: int) -> RunRecord:
    incidents = tuple(
        incident(WAIT, attempt=n, decision=Decision.NONE if n == last else Decision.APPLIED)
        for n in range(1, last + 1)
    )
    attempts = tuple(attempt(n, DOWN, duration_s=n / 10) for n in range(1, last + 1))
    return record(*attempts, incidents=incidents)


def test_attempts_that_failed_alike_are_one_block() -> None:
    told = text(waited(4))
    assert "attempts 1-4: failed in init after 0.1 to 0.4 s\n  error: the registry is down" in told
    assert told.count("error: the registry is down") == 1


def test_a_cause_that_came_again_is_told_once_with_how_often_its_remedy_was_tried() -> None:
    told = text(waited(4))
    assert told.count("diagnosis: ") == 1
    assert "  Wait, and look at the network.\n  done after attempts 1-3\n" in told


def test_a_hand_over_counts_attempts_that_ended_alike() -> None:
    run = waited(4)
    (line,) = handover_of(run).tried
    then = "then wait_and_retry: Wait, and look at the network."
    assert line == f"attempts 1-3 failed in init: the registry is down; {then}"


def test_attempts_that_differ_and_causes_that_differ_stand_alone() -> None:
    other = incident(FIX, attempt=2, root_cause="Something else.")
    told = text(record(attempt(1, DOWN), attempt(2, ok=True), incidents=(incident(WAIT), other)))
    assert "attempt 1: failed" in told
    assert "attempt 2: ok" in told
    assert told.count("diagnosis: ") == 2


def test_a_warning_of_a_run_that_went_well_says_what_it_is_about() -> None:
    warned = attempt(
        1, said(Severity.WARNING, "Value for undeclared variable", 'It is "foo".\nMore.'), ok=True
    )
    told = text(record(warned, state=RunState.SUCCESS))
    assert '  warning: Value for undeclared variable\n    It is "foo".\n' in told
    assert "More." not in told


def test_what_is_cut_from_a_long_message_is_cut_between_words_and_its_end_is_kept() -> None:
    long = " ".join(["word"] * 100) + " dial tcp: no such host"
    told = text(record(attempt(1, said(Severity.ERROR, "x", long))))
    line = next(line for line in told.splitlines() if "characters cut" in line)
    assert line.endswith("no such host")
    assert {word for word in line.split() if word.startswith("w")} == {"word"}


def test_a_remedy_that_settled_a_part_says_that_it_was_tried_on_a_copy() -> None:
    told = incident_text(incident(FIX, decision=Decision.NONE, note="it settles its part"))
    assert "  tried on a copy: it settles its part" in told


def test_what_was_put_back_is_not_offered_to_be_put_back() -> None:
    done = record(attempt(1, ok=True), incidents=(incident(FIX, decision=Decision.APPROVED),), promotions=1)
    assert "  files were edited: planner show run-1 --patch, planner undo run-1" in text(done)
    told = text(done.model_copy(update={"undone": True}))
    assert "  files were edited and put back since: planner show run-1 --patch\n" in told
    assert "planner undo" not in told.partition("hand-over")[0]
    assert "planner undo" not in " ".join(handover_of(done.model_copy(update={"undone": True})).next)
