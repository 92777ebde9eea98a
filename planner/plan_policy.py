"""What the run's policy says of a plan's changes, and what other changes are known by. Pure.

Decides which changes a person has to allow, and which nobody may. What is asked about them, and
whether an answer counts, is `planner.approvals`'s.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from contracts.record import RunRecord
from contracts.settings import Answer, Approve, PlanAction
from contracts.terraform import ChangeAction, PlannedChange

_OF_DESTROY = {Answer.ASK: Approve.ASK, Answer.ALLOW: Approve.AUTO, Answer.NEVER: Approve.NEVER}
_ACTIONS = {
    ChangeAction.CREATE: PlanAction.CREATE,
    ChangeAction.UPDATE: PlanAction.UPDATE,
    ChangeAction.IMPORT: PlanAction.IMPORT,
    ChangeAction.REPLACE: PlanAction.REPLACE,
    ChangeAction.DELETE: PlanAction.DESTROY,
    ChangeAction.REMOVE: PlanAction.FORGET,
}


def asked_about(record: RunRecord, changes: Sequence[PlannedChange]) -> frozenset[str]:
    """The addresses of the changes that a person has to allow."""
    return frozenset(
        change.address
        for change in beyond_this_run(record, changes)
        if answer_to_change(record, change) is Approve.ASK
    )


def changes_digest(changes: Sequence[PlannedChange]) -> str:
    """SHA-256 over what changes do where: other changes, another digest."""
    vector = sorted([c.address, c.action, c.reason or ""] for c in changes)
    return hashlib.sha256(json.dumps(vector).encode()).hexdigest()


def answer_to_change(record: RunRecord, change: PlannedChange) -> Approve:
    """What the run's policy says of one planned change."""
    action = _ACTIONS.get(change.action)
    if action is not None and action in record.request.plan:
        return record.request.plan[action]
    if not change.destructive:
        return Approve.AUTO
    return _OF_DESTROY[record.request.policy.destroy]


def forbidden_changes(record: RunRecord, changes: Sequence[PlannedChange]) -> tuple[PlannedChange, ...]:
    """What of a plan the policy allows nobody."""
    return tuple(
        change
        for change in beyond_this_run(record, changes)
        if answer_to_change(record, change) is Approve.NEVER
    )


def beyond_this_run(record: RunRecord, changes: Sequence[PlannedChange]) -> tuple[PlannedChange, ...]:
    """The changes, less what replaces what this very run created and Terraform then tainted."""
    return tuple(
        change
        for change in changes
        if not (
            change.action is ChangeAction.REPLACE
            and change.reason == "tainted"
            and change.address in record.created
        )
    )
