"""Journals of runs that never were: every entry is real, the times and the words are made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from contracts.approval import Approval, ApprovalRequest, Proposal
from contracts.budget import Usage
from contracts.diagnostic import Diagnostic, Severity, Snippet, SourceRange
from contracts.fixing import StateChange
from contracts.hypothesis import Category, Source
from contracts.identity import EngineId
from contracts.incident import Decision, Incident, Stage
from contracts.journal import (
    Decided,
    EffectEnded,
    EffectIntended,
    Entry,
    JournalLine,
    Moved,
    RunOpened,
    RunParked,
    RunResumed,
    Tried,
    Undone,
)
from contracts.proposal import Finding, Verdict
from contracts.remediation import Edit, EditConfig, Escalate, Remediation
from contracts.run import Attempt, Effect, GaveUp, Outcome, RunEvent, RunRequest, RunState
from contracts.terraform import ChangeAction, OutputValue, PlannedChange
from contracts.validation import CheckKind, CheckResult

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PATCH = (
    "--- a/main.tf\n+++ b/main.tf\n@@ -1,2 +1,2 @@\n-  name = var.nmae\n+  name = var.name\n   count = 2\n"
)
ENGINE = EngineId(name="terraform", version="1.11.4")
FIX = EditConfig(
    summary='In main.tf:2, change "var.nmae" to "var.name".',
    edits=(Edit(file="main.tf", search="var.nmae", replace="var.name"),),
)
_NEXT = {
    RunEvent.BEGIN: RunState.RUNNING,
    RunEvent.APPLIED: RunState.VALIDATING,
    RunEvent.ERRORED: RunState.DIAGNOSING,
    RunEvent.VERIFIED: RunState.SUCCESS,
    RunEvent.REJECTED: RunState.DIAGNOSING,
    RunEvent.REMEDIED: RunState.RUNNING,
    RunEvent.APPROVED: RunState.RUNNING,
    RunEvent.EXHAUSTED: RunState.FAILED,
    RunEvent.KILLED: RunState.FAILED,
}


class Told:
    """A journal that is written line by line, each so many seconds after the one before."""

    def __init__(
        self, run_id: str, *, module: str = "/srv/fleet", start: datetime = START, **request: Any
    ) -> None:
        self.lines: list[JournalLine] = []
        self._run_id, self._at, self._state = run_id, start, RunState.INIT
        asked = RunRequest(module=Path(module), **request)
        self.add(RunOpened(request=asked, engine=ENGINE, planner_version="0.1.0", actor="ada"), 0)

    def add(self, entry: Entry, seconds: float = 0.1) -> Told:
        self._at += timedelta(seconds=seconds)
        self.lines.append(JournalLine(run_id=self._run_id, seq=len(self.lines), at=self._at, entry=entry))
        return self

    def move(self, event: RunEvent, reason: str, seconds: float = 0.1, **facts: Any) -> Told:
        source, self._state = self._state, _NEXT[event]
        outcome = Outcome(event=event, reason=reason, **facts)
        return self.add(Moved(event=event, source=source, target=self._state, outcome=outcome), seconds)

    def effect(self, effect: Effect, seconds: float = 0.5, ended: str = "completed", **facts: Any) -> Told:
        usage = facts.pop("usage", None)
        self.add(EffectIntended(effect=effect, attempt=1, **facts))
        return self.add(EffectEnded(effect=effect, ended=ended, duration_s=seconds, usage=usage), seconds)

    def plan_fails(self, n: int, summary: str = "Reference to undeclared input variable") -> Told:
        self.effect(Effect.INIT).effect(Effect.PLAN, ended="errored")
        error = Diagnostic(
            severity=Severity.ERROR,
            summary=summary,
            detail="An input variable has not been declared.",
            range=SourceRange(filename="main.tf", start_line=2, end_line=2),
            snippet=Snippet(code="  name = var.nmae", start_line=2),
        )
        attempt = Attempt(n=n, stage=Stage.PLAN, ok=False, duration_s=1.2, diagnostics=(error,))
        return self.move(RunEvent.ERRORED, f"plan failed: {summary}", attempt=attempt)

    def succeeds(self, n: int, created: tuple[str, ...], outputs: dict[str, Any] | None = None) -> Told:
        self.effect(Effect.INIT).effect(Effect.PLAN).effect(Effect.APPLY, 3, creates=created)
        done = Attempt(n=n, stage=Stage.APPLY, ok=True, duration_s=4.3)
        size = len(created)
        self.move(RunEvent.APPLIED, f"applied {size} of {size} changes", attempt=done, created=created)
        self.effect(Effect.VALIDATE, 0.2, "done")
        check = CheckResult(name="drift: re-plan", kind=CheckKind.DRIFT, passed=True, detail="saw 0 changes")
        told = {name: OutputValue(sensitive=False, value=value) for name, value in (outputs or {}).items()}
        told["token"] = OutputValue(sensitive=True)
        checked = done.model_copy(update={"stage": Stage.VALIDATE, "duration_s": 4.6})
        return self.move(RunEvent.VERIFIED, "1 checks passed", attempt=checked, checks=(check,), outputs=told)


def incident(remedy: Remediation = FIX, **changes: Any) -> Incident:
    told: dict[str, Any] = {
        "attempt": 1,
        "fingerprint": "f2:0011223344556677",
        "stage": Stage.PLAN,
        "category": Category.INVALID_REFERENCE,
        "retryable": False,
        "root_cause": "main.tf line 2 uses var.nmae, which is not declared.",
        "evidence": ("Reference to undeclared input variable",),
        "confidence": 0.97,
        "source": Source.SIGNATURE,
        "origin": "core-undeclared-variable",
        "remediation": remedy,
    }
    return Incident(**told | changes)


def request(changes: tuple[PlannedChange, ...], patch: str = PATCH) -> ApprovalRequest:
    return ApprovalRequest(
        digest="d" * 64,
        question=f"edit_config: {FIX.summary}",
        changes=changes,
        proposal=Proposal(
            remediations=(FIX,),
            patch=patch,
            changes=changes,
            findings=(Finding(rule="G3", verdict=Verdict.ASK, where="aws_sqs_queue.q", what="is replaced"),),
            proof=("terraform validate: the configuration is valid", "terraform plan: 2 to create"),
        ),
        expires_at=START + timedelta(days=3),
    )


def creates(number: int, name: str = "terraform_data.box") -> tuple[PlannedChange, ...]:
    return tuple(
        PlannedChange(address=f"{name}[{place}]", action=ChangeAction.CREATE) for place in range(number)
    )


def clean_run(run_id: str = "20260302-093000-c1ea00", **how: Any) -> Told:
    told = Told(run_id, **how)
    told.move(RunEvent.BEGIN, "terraform 1.11.4 on the module")
    return told.succeeds(1, ("terraform_data.box[0]", "terraform_data.box[1]"), {"names": ["a", "b"]})


def parked_run(run_id: str = "20260302-093000-9a4ced", **how: Any) -> Told:
    """It waits for a person, with a proven fix."""
    told = Told(run_id, **how).move(RunEvent.BEGIN, "terraform 1.11.4 on the module").plan_fails(1)
    for what in ("fmt", "init", "validate", "plan", "show"):
        told.effect(Effect.PROVE, 0.3, what=what)
    parked = incident(decision=Decision.PARKED)
    asked = request(creates(2))
    return told.add(RunParked(reason=f"approval needed: {asked.question}", incident=parked, pending=asked))


def fixed_run(run_id: str = "20260302-093000-f1ced0", **how: Any) -> Told:
    """The same, approved two hours later; it then succeeds."""
    told = parked_run(run_id, **how)
    answer = Approval(
        decision="approve", digest="d" * 64, actor="grace", comment="a typo", at=START + timedelta(hours=2)
    )
    told.add(Decided(approval=answer), 7200).add(RunResumed(engine=ENGINE, actor="grace"), 0.5)
    told.effect(Effect.PROVE, 0.3, what="plan")
    told.effect(Effect.PROMOTE, 0.01, "done", what="main.tf", patch=PATCH)
    done = incident(decision=Decision.APPROVED)
    told.move(RunEvent.REMEDIED, f"invalid_reference: {FIX.summary}", incident=done)
    return told.succeeds(2, ("terraform_data.box[0]", "terraform_data.box[1]"))


def undone_run() -> Told:
    """The fixed one, whose fix was put back three days later."""
    told = fixed_run("20260302-093000-0bac00")
    told.add(EffectIntended(effect=Effect.UNDO, attempt=2, what="files"), 3 * 86_400)
    told.add(EffectEnded(effect=Effect.UNDO, ended="done"))
    return told.add(Undone(what=("put back main.tf",), actor="grace"))


def failed_run(run_id: str = "20260302-093000-fa11ed", **how: Any) -> Told:
    """A refused remedy of a model, a change of the state, a killed apply, and the end of all means."""
    told = Told(run_id, **how).move(RunEvent.BEGIN, "terraform 1.11.4 on the module").plan_fails(1)
    used = Usage(calls=1, input_tokens=1200, cached_tokens=800, output_tokens=150, cost_usd=Decimal("0.0123"))
    told.effect(Effect.MODEL, 2.5, "done", model="anthropic:claude-haiku-5-5", usage=used)
    by_model: dict[str, Any] = {"source": Source.MODEL, "origin": "anthropic:claude-haiku-5-5", "usage": used}
    by_model["model"] = "anthropic:claude-haiku-5-5"
    why = "the failure stays as it is: Reference to undeclared input variable"
    told.effect(Effect.PROVE, 0.3, "errored", what="plan")
    refused = incident(decision=Decision.REFUSED, note=why, **by_model)
    told.add(Tried(incident=refused, kept=False))
    change = StateChange(verb="import", source="aws_sqs_queue.q", destination="jobs")
    told.effect(Effect.CHANGE, 1, what=change.command, change=change)
    other = incident(EditConfig(summary="Declare the variable."), decision=Decision.APPLIED, confidence=0.8)
    told.move(RunEvent.REMEDIED, "invalid_reference: Declare the variable.", incident=other)
    told.effect(Effect.INIT).effect(Effect.PLAN)
    told.add(EffectIntended(effect=Effect.APPLY, attempt=2, creates=("aws_sqs_queue.dead",)))
    told.add(
        EffectEnded(
            effect=Effect.APPLY, ended="killed", duration_s=61, maybe_created=("aws_sqs_queue.dead",)
        ),
        61,
    )
    broke = Attempt(n=2, stage=Stage.APPLY, ok=False, duration_s=62.4)
    told.move(
        RunEvent.ERRORED,
        "apply failed: apply was killed",
        attempt=broke,
        planned_changes=creates(1, "aws_sqs_queue.dead"),
    )
    last = incident(
        Escalate(summary="Look whether aws_sqs_queue.dead exists."),
        attempt=2,
        fingerprint="f2:8899aabbccddeeff",
        stage=Stage.APPLY,
        category=Category.OTHER,
        root_cause="Unknown: no signature matches.",
        evidence=("apply was killed",),
        confidence=0,
        source=None,
        origin=None,
    )
    return told.move(
        RunEvent.EXHAUSTED,
        "the cause is unknown: no signature matches",
        incident=last,
        gave_up=GaveUp.UNKNOWN_CAUSE,
    )


def long_run(attempts: int) -> Told:
    """As many failed attempts as that, each with the same wait."""
    told = Told("20260302-093000-10a600", limits={"max_retries": 50})
    told.move(RunEvent.BEGIN, "terraform 1.11.4 on the module")
    for n in range(1, attempts + 1):
        told.plan_fails(n, "connection reset by peer")
        told.move(
            RunEvent.REMEDIED, "network: try again", incident=incident(attempt=n, decision=Decision.APPLIED)
        )
    return told


def hostile_run(text: str, changes: int) -> Told:
    """`text` wherever somebody else's words may stand, and so many planned changes."""
    told = Told("20260302-093000-b0570e", module=f"/srv/{text.replace('/', '-')}"[:200])
    told.move(RunEvent.BEGIN, text).plan_fails(1, text)
    planned = creates(changes, text)
    patch = f"--- a/{text}\n+++ b/{text}\n@@ -1 +1 @@\n-{text}\n+{text}\n" + "+x\n" * 2000
    parked = incident(
        EditConfig(summary=text),
        root_cause=text,
        evidence=(text, text),
        origin=text,
        decision=Decision.PARKED,
    )
    told.add(RunParked(reason=text, incident=parked, pending=request(planned, patch)))
    answer = Approval(decision="approve", digest="d" * 64, actor=text, comment=text, at=START)
    told.add(Decided(approval=answer), 60).add(RunResumed(engine=ENGINE, actor=text))
    told.effect(Effect.PROMOTE, 0.01, "done", what=text, patch=patch)
    told.move(RunEvent.REMEDIED, text, incident=parked.model_copy(update={"decision": Decision.APPROVED}))
    return told.succeeds(2, tuple(change.address for change in planned), {text: [text, "\u202edesrever"]})


EVERY = (clean_run, parked_run, fixed_run, undone_run, failed_run)
