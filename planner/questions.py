"""What a person must answer before a plan is applied. Pure.

Which changes the policy asks about is `planner.plan_policy`'s; whether an answer counts,
`planner.approvals`'; that a run parks and how an answer reaches it, `planner.answering`'s.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.approval import ApprovalRequest
from contracts.record import RunRecord
from contracts.run import Carried
from contracts.settings import Approve
from contracts.terraform import ChangeAction, PlannedChange, PlanResult
from contracts.text import MASK, listed
from planner.approvals import APPROVAL_LIVES
from planner.plan_policy import answer_to_change, asked_about, beyond_this_run, changes_digest
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
    gone = world.known.lost(plan)
    lost = tuple(change for change in plan.changes if change.address in gone)
    away = world.known.elsewhere(plan)
    other_place = tuple(change for change in plan.changes if change.address in away)
    again = creates_again(record, plan, world.known.doubted(plan) | gone)
    questions = []
    if asked:
        questions.append(f"the plan would {_verbs(asked)} {_names(asked)}")
        losing = {change.address for change in asked}
        questions += [
            f"if {old} is called {new} now, a moved block keeps it"
            for old, new in renamed(plan.changes).items()
            if old in losing
        ]
    if again:
        questions.append(
            f"an earlier run may already have created {_names(again)}, and the state may not tell of it: "
            "look whether it exists before it is created again"
        )
    if lost:
        questions.append(
            f"the state that planner last saw here held {_names(lost)}, and is gone or an older one: "
            "restore that first"
        )
    if other_place:
        questions.append(
            f"the state that this folder was last run with held {_names(other_place)}, and lies elsewhere "
            "(another backend, address or workspace); this one is empty: that would be made a second time"
        )
    if other:
        questions.append("the plan is no longer the one that the fix was proven with")
    strays = not questions and _strays(record, plan.changes)
    if strays:
        questions.append("the plan is no longer the one that was approved")
    if not questions:
        return None
    told = dict.fromkeys(plan.changes if other or strays else asked + again + lost + other_place)
    twice = (
        json.dumps(sorted(change.address for change in again + other_place)) if again or other_place else ""
    )
    bound = hashlib.sha256(f"{digest} {world.digest()} {twice}".encode()).hexdigest()
    return ApprovalRequest(
        digest=bound,
        question="; ".join(questions),
        changes=tuple(told),
        beside=tuple(change for change in plan.changes if change not in told),
        unproven=other,
    )


def _strays(record: RunRecord, changes: Sequence[PlannedChange]) -> bool:
    """Whether a plan that follows a yes would do what the plan that was shown would not.

    What is left of that plan, or of an object that it was to make, is its own.
    """
    allowed, said = record.allowed, record.approval
    if allowed is None or said is None or said.digest != allowed.digest or allowed.proposal is not None:
        return False
    whole = (*allowed.changes, *allowed.beside)
    known = {(change.address, change.action) for change in whole}
    made = {c.address for c in whole if c.action in {ChangeAction.CREATE, ChangeAction.REPLACE}}
    return bool(whole) and not all(
        (c.address, c.action) in known or (c.address in made and not c.destructive)
        for c in beyond_this_run(record, changes)
    )


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
    forced = _forced(plan)
    changes = tuple(
        change.model_copy(update={"forced_by": forced.get(change.address, ())})
        if change.action is ChangeAction.REPLACE
        else change
        for change in request.changes
    )
    return request.model_copy(update={"digest": digest, "question": question, "changes": changes})


def _forced(plan: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """By address, the attributes that force a replacement, as a plan (`show -json`) tells them."""
    return {
        str(entry.get("address")): tuple(dict.fromkeys(".".join(map(str, path)) for path in paths))
        for entry in plan.get("resource_changes") or ()
        if (paths := entry["change"].get("replace_paths"))
    }


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


def _verbs(changes: Sequence[PlannedChange]) -> str:
    return " and ".join(sorted({_VERBS.get(c.action, "change in an unknown way") for c in changes}))


def _names(changes: Sequence[PlannedChange]) -> str:
    return listed([change.address for change in changes], _SHOWN)
