"""What a person made of a proposed edit: proven like any other, then asked about anew.

A person's edit passes the same gates as a model's. What they refuse can still
be done by hand, outside of planner.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.errors import UnknownRunError
from contracts.journal import RunParked
from contracts.ports import Clock
from contracts.record import RunRecord
from contracts.remediation import EditConfig, Remediation
from planner import approvals
from planner.answering import Mender, request_for
from planner.journal import Journal
from planner.mending import texts_of
from planner.proving import Proven
from planner.settling import Failure
from subagents.remediator.edit_config import Change, edits_between
from subagents.remediator.work import work_of
from subagents.workspace import RefusedError


def proposed_texts(record: RunRecord) -> Mapping[str, Change]:
    """The files that the waiting fix edits, before and after. Raises `UnknownRunError` where none does."""
    proposal = record.pending.proposal if record.pending else None
    if not record.parked or proposal is None:
        raise UnknownRunError(
            f"run {record.run_id} waits for no fix", remedy="see what waits: planner review"
        )
    edits = [remedy for remedy in proposal.remediations if isinstance(remedy, EditConfig)]
    try:
        return work_of(edits, texts_of(record.request.module), _no_lock).files
    except RefusedError as error:
        raise UnknownRunError(
            f"the edit does not fit the module any more: {error}",
            remedy=f"ask anew: planner resume {record.run_id}",
        ) from error


def revise(journal: Journal, mender: Mender, clock: Clock, texts: Mapping[str, str], actor: str) -> None:
    """Put a person's texts of the files in the place of the proposed ones, and park the run anew.

    Raises `UnknownRunError` where they do not settle the failure, or a gate refuses them.
    """
    record = journal.record
    proposal = record.pending.proposal if record.pending else None
    changes = proposed_texts(record)
    edits = tuple(
        edit for name, change in changes.items() for edit in edits_between(name, change.before, texts[name])
    )
    remedy = EditConfig(summary=f"The edit as {actor} changed it.", edits=edits)
    others: tuple[Remediation, ...] = tuple(
        other for other in (proposal.remediations if proposal else ()) if not isinstance(other, EditConfig)
    )
    last = record.attempts[-1]
    proof = mender.prove((*others, remedy), Failure(last.stage, last.diagnostics, record.failure_text))
    if not isinstance(proof, Proven):
        raise UnknownRunError(f"the edit is not proven: {proof.why}", remedy="edit it again, or reject it")
    incident = record.incidents[-1].model_copy(
        update={"remediation": remedy, "note": f"edited by {actor} before the approval"}
    )
    request = approvals.asked_now(request_for(proof, incident), clock.now())
    journal.append(
        RunParked(reason=f"approval needed: {request.question}", incident=incident, pending=request)
    )


def _no_lock(lock_id: str) -> tuple[str, tuple[()]]:
    raise RefusedError(f"no lock is looked at here: {lock_id}")
