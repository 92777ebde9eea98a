"""May we apply, ask, retry, go on? Pure: record and values in, a decision with its reason out.

The machine counts; here is said *why*. What a decision leads to is done by
`planner.steps` and the machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import timedelta

from contracts.approval import ApprovalRequest
from contracts.hypothesis import Hypothesis, Source
from contracts.permit import ModelPermit
from contracts.remediation import TRANSIENT, RemediationKind, WaitAndRetry
from contracts.run import Outcome, RunEvent, RunRecord, StopKind
from contracts.settings import Answer
from contracts.terraform import ChangeAction, PlannedChange, PlanResult

_LONGEST_WAIT_S = 300.0
_UNCHANGING = TRANSIENT | {RemediationKind.REFRESH}
_SHOWN = 3


def time_left(record: RunRecord, elapsed_s: float) -> timedelta:
    """What is left of the run's wall-clock limit; never negative."""
    return max(timedelta(0), record.request.limits.timeout - timedelta(seconds=elapsed_s))


def destructive_beyond_this_run(record: RunRecord, plan: PlanResult) -> tuple[PlannedChange, ...]:
    """What the plan takes away, less what this very run created and Terraform then tainted."""
    return tuple(
        change
        for change in plan.destructive
        if not (
            change.action is ChangeAction.REPLACE
            and change.reason == "tainted"
            and change.address in record.created
        )
    )


def creates_again(record: RunRecord, plan: PlanResult) -> tuple[PlannedChange, ...]:
    """What the plan creates although an apply with unknown outcome may have created it."""
    return tuple(
        change
        for change in plan.changes
        if change.action in {ChangeAction.CREATE, ChangeAction.REPLACE}
        and change.address in record.maybe_created
    )


def approval_needed(record: RunRecord, plan: PlanResult) -> ApprovalRequest | None:
    """What a person must answer before this plan is applied; None: nothing."""
    destroyed = destructive_beyond_this_run(record, plan)
    if record.request.policy.destroy is Answer.ALLOW:
        destroyed = ()
    again = creates_again(record, plan)
    if not destroyed and not again:
        return None
    questions = []
    if destroyed:
        questions.append(f"the plan would {_verbs(destroyed)} {_names(destroyed)}")
    if again:
        questions.append(
            "an earlier apply was cut off and may already have created "
            f"{_names(again)}: look whether it exists before it is created again"
        )
    return ApprovalRequest(digest=plan_digest(plan), question="; ".join(questions), changes=destroyed + again)


def plan_digest(plan: PlanResult) -> str:
    """SHA-256 over every change of a plan: another plan, another digest."""
    vector = sorted([c.address, c.action, c.reason or ""] for c in plan.changes)
    return hashlib.sha256(json.dumps(vector).encode()).hexdigest()


def is_answered(record: RunRecord, request: ApprovalRequest) -> bool:
    """Whether a person has allowed just this, or said yes to everything beforehand."""
    if _forbidden(record, request):
        return False
    approval = record.approval
    if approval is not None and approval.digest == request.digest:
        return approval.decision == "approve"
    return record.request.yes


def answer_to(record: RunRecord, request: ApprovalRequest) -> Outcome | None:
    """What becomes of a plan that waits: an outcome, or None where a person must still answer."""
    if _forbidden(record, request):
        return Outcome(
            event=RunEvent.EXHAUSTED,
            reason=f"policy.destroy is never, and {request.question}",
        )
    approval = record.approval
    if approval is None or approval.digest != request.digest:
        return None
    if approval.decision == "approve":
        return Outcome(event=RunEvent.APPROVED, reason=f"approved by {approval.actor}")
    said = f": {approval.comment}" if approval.comment else ""
    return Outcome(event=RunEvent.EXHAUSTED, reason=f"rejected by {approval.actor}{said}")


def _forbidden(record: RunRecord, request: ApprovalRequest) -> bool:
    return record.request.policy.destroy is Answer.NEVER and any(c.destructive for c in request.changes)


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
) -> Outcome:
    """Whether a named cause leads to another attempt.

    Only what changes nothing is done without a person. A signature may ask for
    the same wait again; a hypothesis of a model that comes twice ends the run.
    """
    kind = RemediationKind(hypothesis.remediation.kind)
    if source is not Source.SIGNATURE and repeated(hypothesis, tried) is not None:
        return _exhausted(f"the same hypothesis came twice (tried: {_kinds(tried)})", hypothesis)
    if kind not in _UNCHANGING:
        return _exhausted(f"a person must act ({kind})", hypothesis)
    if not hypothesis.retryable:
        return _exhausted("trying again cannot help", hypothesis)
    if record.retries >= record.max_retries:
        said = f" (tried: {_kinds(tried)})" if tried else ""
        return _exhausted(f"the cap of {record.max_retries} retries is reached{said}", hypothesis)
    return Outcome(
        event=RunEvent.REMEDIED,
        reason=f"{hypothesis.category}: {hypothesis.remediation.summary}",
        wait_s=_wait_s(record, hypothesis),
    )


def _wait_s(record: RunRecord, hypothesis: Hypothesis) -> float:
    """Seconds before the next attempt: doubled with each retry, five minutes at most."""
    remedy = hypothesis.remediation
    first = float(remedy.wait_s) if isinstance(remedy, WaitAndRetry) else 1.0
    return min(_LONGEST_WAIT_S, first * float(2**record.retries))


def stopped(kind: StopKind, during: str) -> Outcome:
    """The outcome of a step that somebody or a limit ended."""
    why = {
        StopKind.INTERRUPT: "interrupted",
        StopKind.TIMEOUT: "the time limit is reached",
        StopKind.KILL_SWITCH: "the kill switch is on",
    }[kind]
    return Outcome(event=RunEvent.KILLED, reason=f"{why} ({during})", stop=kind)


def _exhausted(why: str, hypothesis: Hypothesis) -> Outcome:
    return Outcome(event=RunEvent.EXHAUSTED, reason=f"{why}: {hypothesis.category}")


def _kinds(tried: Sequence[Hypothesis]) -> str:
    """What was tried in this run, oldest first."""
    return ", ".join(f"{h.remediation.kind} for {h.category}" for h in tried)


def _verbs(changes: Sequence[PlannedChange]) -> str:
    words = {ChangeAction.DELETE: "destroy", ChangeAction.REPLACE: "replace", ChangeAction.REMOVE: "forget"}
    return " and ".join(sorted({words.get(c.action, "change in an unknown way") for c in changes}))


def _names(changes: Sequence[PlannedChange]) -> str:
    shown = ", ".join(c.address for c in changes[:_SHOWN])
    more = len(changes) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
