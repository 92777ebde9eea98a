"""Whether a person's answer counts, and what becomes of what waits for it. Pure.

An answer is bound to what was asked by a digest, and lives 72 hours. What is asked about a
plan is `planner.questions`'. That a run parks and how an answer reaches it is `planner.answering`'s.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.approval import ApprovalRequest
from contracts.record import RunRecord
from contracts.run import GaveUp, Outcome, RunEvent
from planner.plan_policy import forbidden_changes

APPROVAL_LIVES = timedelta(hours=72)
"""Long enough for a weekend."""


def is_approved(record: RunRecord, request: ApprovalRequest, now: datetime) -> bool:
    """Whether a person has allowed just this, and lately enough."""
    said = record.approval
    mine = said is not None and said.digest == request.digest and now <= said.at + APPROVAL_LIVES
    return mine and said is not None and said.decision == "approve"


def is_answered(record: RunRecord, request: ApprovalRequest, now: datetime) -> bool:
    """Whether a person has allowed just this, or said yes to everything the module's own plan may ask.

    `--yes` was said before any fix was known: it allows a plan that a fix was proven with, and no other.
    """
    if _forbidden(record, request):
        return False
    approval = record.approval
    if approval is not None and approval.digest == request.digest and now <= approval.at + APPROVAL_LIVES:
        return approval.decision == "approve"
    return record.request.yes and not request.unproven


def answer_to(record: RunRecord, request: ApprovalRequest, now: datetime) -> Outcome | None:
    """What becomes of what waits: an outcome, or None where a person must still answer.

    An answer to another request does not count; a yes lives 72 hours, a no for ever.
    """
    if _forbidden(record, request):
        return Outcome(
            event=RunEvent.EXHAUSTED,
            reason=f"the policy says never, and {request.question}",
            gave_up=GaveUp.FORBIDDEN,
        )
    approval = record.approval
    if approval is None or approval.digest != request.digest:
        return None
    if approval.decision == "approve":
        if now > approval.at + APPROVAL_LIVES or expired(request, now):
            return None
        return Outcome(event=RunEvent.APPROVED, reason=f"approved by {approval.actor}")
    said = f": {approval.comment}" if approval.comment else ""
    reason = f"rejected by {approval.actor}{said}"
    return Outcome(event=RunEvent.EXHAUSTED, reason=reason, gave_up=GaveUp.REJECTED)


def void_because(record: RunRecord, request: ApprovalRequest, now: datetime) -> str:
    """Why a yes that was said since this was asked does not count; empty where nobody said yes.

    A plan that was made anew, and is asked about for the first time, follows the one that was approved.
    """
    approval = record.approval
    if approval is None or approval.decision != "approve":
        return ""
    if request.expires_at is not None and approval.at < request.expires_at - APPROVAL_LIVES:
        return ""
    if expired(request, now) or now > approval.at + APPROVAL_LIVES:
        return "too much time has passed since"
    return (
        "what was approved has changed since (the plan, its values, or a file of a module: "
        "a log that somebody writes into it is one too)"
    )


def expired(request: ApprovalRequest, now: datetime) -> bool:
    """Whether too much time has passed since this was asked."""
    return request.expires_at is not None and now > request.expires_at


def asked_now(request: ApprovalRequest, now: datetime) -> ApprovalRequest:
    """The request with its time to live."""
    return request.model_copy(update={"expires_at": now + APPROVAL_LIVES})


def _forbidden(record: RunRecord, request: ApprovalRequest) -> bool:
    return request.proposal is None and bool(forbidden_changes(record, request.changes))
