"""What one journal entry adds to the totals that metrics are made of. Pure.

Totals only grow, and a store counts them in the transaction of the entry, so
that a crash neither loses nor repeats a count. Names and label values are those
of `observability.catalog`.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.journal import JournalLine
from contracts.run import RunRecord


def tally(record: RunRecord | None, line: JournalLine) -> Mapping[tuple[str, str], float]:  # noqa: ARG001
    """(metric, label values) → what is added; `record` is as it was before the entry."""
    return {}
