"""Which run it is: told to whom it calls (User-Agent, TRACEPARENT), and to a back end for traces."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.ports import Clock, OnProgress, Redactor
from contracts.terraform import Progress
from contracts.version import VERSION
from observability.spans import traceparent
from observability.tracing import RunTrace, is_asked_for
from planner.journal import Journal
from planner.store import Store
from subagents.terraform.environment import signed


def caller_of(journal: Journal) -> str:
    """How a run is named to whom it calls."""
    return f"planner/{VERSION} run/{journal.record.run_id}"


def signed_for(journal: Journal, ours: Mapping[str, str], terraforms: Mapping[str, str]) -> dict[str, str]:
    """Terraform's environment with the run's name in it, for whom it calls; `ours` is planner's own."""
    trace = traceparent(journal.record.run_id) if is_asked_for(ours) else None
    return signed(terraforms, caller_of(journal), trace)


def trace_of(
    journal: Journal, store: Store, ours: Mapping[str, str], redactor: Redactor, clock: Clock
) -> RunTrace | None:
    """What sends a run's spans, told of its entries from now on; None where nobody asked for them."""
    if not is_asked_for(ours):
        return None
    history = store.lines(journal.record.run_id)
    trace = RunTrace(environment=ours, redact=redactor.redact, clock=clock, history=history)
    journal.watch(trace)
    return trace


def beside(view: OnProgress, trace: RunTrace | None) -> OnProgress:
    """Tells both."""
    if trace is None:
        return view

    def told(progress: Progress) -> None:
        view(progress)
        trace.on_progress(progress)

    return told
