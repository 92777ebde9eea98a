"""The work of DIAGNOSING: name the failure, decide what may follow.

The only step that may hold a model permit. Naming is the diagnoser's, whether
an answer leads to another attempt is `planner.policy`'s; here both meet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, assert_never

from contracts.approval import ApprovalRequest
from contracts.context import Context, ModuleFacts
from contracts.diagnostic import Diagnostic, Severity
from contracts.hypothesis import Category, Hypothesis, Source
from contracts.incident import Decision, Evidence, Incident, Named, Unknown
from contracts.permit import ModelPermit
from contracts.ports import Clock, Diagnoser, Redactor
from contracts.remediation import Escalate
from contracts.run import Attempt, Outcome, Parked, RunEvent, RunRecord
from diagnosis.dedup import repeated
from diagnosis.evidence import evidence_of
from diagnosis.fingerprint import fingerprint_of
from planner import policy
from planner.journal import Journal
from planner.memory import APPROVAL_PREFIX

_QUOTES = 3


class DiagnosingStep:
    """Evidence → diagnosis → incident → outcome, for the last attempt of a run."""

    def __init__(
        self,
        *,
        journal: Journal,
        diagnoser: Diagnoser,
        redactor: Redactor,
        clock: Clock,
        facts: Callable[[Sequence[Diagnostic]], ModuleFacts],
    ) -> None:
        """`facts` reads the module's own files for what errors point at."""
        self._journal = journal
        self._diagnoser = diagnoser
        self._redactor = redactor
        self._clock = clock
        self._facts = facts

    def __call__(self) -> Outcome | Parked:
        """The outcome that ends DIAGNOSING, or a wait for a person."""
        record = self._journal.record
        if record.pending is not None:
            return _answered(record, record.pending)
        evidence = self._evidence(record)
        tried = tuple(incident.hypothesis for incident in record.incidents)
        diagnosis = self._diagnoser.diagnose(evidence, self._permit, tried)
        match diagnosis:
            case Named():
                move = policy.next_move(record, diagnosis.hypothesis, diagnosis.source, repeated, tried)
            case Unknown():
                move = Outcome(event=RunEvent.EXHAUSTED, reason=f"the cause is unknown: {diagnosis.why}")
            case _:
                assert_never(diagnosis)
        incident = incident_of(diagnosis, evidence, attempt=record.attempts[-1].n)
        if move.event is RunEvent.REMEDIED:
            incident = incident.model_copy(update={"decision": Decision.APPLIED})
        return move.model_copy(update={"incident": incident})

    def _permit(self) -> ModelPermit | None:
        record = self._journal.record
        elapsed = record.duration_s + (self._clock.now() - record.last_at).total_seconds()
        return policy.may_ask_model(record, policy.time_left(record, elapsed))

    def _evidence(self, record: RunRecord) -> Evidence:
        last = record.attempts[-1]
        context = Context(
            module=self._facts(last.diagnostics),
            changes=record.planned,
            attempts=tuple(_told(attempt, record) for attempt in record.attempts[:-1]),
        )
        return evidence_of(
            stage=last.stage,
            diagnostics=last.diagnostics,
            failed_checks=tuple(c for c in record.checks if not c.passed) if last.stage == "validate" else (),
            text=record.failure_text,
            engine=f"{record.engine.name} {record.engine.version}",
            redact=self._redactor.redact,
            context=context,
        )


def _told(attempt: Attempt, record: RunRecord) -> str:
    """One earlier attempt in a line."""
    done = [i for i in record.incidents if i.attempt == attempt.n and i.decision is Decision.APPLIED]
    then = f"; then {done[-1].remediation.kind}: {done[-1].remediation.summary}" if done else ""
    error = next((d.summary for d in attempt.diagnostics if d.severity is Severity.ERROR), "")
    ended = "ok" if attempt.ok else "failed"
    return f"attempt {attempt.n} {ended} in {attempt.stage}" + (f": {error}" if error else "") + then


class _Words(NamedTuple):
    """What an incident takes from a diagnosis."""

    hypothesis: Hypothesis
    source: Source | None
    model: str | None


def incident_of(diagnosis: Named | Unknown, evidence: Evidence, *, attempt: int) -> Incident:
    """One failure and its diagnosis as the journal and `--json` keep them."""
    words = _words(diagnosis, evidence)
    hypothesis = words.hypothesis
    return Incident(
        attempt=attempt,
        fingerprint=fingerprint_of(evidence),
        stage=evidence.stage,
        category=hypothesis.category,
        retryable=hypothesis.retryable,
        root_cause=hypothesis.root_cause,
        evidence=hypothesis.evidence,
        confidence=hypothesis.confidence,
        source=words.source,
        origin=diagnosis.origin if isinstance(diagnosis, Named) else None,
        model=words.model,
        remediation=hypothesis.remediation,
        usage=diagnosis.usage,
        dropped_quotes=diagnosis.dropped_quotes if isinstance(diagnosis, Named) else 0,
    )


def _words(diagnosis: Named | Unknown, evidence: Evidence) -> _Words:
    if isinstance(diagnosis, Named):
        model = diagnosis.origin if diagnosis.source is Source.MODEL else None
        return _Words(diagnosis.hypothesis, diagnosis.source, model)
    unknown = Hypothesis(
        category=Category.OTHER,
        retryable=False,
        root_cause=f"Unknown: {diagnosis.why}.",
        evidence=_first_words(evidence),
        confidence=0,
        remediation=Escalate(summary=diagnosis.next_step),
    )
    return _Words(unknown, None, None)


def _first_words(evidence: Evidence) -> tuple[str, ...]:
    """The errors' own first lines, where nobody could say more."""
    errors = [d.summary for d in evidence.diagnostics if d.severity is Severity.ERROR and d.summary]
    checks = [f"{check.name}: {check.detail}" for check in evidence.failed_checks]
    lines = [line for line in evidence.text.splitlines() if line.strip()]
    return tuple((errors + checks or lines)[:_QUOTES])


def _answered(record: RunRecord, request: ApprovalRequest) -> Outcome | Parked:
    """What became of a plan that needs a person."""
    move = policy.answer_to(record, request)
    decision = {
        None: Decision.PARKED,
        RunEvent.APPROVED: Decision.APPROVED,
        RunEvent.EXHAUSTED: Decision.REFUSED,
    }[move.event if move else None]
    incident = Incident(
        attempt=record.attempts[-1].n,
        fingerprint=APPROVAL_PREFIX + request.digest[:16],
        stage=record.attempts[-1].stage,
        category=Category.OTHER,
        retryable=False,
        root_cause=request.question[:1].upper() + request.question[1:] + ".",
        evidence=tuple(f"{c.address}: {c.action}" for c in request.changes),
        confidence=1,
        source=Source.SIGNATURE,
        remediation=Escalate(
            summary=f"Look at the changes, then `planner approve {record.run_id}` "
            f"or `planner reject {record.run_id}`."
        ),
        decision=decision,
    )
    if move is None:
        return Parked(reason=f"approval needed: {request.question}", incident=incident)
    return move.model_copy(update={"incident": incident})
