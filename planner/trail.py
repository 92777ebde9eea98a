"""Which journal entries are audited, and what the trail says of them. Pure.

Decides that what changes the world, the module or the state is told twice,
before and after; that a person's answers, the questions they were asked, each
fix that is in place and the text that left for a model are told; and that
looking (plan, checks, proofs on a copy) is not. What is not a run's, such as
the kill switch, is audited by its command.
"""

from __future__ import annotations

from collections.abc import Iterator

from contracts.approval import Approval
from contracts.audit import Action, Reversal
from contracts.incident import Incident
from contracts.journal import (
    Decided,
    EffectEnded,
    EffectIntended,
    JournalLine,
    Moved,
    RunOpened,
    RunParked,
    RunResumed,
    Undone,
)
from contracts.record import RunRecord
from contracts.remediation import UNCHANGING, RemediationKind, StateRmOrMv
from contracts.run import TERMINAL, RunEvent
from planner.trail_effects import begun, capped, ended

NAMES = {
    "run.started": "A run was started.",
    "run.resumed": "Another process took a run up.",
    "run.ended": "A run came to its end.",
    "init.begun": "An init that lets providers move, or takes the backend's settings anew, was begun.",
    "init.ended": "It ended.",
    "apply.begun": "A plan was about to be applied.",
    "apply.ended": "The apply ended, or was never seen to end.",
    "state.begun": "An import, a move, a removal in the state, or the release of a lock was begun.",
    "state.ended": "It ended.",
    "promotion.begun": "A proven edit was about to be written to the module's files.",
    "promotion.ended": "It was written, or refused.",
    "undo.begun": "Something that a run's fix had changed was about to be put back.",
    "undo.ended": "It was put back, or refused.",
    "run.undone": "Everything that a run's fixes had changed was put back.",
    "fix.applied": "A remedy is in place, and the next attempt is made with it.",
    "approval.asked": "A run waits for a person.",
    "approval.given": "A person said yes to just that.",
    "approval.refused": "A person said no.",
    "model.asked": "A failure's redacted text was sent to a model.",
    "switch.stopped": "A run, or every run, was stopped from outside.",
    "switch.started": "Runs may begin again.",
    "incidents.forgotten": "What earlier failures taught was deleted.",
}
"""Every name in the trail, with what it says."""

_KINDS = {
    RemediationKind.EDIT_CONFIG: Reversal.PLANNER,
    RemediationKind.SET_VARIABLE: Reversal.PLANNER,
    RemediationKind.INIT_UPGRADE: Reversal.PLANNER,
    RemediationKind.INIT_RECONFIGURE: Reversal.BY_HAND,
    RemediationKind.IMPORT: Reversal.PLANNER,
    RemediationKind.REPLACE: Reversal.NEVER,
}
"""What else there is changes nothing that could be taken back."""


def actions(record: RunRecord | None, line: JournalLine, actor: str = "") -> tuple[Action, ...]:
    """What an entry adds to the audit trail.

    `record` is as it was before the entry; `actor` is who drives this process,
    where that is not whoever drove the run last.
    """
    if isinstance(line.entry, RunOpened):
        return (_opened(line.entry),)
    if record is None:
        return ()
    return tuple(_told(record, line, actor or record.actor))


def _opened(entry: RunOpened) -> Action:
    asked = entry.request
    flags = ", destroying what it manages" if asked.destroy else ""
    flags += ", every question of its plans answered with --yes" if asked.yes else ""
    return Action(
        name="run.started",
        actor=entry.actor,
        target=str(asked.module),
        after=f"{entry.engine.name} {entry.engine.version}, workspace {asked.workspace}, "
        f"autonomy {asked.autonomy}{flags}",
    )


def _told(record: RunRecord, line: JournalLine, actor: str) -> Iterator[Action]:
    module = str(record.request.module)
    match line.entry:
        case RunResumed() as entry:
            cut_off = f"{record.open_effect} was cut off" if record.open_effect else ""
            yield Action(
                name="run.resumed", actor=entry.actor, target=module, before=record.state, reason=cut_off
            )
        case EffectIntended() as entry:
            yield from begun(record, entry, actor)
        case EffectEnded() as entry:
            yield from ended(record, entry, actor)
        case Moved() as entry:
            yield from _moved(record, entry, actor)
        case RunParked() as entry:
            asked = entry.pending or record.pending
            yield Action(
                name="approval.asked",
                actor=actor,
                target=module,
                reason=capped(entry.reason),
                after=_question(asked.digest, asked.question) if asked else "",
            )
        case Decided() as entry:
            yield _decided(record, entry.approval)
        case Undone() as entry:
            yield Action(
                name="run.undone",
                actor=entry.actor,
                target=module,
                after=capped("; ".join(entry.what)),
                reversal=Reversal.BY_HAND,
            )
        case _:
            return


def _decided(record: RunRecord, approval: Approval) -> Action:
    pending = record.pending
    return Action(
        name="approval.given" if approval.decision == "approve" else "approval.refused",
        actor=approval.actor,
        target=str(record.request.module),
        reason=capped(approval.comment),
        before=capped(pending.question) if pending else "",
        after=approval.digest,
    )


def _moved(record: RunRecord, entry: Moved, actor: str) -> Iterator[Action]:
    outcome, module = entry.outcome, str(record.request.module)
    if entry.event is RunEvent.REMEDIED:
        fixes = [record.incidents[place] for place in record.kept]
        fixes += [outcome.incident] if outcome.incident else []
        for incident in fixes:
            if incident.remediation.kind not in UNCHANGING:
                yield _fixed(record, incident, actor)
    if entry.target in TERMINAL:
        why = outcome.stop or outcome.gave_up
        yield Action(
            name="run.ended",
            actor=actor,
            target=module,
            reason=capped(outcome.reason),
            before=entry.source,
            after=f"{entry.target}, {why}" if why else entry.target,
        )


def _fixed(record: RunRecord, incident: Incident, actor: str) -> Action:
    remedy = incident.remediation
    if isinstance(remedy, StateRmOrMv):
        reversal = Reversal.PLANNER if remedy.destination else Reversal.BY_HAND
    else:
        reversal = _KINDS.get(RemediationKind(remedy.kind), Reversal.NOTHING)
    return Action(
        name="fix.applied",
        actor=actor,
        target=str(record.request.module),
        reason=capped(f"{incident.category}: {incident.root_cause}"),
        before=incident.fingerprint,
        after=capped(f"{remedy.kind}: {remedy.summary}"),
        reversal=reversal,
    )


def _question(digest: str, question: str) -> str:
    return capped(f"{digest}: {question}")
