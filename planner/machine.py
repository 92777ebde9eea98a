"""Which event may follow which state of a run, and nothing else.

No I/O, no clock, no model call. `planner.loop` does the work of a state and
sends the event its outcome names; this file says where that event leads.
"""

from __future__ import annotations

from statemachine import State, StateChart

from contracts.record import RunRecord
from contracts.run import RunState


class RunMachine(StateChart[RunRecord]):
    """One run over one Terraform module."""

    # StateChart follows SCXML, which forgives. A ledger must not:
    allow_event_without_transition = False  # an event out of place is our bug: raise
    catch_errors_as_events = False  # a guard or listener that fails stops the run
    atomic_configuration_update = True  # else the record holds None mid-transition
    enable_self_transition_entries = False

    init = State("INIT", value=RunState.INIT, initial=True)
    running = State("RUNNING", value=RunState.RUNNING)
    validating = State("VALIDATING", value=RunState.VALIDATING)
    diagnosing = State("DIAGNOSING", value=RunState.DIAGNOSING)
    success = State("SUCCESS", value=RunState.SUCCESS, final=True)
    failed = State("FAILED", value=RunState.FAILED, final=True)

    begin = init.to(running)
    applied = running.to(validating)
    errored = running.to(diagnosing)
    verified = validating.to(success)
    rejected = validating.to(diagnosing)
    remedied = diagnosing.to(running, cond="may_retry", on="count_retry") | diagnosing.to(failed)
    approved = diagnosing.to(running)
    exhausted = diagnosing.to(failed)
    killed = failed.from_(init, running, validating, diagnosing)

    def may_retry(self) -> bool:
        """Whether the cap leaves room for one more retry."""
        return self.model.retries < self.model.max_retries

    def count_retry(self) -> None:
        """A remedy in place is spent on a retry."""
        self.model.retries += 1
