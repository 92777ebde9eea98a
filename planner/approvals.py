"""What a person must answer before it is done, and whether an answer counts. Pure.

An answer is bound to what was asked by a digest, and lives 72 hours. Which changes
the policy asks about is `planner.plan_policy`'s. That a run
parks and how an answer reaches it is `planner.answering`'s.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from contracts.approval import ApprovalRequest
from contracts.record import RunRecord
from contracts.run import Carried, GaveUp, Outcome, RunEvent
from contracts.settings import Approve
from contracts.terraform import ChangeAction, PlannedChange, PlanResult
from contracts.text import MASK
from planner.plan_policy import (
    answer_to_change,
    asked_about,
    beyond_this_run,
    changes_digest,
    forbidden_changes,
)
from planner.renamed import renamed
from planner.world import World

_VERBS = {
    ChangeAction.CREATE: "create",
    ChangeAction.UPDATE: "update",
    ChangeAction.IMPORT: "import",
    ChangeAction.REPLACE: "replace",
    ChangeAction.DELETE: "destroy",
    ChangeAction.REMOVE: "forget",
}
_SHOWN = 3
APPROVAL_LIVES = timedelta(hours=72)
"""Long enough for a weekend."""


def approval_needed(
    record: RunRecord, plan: PlanResult, world: World, now: datetime, *, other_values: bool = False
) -> ApprovalRequest | None:
    """What a person must answer before this plan is applied; None: nothing. See `bound_to`.

    What the module is made of is looked at only where anything is asked.
    `other_values`: what a fix's answer would cover has not the values that the person saw.
    """
    digest, fix = changes_digest(plan.changes), record.carried
    other = other_values or (fix is not None and fix.changes_digest not in {None, digest})
    seen = not other and fix is not None and fix.changes_digest == digest and _is_allowed(fix, now)
    asked = tuple(
        change
        for change in beyond_this_run(record, plan.changes)
        if answer_to_change(record, change) in ({Approve.NEVER} if seen else {Approve.ASK, Approve.NEVER})
    )
    again = creates_again(record, plan, world.known.doubted(plan) | world.known.lost(plan))
    questions = []
    if asked:
        questions.append(f"the plan would {_verbs(asked)} {_names(asked)}")
        gone = {change.address for change in asked}
        questions += [
            f"if {old} is called {new} now, a moved block keeps it"
            for old, new in renamed(plan.changes).items()
            if old in gone
        ]
    if again:
        questions.append(
            f"an earlier run may already have created {_names(again)}, and the state may not tell of it: "
            "look whether it exists before it is created again"
        )
    if other:
        questions.append("the plan is no longer the one that the fix was proven with")
    if not questions:
        return None
    changes = plan.changes if other else tuple(dict.fromkeys(asked + again))
    twice = json.dumps(sorted(change.address for change in again)) if again else ""
    bound = hashlib.sha256(f"{digest} {world.digest()} {twice}".encode()).hexdigest()
    return ApprovalRequest(digest=bound, question="; ".join(questions), changes=changes, unproven=other)


def covered(record: RunRecord, plan: PlanResult, now: datetime) -> frozenset[str]:
    """The addresses of the changes that nobody is asked about, for a person allowed them with the fix."""
    fix = record.carried
    if fix is None or fix.changes_digest != changes_digest(plan.changes) or not _is_allowed(fix, now):
        return frozenset()
    return asked_about(record, plan.changes)


def has_other_values(record: RunRecord, addresses: frozenset[str], plan: Mapping[str, Any]) -> bool:
    """Whether a plan (`show -json`) has other values there than the one that the fix was proven with."""
    from planner.binding import values_digest  # noqa: PLC0415 - only where somebody was asked

    fix = record.carried
    return fix is None or fix.values_digest != values_digest(plan, addresses)


def bound_to(request: ApprovalRequest, plan: Mapping[str, Any]) -> ApprovalRequest:
    """The request, bound also to the values that what is asked about has in the plan (`show -json`)."""
    from planner.binding import values_digest  # noqa: PLC0415 - only where somebody is asked

    values = values_digest(plan, {change.address for change in request.changes})
    digest = hashlib.sha256(f"{request.digest} {values}".encode()).hexdigest()
    question = request.question
    if left := _left_over(request, plan):
        question += f"; of {_names(left)} only what an earlier replacement left over, not the object in use"
    return request.model_copy(update={"digest": digest, "question": question})


def _left_over(request: ApprovalRequest, plan: Mapping[str, Any]) -> tuple[PlannedChange, ...]:
    """What is asked about where only deposed objects go: the address alone names the one in use too."""
    deleted: dict[str, set[bool]] = {}
    for entry in plan.get("resource_changes") or ():
        if "delete" in entry["change"]["actions"]:
            deleted.setdefault(str(entry.get("address")), set()).add(bool(entry.get("deposed")))
    return tuple(c for c in request.changes if c.destructive and deleted.get(c.address) == {True})


def creates_again(
    record: RunRecord, plan: PlanResult, untold: frozenset[str] = frozenset()
) -> tuple[PlannedChange, ...]:
    """What the plan creates although an earlier apply may have created it, and the state does not tell."""
    return tuple(
        change
        for change in plan.changes
        if change.action in {ChangeAction.CREATE, ChangeAction.REPLACE}
        and _is_among(change.address, record.maybe_created | untold)
    )


def _is_among(address: str, told: frozenset[str]) -> bool:
    """Whether the address may be one of those told, of which the journal may have masked a part."""
    if address in told:
        return True
    masked = (MASK.split(one) for one in told if MASK.search(one))
    return any(re.fullmatch(".+".join(map(re.escape, parts)), address, re.DOTALL) for parts in masked)


def _is_allowed(fix: Carried, now: datetime) -> bool:
    return fix.approved and fix.approved_at is not None and now <= fix.approved_at + APPROVAL_LIVES


def doubtful_state(record: RunRecord, doubt: str | None) -> ApprovalRequest | None:
    """What a person must answer before anything is planned from this state; None: nothing."""
    if doubt is None:
        return None
    known = record.state_mark.model_dump_json() if record.state_mark else ""
    digest = hashlib.sha256(f"state {known} {doubt}".encode()).hexdigest()
    return ApprovalRequest(digest=digest, question=doubt, changes=())


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


def _verbs(changes: Sequence[PlannedChange]) -> str:
    return " and ".join(sorted({_VERBS.get(c.action, "change in an unknown way") for c in changes}))


def _names(changes: Sequence[PlannedChange]) -> str:
    shown = ", ".join(c.address for c in changes[:_SHOWN])
    more = len(changes) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
