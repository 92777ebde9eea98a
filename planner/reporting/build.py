"""The journal of one run → its report. Pure: no Terraform, no model, no clock, no store.

Decides what happened when, and which answer belongs to which remedy. What the
record as a whole says (result, hand-over, what became of remedies) is asked of
the functions that say it elsewhere; how it reads is left to the renderings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from contracts.approval import Approval, Proposal
from contracts.journal import (
    Decided,
    EffectEnded,
    EffectIntended,
    JournalLine,
    Moved,
    RunOpened,
    RunParked,
    RunResumed,
)
from contracts.record import RunRecord
from contracts.report import (
    AttemptChanges,
    FileEdit,
    ModelCall,
    Remedy,
    RemedyOutcome,
    RunReport,
    Stay,
)
from contracts.run import TERMINAL, Effect, Outcome, RunEvent, RunState
from planner.fold import absorb, fold, opened
from planner.memory import outcomes_of
from planner.reporting.timeline import effects, timeline_of
from planner.result import result_of


def report_of(run_id: str, lines: Sequence[JournalLine]) -> RunReport:
    """The report of a run as its journal tells it so far. Raises `StoreError` where that is damaged."""
    record = fold(run_id, lines)
    first = lines[0].entry
    assert isinstance(first, RunOpened)  # noqa: S101 - or `fold` had raised
    path = tuple(_path(lines))
    ended = path[-1].entered_at if path[-1].state in TERMINAL else None
    parked = [line.at for line in lines if isinstance(line.entry, RunParked)]
    waited = sum(stay.waited_s for stay in path)
    driven = sum(stay.seconds for stay in path) - waited  # unlike the record's, without a later `undo`
    return RunReport(
        result=result_of(record).model_copy(update={"duration_s": round(driven, 3)}),
        planner_version=first.planner_version,
        people=tuple(dict.fromkeys(filter(None, _people(lines)))),
        autonomy=record.request.autonomy,
        destroy=record.request.destroy,
        time_limit_s=record.request.limits.timeout.total_seconds(),
        started_at=record.started_at,
        ended_at=ended,
        asked_at=parked[-1] if record.parked else None,
        last_at=record.last_at,
        waited_s=round(waited, 3),
        path=path,
        timeline=timeline_of(lines),
        changes=tuple(_changes(lines)),
        remedies=tuple(_remedies(record, lines)),
        edits=tuple(_edits(lines)),
        state_changes=record.state_changes,
        doubtful_changes=record.doubtful_changes,
        maybe_created=tuple(sorted(record.maybe_created)),
        undone=record.undone,
        calls=tuple(_calls(lines)),
        retries=record.retries,
    )


def _records(lines: Sequence[JournalLine]) -> Iterator[tuple[JournalLine, RunRecord]]:
    """Each entry with the record as it leaves it: one object, which goes on changing.

    The lines were folded before, so that a transition needs no machine to be believed.
    """
    record = opened(lines[0].run_id, lines[0])
    yield lines[0], record
    for line in lines[1:]:
        if isinstance(line.entry, Moved):
            record.state = line.entry.target
        absorb(record, line)
        yield line, record


def _path(lines: Sequence[JournalLine]) -> Iterator[Stay]:
    """The states in their order; how long each was driven is asked of the fold."""
    state, entered, driven = RunState.INIT, lines[0].at, 0.0
    last, last_driven = lines[0].at, 0.0
    for line, record in _records(lines):
        last, last_driven = line.at, record.duration_s
        if isinstance(line.entry, Moved):
            yield _stay(state, entered, last, last_driven - driven, line.entry)
            state, entered, driven = line.entry.target, line.at, record.duration_s
    if state in TERMINAL:
        yield Stay(state=state, entered_at=entered, seconds=0)
    else:
        yield _stay(state, entered, last, last_driven - driven, None)


def _stay(state: RunState, entered: datetime, left: datetime, driven_s: float, by: Moved | None) -> Stay:
    seconds = max(driven_s, (left - entered).total_seconds())
    return Stay(
        state=state,
        entered_at=entered,
        seconds=round(seconds, 3),
        waited_s=round(seconds - driven_s, 3),
        event=by.event if by else None,
    )


def _people(lines: Sequence[JournalLine]) -> Iterator[str]:
    for line in lines:
        match line.entry:
            case RunOpened(actor=actor) | RunResumed(actor=actor):
                yield actor
            case Decided(approval=approval):
                yield approval.actor


def _changes(lines: Sequence[JournalLine]) -> Iterator[AttemptChanges]:
    """One for each attempt whose plan, or whose apply, the journal tells of."""
    applying = ""
    for line in lines:
        if isinstance(line.entry, EffectIntended) and line.entry.effect is Effect.APPLY:
            applying = line.entry.what
        if not isinstance(line.entry, Moved) or line.entry.source is not RunState.RUNNING:
            continue
        told: Outcome = line.entry.outcome
        came_to_a_plan = told.planned_changes is not None or told.created or told.event is RunEvent.APPLIED
        if told.attempt is not None and came_to_a_plan:
            yield AttemptChanges(
                n=told.attempt.n,
                planned=told.planned_changes,
                told=applying,
                said=told.reason,
                created=tuple(sorted(told.created)),
            )
        applying = ""


def _remedies(record: RunRecord, lines: Sequence[JournalLine]) -> Iterator[Remedy]:
    """What happened around each incident of the record, in its order."""
    named: list[datetime] = []
    proposals: dict[int, Proposal] = {}
    answers: dict[int, list[Approval]] = {}
    for line, so_far in _records(lines):
        named += [line.at] * (len(so_far.incidents) - len(named))
        last = len(named) - 1
        if isinstance(line.entry, RunParked) and line.entry.pending and line.entry.pending.proposal:
            proposals[last] = line.entry.pending.proposal
        if isinstance(line.entry, Decided):
            answers.setdefault(last, []).append(line.entry.approval)
    outcomes = {id(incident): RemedyOutcome(result.value) for incident, result in outcomes_of(record)}
    for place, incident in enumerate(record.incidents):
        yield Remedy(
            incident=place,
            at=named[place],
            outcome=outcomes.get(id(incident), RemedyOutcome.OPEN),
            proposal=proposals.get(place),
            answers=tuple(answers.get(place, ())),
        )


def _edits(lines: Sequence[JournalLine]) -> Iterator[FileEdit]:
    """The edits that were written, oldest first, and whether they stand."""
    edits: list[FileEdit] = []
    standing: list[int] = []
    begun: JournalLine | None = None
    for line, record in _records(lines):
        match line.entry:
            case EffectIntended(effect=Effect.PROMOTE):
                begun = line
            case EffectEnded(effect=Effect.PROMOTE, ended="done") if begun is not None:
                entry = begun.entry
                assert isinstance(entry, EffectIntended)  # noqa: S101 - for the type checker
                standing.append(len(edits))
                edits.append(FileEdit(at=begun.at, files=entry.what, patch=entry.patch))
            case EffectEnded(effect=Effect.UNDO):
                for place in standing[record.promotions :]:
                    edits[place] = edits[place].model_copy(update={"put_back": True})
                del standing[record.promotions :]
            case _:
                pass
    yield from edits


def _calls(lines: Sequence[JournalLine]) -> Iterator[ModelCall]:
    for begun, end in effects(lines):
        intended = begun.entry
        if isinstance(intended, EffectIntended) and intended.effect is Effect.MODEL:
            ended = end.entry if end is not None and isinstance(end.entry, EffectEnded) else None
            yield ModelCall(
                at=begun.at,
                model=intended.model or "",
                duration_s=(end.at - begun.at).total_seconds() if end else None,
                usage=ended.usage if ended else None,
            )
