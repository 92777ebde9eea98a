"""Who is asked for a cause, and what becomes of the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.budget import LimitReached, Reservation, Usage
from contracts.diagnostic import Diagnostic, Severity, SourceRange
from contracts.hypothesis import Category, Hypothesis, Source
from contracts.incident import Evidence, Named, Stage, Unknown
from contracts.permit import ModelPermit
from contracts.ports import Diagnoser, ModelReply, Prompt
from contracts.remediation import Escalate, Retry
from contracts.run import EngineId, RunRecord, RunRequest, RunState
from contracts.validation import CheckKind, CheckResult
from diagnosis.agent import LayeredDiagnoser, next_step

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
ANSWER = {
    "evidence": ["Invalid index"],
    "root_cause": "An entry is missing.",
    "category": "invalid_reference",
    "retryable": False,
    "confidence": 0.8,
    "remediation": "escalate",
    "summary": "Add it.",
}
PAID = Usage(calls=1, input_tokens=900, output_tokens=200, cost_usd=Decimal("0.00019"))


def _permit() -> ModelPermit:
    return ModelPermit(
        RunRecord(
            run_id="r1",
            request=RunRequest(module=Path("/module")),
            engine=EngineId(name="terraform", version="1.11.4"),
            started_at=datetime(2026, 11, 20, tzinfo=UTC),
            last_at=datetime(2026, 11, 20, tzinfo=UTC),
            state=RunState.DIAGNOSING,
        )
    )


class World:
    """A purse and a model that write down the order in which they are used."""

    model = "fake:one"

    def __init__(self, reply: ModelReply | None = None, limit: LimitReached | None = None) -> None:
        self.did: list[str] = []
        self.prompts: list[Prompt] = []
        self.settled: list[Usage] = []
        self._reply = reply or ModelReply(text=json.dumps(ANSWER), stop="end", usage=PAID)
        self._limit = limit

    def open(self) -> World:
        self.did.append("open")
        return self

    def reserve(self, run_id: str, most_usd: Decimal | None) -> Reservation | LimitReached:
        self.did.append(f"reserve {run_id} {most_usd}")
        return self._limit or Reservation(id=7, usd=most_usd or Decimal(1))

    def settle(self, reservation: Reservation, usage: Usage) -> None:
        self.did.append(f"settle {reservation.id}")
        self.settled.append(usage)

    def price_ceiling_usd(self, prompt: Prompt) -> Decimal | None:
        return Decimal("0.01")

    def ask(self, permit: ModelPermit, prompt: Prompt, schema: Mapping[str, object]) -> ModelReply:
        permit.spend()
        self.did.append("ask")
        self.prompts.append(prompt)
        return self._reply


def _diagnoser(world: World, *, known: Named | None = None, model: bool = True) -> LayeredDiagnoser:
    return LayeredDiagnoser(
        match=lambda _: known,
        client=world.open if model else None,
        purse=world,
        token=lambda: "5f0c1d7e",
    )


def test_it_fills_the_port() -> None:
    port: Diagnoser = _diagnoser(World())
    assert port


def test_a_known_failure_costs_nothing_and_opens_no_model() -> None:
    world = World()
    assert _diagnoser(world, known=KNOWN).diagnose(FAILURE, _permit(), ()) == KNOWN
    assert world.did == []


def test_without_a_model_an_unknown_failure_says_so() -> None:
    found = _diagnoser(World(), model=False).diagnose(FAILURE, _permit(), ())
    assert isinstance(found, Unknown)
    assert found.why.startswith("no signature matches; no model is configured")
    assert found.usage == Usage()


def test_without_a_permit_no_model_is_opened() -> None:
    world = World()
    found = _diagnoser(world).diagnose(FAILURE, None, ())
    assert isinstance(found, Unknown)
    assert "the retry cap leaves no model call" in found.why
    assert world.did == []


def test_money_is_set_aside_before_the_call_and_booked_after_it() -> None:
    world = World()
    _diagnoser(world).diagnose(FAILURE, _permit(), ())
    assert world.did == ["open", "reserve r1 0.01", "ask", "settle 7"]
    assert world.settled == [PAID]


def test_a_limit_refuses_the_call_and_leaves_the_permit_unspent() -> None:
    world, permit = World(limit=LimitReached(limit="max_usd", allowed="0.05", spent="0.05")), _permit()
    found = _diagnoser(world).diagnose(FAILURE, permit, ())
    assert isinstance(found, Unknown)
    assert "max_usd reached: 0.05 of 0.05" in found.why
    assert "ask" not in world.did
    permit.spend()


def test_a_model_is_opened_once() -> None:
    world = World()
    diagnoser = _diagnoser(world)
    diagnoser.diagnose(FAILURE, _permit(), ())
    diagnoser.diagnose(FAILURE, _permit(), ())
    assert world.did.count("open") == 1


def test_a_good_answer_names_the_cause() -> None:
    found = _diagnoser(World()).diagnose(FAILURE, _permit(), ())
    assert isinstance(found, Named)
    assert (found.source, found.origin, found.usage) == (Source.MODEL, "fake:one", PAID)
    assert found.hypothesis.category is Category.INVALID_REFERENCE
    assert found.hypothesis.remediation == Escalate(summary="Add it.")


def test_a_model_is_told_what_was_tried() -> None:
    world = World()
    _diagnoser(world).diagnose(FAILURE, _permit(), (KNOWN.hypothesis,))
    assert "The API is throttled." in world.prompts[0].user


UNUSABLE = {
    "prose": ("It is the index.", "end", "not one JSON object"),
    "an empty answer": ("", "end", "not one JSON object"),
    "another shape": ('{"cause": "x"}', "end", "cannot be used"),
    "an answer cut off": ('{"cause": ', "max_tokens", "its answer was cut off"),
    "a whole answer that was cut off all the same": (json.dumps(ANSWER), "max_tokens", "cut off"),
    "a refusal": ("", "refusal", "refused"),
    "a pause": ("", "pause_turn", "paused"),
    "a full context": ("", "model_context_window_exceeded", "did not fit"),
    "an outage": ("", "error: 529 overloaded_error", "error: 529 overloaded_error"),
}


@pytest.mark.parametrize(("text", "stop", "why"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_answer_leaves_the_cause_unknown_and_is_paid_for(text: str, stop: str, why: str) -> None:
    world = World(ModelReply(text=text, stop=stop, usage=PAID))
    found = _diagnoser(world).diagnose(FAILURE, _permit(), ())
    assert isinstance(found, Unknown)
    assert why in found.why
    assert found.usage == PAID
    assert found.next_step == "Look at main.tf:12: Invalid index."
    assert world.settled == [PAID]


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
