"""A proven fix, put in place or put before a person; and what becomes of their answer.

Decides that an answer counts only for what is proven at the moment it is acted
on. What an answer allows is `planner.approvals`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from contracts.approval import ApprovalRequest, Proposal
from contracts.incident import Decision, Incident
from contracts.ports import Clock
from contracts.record import RunRecord
from contracts.remediation import Remediation
from contracts.run import Carried, GaveUp, Outcome, Parked, RunEvent
from contracts.text import one_line
from planner import approvals
from planner.incidents import about_plan
from planner.journal import Journal
from planner.proving import Proof, Proven
from planner.settling import Failure
from subagents.workspace import RefusedError

_QUESTION_CHARS = 1_000


class Mender(Protocol):
    """Makes remedies concrete, proves them and carries them out."""

    def completed(self, remedy: Remediation, failure: Failure, kept: Sequence[Remediation]) -> Remediation:
        """The remedy with what the module and Terraform's words leave no doubt about."""
        ...

    def prove(self, remedies: Sequence[Remediation], failure: Failure) -> Proof:
        """What comes of doing all of these."""
        ...

    def carry_out(self, proven: Proven) -> Carried:
        """Do what was proven. Raises `RefusedError`."""
        ...


class Answering:
    """For one run."""

    def __init__(self, *, journal: Journal, mender: Mender, clock: Clock) -> None:
        self._journal = journal
        self._mender = mender
        self._clock = clock

    def parked(self, proof: Proven, incident: Incident, why: str = "") -> Parked:
        """The wait for a person; `why` tells what became of an earlier answer."""
        request = approvals.asked_now(request_for(proof, incident), self._clock.now())
        return Parked(
            reason=f"{why}approval needed: {request.question}",
            incident=incident.model_copy(update={"decision": Decision.PARKED}),
            pending=request,
        )

    def in_place(self, proof: Proven, incident: Incident, decision: Decision) -> Outcome | str:
        """The outcome of carrying it out, or why that was refused."""
        try:
            carried = self._mender.carry_out(proof)
        except RefusedError as error:
            return str(error)
        said = self._journal.record.approval if decision is Decision.APPROVED else None
        if said is not None:
            carried = carried.model_copy(update={"approved": True, "approved_at": said.at})
        return Outcome(
            event=RunEvent.REMEDIED,
            reason=f"{incident.category}: {incident.remediation.summary}",
            incident=incident.model_copy(update={"decision": decision}),
            carried=carried,
        )

    def answered(self, record: RunRecord, request: ApprovalRequest) -> Outcome | Parked:
        """What became of what needs a person: a plan of the module's own, or a fix."""
        move = approvals.answer_to(record, request, self._clock.now())
        if request.proposal is not None:
            return self._fix_answered(record, request, request.proposal, move)
        incident = about_plan(record, request, move)
        if move is not None:
            return move.model_copy(update={"incident": incident})
        renewed = approvals.asked_now(request, self._clock.now())
        void = self._void(record, request)
        return Parked(reason=f"{void}approval needed: {request.question}", incident=incident, pending=renewed)

    def _fix_answered(
        self, record: RunRecord, request: ApprovalRequest, proposal: Proposal, move: Outcome | None
    ) -> Outcome | Parked:
        """A fix is proven once more before it is done: what is bound may have changed since it was asked."""
        incident = record.incidents[-1]
        if move is not None and move.event is RunEvent.EXHAUSTED:
            return _given_up(incident, move.reason, move.gave_up or GaveUp.REJECTED)
        last = record.attempts[-1]
        failure = Failure(last.stage, last.diagnostics, record.failure_text)
        proof = self._mender.prove(proposal.remediations, failure)
        if not isinstance(proof, Proven):
            return _given_up(incident, f"what was proven does not hold any more: {proof.why}")
        if move is None or proof.digest != request.digest:
            return self.parked(proof, incident, self._void(record, request))
        done = self.in_place(proof, incident, Decision.APPROVED)
        return done if isinstance(done, Outcome) else _given_up(incident, done)

    def _void(self, record: RunRecord, request: ApprovalRequest) -> str:
        why = approvals.void_because(record, request, self._clock.now())
        return f"the approval does not count, for {why}; " if why else ""


def request_for(proof: Proven, incident: Incident) -> ApprovalRequest:
    """What a person is asked about a proven fix."""
    return ApprovalRequest(
        digest=proof.digest,
        question=one_line(f"{incident.remediation.kind}: {incident.remediation.summary}", _QUESTION_CHARS),
        changes=proof.proposal.changes,
        proposal=proof.proposal,
    )


def _given_up(incident: Incident, why: str, gave_up: GaveUp = GaveUp.REFUSED) -> Outcome:
    refused = incident.model_copy(update={"decision": Decision.REFUSED, "note": why})
    return Outcome(event=RunEvent.EXHAUSTED, reason=why, incident=refused, gave_up=gave_up)
