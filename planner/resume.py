"""Taking up a run that was cut off or parked: from its journal to where `loop` goes on.

An effect that was begun and never seen to end is closed as `unknown`, after its
process is gone. What the run does next is not decided here: it is the state's
own step, and an apply is never repeated but planned anew (ADR 0007).
"""

from __future__ import annotations

from pathlib import Path

from contracts.errors import BusyError, EngineError, ModuleError, StoreError, UnknownRunError
from contracts.identity import EngineId
from contracts.journal import EffectEnded, EffectIntended, RunResumed
from contracts.ports import Clock, Redactor, Stop
from contracts.record import RunRecord
from contracts.run import TERMINAL, Effect, RunRequest, RunState
from contracts.text import MASK
from planner.effects import begun
from planner.fold import fold
from planner.journal import Journal
from planner.known_state import settled
from planner.run_list import RunRow, driven, ids_like
from planner.rundir import RunDir
from planner.store import Store
from subagents.identity import boot_id, is_alive
from subagents.terraform.recovery import applied_in, rescued_in

_ORPHAN_S = 600.0  # an interrupted apply has five minutes to stop in order; twice that is none of ours
_LOOK_S = 0.1


def run_id_of(store: Store, said: str) -> str:
    """The run meant by an id or the unique beginning of one. Raises `UnknownRunError`."""
    found = ids_like(store, said)
    if said in found:
        return said
    if len(found) != 1:
        what = "no run has" if not found else f"{len(found)} runs have"
        raise UnknownRunError(
            f"{what} an id that begins with {said!r} in {store.path}",
            remedy="see `planner runs`; a store of another folder is named with --home",
        )
    return found[0]


def recorded(store: Store, run_id: str) -> tuple[RunRecord, int]:
    """A run's record and the number of its entries. Raises `StoreError`."""
    lines = store.lines(run_id)
    return fold(run_id, lines), len(lines)


def waiting(store: Store, row: RunRow) -> RunRecord | None:
    """The record of a run that waits for a person; None: it does not. Raises `StoreError`."""
    record = recorded(store, row.run_id)[0] if row.state == RunState.DIAGNOSING else None
    return record if record is not None and record.parked else None


def taken_up(
    *,
    store: Store,
    clock: Clock,
    redactor: Redactor,
    stop: Stop,
    run_id: str,
    rundir: RunDir,
    engine: EngineId,
    actor: str,
) -> Journal:
    """The journal of a run that this process now drives on; the module must be locked already.

    Raises `EngineError` where another engine drove it so far, `BusyError` where a process of it
    does not end, `StoreError` where the values of its variables are gone: it would be another run.
    """
    record, written = recorded(store, run_id)
    if record.request.variables and not rundir.variables():
        raise StoreError(
            f"run {run_id} has not the values of its --var arguments: it was cut off before they were kept, "
            "or they were removed",
            remedy="start a new run with the same --var arguments",
        )
    if MASK.search(record.request.checks.model_dump_json()) and rundir.checks() is None:
        raise StoreError(
            f"run {run_id} has not the secrets in its checks: it was cut off before they were kept",
            remedy="start a new run",
        )
    if engine != record.engine:
        raise EngineError(
            f"run {run_id} was driven by {record.engine.name} {record.engine.version}, "
            f"not by {engine.name} {engine.version}",
            remedy="name the same engine with --terraform-bin, or start a new run",
        )
    since = left_behind(
        store=store, clock=clock, stop=stop, home=rundir.home, request=record.request, taken_up=record
    )
    journal = Journal(store=store, clock=clock, redactor=redactor, record=record, written=written)
    journal.append(RunResumed(engine=engine, actor=actor, maybe_created=since))
    if record.open_effect is not None:
        _await_orphan(record, clock, stop)
        if record.open_effect is Effect.PROMOTE:
            _roll_back(record, rundir, record.promotions)
        maybe = _maybe_created(record, rundir)
        journal.append(EffectEnded(effect=record.open_effect, ended="unknown", maybe_created=maybe))
    settled(store, run_id, record.maybe_created)
    if record.unsettled:  # the proof is made anew, on the module as it was
        journal.append(EffectIntended(effect=Effect.UNDO, attempt=record.attempt_number, what="files"))
        _roll_back(record, rundir, record.promotions - 1)
        journal.append(EffectEnded(effect=Effect.UNDO, ended="done"))
    rundir.sweep()
    return journal


def _roll_back(record: RunRecord, rundir: RunDir, number: int) -> None:
    """Half of a fix is worse than none: put back what a promotion that was cut off has written."""
    from subagents.promotion import roll_back  # noqa: PLC0415 - only after a crash in a promotion
    from subagents.workspace import RefusedError  # noqa: PLC0415 - only after a crash in a promotion

    try:
        roll_back(record.request.module, rundir.backup(number))
    except RefusedError as error:
        raise ModuleError(
            f"an edit of run {record.run_id} was cut off half done: {error}",
            remedy=f"put the files right by hand; their old texts are in {rundir.backup(number)}",
        ) from error


def left_behind(
    *,
    store: Store,
    clock: Clock,
    stop: Stop,
    home: Path,
    request: RunRequest,
    taken_up: RunRecord | None = None,
) -> tuple[str, ...]:
    """What the run driven last on a module may have created that no state tells of; half a fix is put back.

    `taken_up` is the run that goes on, None: a new one begins. It asks about these before it creates
    them, and since every run does, the one driven before it on the workspace knows of all earlier ones.
    Those on other workspaces since are settled too, for the files are the same. The journal of
    another run that cannot be read is no reason to stop. Raises `BusyError` where a process of such a
    run does not end.
    """
    for run_id in driven(store, request.module, since=taken_up.run_id if taken_up else None):
        try:
            record, _ = recorded(store, run_id)
        except StoreError:
            continue
        left = _settled(record, RunDir(home, run_id), clock, stop)
        settled(store, run_id, left)
        if record.request.workspace == request.workspace:
            return left
    return ()


def _settled(record: RunRecord, rundir: RunDir, clock: Clock, stop: Stop) -> tuple[str, ...]:
    """What one run may have created; nothing of it runs any more, and half a fix is put back."""
    if record.unsettled:
        _roll_back(record, rundir, record.promotions - 1)
    maybe = tuple(sorted(record.maybe_created))
    if record.open_effect is not None:
        _await_orphan(record, clock, stop)
        if record.open_effect is Effect.PROMOTE:
            _roll_back(record, rundir, record.promotions)
        maybe = _maybe_created(record, rundir)
    if record.state in TERMINAL:
        rundir.forget()  # it died after its end, before it could
    else:
        rundir.sweep()
    return maybe


def _await_orphan(record: RunRecord, clock: Clock, stop: Stop) -> None:
    """Wait for the process that outlived the planner which started it (ADR 0006)."""
    process = record.open_process
    deadline = clock.monotonic() + _ORPHAN_S
    while process is not None and is_alive(process):
        if clock.monotonic() > deadline or stop.requested():
            raise BusyError(
                f"{record.engine.name} {record.open_effect} of run {record.run_id} "
                f"still runs as pid {process.pid}",
                remedy=f"let it end, or interrupt it once (kill -INT {process.pid}); then `planner resume`",
            )
        clock.sleep(_LOOK_S)


def _maybe_created(record: RunRecord, rundir: RunDir) -> tuple[str, ...]:
    """What an apply with unknown outcome may have created without telling the state.

    After a power cut the output may lack its end too, or be gone: then all it was to create; also where
    the journal names no process, for then it does not tell whether the machine was started anew since.
    """
    if record.open_effect is not Effect.APPLY:
        return ()
    rescued_in(rundir.output, record.request.module)
    intended = tuple(sorted(record.maybe_created))
    if record.open_process is None or record.open_process.boot_id != boot_id():
        return intended
    return begun(applied_in(rundir.output), intended)
