"""The totals of a store made anew from its journals, where an earlier planner left runs uncounted.

Nobody waits for it: the journals are read as they were at one moment, and what
was counted meanwhile is added when the result is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from contracts.errors import StoreError
from contracts.journal import JournalLine
from contracts.record import RunRecord
from planner.fold import fold
from planner.store import Store
from planner.tally import tally

_STALE = "totals"
"""The cache's key that says so; written by `planner.schema`."""
Totals = Counter[tuple[str, str]]


def recount(store: Store) -> None:
    """Make the totals whole, once a store; a journal that cannot be read is left out. Raises `StoreError`."""
    with store.snapshot():
        if store.remembered(_STALE) is None:
            return
        counted_then = _kept(store)
        found: Totals = Counter()
        for (run_id,) in store.rows("SELECT run_id FROM runs", ()):
            try:
                found.update(totals_of(run_id, store.lines(run_id)))
            except StoreError:
                continue
    with store.transaction() as db:
        if store.remembered(_STALE) is None:
            return  # another process was faster
        found.update(_kept(store))
        found.subtract(counted_then)
        db.execute("DELETE FROM totals")
        db.executemany("INSERT INTO totals VALUES (?, ?, ?)", [(*key, value) for key, value in found.items()])
        db.execute("DELETE FROM cache WHERE key = ?", (_STALE,))


def totals_of(run_id: str, lines: Iterable[JournalLine]) -> Totals:
    """What one whole journal adds. Raises `StoreError` where it does not fold."""
    found: Totals = Counter()

    def seen(record: RunRecord | None, line: JournalLine) -> None:
        found.update(tally(record, line))

    fold(run_id, lines, seen)
    return found


def _kept(store: Store) -> Totals:
    rows = store.rows("SELECT name, labels, value FROM totals", ())
    return Counter({(name, labels): value for name, labels, value in rows})
