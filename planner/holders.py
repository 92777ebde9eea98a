"""What is known of this machine when a lock is judged: what runs, and what planner started on the module."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from contracts.errors import StoreError
from contracts.journal import EffectEnded, EffectIntended, EffectStarted, JournalLine
from contracts.run import Effect
from contracts.terraform import Ended
from planner.run_list import of_module
from planner.store import Store
from subagents.identity import is_alive, oldest_of
from subagents.remediator.unlock import Machine, Started

_RUNS = 20
_ENGINES = ("terraform", "tofu")
_ORDERLY = frozenset({Ended.COMPLETED, Ended.ERRORED, Ended.STOPPED, Ended.TIMED_OUT})
_OPERATIONS = {Effect.PLAN: "OperationTypePlan", Effect.APPLY: "OperationTypeApply"}
_TO_LOCK = timedelta(seconds=60)  # how long after its start a process may take the lock, its end unseen


def machine_of(store: Store, module: Path) -> Machine:
    """This machine, with the Terraform processes of the module's latest runs."""
    return Machine(
        host=socket.gethostname(),
        ours=tuple(_started(store, module)),
        oldest_engine=oldest_of(_ENGINES),
    )


def _started(store: Store, module: Path) -> Iterator[Started]:
    for run_id in of_module(store, module, _RUNS):
        try:
            lines = store.lines(run_id)
        except StoreError:
            continue
        for place, line in enumerate(lines):
            if isinstance(line.entry, EffectStarted) and line.entry.effect in _OPERATIONS:
                yield _one(line, line.entry, lines[place + 1 :])


def _one(line: JournalLine, entry: EffectStarted, later: Sequence[JournalLine]) -> Started:
    end = next((one for one in later if isinstance(one.entry, EffectEnded | EffectIntended)), None)
    ended = end.entry.ended if end is not None and isinstance(end.entry, EffectEnded) else ""
    seen = end is not None and ended == Ended.KILLED
    latest = line.at + _TO_LOCK
    return Started(
        process=entry.process,
        alive=is_alive(entry.process),
        orderly=ended in _ORDERLY,
        completed=ended == Ended.COMPLETED,
        operation=_OPERATIONS[entry.effect],
        at=line.at.replace(microsecond=0),  # a lock tells whole seconds
        until=min(end.at, latest) if seen and end is not None else latest,
    )
