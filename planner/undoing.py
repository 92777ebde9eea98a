"""Takes back what a run's fixes changed: the module's files, imports and moves. `planner undo`.

Decides what can be taken back, and in which order: the last change first. What
was applied meanwhile stays as it is; a plan of the module tells what it differs by.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from contracts.errors import UnknownRunError
from contracts.fixing import StateRequest
from contracts.incident import Decision
from contracts.journal import EffectEnded, EffectIntended, Undone
from contracts.remediation import Import, StateRmOrMv
from contracts.run import TERMINAL, Effect, RunRecord
from planner.fix_effects import FixEffects
from planner.journal import Journal
from planner.rundir import RunDir
from subagents.promotion import restore
from subagents.workspace import RefusedError

_SOON = timedelta(0)


class _Back(NamedTuple):
    """A change of the state, and what takes it back; None: nothing does."""

    what: str
    source: str
    destination: str | None
    possible: bool = True


def refuse_if_nothing(record: RunRecord) -> None:
    """Raise `UnknownRunError` where there is nothing to take back, or not yet."""
    if record.state not in TERMINAL:
        raise UnknownRunError(
            f"run {record.run_id} has not ended", remedy=f"end it first: planner reject {record.run_id}"
        )
    if record.undone:
        raise UnknownRunError(
            f"what run {record.run_id} changed was put back already", remedy="see `planner show`"
        )
    if not record.promotions and not list(_changes(record)):
        raise UnknownRunError(
            f"run {record.run_id} changed neither the module's files nor its state by a fix",
            remedy="see what it did: planner show",
        )


def undo(journal: Journal, effects: FixEffects, rundir: RunDir, actor: str) -> tuple[str, ...]:
    """Take everything back; what was done, a line each. Raises `UnknownRunError` where that cannot be."""
    record = journal.record
    refuse_if_nothing(record)
    done = [*_files(journal, rundir), *_state(journal, effects)]
    journal.append(Undone(what=tuple(done), actor=actor))
    return tuple(done)


def _files(journal: Journal, rundir: RunDir) -> Iterator[str]:
    record = journal.record
    if not record.promotions:
        return
    journal.append(EffectIntended(effect=Effect.UNDO, attempt=record.attempt_number, what="files"))
    ended = "refused"
    try:
        for number in reversed(range(record.promotions)):
            for name in restore(record.request.module, rundir.backup(number)):
                yield f"put back {name}"
        ended = "done"
    except RefusedError as error:
        raise UnknownRunError(str(error), remedy="put the file right by hand") from error
    finally:
        journal.append(EffectEnded(effect=Effect.UNDO, ended=ended))


def _state(journal: Journal, effects: FixEffects) -> Iterator[str]:
    module = journal.record.request.module
    for change in reversed(list(_changes(journal.record))):
        if not change.possible:
            yield f"not put back: {change.what}; import the object again where it is still wanted"
            continue
        request = StateRequest(
            module=module, timeout=_SOON, source=change.source, destination=change.destination
        )
        result = effects.change(request, change.what)
        if not result.ok:
            said = next((d.summary for d in result.diagnostics), "") or result.text.strip()[:200]
            raise UnknownRunError(f"`{change.what}` failed: {said}", remedy="run it by hand")
        yield change.what


def _changes(record: RunRecord) -> Iterator[_Back]:
    """What takes back each change of the state, in the order the changes were made."""
    for incident in record.incidents:
        if incident.decision not in {Decision.APPLIED, Decision.APPROVED}:
            continue
        match incident.remediation:
            case Import(address=str(address)):
                yield _Back(f"terraform state rm {address}", address, None)
            case StateRmOrMv(source=str(source), destination=None):
                yield _Back(f"terraform state rm {source}", source, None, possible=False)
            case StateRmOrMv(source=str(source), destination=str(to)):
                yield _Back(f"terraform state mv {to} {source}", to, source)
            case _:
                continue
