"""What the audit trail says of an effect before and after it: who allowed it, and how it is taken back. Pure.

Decides which effects change the world, the module or the state; the others are not audited. What else
of a journal is told, and the names, is `planner.trail`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from contracts.audit import Action, Reversal
from contracts.fixing import StateChange
from contracts.journal import EffectEnded, EffectIntended
from contracts.record import RunRecord
from contracts.run import TERMINAL, Effect
from contracts.terraform import InitMode
from contracts.text import cap

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


def begun(record: RunRecord, entry: EffectIntended, actor: str) -> Iterator[Action]:
    """What is told before an effect: nothing of one that only looks."""
    module, mode = str(record.request.module), _mode(record)
    if entry.effect is Effect.MODEL:
        yield Action(name="model.asked", actor=actor, target=entry.model or "", reason=capped(record.reason))
        return
    if entry.effect not in _CHANGING or (entry.effect is Effect.INIT and mode not in _MODES):
        return
    back = entry.change.back if entry.change and entry.effect is Effect.CHANGE else None
    said = Action(
        name=f"{_CHANGING[entry.effect]}.begun",
        actor=actor,
        target=module,
        reason=_why(record),
        after=capped(entry.what + (f"; taken back by {back.command}" if back else "")),
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
                    "before": capped(", ".join(f"{file.name} {file.before}" for file in entry.files)),
                    "after": capped(", ".join(f"{file.name} {file.after}" for file in entry.files)),
                }
            )
        case Effect.UNDO if record.state in TERMINAL:
            yield said.model_copy(update={"reason": "planner undo"})
        case _:
            yield said


def ended(record: RunRecord, entry: EffectEnded, actor: str) -> Iterator[Action]:
    """What is told after an effect that `begun` told of."""
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
        after=capped(entry.ended + maybe),
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
        return capped(f"approved by {given.actor}" + (f": {given.comment}" if given.comment else ""))
    return capped(record.reason)


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


def capped(text: str) -> str:
    """What a trail keeps of a text."""
    return cap(text, _LONGEST)
