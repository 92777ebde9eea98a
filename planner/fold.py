"""Journal entries → the record of a run. Pure.

The same function serves a live run (each entry is absorbed as it is written)
and a resumed one (all of them are), so that the two cannot differ. Where an
event leads is asked of the machine, never written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from contracts.errors import StoreError
from contracts.fixing import StateChange
from contracts.incident import Decision, Incident
from contracts.journal import (
    Decided,
    EffectEnded,
    EffectIntended,
    EffectStarted,
    JournalLine,
    Moved,
    RunOpened,
    RunParked,
    RunResumed,
    Tried,
    Undone,
)
from contracts.record import RunRecord
from contracts.run import TERMINAL, Attempt, Effect, Outcome
from contracts.terraform import Ended
from planner.machine import RunMachine


def opened(run_id: str, line: JournalLine) -> RunRecord:
    """The record as its first entry leaves it. Raises `StoreError` where that is another entry."""
    if not isinstance(line.entry, RunOpened):
        raise _damaged(run_id, "it does not begin with its opening entry")
    return RunRecord(
        run_id=run_id,
        request=line.entry.request,
        engine=line.entry.engine,
        actor=line.entry.actor,
        started_at=line.at,
        last_at=line.at,
        maybe_created=frozenset(line.entry.maybe_created),
        state_mark=line.entry.state,
    )


def fold(
    run_id: str,
    lines: Iterable[JournalLine],
    seen: Callable[[RunRecord | None, JournalLine], None] = lambda _, __: None,
) -> RunRecord:
    """The record that these entries, in order and complete, amount to.

    `seen` is given each entry with the record as it was before it. Raises
    `StoreError` where they do not fit each other or today's machine.
    """
    ordered = iter(lines)
    first = next(ordered, None)
    if first is None:
        raise _damaged(run_id, "it is empty")
    record = opened(run_id, first)
    seen(None, first)
    machine = RunMachine(model=record)
    for line in ordered:
        seen(record, line)
        if isinstance(line.entry, Moved):
            if line.entry.source is not record.state:
                raise _damaged(run_id, f"entry {line.seq} leaves {line.entry.source} in {record.state}")
            machine.send(line.entry.event)
            if line.entry.target is not record.state:
                raise _damaged(run_id, f"entry {line.seq} names another target than the machine")
        absorb(record, line)
    return record


def absorb(record: RunRecord, line: JournalLine) -> None:
    """Take one entry's facts into the record; the machine has moved it already."""
    ended = record.state in TERMINAL and not isinstance(line.entry, Moved)
    if not ended and not isinstance(line.entry, Decided | RunResumed | Undone):  # else nobody drove it
        by_wall_clock = max(0.0, (line.at - record.last_at).total_seconds())
        record.duration_s += by_wall_clock if line.driven_s is None else line.driven_s
    record.last_at = line.at
    _ABSORB[type(line.entry)](record, line.entry)


def _opened(record: RunRecord, _: RunOpened) -> None:
    raise _damaged(record.run_id, "it is opened twice")


def _intended(record: RunRecord, entry: EffectIntended) -> None:
    record.open_effect = entry.effect
    record.open_process = None
    record.open_change = entry.change
    record.open_destroys = entry.destroys
    if entry.effect is Effect.PROMOTE:
        record.patch = entry.patch
    if entry.effect is Effect.MODEL:
        record.model_calls += 1
    if entry.effect is Effect.APPLY:
        record.maybe_created = frozenset(entry.creates)


def _started(record: RunRecord, entry: EffectStarted) -> None:
    record.open_process = entry.process


def _ended(record: RunRecord, entry: EffectEnded) -> None:
    if record.open_change is not None:
        _changed(record, record.open_change, entry)
    record.open_effect = None
    record.open_process = None
    record.state_mark = entry.state or record.state_mark
    if entry.effect is Effect.APPLY:
        record.maybe_created = frozenset(entry.maybe_created)
        record.carried = None  # whatever came of it: a fix serves for one apply
        if entry.ended not in _FAILED:
            record.approval = None  # it outlives only an apply that failed in order
    record.open_change = None
    record.open_destroys = False
    if entry.effect is Effect.PROMOTE and entry.ended == "done":
        record.promotions += 1
        record.unsettled = True
    if entry.effect is Effect.UNDO and entry.ended == "done":
        record.promotions = record.promotions - 1 if record.unsettled else 0
        record.unsettled = False
    if entry.effect in TERRAFORM:
        record.terraform_s = round(record.terraform_s + entry.duration_s, 3)


def _changed(record: RunRecord, change: StateChange, entry: EffectEnded) -> None:
    if entry.ended == Ended.COMPLETED:
        done, undone = record.state_changes, entry.effect is Effect.UNDO
        record.state_changes = _less(done, change) if undone else (*done, change)
    if entry.effect is Effect.CHANGE:
        known = entry.ended in {Ended.COMPLETED, Ended.ERRORED} or record.open_process is None
        others = (other for other in record.doubtful_changes if other != change)
        record.doubtful_changes = (*others, *(() if known else (change,)))


def _less(done: tuple[StateChange, ...], back: StateChange) -> tuple[StateChange, ...]:
    """The changes without the last one that this takes back; what nothing takes back may stand after it."""
    place = max((place for place, change in enumerate(done) if change.back == back), default=len(done))
    return done[:place] + done[place + 1 :]


def _moved(record: RunRecord, entry: Moved) -> None:
    record.entered_s = record.duration_s
    take(record, entry.outcome)


def _parked(record: RunRecord, entry: RunParked) -> None:
    record.parked = True
    record.reason = entry.reason
    record.incidents = _and(record.incidents, entry.incident)
    if entry.pending is not None:
        record.pending = entry.pending


def _tried(record: RunRecord, entry: Tried) -> None:
    record.incidents = _and(record.incidents, entry.incident)
    if entry.kept:
        record.kept = (*record.kept, len(record.incidents) - 1)


def _undone(record: RunRecord, _: Undone) -> None:
    record.undone = True


def _decided(record: RunRecord, entry: Decided) -> None:
    record.parked = False
    record.approval = entry.approval
    record.allowed = record.pending if entry.approval.decision == "approve" else None


def _resumed(record: RunRecord, entry: RunResumed) -> None:
    record.parked = False
    record.engine = entry.engine
    record.actor = entry.actor
    record.maybe_created |= frozenset(entry.maybe_created)


_FAILED = frozenset({Ended.ERRORED, Ended.STOPPED, Ended.TIMED_OUT})
TERRAFORM = frozenset(
    {Effect.INIT, Effect.PLAN, Effect.SHOW, Effect.APPLY, Effect.OUTPUT, Effect.PROVE, Effect.CHANGE}
)
"""The effects that are Terraform calls, each with a duration."""

_ABSORB: dict[type[Any], Callable[[RunRecord, Any], None]] = {
    RunOpened: _opened,
    EffectIntended: _intended,
    EffectStarted: _started,
    EffectEnded: _ended,
    Moved: _moved,
    Tried: _tried,
    RunParked: _parked,
    Decided: _decided,
    RunResumed: _resumed,
    Undone: _undone,
}


def take(record: RunRecord, outcome: Outcome) -> None:
    """Take the facts of a step's outcome into the record."""
    record.reason = outcome.reason
    record.wait_s = outcome.wait_s
    record.pending = outcome.pending
    record.failure_text = outcome.failure_text
    record.planned = outcome.planned
    if outcome.carried is not None:
        record.carried = outcome.carried
        record.approval = None
    record.unsettled = False
    if record.first_plan is None:
        record.first_plan = outcome.planned_changes
        record.in_state = outcome.in_state
    record.stop = outcome.stop or record.stop
    if outcome.attempt is not None:
        record.attempts = _with(record.attempts, outcome.attempt)
    if outcome.incident is not None:
        record.incidents = _and(record.incidents, outcome.incident)
    if outcome.checks is not None:
        record.checks = outcome.checks
    if outcome.outputs is not None:
        record.outputs = outcome.outputs
    record.created |= frozenset(outcome.created)
    if outcome.carried is not None:
        record.incidents = tuple(
            incident.model_copy(update={"decision": Decision.APPLIED}) if place in record.kept else incident
            for place, incident in enumerate(record.incidents)
        )
    record.kept = ()


def _with(attempts: tuple[Attempt, ...], attempt: Attempt) -> tuple[Attempt, ...]:
    """The attempts with this one added, or put in the place of its earlier part."""
    if attempts and attempts[-1].n == attempt.n:
        return (*attempts[:-1], attempt)
    return (*attempts, attempt)


def _and(incidents: tuple[Incident, ...], incident: Incident) -> tuple[Incident, ...]:
    """The incidents with this one added; a parked one is replaced by what became of it."""
    if incidents and incidents[-1].decision is Decision.PARKED:
        return (*incidents[:-1], incident)
    return (*incidents, incident)


def _damaged(run_id: str, why: str) -> StoreError:
    return StoreError(
        f"the journal of run {run_id} is damaged: {why}",
        remedy="do not resume this run; start a new one with `planner run`, which plans from the real state",
    )
