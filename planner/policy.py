"""May we retry, wait, ask a model, go on? Pure: record and values in, a decision with its reason out.

The machine counts; here is said *why*. What a decision leads to is done by
`planner.steps` and the machine; what a person must allow first is said by `planner.approvals`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from contracts.hypothesis import Category, Hypothesis, Source
from contracts.permit import ModelPermit
from contracts.record import RunRecord
from contracts.remediation import (
    ADVISORY,
    TRANSIENT,
    UNCHANGING,
    EditConfig,
    Remediation,
    RemediationKind,
    WaitAndRetry,
    is_whole,
)
from contracts.run import GaveUp, Outcome, RunEvent, StopKind
from contracts.settings import Approve
from planner.profiles import answer_for

_LONGEST_WAIT_S = 300.0
_VALUES = (".tfvars", ".tfvars.json")
_STRICTEST_LAST = (Approve.AUTO, Approve.NOTIFY, Approve.ASK, Approve.NEVER)


def time_left(record: RunRecord, elapsed_s: float) -> timedelta:
    """What is left of the run's wall-clock limit; never negative."""
    return max(timedelta(0), record.request.limits.timeout - timedelta(seconds=elapsed_s))


def may_ask_model(record: RunRecord, left: timedelta) -> ModelPermit | None:
    """A permit for one model call within the time left, or None where the retry cap leaves none."""
    if record.model_calls >= record.max_retries:
        return None
    return ModelPermit(record, time_left_s=left.total_seconds())


def next_move(
    record: RunRecord,
    hypothesis: Hypothesis,
    source: Source,
    repeated: Callable[[Hypothesis, Sequence[Hypothesis]], Hypothesis | None],
    tried: Sequence[Hypothesis],
) -> Outcome | None:
    """What a named cause leads to: an outcome, or None where its remedy may be proven.

    A signature may ask for the same wait again; any other hypothesis that comes
    twice ends the run.
    """
    kind = RemediationKind(hypothesis.remediation.kind)
    waits = kind in TRANSIENT and source is Source.SIGNATURE
    if not waits and repeated(hypothesis, tried) is not None:
        twice = f"the same hypothesis came twice (tried: {_kinds(tried)})"
        return _exhausted(GaveUp.SAME_HYPOTHESIS, twice, hypothesis)
    answer = _answer(record, hypothesis.remediation)
    if kind in UNCHANGING and answer is Approve.ASK:  # who would say yes to a retry can begin one
        answer = Approve.NEVER
    if kind in ADVISORY or answer is Approve.NEVER or not is_whole(hypothesis.remediation):
        return _exhausted(GaveUp.PERSON_MUST_ACT, f"a person must act ({kind})", hypothesis)
    if kind in UNCHANGING and not hypothesis.retryable:
        return _exhausted(GaveUp.HOPELESS, "trying again cannot help", hypothesis)
    if record.retries >= record.max_retries or _proofs(record) > record.max_retries:
        said = f" (tried: {_kinds(tried)})" if tried else ""
        most = "1 retry" if record.max_retries == 1 else f"{record.max_retries} retries"
        cap = f"the cap of {most} is reached{said}"
        return _exhausted(GaveUp.RETRY_CAP, cap, hypothesis)
    if kind not in UNCHANGING:
        return None
    return Outcome(
        event=RunEvent.REMEDIED,
        reason=f"{hypothesis.category}: {hypothesis.remediation.summary}",
        wait_s=_wait_s(record, hypothesis),
    )


def must_ask(record: RunRecord, remedies: Iterable[Remediation]) -> bool:
    """Whether a person has to allow one of these before they are done together."""
    return any(_answer(record, remedy) is Approve.ASK for remedy in remedies)


def _answer(record: RunRecord, remedy: Remediation) -> Approve:
    """What the settings say of it; an edit of a file of values sets variables, and is answered as both."""
    kinds = {RemediationKind(remedy.kind)}
    if isinstance(remedy, EditConfig) and any(edit.file.endswith(_VALUES) for edit in remedy.edits):
        kinds.add(RemediationKind.SET_VARIABLE)
    answers = (answer_for(kind, record.request.autonomy, record.request.approve) for kind in kinds)
    return max(answers, key=_STRICTEST_LAST.index)


def has_waited(record: RunRecord, lock_id: str) -> bool:
    """Whether waiting for this lock had its chance: it was tried, and one try is left, for the release."""
    waits = (
        incident.category is Category.STATE_LOCK
        and RemediationKind(incident.remediation.kind) in TRANSIENT
        and lock_id in incident.root_cause
        for incident in record.incidents
    )
    return any(waits) and record.retries >= record.max_retries - 1


def _proofs(record: RunRecord) -> int:
    """How many remedies were tried in a sandbox for the failure at hand."""
    last = record.attempts[-1].n if record.attempts else 0
    return sum(incident.attempt == last for incident in record.incidents)


def _wait_s(record: RunRecord, hypothesis: Hypothesis) -> float:
    """Seconds before the next attempt: doubled with each retry, five minutes at most."""
    remedy = hypothesis.remediation
    first = float(remedy.wait_s) if isinstance(remedy, WaitAndRetry) else 1.0
    return min(_LONGEST_WAIT_S, first * float(2**record.retries))


def stopped(kind: StopKind, during: str, said: str = "") -> Outcome:
    """The outcome of a step that somebody or a limit ended; `said` is what the kill switch says of it."""
    why = {
        StopKind.INTERRUPT: "interrupted",
        StopKind.TIMEOUT: "the time limit is reached",
        StopKind.KILL_SWITCH: said or "the kill switch is on",
    }[kind]
    return Outcome(event=RunEvent.KILLED, reason=f"{why} ({during})", stop=kind)


def _exhausted(gave_up: GaveUp, why: str, hypothesis: Hypothesis) -> Outcome:
    return Outcome(event=RunEvent.EXHAUSTED, reason=f"{why}: {hypothesis.category}", gave_up=gave_up)


def _kinds(tried: Sequence[Hypothesis]) -> str:
    """What was tried in this run, oldest first; the same is counted."""
    times = Counter(f"{h.remediation.kind} for {h.category}" for h in tried)
    return ", ".join(said if count == 1 else f"{said}, {count} times" for said, count in times.items())
