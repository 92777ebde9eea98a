"""The only file that opens the database: its tables, the journals, small caches.

SQLite in WAL mode with `synchronous=FULL`: an entry that `append` returned from
survives a power cut. Each line carries the hash of the one before it, so that a
changed or missing line is found when a journal is read. What entries mean is
decided in `planner.fold`; money is counted in `planner.ledger`, past incidents
are kept in `planner.memory`.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from contracts.errors import StoppedError, StoreError
from contracts.journal import EffectIntended, JournalLine
from planner.switch import KillSwitch

Connection = sqlite3.Connection
"""What a transaction hands out."""

_SCHEMA = (
    """
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY, module TEXT NOT NULL, started_at TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '');
CREATE TABLE journal (
  run_id TEXT NOT NULL REFERENCES runs, seq INTEGER NOT NULL, line TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)) WITHOUT ROWID;
CREATE TABLE spending (
  id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, reserved TEXT NOT NULL, settled TEXT);
CREATE TABLE cache (key TEXT PRIMARY KEY, value TEXT NOT NULL);
""",
    """
CREATE TABLE calls (
  id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, module TEXT NOT NULL, day TEXT NOT NULL, model TEXT NOT NULL,
  reserved INTEGER NOT NULL, settled INTEGER, tokens INTEGER NOT NULL);
CREATE INDEX calls_of_run ON calls (run_id);
CREATE INDEX calls_of_day ON calls (day, module);
INSERT INTO calls SELECT id, run_id, '', '', '', CAST(1e9 * reserved AS INTEGER) + 1,
  CAST(1e9 * settled AS INTEGER) + 1, 0 FROM spending;
DROP TABLE spending;
CREATE TABLE brakes (provider TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE incidents (
  id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, run_id TEXT NOT NULL, attempt INTEGER NOT NULL,
  at TEXT NOT NULL, module TEXT NOT NULL, stage TEXT NOT NULL, outcome TEXT NOT NULL,
  incident TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX incidents_of_run ON incidents (run_id);
CREATE INDEX incidents_by_fingerprint ON incidents (fingerprint);
CREATE VIRTUAL TABLE incident_words USING fts5 (
  text, content='incidents', content_rowid='id', tokenize='porter unicode61');
CREATE TRIGGER incident_added AFTER INSERT ON incidents BEGIN
  INSERT INTO incident_words (rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER incident_gone AFTER DELETE ON incidents BEGIN
  INSERT INTO incident_words (incident_words, rowid, text) VALUES ('delete', old.id, old.text); END;
""",
)
"""The statements that lead from each version to the next one."""
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
        self.switch = KillSwitch(path.parent / "stop")
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
        if self._version() > len(_SCHEMA):
            raise StoreError(
                f"the store {self._path} was written by a newer planner",
                remedy="upgrade planner, or name another folder with --home",
            )
        if self._version() < len(_SCHEMA):
            with self.transaction():
                for step in _SCHEMA[self._version() :]:  # read again: another process may have been faster
                    for statement in _statements(step):
                        self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={len(_SCHEMA)}")

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing, and durable when it returns; writers wait for each other. Raises `StoreError`."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
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
        with self.transaction():
            self._db.execute(
                "INSERT INTO runs (run_id, module, started_at, state) VALUES (?, ?, ?, 'INIT')",
                (line.run_id, str(module), line.at.isoformat()),
            )
            self._insert(line)

    def append(self, line: JournalLine, *, state: str, reason: str) -> None:
        """Write the next entry of a run, durable on return. `state` and `reason` are for listings.

        Raises `StoreError`, also where another process has written that entry meanwhile, and
        `StoppedError` for an intended effect while the kill switch is on.
        """
        with self.transaction():
            if isinstance(line.entry, EffectIntended) and (why := self.switch.why(line.run_id)):
                raise StoppedError(why, remedy="`planner start` lets runs begin again")
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

    def runs_of(self, module: Path, limit: int) -> list[str]:
        """The ids of the newest runs on a module, newest first."""
        rows = self._db.execute(
            "SELECT run_id FROM runs WHERE module = ? ORDER BY started_at DESC LIMIT ?", (str(module), limit)
        )
        return [run_id for (run_id,) in rows]

    def run_ids_like(self, prefix: str) -> list[str]:
        """Ids that start so, oldest first."""
        rows = self._db.execute(
            "SELECT run_id FROM runs WHERE substr(run_id, 1, ?) = ? ORDER BY started_at",
            (len(prefix), prefix),
        )
        return [run_id for (run_id,) in rows]

    # --- kill switch ----------------------------------------------------------------------------

    def switch_off(self, run_id: str | None, why: str) -> None:
        """Stop one run, or all: once this returned, no effect is begun any more. Raises `StoreError`.

        The file comes first, so that it is there even if the database cannot be written; the empty
        transaction is a barrier: what is intended after it has seen the file.
        """
        self._switch(lambda: self.switch.stop(run_id, why))

    def switch_on(self, run_id: str | None) -> None:
        """Let one run, or all, go on. Raises `StoreError`."""
        self._switch(lambda: self.switch.start(run_id))

    def _switch(self, turn: Callable[[], None]) -> None:
        try:
            turn()
        except OSError as error:
            raise StoreError(
                f"the kill switch cannot be set: {error}", remedy="make the folder writable"
            ) from error
        with self.transaction():
            pass

    def rows(self, query: str, parameters: Sequence[str | int]) -> list[tuple[Any, ...]]:
        """What a query finds, in its order."""
        return list(self._db.execute(query, tuple(parameters)))

    # --- small caches ---------------------------------------------------------------------------

    def remembered(self, key: str) -> str | None:
        """What `remember` last kept under the key."""
        row = self._db.execute("SELECT value FROM cache WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def remember(self, key: str, value: str) -> None:
        """Keep a value that can be found out again at any time."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO cache (key, value) VALUES (?, ?)", (key, value))


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, whole: a trigger holds semicolons of its own."""
    pending = ""
    for part in script.split(";"):
        pending += part + ";"
        if pending.strip(" \n;") and sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _link(previous: str, text: str) -> str:
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
