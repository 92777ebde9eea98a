"""Which spans the entries of a journal amount to, entry by entry, without a collector."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.budget import Usage
from contracts.diagnostic import Diagnostic, Severity
from contracts.hypothesis import Category, Source
from contracts.identity import EngineId, ProcessId
from contracts.incident import Decision, Incident, Stage
from contracts.journal import (
    EffectEnded,
    EffectIntended,
    EffectStarted,
    Entry,
    JournalLine,
    Moved,
    RunOpened,
    RunParked,
    RunResumed,
    Tried,
)
from contracts.remediation import Retry
from contracts.result import RunResult, RunUsage
from contracts.run import Attempt, Effect, Outcome, RunEvent, RunRequest, RunState
from contracts.terraform import Progress
from contracts.validation import CheckKind, CheckResult
from observability import conventions as c
from observability.span_tree import MOST_STEPS, SpanTree
from observability.spans import Event, Span, cleared, span_id, trace_id, traceparent
from tests.fakes.clock import START

ENGINE = EngineId(name="terraform", version="1.11.4")
MOVES = {
    RunEvent.BEGIN: (RunState.INIT, RunState.RUNNING),
    RunEvent.APPLIED: (RunState.RUNNING, RunState.VALIDATING),
    RunEvent.ERRORED: (RunState.RUNNING, RunState.DIAGNOSING),
    RunEvent.REJECTED: (RunState.VALIDATING, RunState.DIAGNOSING),
    RunEvent.REMEDIED: (RunState.DIAGNOSING, RunState.RUNNING),
    RunEvent.EXHAUSTED: (RunState.DIAGNOSING, RunState.FAILED),
    RunEvent.VERIFIED: (RunState.VALIDATING, RunState.SUCCESS),
}
INCIDENT = Incident(
    attempt=1,
    fingerprint="f2:0",
    stage=Stage.PLAN,
    category=Category.NETWORK,
    retryable=True,
    root_cause="It was the network.",
    evidence=(),
    confidence=0.9,
    source=Source.MODEL,
    remediation=Retry(summary="Again."),
    decision=Decision.APPLIED,
)
QUESTION = {"digest": "d", "question": "destroy it?", "changes": ()}


class Told:
    """A tree that is told entries a second apart."""

    def __init__(self) -> None:
        self.tree = SpanTree()
        self.lines: list[JournalLine] = []
        self.spans: list[Span] = []
        self.tell(RunOpened(request=RunRequest(module=Path("/m/boxes")), engine=ENGINE, planner_version="1"))
        self.move(RunEvent.BEGIN)

    def tell(self, *entries: Entry) -> None:
        for entry in entries:
            at = START + timedelta(seconds=len(self.lines))
            self.lines.append(JournalLine(run_id="r", seq=len(self.lines), at=at, entry=entry))
            self.spans += self.tree.take(self.lines[-1])

    def move(self, event: RunEvent, **facts: object) -> None:
        source, target = MOVES[event]
        outcome = Outcome.model_validate({"event": event, "reason": "because", **facts})
        self.tell(Moved(event=event, source=source, target=target, outcome=outcome))

    def effect(self, effect: Effect, ended: str = "completed", **facts: object) -> None:
        intended = {"effect": effect, "attempt": 1, **facts}
        usage = intended.pop("usage", None)
        self.tell(EffectIntended.model_validate(intended))
        self.tell(EffectEnded.model_validate({"effect": effect, "ended": ended, "usage": usage}))

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def only(self, name: str) -> Span:
        (span,) = self.named(name)
        return span

    def above(self, span: Span) -> str:
        return next((other.name for other in self.spans if other.key == span.parent), "")


@pytest.fixture
def run() -> Told:
    return Told()


def seconds(span: Span) -> float:
    assert span.ended is not None
    return (span.ended - span.began).total_seconds()


def ended(state: RunState, incidents: Sequence[Incident] = ()) -> RunResult:
    used = RunUsage(model_calls=0, input_tokens=0, cached_tokens=0, output_tokens=0, cost_usd=None)
    return RunResult(
        run_id="r",
        module="/m/boxes",
        state=state,
        exit_code=0,
        reason="because",
        attempts=(),
        incidents=tuple(incidents),
        checks=(),
        outputs={},
        usage=used,
        duration_s=0,
        terraform_s=0,
        engine=ENGINE,
    )


def test_naming_a_cause_ends_where_proving_begins_and_has_the_models_below_it(run: Told) -> None:
    run.move(RunEvent.ERRORED)
    run.effect(Effect.MODEL, "throttled", model="bedrock:claude", usage=Usage(cost_usd=None))
    run.effect(Effect.MODEL, "done", model="bedrock:claude", usage=Usage(input_tokens=3, cached_tokens=2))
    run.effect(Effect.PROVE, what="plan")
    run.effect(Effect.PROMOTE, "done", what="main.tf")
    run.move(RunEvent.REMEDIED, incident=INCIDENT)
    diagnosis = run.only("invoke_agent diagnoser")
    assert seconds(diagnosis) == 5
    assert (
        diagnosis.facts.items() >= {c.SOURCE: "model", c.CATEGORY: "network", c.DECISION: "applied"}.items()
    )
    down, answered = run.named("chat claude")
    assert {run.above(span) for span in (down, answered)} == {"invoke_agent diagnoser"}
    assert (down.error, down.facts[c.ERROR_TYPE]) == ("throttled", "throttled")
    assert c.COST_USD not in down.facts
    assert (
        answered.facts.items() >= {c.PROVIDER: "aws.bedrock", c.INPUT_TOKENS: 5, c.CACHED_TOKENS: 2}.items()
    )
    for name in ("execute_tool terraform plan", "execute_tool promote"):
        assert run.above(run.only(name)) == "DIAGNOSING"


def test_a_model_that_is_asked_on_after_a_proof_is_part_of_the_same_diagnosis(run: Told) -> None:
    run.move(RunEvent.ERRORED)
    run.effect(Effect.PROVE, what="fmt")
    run.effect(Effect.MODEL, "done", model="openai:m")
    run.move(RunEvent.EXHAUSTED, incident=INCIDENT)
    assert run.above(run.only("chat m")) == "invoke_agent diagnoser"
    assert seconds(run.only("invoke_agent diagnoser")) == 5


def test_each_hypothesis_is_a_diagnosis_of_its_own(run: Told) -> None:
    run.move(RunEvent.ERRORED)
    refused = INCIDENT.model_copy(update={"decision": Decision.REFUSED})
    run.tell(Tried(incident=refused, kept=False))
    run.move(RunEvent.EXHAUSTED, incident=INCIDENT)
    decisions = [span.facts[c.DECISION] for span in run.named("invoke_agent diagnoser")]
    assert decisions == ["refused", "applied"]


def test_a_plan_that_is_asked_about_is_no_error_and_is_not_diagnosed(run: Told) -> None:
    run.effect(Effect.PLAN)
    run.move(RunEvent.ERRORED, pending=QUESTION)
    run.tell(RunParked(reason="approval needed", incident=INCIDENT))
    assert run.only("RUNNING").error is None
    assert run.only("DIAGNOSING").error is None
    assert run.named("invoke_agent diagnoser") == []


def test_a_wait_for_a_person_is_in_no_span_and_the_root_comes_last(run: Told) -> None:
    run.move(RunEvent.ERRORED, pending=QUESTION)
    run.tell(RunParked(reason="approval needed", incident=INCIDENT))
    assert list(run.tree.finish(ended(RunState.DIAGNOSING))) == []
    run.tell(RunResumed(engine=ENGINE))
    run.move(RunEvent.EXHAUSTED, gave_up="rejected")
    assert [seconds(span) for span in run.named("DIAGNOSING")] == [1, 1]
    (root,) = run.tree.finish(ended(RunState.FAILED, [INCIDENT]))
    assert (root.parent, root.error, root.facts[c.ERROR_TYPE]) == (None, "because", "network")
    assert root.facts[c.GAVE_UP] == "rejected"
    assert c.COST_USD not in root.facts
    assert [event.name for event in root.events] == [c.PARKED, c.RESUMED]


def test_what_a_dead_process_left_open_ended_with_its_last_word_whoever_tells_it(run: Told) -> None:
    run.tell(EffectIntended(effect=Effect.APPLY, attempt=1))
    run.tell(EffectStarted(effect=Effect.APPLY, process=ProcessId(pid=42, start="1", boot_id="b")))
    before = len(run.spans)
    run.tell(RunResumed(engine=ENGINE), EffectEnded(effect=Effect.APPLY, ended="unknown"))
    left = run.spans[before:]
    assert [(span.name, seconds(span)) for span in left] == [
        ("execute_tool terraform apply", 1),
        ("RUNNING", 2),
    ]
    assert {(span.error, span.facts[c.ERROR_TYPE]) for span in left} == {("planner was cut off", "cut_off")}
    assert left[0].facts[c.PID] == 42
    again = SpanTree()
    assert [span for line in run.lines for span in again.take(line)] == run.spans


def test_steps_of_instances_are_capped_counted_and_errors_are_kept(run: Told) -> None:
    step = Progress(address="a.b", action="create", phase="start")
    run.tree.progress(START, step)  # no call runs: nobody's
    run.tell(EffectIntended(effect=Effect.APPLY, attempt=1))
    for phase in ["start"] * (MOST_STEPS + 7) + ["progress", "errored"]:
        run.tree.progress(START, step.model_copy(update={"phase": phase}))
    run.tell(EffectEnded(effect=Effect.APPLY, ended="errored"))
    apply = run.only("execute_tool terraform apply")
    assert (len(apply.events), apply.facts[c.OMITTED]) == (MOST_STEPS + 1, 7)
    assert apply.events[-1].facts[c.PHASE] == "errored"


def test_a_check_lasts_as_long_as_it_was_waited_for(run: Told) -> None:
    run.move(RunEvent.APPLIED)
    run.effect(Effect.VALIDATE, "done")
    slow = CheckResult(name="health: h", kind=CheckKind.HEALTH, passed=False, detail="saw 503", waited_s=2.5)
    fast = CheckResult(name="drift: re-plan", kind=CheckKind.DRIFT, passed=True, detail="empty")
    run.move(RunEvent.REJECTED, checks=(fast, slow))
    assert (seconds(run.only("check health")), seconds(run.only("check drift"))) == (2.5, 0)
    assert (run.only("check health").error, run.only("check drift").error) == ("saw 503", None)
    assert run.above(run.only("check health")) == "VALIDATING"
    assert run.named("execute_tool terraform validate") == []


def test_a_diagnostic_of_an_attempt_is_told_once(run: Told) -> None:
    first, second = (Diagnostic(severity=Severity.WARNING, summary=word) for word in ("one", "two"))
    done = Attempt(n=1, stage=Stage.APPLY, ok=True, duration_s=1, diagnostics=(first,))
    run.move(RunEvent.APPLIED, attempt=done)
    run.move(RunEvent.VERIFIED, attempt=done.model_copy(update={"diagnostics": (first, second)}))
    told = [event.facts[c.SUMMARY] for name in ("RUNNING", "VALIDATING") for event in run.only(name).events]
    assert told == ["one", "two"]


TOOLS = {
    "terraform state mv a b": "execute_tool terraform state mv",
    "terraform import a i-1": "execute_tool terraform import",
    "terraform force-unlock l": "execute_tool terraform force-unlock",
}


@pytest.mark.parametrize(("what", "name"), TOOLS.items())
def test_a_change_of_the_state_is_named_by_its_command_without_arguments(
    run: Told, what: str, name: str
) -> None:
    run.effect(Effect.CHANGE, what=what)
    run.move(RunEvent.APPLIED)
    assert run.only(name).facts[c.WHAT] == what


def test_every_text_of_a_span_is_redacted_before_it_is_cut() -> None:
    secret = "hunter2"
    long = "x" * 296 + secret
    span = Span("k", None, secret, START, {"a": long, "n": 7}, error=secret)
    span.events.append(Event("e", START, {"b": secret}))
    clear = cleared(span, lambda text: text.replace(secret, "<secret>"))
    assert (clear.name, clear.error, clear.events[0].facts) == ("<secret>", "<secret>", {"b": "<secret>"})
    assert clear.facts == {"a": "x" * 296 + "<se…", "n": 7}
    assert span.facts["a"] == long


def test_ids_are_a_runs_own_and_the_same_in_every_process() -> None:
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", traceparent("r"))
    assert traceparent("r") == traceparent("r") != traceparent("s")
    assert 0 < trace_id("r") < 1 << 128
    assert len({span_id("r", "root"), span_id("r", "1 state"), span_id("s", "root")}) == 3
