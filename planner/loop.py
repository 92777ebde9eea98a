"""Do the state's work, send the event its outcome names, until the run ends or parks.

All of a run's order is here and in the machine; no I/O of its own.
"""

from __future__ import annotations

from contracts.errors import StoppedError
from contracts.journal import RunParked
from contracts.record import RunRecord
from contracts.run import TERMINAL, Outcome, Parked, StopKind
from planner import policy
from planner.journal import Journal
from planner.machine import RunMachine
from planner.steps import Steps


def drive(journal: Journal, steps: Steps, listeners: list[object]) -> RunRecord:
    """Drive the journal's run to SUCCESS or FAILED, or park it where a person must answer.

    The journal listens first, write-ahead; `listeners` (logs, the live view)
    come after it and may not raise. Raises `StoreError` where an entry cannot
    be made durable: nothing is done then that the journal does not know.
    """
    record = journal.record
    machine = RunMachine(model=record, listeners=[journal, *listeners])
    while record.state not in TERMINAL:
        outcome = steps.must_stop() or _done(steps, record)
        if isinstance(outcome, Parked):
            journal.append(
                RunParked(reason=outcome.reason, incident=outcome.incident, pending=outcome.pending)
            )
            break
        machine.send(outcome.event, outcome=outcome)
    return record


def _done(steps: Steps, record: RunRecord) -> Outcome | Parked:
    """The work of the state, or the end of the run where somebody stopped it in its middle."""
    try:
        return steps.of[record.state]()
    except StoppedError as error:
        return steps.must_stop() or policy.stopped(StopKind.KILL_SWITCH, f"in {record.state}", error.what)
