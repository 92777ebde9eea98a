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
from contracts.fixing import StateChange
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
from contracts.remediation import UNCHANGING, RemediationKind, StateRmOrMv
from contracts.run import TERMINAL, Effect, RunEvent, RunRecord
from contracts.terraform import InitMode
from contracts.text import cap

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

_LONGEST = 2000
_CHANGING = {
    Effect.INIT: "init",
    Effect.APPLY: "apply",
    Effect.CHANGE: "state",
    Effect.PROMOTE: "promotion",
    Effect.UNDO: "undo",
}
_MODES = {InitMode.UPGRADE: Reversal.PLANNER, InitMode.RECONFIGURE: Reversal.BY_HAND}
"""The modes of `init` that change something that was settled."""
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
            yield from _begun(record, entry, actor)
        case EffectEnded() as entry:
            yield from _ended(record, entry, actor)
        case Moved() as entry:
            yield from _moved(record, entry, actor)
        case RunParked() as entry:
            asked = entry.pending or record.pending
            yield Action(
                name="approval.asked",
                actor=actor,
                target=module,
                reason=_capped(entry.reason),
                after=_question(asked.digest, asked.question) if asked else "",
            )
        case Decided() as entry:
            yield _decided(record, entry.approval)
        case Undone() as entry:
            yield Action(
                name="run.undone",
                actor=entry.actor,
                target=module,
                after=_capped("; ".join(entry.what)),
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
        reason=_capped(approval.comment),
        before=_capped(pending.question) if pending else "",
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
            reason=_capped(outcome.reason),
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
        reason=_capped(f"{incident.category}: {incident.root_cause}"),
        before=incident.fingerprint,
        after=_capped(f"{remedy.kind}: {remedy.summary}"),
        reversal=reversal,
    )


# --- effects ------------------------------------------------------------------------------------


def _begun(record: RunRecord, entry: EffectIntended, actor: str) -> Iterator[Action]:
    module, mode = str(record.request.module), _mode(record)
    if entry.effect is Effect.MODEL:
        yield Action(name="model.asked", actor=actor, target=entry.model or "", reason=_capped(record.reason))
        return
    if entry.effect not in _CHANGING or (entry.effect is Effect.INIT and mode not in _MODES):
        return
    back = entry.change.back if entry.change and entry.effect is Effect.CHANGE else None
    said = Action(
        name=f"{_CHANGING[entry.effect]}.begun",
        actor=actor,
        target=module,
        reason=_why(record),
        after=_capped(entry.what + (f"; taken back by {back.command}" if back else "")),
        reversal=_reversal(record, entry.effect, entry.change, destroys=entry.destroys),
    )
    match entry.effect:
        case Effect.INIT:
            yield said.model_copy(update={"after": f"init, {mode}"})
        case Effect.APPLY:
            known = "" if entry.objects is None else f"objects in the state: {entry.objects}"
            yield said.model_copy(update={"before": known, "reason": _allowed(record)})
        case Effect.PROMOTE:
            yield said.model_copy(
                update={
                    "before": _capped(", ".join(f"{file.name} {file.before}" for file in entry.files)),
                    "after": _capped(", ".join(f"{file.name} {file.after}" for file in entry.files)),
                }
            )
        case Effect.UNDO if record.state in TERMINAL:
            yield said.model_copy(update={"reason": "planner undo"})
        case _:
            yield said


def _ended(record: RunRecord, entry: EffectEnded, actor: str) -> Iterator[Action]:
    if entry.effect not in _CHANGING or (entry.effect is Effect.INIT and _mode(record) not in _MODES):
        return
    change = record.open_change
    maybe = f"; may exist: {', '.join(entry.maybe_created)}" if entry.maybe_created else ""
    reversal = _reversal(record, entry.effect, change, destroys=record.open_destroys)
    yield Action(
        name=f"{_CHANGING[entry.effect]}.ended",
        actor=actor,
        target=str(record.request.module),
        reason=change.command if change else "",
        after=_capped(entry.ended + maybe),
        reversal=Reversal.NOTHING if entry.ended == "refused" else reversal,
    )


def _reversal(record: RunRecord, effect: Effect, change: StateChange | None, *, destroys: bool) -> Reversal:
    match effect:
        case Effect.APPLY:
            return Reversal.NEVER if destroys else Reversal.BY_HAND
        case Effect.INIT:
            return _MODES.get(_mode(record), Reversal.NOTHING)
        case Effect.PROMOTE:
            return Reversal.PLANNER
        case Effect.CHANGE if change is not None and change.verb == "unlock":
            return Reversal.NOTHING
        case Effect.CHANGE if change is not None and change.back is not None:
            return Reversal.PLANNER
        case _:
            return Reversal.BY_HAND


def _why(record: RunRecord) -> str:
    """The yes that allowed it, or what went before it."""
    given = record.approval
    if given is not None and given.decision == "approve":
        return _capped(f"approved by {given.actor}" + (f": {given.comment}" if given.comment else ""))
    return _capped(record.reason)


def _allowed(record: RunRecord) -> str:
    """Who or what let an apply go on: a person, a flag, or the policy."""
    if record.approval is not None and record.approval.decision == "approve":
        return _why(record)
    if record.carried is not None and record.carried.approved:
        return "with a fix that a person approved"
    if record.carried is not None:
        return "with a fix that was proven"
    return "--yes, and the policy" if record.request.yes else "the policy asks nobody about it"


def _mode(record: RunRecord) -> InitMode:
    return record.carried.init if record.carried else InitMode.PLAIN


def _question(digest: str, question: str) -> str:
    return _capped(f"{digest}: {question}")


def _capped(text: str) -> str:
    return cap(text, _LONGEST)
