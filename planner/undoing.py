"""Takes back what a run's fixes changed: the module's files, imports and moves. `planner undo`.

Decides what can be taken back, and in which order: the last change first. What
was applied meanwhile stays as it is; a plan of the module tells what it differs by.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from contracts.errors import StoppedError, UnknownRunError
from contracts.fixing import StateChange, StateRequest
from contracts.journal import EffectEnded, EffectIntended, Undone
from contracts.record import RunRecord
from contracts.run import TERMINAL, Effect
from contracts.text import MASK, cap_unmasked
from planner.fix_effects import FixEffects
from planner.journal import Journal
from planner.rundir import RunDir
from subagents.promotion import restore
from subagents.workspace import RefusedError

_SOON = timedelta(0)


def refuse_if_nothing(record: RunRecord) -> None:
    """Raise `UnknownRunError` where there is nothing to take back, or not yet."""
    if record.state not in TERMINAL:
        end = "reject" if record.parked else "resume"
        raise UnknownRunError(
            f"run {record.run_id} has not ended", remedy=f"end it first: planner {end} {record.run_id}"
        )
    if record.undone:
        raise UnknownRunError(
            f"what run {record.run_id} changed was put back already",
            remedy=f"see what it did: planner show {record.run_id}",
        )
    if not record.promotions and not record.state_changes and not _doubtful(record):
        raise UnknownRunError(
            f"run {record.run_id} changed neither the module's files nor its state by a fix",
            remedy=f"see what it did: planner show {record.run_id}",
        )


def undo(journal: Journal, effects: FixEffects, rundir: RunDir, actor: str) -> tuple[str, ...]:
    """Take everything back; what was done, a line each. Raises `UnknownRunError` where that cannot be."""
    record = journal.record
    refuse_if_nothing(record)
    done = [*_state(journal, effects), *_files(journal, effects, rundir)]
    journal.append(Undone(what=tuple(done), actor=actor))
    return tuple(done)


def _files(journal: Journal, effects: FixEffects, rundir: RunDir) -> Iterator[str]:
    record = journal.record
    if not record.promotions:
        return
    journal.append(EffectIntended(effect=Effect.UNDO, attempt=record.attempt_number, what="files"))
    ended = "refused"
    try:
        with effects.starting() as why:
            if why is not None:
                raise StoppedError(f"the run is stopped ({why})", remedy="`planner start` lets it go on")
            for number in reversed(range(record.promotions)):
                for name in restore(record.request.module, rundir.backup(number)):
                    yield f"put back {name}"
        ended = "done"
    except RefusedError as error:
        raise UnknownRunError(str(error), remedy="put the file right by hand") from error
    finally:
        journal.append(EffectEnded(effect=Effect.UNDO, ended=ended))


def _state(journal: Journal, effects: FixEffects) -> Iterator[str]:
    record = journal.record
    module = record.request.module
    cut_off = record.open_change if record.open_effect is Effect.UNDO else None  # in an earlier undo
    for change in _doubtful(record):
        yield f"not put back: nobody saw whether `{change.command}` was done; see `terraform state list`"
    for change in reversed(record.state_changes):
        if change.verb == "unlock":
            continue
        if (back := change.back) is None:
            yield f"not put back: {change.command}; import the object again where it is still wanted"
            continue
        if MASK.search(back.command):  # it names a secret, which no journal keeps
            yield f"not put back: {change.command}; take it back by hand with `terraform state mv`"
            continue
        request = StateRequest(module=module, timeout=_SOON, source=back.source, destination=back.destination)
        result = effects.change(request, back, Effect.UNDO)
        said = next((d.summary for d in result.diagnostics), "") or cap_unmasked(result.text.strip(), 200)
        if not result.ok and back == cut_off:
            yield f"`{back.command}` was begun by an undo that was cut off, and fails now: {said}"
        elif not result.ok:
            raise UnknownRunError(f"`{back.command}` failed: {said}", remedy="run it by hand")
        else:
            yield back.command


def _doubtful(record: RunRecord) -> list[StateChange]:
    """What of the state may be changed; a lock holds nothing that could be put back."""
    return [change for change in record.doubtful_changes if change.verb != "unlock"]
