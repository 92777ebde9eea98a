"""The only file that opens the database: its tables, the journals, small caches.

SQLite in WAL mode with `synchronous=FULL`: an entry that `append` returned from
survives a power cut. Each line carries the hash of the one before it, so that a
changed or missing line is found when a journal is read. What entries mean is
decided in `planner.fold`; runs are listed by `planner.run_list`, money is counted
in `planner.ledger`, past incidents are kept in `planner.memory`.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from contracts.audit import Action, AuditLine
from contracts.errors import StoreError
from contracts.journal import Decided, EffectIntended, JournalLine, Moved, RunParked, RunResumed
from planner.schema import SCHEMA, statements
from planner.switch import KillSwitch

Connection = sqlite3.Connection
"""What a transaction hands out."""

_BUSY_S = 30.0
_DAMAGED = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_LONGEST = 200  # characters of SQLite's own message, which may quote a whole line


class Aside(NamedTuple):
    """What is written beside an entry, in its transaction."""

    totals: Mapping[tuple[str, str], float] = {}
    """What is added to which total: by metric and label values."""
    actions: tuple[Action, ...] = ()
    """What goes to the audit trail."""


class Store:
    """One database file; safe for several processes, one object a thread."""

    def __init__(self, path: Path) -> None:
        """Open or create it, readable for its owner only. Raises `StoreError`."""
        self.path = path
        self.switch = KillSwitch(path.parent / "stop")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._prepare()
        except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
            remedy = "name a writable folder with --home or PLANNER_HOME"
            if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
                remedy = "put a copy of it back, or move it away, and with it what is known of earlier runs"
            raise StoreError(f"the store {path} cannot be opened: {error}", remedy=remedy) from error

    def _prepare(self) -> None:
        if self._version() > len(SCHEMA):
            raise StoreError(
                f"the store {self.path} was written by a newer planner",
                remedy="upgrade planner, or name another folder with --home",
            )
        if self._version() < len(SCHEMA):
            with self.transaction():
                for step in SCHEMA[self._version() :]:  # read again: another process may have been faster
                    for statement in statements(step):
                        self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={len(SCHEMA)}")

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
                f"the store {self.path} cannot be written: {error}",
                remedy="free disk space or make the folder writable, then `planner resume`",
            ) from error

    # --- journals -------------------------------------------------------------------------------

    def open_run(self, line: JournalLine, module: Path, aside: Aside) -> None:
        """Write the first entry of a run. Raises `StoreError`."""
        at = line.at.isoformat()
        with self.transaction():
            self._db.execute(
                "INSERT INTO runs (run_id, module, started_at, moved_at, state) VALUES (?, ?, ?, ?, 'INIT')",
                (line.run_id, str(module), at, at),
            )
            self._note(line.at, line.run_id, aside, (line.seq, self._insert(line)))

    def append(self, line: JournalLine, *, state: str, reason: str, aside: Aside) -> None:
        """Write the next entry of a run, durable on return. `state` and `reason` are for listings.

        Raises `StoreError`, also where another process has written that entry meanwhile, and
        `StoppedError` for an intended effect while the kill switch is on.
        """
        with self.transaction():
            if isinstance(line.entry, EffectIntended):
                self.switch.refuse_if_on(line.run_id)
            link = self._insert(line)
            self._db.execute(
                "UPDATE runs SET state = ?, reason = ? WHERE run_id = ?", (state, reason, line.run_id)
            )
            self._place(line)
            self._note(line.at, line.run_id, aside, (line.seq, link))

    def _place(self, line: JournalLine) -> None:
        """Keep when the run last moved, and since when it waits for a person."""
        at = line.at.isoformat()
        match line.entry:
            case RunParked():
                change, value = "asked_at = coalesce(asked_at, ?)", at
            case Moved() | RunResumed():
                change, value = "asked_at = NULL, moved_at = ?", at
            case Decided():  # nobody drove it: see `run_list.driven`
                change, value = "asked_at = nullif(?, '')", ""
            case _:
                return
        self._db.execute(f"UPDATE runs SET {change} WHERE run_id = ?", (value, line.run_id))  # noqa: S608 - written above

    def _note(
        self, at: datetime, run_id: str | None, aside: Aside, entry: tuple[int, str] | None = None
    ) -> None:
        """Within a transaction: count and audit what an entry, or a command, amounts to.

        `entry` is the place of the journal's entry, and its hash.
        """
        place, link = entry or (None, None)
        for (name, labels), amount in aside.totals.items():
            self._db.execute(
                "INSERT INTO totals VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET value = value + excluded.value",
                (name, labels, amount),
            )
        for action in aside.actions:
            row = self._db.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
            seq, previous = row or (0, "")
            audited = AuditLine(
                seq=seq + 1, at=at, run_id=run_id, entry=place, entry_hash=link, action=action
            )
            text = audited.model_dump_json()
            self._db.execute("INSERT INTO audit VALUES (?, ?, ?)", (seq + 1, text, link_of(previous, text)))

    @contextmanager
    def audited(self, at: datetime, run_id: str | None) -> Iterator[tuple[Connection, list[Action]]]:
        """A transaction that ends with the actions put in the list in the trail. Raises `StoreError`."""
        done: list[Action] = []
        with self.transaction() as db:
            yield db, done
            self._note(at, run_id, Aside(actions=tuple(done)))

    def audit(self, at: datetime, run_id: str | None, action: Action) -> None:
        """Add what was done outside a journal to the trail, durable on return. Raises `StoreError`."""
        with self.audited(at, run_id) as (_, done):
            done.append(action)

    def _insert(self, line: JournalLine) -> str:
        """Write an entry at its place; its hash."""
        text = line.model_dump_json()
        previous = self._db.execute(
            "SELECT hash FROM journal WHERE run_id = ? AND seq = ?", (line.run_id, line.seq - 1)
        ).fetchone()
        if previous is None and line.seq > 0:
            raise StoreError(
                f"the journal of run {line.run_id} has a gap before entry {line.seq}",
                remedy="do not resume this run; start a new one with `planner run`",
            )
        link = link_of(previous[0] if previous else "", text)
        self._db.execute(
            "INSERT INTO journal (run_id, seq, line, hash) VALUES (?, ?, ?, ?)",
            (line.run_id, line.seq, text, link),
        )
        return link

    def lines(self, run_id: str) -> list[JournalLine]:
        """The whole journal of a run in order, its chain verified; empty where there is no such run.

        Raises `StoreError` where a line is missing, changed, or not readable today.
        """
        found = []
        previous = ""
        rows = self.rows("SELECT seq, line, hash FROM journal WHERE run_id = ? ORDER BY seq", (run_id,))
        for place, (seq, text, link) in enumerate(rows):
            if seq != place or link != link_of(previous, text):
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
                f"the kill switch cannot be set: {error}",
                remedy="make the folder writable or free disk space, and try again",
            ) from error
        finally:
            with self.transaction():
                pass

    def rows(self, query: str, parameters: Sequence[str | int]) -> list[tuple[Any, ...]]:
        """What a query finds, in its order. Raises `StoreError`."""
        try:
            return list(self._db.execute(query, tuple(parameters)))
        except (
            sqlite3.Error,
            UnicodeDecodeError,
        ) as error:  # the second: SQLite's message quotes what is damaged
            raise StoreError(
                f"the store {self.path} cannot be read: {str(error)[:_LONGEST]}",
                remedy="look whether its folder is there and readable; if its file is damaged, put it aside",
            ) from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read inside is of one moment, and no writer waits for it. Raises `StoreError`."""
        self.rows("BEGIN", ())
        try:
            yield
        finally:
            self.rows("ROLLBACK", ())

    # --- small caches ---------------------------------------------------------------------------

    def remembered(self, key: str) -> str | None:
        """What `remember` last kept under the key."""
        found = self.rows("SELECT value FROM cache WHERE key = ?", (key,))
        return found[0][0] if found else None

    def remember(self, key: str, value: str) -> None:
        """Keep a value that can be found out again at any time."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO cache (key, value) VALUES (?, ?)", (key, value))


def link_of(previous: str, text: str) -> str:
    """The hash of a line, given that of the line before it; "" before the first."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
