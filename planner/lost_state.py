"""A local state that is gone: what earlier runs made, and nothing tells of any more.

Terraform takes a missing state for a module that was never applied, and plans to
make everything a second time, without a word (ADR 0028). What
is found here is asked about before it is created again, as after an apply that
was cut off. A remote state is its backend's to keep.
"""

from __future__ import annotations

from contracts.errors import StoreError
from contracts.run import RunRequest, RunState
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
    if path is None or path.exists():
        return frozenset()
    made: frozenset[str] = frozenset()
    for run_id in store.runs_of(request.module, _RUNS):
        try:
            record, _ = recorded(store, run_id)
        except StoreError:
            continue
        if record.request.workspace != request.workspace:
            continue
        if record.request.destroy and record.state is RunState.SUCCESS:
            break
        made |= record.created | frozenset(record.in_state)
    return made
