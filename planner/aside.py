"""What is written beside a journal entry: what it adds to the totals, and what of it is audited. Pure.

Each has a file of its own; here they meet, so that the journal knows neither.
"""

from __future__ import annotations

from contracts.journal import JournalLine
from contracts.record import RunRecord
from planner.store import Aside
from planner.tally import tally
from planner.trail import actions


def aside_of(record: RunRecord | None, line: JournalLine, actor: str = "") -> Aside:
    """Of one entry, and the record as it was before it; None: the entry opens the run.

    `actor` is who drives this process, where that is not whoever drove the run last.
    """
    return Aside(totals=tally(record, line), actions=actions(record, line, actor))
