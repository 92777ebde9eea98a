"""Which runs of a store belong to a window of time, and what a person means by one.

Reads journals, and decides nothing about them: a journal that cannot be read is
named, and the others are told all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from contracts.errors import SettingsError, StoreError
from contracts.report import RunReport
from planner.reporting.build import report_of
from planner.reporting.summary import Window
from planner.store import Store

DEFAULT = "7d"
_AGO = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
"""No run is older."""
_BEGUN = "SELECT run_id FROM runs WHERE started_at >= ? AND started_at < ? ORDER BY started_at"
_UNFINISHED = "SELECT run_id FROM runs WHERE state NOT IN ('SUCCESS', 'FAILED') ORDER BY started_at"


def since_of(said: str, now: datetime) -> datetime:
    """The beginning of a window: so long before now, or a day of UTC. Raises `SettingsError`."""
    found = _AGO.fullmatch(said.strip().lower())
    try:
        since = now - int(found[1]) * _UNITS[found[2]] if found else datetime.fromisoformat(said.strip())
        since = since.replace(tzinfo=UTC) if since.tzinfo is None else since.astimezone(UTC)
    except (ValueError, OverflowError):
        since = now
    if not _FIRST <= since < now:
        raise SettingsError(
            f"--since {said!r} is no time before now", remedy="write 24h, 7d, 4w, or a day such as 2026-11-01"
        )
    return since


def window_of(store: Store, since: datetime, until: datetime) -> Window:
    """The runs that began between the two, with those of the window before and all that have not ended."""
    earlier = since - (until - since)
    read = _Reader(store)
    return Window(
        since=since,
        until=until,
        runs=read.all(_BEGUN, since, until),
        before=read.all(_BEGUN, earlier, since),
        unfinished=read.all(_UNFINISHED),
        unreadable=tuple(read.unreadable),
    )


class _Reader:
    """Reports by run, each journal read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[str, RunReport] = {}
        self.unreadable: dict[str, None] = {}

    def all(self, query: str, *times: datetime) -> list[RunReport]:
        """The reports of the runs that a query names, in its order."""
        run_ids = [row[0] for row in self._store.rows(query, [at.isoformat() for at in times])]
        self._add(run_id for run_id in run_ids if run_id not in self._read)
        return [self._read[run_id] for run_id in run_ids if run_id in self._read]

    def _add(self, run_ids: Iterable[str]) -> None:
        for run_id in run_ids:
            try:
                self._read[run_id] = report_of(run_id, self._store.lines(run_id))
            except StoreError:
                self.unreadable[run_id] = None
