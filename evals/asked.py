"""What a run's own diagnoser says of records: signatures, then one model, with every limit in force."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from contracts.budget import Limits
from contracts.incident import Diagnosis
from contracts.run import RunRequest
from evals.records import Record
from planner.ledger import Ledger
from planner.memory import IncidentMemory, StoredAnswers
from planner.naming import Means, diagnoser, openers
from planner.policy import may_ask_model
from planner.purse import LoosePurse, loose_run
from planner.signals import StopRequest
from planner.store import Store
from planner.wiring import environment, redactor_of
from subagents.clock import SystemClock, Wake

_DEADLINE = timedelta(minutes=5)


def asked(records: Sequence[Record], model: str, max_usd: Decimal) -> Iterator[Diagnosis]:
    """The diagnosis of each record in order; all of them together cost `max_usd` at most.

    Raises `ModelSetupError` where the model could never be asked. Memory is
    empty, and what is learned from one record is not known to the next.
    """
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as home:
        store = Store(Path(home) / "planner.db")
        stop = StopRequest(clock, Wake(), lambda _: None)
        limits = Limits(max_usd=max_usd, max_usd_per_day=max_usd)
        ledger = Ledger(store, clock, max_usd)
        for record in records:
            request = RunRequest(module=Path("/"), model=model, limits=limits)
            run = loose_run(record.id, request, clock.now())
            means = Means(
                openers=openers(request, environment(), clock, stop, None),
                purse=LoosePurse(ledger, run),
                memory=IncidentMemory(store),
                answers=StoredAnswers(store, redactor_of(environment())),
                clock=clock,
                stop=stop,
                model=model,
            )
            permits = partial(may_ask_model, run, _DEADLINE)
            yield diagnoser(means).diagnose(record.evidence, permits, ())
