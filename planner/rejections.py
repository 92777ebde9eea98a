"""Whether a person has rejected this very fix before, in another run on the module.

The same remedies on the same files in the same workspace are the same fix,
whatever words explain them; a no lives for ever, and says nothing of other files.
Read from the journals. What follows from it is `planner.diagnosing`'s.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from contracts.approval import Approval, Proposal
from contracts.errors import StoreError
from contracts.journal import Decided, RunOpened, RunParked
from contracts.record import RunRecord
from planner.run_list import rejected
from planner.store import Store

_MOST_RUNS = 50


def rejected_before(store: Store, record: RunRecord, proposal: Proposal) -> str:
    """Who rejected it when, as a person is told; empty where nobody did."""
    for run_id in rejected(store, record.request.module, _MOST_RUNS):
        with suppress(StoreError):  # a journal that is damaged is no reason not to mend
            said = _rejection(store, run_id, record.request.workspace, proposal)
            if said is not None:
                return (
                    f"{said.actor} rejected this very fix at {said.at:%Y-%m-%d %H:%M} UTC in run {run_id}, "
                    f"and the module's files are as they were (`planner show {run_id} --patch` prints it)"
                )
    return ""


def _rejection(store: Store, run_id: str, workspace: str, proposal: Proposal) -> Approval | None:
    asked: Proposal | None = None
    for line in store.lines(run_id):
        match line.entry:
            case RunOpened(request=request) if request.workspace != workspace:
                return None
            case RunParked(pending=pending) if pending is not None:
                asked = pending.proposal
            case Decided(approval=said) if said.decision == "reject" and asked is not None:
                same = asked.tree and _what(asked) == _what(proposal)
                return said if same else None
    return None


def _what(proposal: Proposal) -> tuple[str, list[dict[str, Any]]]:
    remedies = [remedy.model_dump(mode="json", exclude={"summary"}) for remedy in proposal.remediations]
    return proposal.tree, remedies
