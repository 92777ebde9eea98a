"""What is known of this machine when a lock is judged: its boot, and what planner started on the module."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from contracts.errors import StoreError
from contracts.journal import EffectEnded, EffectStarted
from contracts.ports import Clock
from planner.store import Store
from subagents.identity import booted_at, is_alive
from subagents.remediator.unlock import Machine, Started

_RUNS = 20


def machine_of(store: Store, clock: Clock, module: Path) -> Machine:
    """This machine, with the Terraform processes of the module's latest runs."""
    return Machine(host=socket.gethostname(), booted=booted_at(), ours=tuple(_started(store, clock, module)))


def _started(store: Store, clock: Clock, module: Path) -> Iterator[Started]:
    for run_id in store.runs_of(module, _RUNS):
        try:
            lines = store.lines(run_id)
        except StoreError:
            continue
        for place, line in enumerate(lines):
            if isinstance(line.entry, EffectStarted):
                after = (later for later in lines[place + 1 :] if isinstance(later.entry, EffectEnded))
                end = next(after, None)
                process = line.entry.process
                alive = is_alive(process)
                yield Started(process, alive, line.at, clock.now() if alive or end is None else end.at)
