"""The only file that opens the database: journals, spending, small caches.

SQLite in WAL mode with `synchronous=FULL`: an entry that `append` returned from
survives a power cut. Each line carries the hash of the one before it, so that a
changed or missing line is found when a journal is read. What entries mean is
decided in `planner.fold`.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from contracts.errors import StoreError
from contracts.journal import JournalLine

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
  run_id TEXT PRIMARY KEY, module TEXT NOT NULL, started_at TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS journal (
  run_id TEXT NOT NULL REFERENCES runs, seq INTEGER NOT NULL, line TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spending (
  id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, reserved TEXT NOT NULL, settled TEXT);
CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_BUSY_S = 30.0


class RunRow(NamedTuple):
    """One run as `planner runs` lists it."""

    run_id: str
    module: str
    started_at: datetime
    state: str
    reason: str


class Store:
    """One database file; safe for several processes, one object a thread."""

    def __init__(self, path: Path) -> None:
        """Open or create it, readable for its owner only. Raises `StoreError`."""
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the store {path} cannot be opened: {error}",
                remedy="name a writable folder with --home or PLANNER_HOME",
            ) from error

    def _prepare(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > _SCHEMA_VERSION:
            raise StoreError(
                f"the store {self._path} was written by a newer planner",
                remedy="upgrade planner, or name another folder with --home",
            )
        if version < _SCHEMA_VERSION:
            with self._transaction():
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={_SCHEMA_VERSION}")

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, and durable when it returns; writers wait for each other."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(
                f"the store {self._path} cannot be written: {error}",
                remedy="free disk space or make the folder writable, then `planner resume`",
            ) from error

    # --- journals -------------------------------------------------------------------------------

    def open_run(self, line: JournalLine, module: Path) -> None:
        """Write the first entry of a run. Raises `StoreError`."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO runs (run_id, module, started_at, state) VALUES (?, ?, ?, 'INIT')",
                (line.run_id, str(module), line.at.isoformat()),
            )
            self._insert(line)

    def append(self, line: JournalLine, *, state: str, reason: str) -> None:
        """Write the next entry of a run, durable on return. `state` and `reason` are for listings.

        Raises `StoreError`, also where another process has written that entry meanwhile.
        """
        with self._transaction():
            self._insert(line)
            self._db.execute(
                "UPDATE runs SET state = ?, reason = ? WHERE run_id = ?", (state, reason, line.run_id)
            )

    def _insert(self, line: JournalLine) -> None:
        text = line.model_dump_json()
        previous = self._db.execute(
            "SELECT hash FROM journal WHERE run_id = ? AND seq = ?", (line.run_id, line.seq - 1)
        ).fetchone()
        if previous is None and line.seq > 0:
            raise StoreError(
                f"the journal of run {line.run_id} has a gap before entry {line.seq}",
                remedy="do not resume this run; start a new one with `planner run`",
            )
        self._db.execute(
            "INSERT INTO journal (run_id, seq, line, hash) VALUES (?, ?, ?, ?)",
            (line.run_id, line.seq, text, _link(previous[0] if previous else "", text)),
        )

    def lines(self, run_id: str) -> list[JournalLine]:
        """The whole journal of a run in order, its chain verified; empty where there is no such run.

        Raises `StoreError` where a line is missing, changed, or not readable today.
        """
        found = []
        previous = ""
        rows = self._db.execute(
            "SELECT seq, line, hash FROM journal WHERE run_id = ? ORDER BY seq", (run_id,)
        )
        for place, (seq, text, link) in enumerate(rows):
            if seq != place or link != _link(previous, text):
                raise StoreError(
                    f"the journal of run {run_id} is damaged at entry {place}",
                    remedy="do not resume this run; start a new one with `planner run`",
                )
            previous = link
            try:
                found.append(JournalLine.model_validate_json(text))
            except ValueError as error:
                raise StoreError(
                    f"the journal of run {run_id} was written by another version of planner",
                    remedy="resume it with the version that wrote it, or start a new run",
                ) from error
        return found

    def runs(self, limit: int) -> list[RunRow]:
        """The newest runs first."""
        rows = self._db.execute(
            "SELECT run_id, module, started_at, state, reason FROM runs ORDER BY started_at DESC LIMIT ?",
            (limit,),
        )
        return [RunRow(a, b, datetime.fromisoformat(c), d, e) for a, b, c, d, e in rows]

    def last_run_of(self, module: Path) -> str | None:
        """The id of the newest run on a module."""
        row = self._db.execute(
            "SELECT run_id FROM runs WHERE module = ? ORDER BY started_at DESC LIMIT 1", (str(module),)
        ).fetchone()
        return row[0] if row else None

    def run_ids_like(self, prefix: str) -> list[str]:
        """Ids that start so, oldest first."""
        rows = self._db.execute(
            "SELECT run_id FROM runs WHERE substr(run_id, 1, ?) = ? ORDER BY started_at",
            (len(prefix), prefix),
        )
        return [run_id for (run_id,) in rows]

    # --- spending -------------------------------------------------------------------------------

    def reserve(self, run_id: str, most: Decimal | None, cap: Decimal) -> tuple[int, Decimal] | Decimal:
        """Set money of a run aside if its cap allows: (id, amount), or what is spent already.

        `most` None sets all that is left aside. One transaction: no number of processes passes the cap.
        """
        with self._transaction():
            spent = self._spent(run_id)
            amount = cap - spent if most is None else most
            if amount < 0 or spent + amount > cap or (most is None and amount == 0):
                return spent
            row = self._db.execute(
                "INSERT INTO spending (run_id, reserved) VALUES (?, ?)", (run_id, str(amount))
            )
            return int(row.lastrowid or 0), amount

    def settle(self, reservation: int, cost: Decimal) -> None:
        """Book what a reservation really cost."""
        with self._transaction():
            self._db.execute("UPDATE spending SET settled = ? WHERE id = ?", (str(cost), reservation))

    def _spent(self, run_id: str) -> Decimal:
        """Settled costs, and reservations that nobody settled: a crash refunds nothing."""
        rows = self._db.execute(
            "SELECT coalesce(settled, reserved) FROM spending WHERE run_id = ?", (run_id,)
        )
        return sum((Decimal(amount) for (amount,) in rows), Decimal(0))

    # --- small caches ---------------------------------------------------------------------------

    def remembered(self, key: str) -> str | None:
        """What `remember` last kept under the key."""
        row = self._db.execute("SELECT value FROM cache WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def remember(self, key: str, value: str) -> None:
        """Keep a value that can be found out again at any time."""
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO cache (key, value) VALUES (?, ?)", (key, value))


def _link(previous: str, text: str) -> str:
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
