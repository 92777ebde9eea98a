"""Diagnoses and answers as the incidents that the journal, the report and `--json` keep. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from contracts.approval import ApprovalRequest
from contracts.diagnostic import Severity
from contracts.hypothesis import Category, Hypothesis, Source
from contracts.incident import APPROVAL_PREFIX, Decision, Evidence, Incident, Named, Unknown
from contracts.record import RunRecord
from contracts.remediation import Escalate
from contracts.run import Attempt, GaveUp, Outcome, RunEvent
from diagnosis.fingerprint import fingerprint_of
from planner.incident_words import span

_QUOTES = 3
_OF_PLAN = {
    None: Decision.PARKED,
    RunEvent.APPROVED: Decision.APPROVED,
    RunEvent.EXHAUSTED: Decision.REFUSED,
}

_ADVICE = {
    Decision.PARKED: "Look at the changes, then `planner approve {run_id}` or `planner reject {run_id}`.",
    Decision.APPROVED: "The plan is carried out as it was shown.",
    Decision.REFUSED: "Run again to be asked anew, or change the module so that its plan leaves these alone.",
}
_FORBIDDEN = (
    "Change the module so that its plan leaves these alone, or what says never: policy or profile in its "
    "planner.yaml."
)


class _Words(NamedTuple):
    """What an incident takes from a diagnosis."""

    hypothesis: Hypothesis
    source: Source | None
    model: str | None


def incident_of(diagnosis: Named | Unknown, evidence: Evidence, *, attempt: int) -> Incident:
    """One failure and its diagnosis; the remedy is not decided on yet."""
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
        note=diagnosis.silence if isinstance(diagnosis, Named) else "",
    )


def about_plan(record: RunRecord, request: ApprovalRequest, move: Outcome | None) -> Incident:
    """A plan of the module's own that needs a person, and what became of it."""
    decision = _OF_PLAN[move.event if move else None]
    forbidden = move is not None and move.gave_up is GaveUp.FORBIDDEN
    return Incident(
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
            summary=_FORBIDDEN if forbidden else _ADVICE[decision].format(run_id=record.run_id)
        ),
        decision=decision,
    )


def told(record: RunRecord) -> tuple[str, ...]:
    """What was tried before, a line each, oldest first: whole attempts, and remedies that a proof refused."""
    lines: list[str] = []
    for attempt in record.attempts:
        if attempt is not record.attempts[-1]:
            lines.append(f"attempt {attempt.n} {_attempt(attempt, record)}")
        lines += _proofs(attempt, record)
    return tuple(lines)


def told_once(record: RunRecord) -> tuple[str, ...]:
    """As `told`, for a person: attempts that ended alike, one after the other, are one line."""
    lines: list[tuple[str, int, int]] = []
    for attempt in record.attempts:
        if attempt is not record.attempts[-1]:
            said, first = _attempt(attempt, record), attempt.n
            if lines and lines[-1][0] == said:
                _, first, _ = lines.pop()
            lines.append((said, first, attempt.n))
        lines += [(said, 0, 0) for said in _proofs(attempt, record)]
    return tuple(f"{span('attempt', first, last)} {said}" if last else said for said, first, last in lines)


def _attempt(attempt: Attempt, record: RunRecord) -> str:
    done = [
        i
        for i in record.incidents
        if i.attempt == attempt.n and i.decision in {Decision.APPLIED, Decision.APPROVED}
    ]
    then = f"; then {done[-1].remediation.kind}: {done[-1].remediation.summary}" if done else ""
    error = next((d.summary for d in attempt.diagnostics if d.severity is Severity.ERROR), "")
    ended = "ok" if attempt.ok else "failed"
    return f"{ended} in {attempt.stage}" + (f": {error}" if error else "") + then


def _proofs(attempt: Attempt, record: RunRecord) -> Iterator[str]:
    for incident in record.incidents:
        if incident.attempt == attempt.n and incident.note:
            remedy = incident.remediation
            yield f"tried on a copy, {remedy.kind}: {remedy.summary} — {incident.note}"


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
