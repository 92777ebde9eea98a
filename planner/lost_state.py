"""A state that is gone or empty: what earlier runs made, and nothing tells of any more.

Terraform takes a missing state for a module that was never applied, and plans to
make everything a second time, without a word (ADR 0028). What
is found here is asked about before it is created again, as after an apply that
was cut off. What else may be strange about a local state is `state_guard`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from contracts.errors import StoreError
from contracts.run import RunRecord, RunRequest, RunState
from contracts.terraform import StateMark
from planner.resume import recorded
from planner.store import Store
from subagents.terraform.state_guard import local_state

_RUNS = 50


def made_before(store: Store, request: RunRequest) -> frozenset[str]:
    """The instances that earlier runs on the module made, if its local state is not there; else nothing.

    Nothing that was made before a run took everything down; the journal of a run
    that cannot be read tells of none.
    """
    path = local_state(request.module, request.workspace)
    gone = path is not None and not path.exists()
    return made_by_runs(store, request) if gone else frozenset()


def emptied(store: Store, request: RunRequest) -> frozenset[str]:
    """The instances that runs made, where a remote state turned out to hold nothing, or a local one is gone.

    A local state may go while the run waits for a person; one that is there is `state_guard`'s.
    """
    path = local_state(request.module, request.workspace)
    there = path is not None and path.exists()
    return frozenset() if there else made_by_runs(store, request)


def last_seen(store: Store, request: RunRequest) -> StateMark | None:
    """The local state as the latest run on the module and workspace saw it; None: none, or a remote one."""
    if local_state(request.module, request.workspace) is None:
        return None
    for record in _records(store, request):
        if record.state_mark is not None:
            return record.state_mark
    return None


def made_by_runs(store: Store, request: RunRequest) -> frozenset[str]:
    """All that earlier runs made or found, since one of them took everything down."""
    made: frozenset[str] = frozenset()
    for record in _records(store, request):
        if record.request.destroy and record.state is RunState.SUCCESS:
            break
        made |= record.created | frozenset(record.in_state)
    return made


def _records(store: Store, request: RunRequest) -> Iterator[RunRecord]:
    """The runs on the module and workspace, newest first, as far as they can be read."""
    for run_id in store.runs_of(request.module, _RUNS):
        with suppress(StoreError):
            record, _ = recorded(store, run_id)
            if record.request.workspace == request.workspace:
                yield record
