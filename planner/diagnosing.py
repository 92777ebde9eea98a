"""The work of DIAGNOSING: name the failure, prove a remedy for it, decide what may follow.

The only step that may hold a model permit. Naming is the diagnoser's, proving
`planner.proving`'s, asking a person `planner.answering`'s, and whether all that
leads to another attempt is `planner.policy`'s; here they meet. What did not help, or helped in part only,
is journalled, so that a run that was cut off does not try it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, assert_never

from contracts.budget import Usage
from contracts.context import Context, ModuleFacts
from contracts.diagnostic import Diagnostic
from contracts.hypothesis import Source
from contracts.incident import Decision, Evidence, Incident, Named, Unknown
from contracts.journal import Tried
from contracts.permit import ModelPermit
from contracts.ports import Clock, Diagnoser, Redactor
from contracts.record import RunRecord
from contracts.remediation import Remediation, is_whole
from contracts.run import GaveUp, Outcome, Parked, RunEvent, StopKind
from contracts.settings import Autonomy
from contracts.terraform import Ended
from diagnosis.asking import ABSTAINS_BELOW
from diagnosis.dedup import repeated
from diagnosis.evidence import evidence_of
from planner import policy
from planner.answering import Answering, Mender
from planner.declined import Declined
from planner.incidents import incident_of, told
from planner.journal import Journal
from planner.proving import Proven
from planner.settling import Disproved, Failure, HaltedError, Progress


class _Again(NamedTuple):
    """Another hypothesis is due: about this failure, on top of the remedies that are kept."""

    failure: Failure
    kept: tuple[Remediation, ...]


class DiagnosingStep:
    """Evidence → diagnosis → proof → incident → outcome, for the last attempt of a run."""

    def __init__(
        self,
        *,
        journal: Journal,
        diagnoser: Diagnoser,
        mender: Mender,
        redactor: Redactor,
        clock: Clock,
        facts: Callable[[Sequence[Diagnostic]], ModuleFacts],
        must_stop: Callable[[], Outcome | None] = lambda: None,
        declined: Callable[[RunRecord, Proven], Declined | None] = lambda _, __: None,
    ) -> None:
        """`facts` reads the module's own files for what errors point at.

        `declined` tells who said no to a fix in an earlier run, or took it back; None: nobody did.
        """
        self._journal = journal
        self._diagnoser = diagnoser
        self._mender = mender
        self._redactor = redactor
        self._facts = facts
        self._must_stop = must_stop
        self._declined = declined
        self._answering = Answering(journal=journal, mender=mender, clock=clock)

    def __call__(self) -> Outcome | Parked:
        """The outcome that ends DIAGNOSING, or a wait for a person."""
        try:
            return self._done()
        except HaltedError as halted:
            kind = StopKind.TIMEOUT if halted.ended is Ended.TIMED_OUT else StopKind.INTERRUPT
            return self._must_stop() or policy.stopped(kind, "while a fix was proven or put in place")

    def _done(self) -> Outcome | Parked:
        record = self._journal.record
        if record.pending is not None:
            answered = self._answering.answered(record, record.pending)
            given_up = isinstance(answered, Outcome) and answered.event is RunEvent.EXHAUSTED
            return (self._must_stop() if given_up else None) or answered
        last = record.attempts[-1]
        failure = Failure(last.stage, last.diagnostics, record.failure_text)
        tried = self._taken_up(failure)
        while isinstance(tried, _Again):
            tried = self._must_stop() or self._tried(*tried)
        return tried

    def _taken_up(self, failure: Failure) -> Outcome | Parked | _Again:
        """Where a run goes on that was cut off between two causes, or while both were put in place."""
        record = self._journal.record
        incidents = tuple(record.incidents[place] for place in record.kept)
        kept = tuple(incident.remediation for incident in incidents)
        proof = self._mender.prove(kept, failure) if kept else None
        if isinstance(proof, Proven):  # what the second cause asked for was done before the death
            return self._settled(proof, failure, kept, incidents[-1].model_copy(update={"usage": Usage()}))
        return _Again(proof.left if isinstance(proof, Progress) else failure, kept)

    def _tried(self, failure: Failure, kept: tuple[Remediation, ...]) -> Outcome | Parked | _Again:
        """What one hypothesis about a failure leads to."""
        record = self._journal.record
        evidence = self._evidence(record, failure)
        diagnosis = self._diagnosed(evidence, failure, kept)
        incident = incident_of(diagnosis, evidence, attempt=record.attempts[-1].n)
        match diagnosis:
            case Named():
                before = tuple(earlier.hypothesis for earlier in record.incidents)
                move = policy.next_move(record, diagnosis.hypothesis, diagnosis.source, repeated, before)
            case Unknown():
                unknown = f"the cause is unknown: {diagnosis.why}"
                named = Outcome(event=RunEvent.EXHAUSTED, reason=unknown, gave_up=GaveUp.UNKNOWN_CAUSE)
                move = self._must_stop() or named  # the time may have gone by while a model was asked
            case _:
                assert_never(diagnosis)
        if move is None:
            return self._proven(failure, (*kept, incident.remediation), incident)
        if move.event is RunEvent.REMEDIED:
            incident = incident.model_copy(update={"decision": Decision.APPLIED})
        elif not incident.usage.calls and (why := _refused_before(record, incident)):
            return Outcome(event=RunEvent.EXHAUSTED, reason=why, gave_up=GaveUp.REFUSED)
        return move.model_copy(update={"incident": incident})

    def _diagnosed(
        self, evidence: Evidence, failure: Failure, kept: tuple[Remediation, ...]
    ) -> Named | Unknown:
        """The cause; where it is known but not how to mend it, a run that may fix asks on."""
        record = self._journal.record
        before = tuple(incident.hypothesis for incident in record.incidents)
        diagnosis = self._completed(self._diagnoser.diagnose(evidence, self._permit, before), failure, kept)
        if (
            record.request.autonomy is not Autonomy.FIX
            or isinstance(diagnosis, Unknown)
            or diagnosis.source is Source.MODEL
            or (is_whole(diagnosis.hypothesis.remediation) and not repeated(diagnosis.hypothesis, before))
        ):
            return diagnosis
        further = self._completed(self._diagnoser.mend(evidence, self._permit, before), failure, kept)
        if isinstance(further, Named) and further.hypothesis.confidence >= ABSTAINS_BELOW:
            return further  # who cannot tell does not unsay what is known
        return diagnosis.unanswered(further)

    def _completed(
        self, diagnosis: Named | Unknown, failure: Failure, kept: tuple[Remediation, ...]
    ) -> Named | Unknown:
        if isinstance(diagnosis, Unknown) or self._journal.record.request.autonomy is Autonomy.OBSERVE:
            return diagnosis
        remedy = diagnosis.hypothesis.remediation
        whole = self._mender.completed(remedy, failure, kept)
        if whole == remedy:
            return diagnosis
        hypothesis = diagnosis.hypothesis.model_copy(update={"remediation": whole})
        return diagnosis.model_copy(update={"hypothesis": hypothesis})

    def _proven(
        self, failure: Failure, remedies: tuple[Remediation, ...], incident: Incident
    ) -> Outcome | Parked | _Again:
        """What comes of a remedy that may be tried: in place, asked about, kept for the rest, or refused."""
        proof = self._mender.prove(remedies, failure)
        match proof:
            case Disproved():
                return self._refused(failure, remedies[:-1], incident, proof.why)
            case Progress():
                noted = incident.model_copy(update={"note": proof.why})
                self._journal.append(Tried(incident=noted, kept=True))
                return _Again(proof.left, remedies)
            case Proven():
                return self._settled(proof, failure, remedies, incident)
            case _:
                assert_never(proof)

    def _settled(
        self, proof: Proven, failure: Failure, remedies: tuple[Remediation, ...], incident: Incident
    ) -> Outcome | Parked | _Again:
        """What comes of remedies that are proven: all are put in place, or asked about, together.

        What a person has rejected is neither: who is asked the same again learns to say yes.
        What one took back is asked about, whatever it is.
        """
        no = self._declined(self._journal.record, proof)
        if no is not None:
            if no.asks:
                return self._answering.parked(proof, incident, f"{no.told}; ")
            return self._refused(failure, remedies[:-1], incident, no.told)
        if proof.proposal.findings or policy.must_ask(self._journal.record, remedies):
            return self._answering.parked(proof, incident)
        done = self._answering.in_place(proof, incident, Decision.APPLIED)
        return done if isinstance(done, Outcome) else self._refused(failure, (), incident, done)

    def _refused(
        self, failure: Failure, kept: tuple[Remediation, ...], incident: Incident, why: str
    ) -> Outcome | _Again:
        if (halt := self._must_stop()) is not None:  # killed in the middle: nothing is said of the remedy
            return halt
        noted = incident.model_copy(update={"decision": Decision.REFUSED, "note": why})
        self._journal.append(Tried(incident=noted, kept=False))
        return _Again(failure, kept)

    def _permit(self) -> ModelPermit | None:
        record = self._journal.record
        return policy.may_ask_model(record, policy.time_left(record, self._journal.driven_s()))

    def _evidence(self, record: RunRecord, failure: Failure) -> Evidence:
        checks = tuple(c for c in record.checks if not c.passed) if failure.stage == "validate" else ()
        return evidence_of(
            stage=failure.stage,
            diagnostics=failure.diagnostics,
            failed_checks=checks,
            text=failure.text,
            engine=f"{record.engine.name} {record.engine.version}",
            redact=self._redactor.redact,
            context=Context(
                module=self._facts(failure.diagnostics), changes=record.planned, attempts=told(record)
            ),
        )


def _refused_before(record: RunRecord, incident: Incident) -> str:
    """Why this very remedy was refused just before; empty where it was not."""
    last = record.incidents[-1] if record.incidents else None
    same = last is not None and last.decision is Decision.REFUSED and last.remediation == incident.remediation
    return last.note if last and same else ""
