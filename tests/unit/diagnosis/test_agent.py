"""Who is asked for a cause, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.budget import Usage
from contracts.diagnostic import Diagnostic, Severity, SourceRange
from contracts.hypothesis import Category, Hypothesis, Source
from contracts.identity import EngineId
from contracts.incident import Evidence, Named, Stage, Unknown
from contracts.permit import ModelPermit
from contracts.ports import Diagnoser
from contracts.record import RunRecord
from contracts.remediation import Refresh, Retry
from contracts.run import RunRequest, RunState
from contracts.validation import CheckKind, CheckResult
from diagnosis.agent import LayeredDiagnoser, next_step
from tests.fakes.asking import PAID, World, answer
from tests.fakes.planning import RETRY

ERROR = Diagnostic(
    severity=Severity.ERROR,
    summary="Invalid index",
    range=SourceRange(filename="main.tf", start_line=12, end_line=12),
)
FAILURE = Evidence(stage=Stage.PLAN, diagnostics=(ERROR,), engine="terraform 1.11.4")
KNOWN = Named(
    hypothesis=Hypothesis(
        category=Category.THROTTLING,
        retryable=True,
        root_cause="The API is throttled.",
        confidence=1,
        remediation=Retry(summary="Try again."),
    ),
    source=Source.SIGNATURE,
    origin="aws-throttling",
)


def _record() -> RunRecord:
    return RunRecord(
        run_id="r1",
        request=RunRequest(module=Path("/module")),
        engine=EngineId(name="terraform", version="1.11.4"),
        started_at=datetime(2026, 11, 20, tzinfo=UTC),
        last_at=datetime(2026, 11, 20, tzinfo=UTC),
        state=RunState.DIAGNOSING,
    )


def _permit() -> ModelPermit | None:
    return ModelPermit(_record())


class Past:
    """A memory of one failure."""

    def __init__(self, worked: Named | None = None, failed: tuple[Hypothesis, ...] = ()) -> None:
        self._worked = worked
        self._failed = failed

    def worked(self, fingerprint: str) -> Named | None:
        return self._worked

    def failed(self, fingerprint: str) -> tuple[Hypothesis, ...]:
        return self._failed


def _diagnoser(
    world: World, *, known: Named | None = None, model: bool = True, past: Past | None = None
) -> LayeredDiagnoser:
    return LayeredDiagnoser(
        match=lambda _: known, memory=past or Past(), asker=world.asker() if model else None
    )


def test_it_fills_the_port() -> None:
    port: Diagnoser = _diagnoser(World())
    assert port


def test_a_known_failure_costs_nothing_and_opens_no_model() -> None:
    world = World()
    assert _diagnoser(world, known=KNOWN).diagnose(FAILURE, _permit, ()) == KNOWN
    assert world.did == []


VAGUE = KNOWN.model_copy(
    update={
        "hypothesis": KNOWN.hypothesis.model_copy(update={"confidence": 0.4}),
        "origin": "a-command-failed",
    }
)


def test_a_signature_that_knows_what_failed_but_not_why_asks_on() -> None:
    found = _diagnoser(World(), known=VAGUE).diagnose(FAILURE, _permit, ())
    assert isinstance(found, Named)
    assert (found.source, found.usage) == (Source.MODEL, PAID)


def test_where_nobody_knows_more_its_word_stands_and_what_was_asked_is_paid() -> None:
    unsure = World(answer(confidence=0.3))
    assert _diagnoser(unsure, known=VAGUE).diagnose(FAILURE, _permit, ()) == VAGUE.model_copy(
        update={"usage": PAID}
    )
    assert _diagnoser(World(), known=VAGUE, model=False).diagnose(FAILURE, _permit, ()) == VAGUE


def test_without_a_model_an_unknown_failure_says_so() -> None:
    found = _diagnoser(World(), model=False).diagnose(FAILURE, _permit, ())
    assert isinstance(found, Unknown)
    assert found.why.startswith("no signature matches; no model is configured")
    assert found.usage == Usage()


REMEMBERED = Named(hypothesis=RETRY, source=Source.MEMORY, origin="run-7")


def test_what_worked_before_is_proposed_before_a_model_is_asked() -> None:
    world = World()
    assert _diagnoser(world, past=Past(REMEMBERED)).diagnose(FAILURE, _permit, ()) == REMEMBERED
    assert world.did == []


def test_what_is_remembered_is_not_proposed_twice_in_a_run() -> None:
    found = _diagnoser(World(), past=Past(REMEMBERED)).diagnose(FAILURE, _permit, (RETRY,))
    assert isinstance(found, Named)
    assert found.source is Source.MODEL


def test_two_failures_that_said_nothing_are_not_taken_for_the_same() -> None:
    found = _diagnoser(World(), past=Past(REMEMBERED)).diagnose(Evidence(stage=Stage.APPLY), _permit, ())
    assert not isinstance(found, Named) or found.source is Source.MODEL


def test_a_model_is_told_what_was_tried_in_this_run_and_in_earlier_ones() -> None:
    world = World()
    earlier = KNOWN.hypothesis.model_copy(update={"root_cause": "The disk is full."})
    _diagnoser(world, past=Past(failed=(earlier,))).diagnose(FAILURE, _permit, (KNOWN.hypothesis,))
    assert "The API is throttled." in world.prompts[0].user
    assert "The disk is full." in world.prompts[0].user


def test_a_model_that_proposes_what_failed_in_an_earlier_run_is_not_followed() -> None:
    world = World(answer(remediation="refresh", summary="Refresh it."))
    failed = RETRY.model_copy(update={"remediation": Refresh(summary="Read it anew.")})
    found = _diagnoser(world, past=Past(failed=(failed,))).diagnose(FAILURE, _permit, ())
    assert isinstance(found, Unknown)
    assert "proposes again what did not help in an earlier run: Refresh it." in found.why
    assert found.usage == PAID


def test_an_explanation_takes_the_place_of_the_model() -> None:
    world, told = World(), list[str]()

    def explain(evidence: Evidence, tried: Sequence[Hypothesis]) -> str:
        told.append(evidence.engine)
        return "nothing was sent"

    diagnoser = LayeredDiagnoser(match=lambda _: None, memory=Past(), asker=world.asker(), explain=explain)
    found = diagnoser.diagnose(FAILURE, _permit, ())
    assert isinstance(found, Unknown)
    assert "nothing was sent" in found.why
    assert (told, world.did) == ([FAILURE.engine], [])


WARNING = Diagnostic(severity=Severity.WARNING, summary="Deprecated")
CHECK = CheckResult(name="health: /ready", kind=CheckKind.HEALTH, passed=False, detail="503, not 200")
NEXT = {
    "a file and line": (FAILURE, "Look at main.tf:12: Invalid index."),
    "an address where there is no line": (
        Evidence(
            stage=None,
            diagnostics=(
                WARNING,
                Diagnostic(severity=Severity.ERROR, summary="creating: 403", address="aws_vpc.a"),
            ),
        ),
        "Look at aws_vpc.a: creating: 403.",
    ),
    "an error without a place": (
        Evidence(stage=None, diagnostics=(Diagnostic(severity=Severity.ERROR, summary=""),)),
        "Look into the first error: the first error.",
    ),
    "a crash before all else": (
        Evidence(stage=None, diagnostics=(ERROR,), text="panic: runtime error\ngoroutine 1 [running]:"),
        "Read the crash",
    ),
    "a failed check": (
        Evidence(stage=Stage.VALIDATE, failed_checks=(CHECK,)),
        "Look at the failed check health: /ready: 503, not 200.",
    ),
    "the first line that tells of an error": (
        Evidence(stage=None, text="Initializing\nError: no such backend\nBye"),
        "Start from the line `Error: no such backend`.",
    ),
    "a repetition where nothing was said": (Evidence(stage=Stage.INIT), "Repeat the init by hand"),
    "a repetition where even the stage is unknown": (Evidence(stage=None), "Repeat the failed command"),
}


@pytest.mark.parametrize(("evidence", "step"), NEXT.values(), ids=NEXT)
def test_the_next_step_is(evidence: Evidence, step: str) -> None:
    assert next_step(evidence).startswith(step)
