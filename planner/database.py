"""The only file that opens the database: its tables, its transactions, what queries find, small caches.

SQLite in WAL mode with `synchronous=FULL`: what a transaction that returned has
written survives a power cut. What stands in the tables is decided by those who
ask: `planner.store` keeps the journals and the audit trail in them.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contracts.errors import StoreError
from planner.schema import SCHEMA, statements

Connection = sqlite3.Connection
"""What a transaction hands out."""

_BUSY_S = 30.0
_AGAIN_S = 0.005
_DAMAGED = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_LONGEST = 200  # characters of SQLite's own message, which may quote a whole line


class Database:
    """One file; safe for several processes, one object a thread."""

    def __init__(self, path: Path) -> None:
        """Open or create it, readable for its owner only. Raises `StoreError`."""
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S)
            self._write_ahead()
            self._db.execute("PRAGMA synchronous=FULL")
            self._prepare()
        except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
            remedy = "name a writable folder with --home or PLANNER_HOME"
            if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
                remedy = "put a copy of it back, or move it away, and with it what is known of earlier runs"
            raise StoreError(f"the store {path} cannot be opened: {error}", remedy=remedy) from error

    def _write_ahead(self) -> None:
        """SQLite does not wait here: of two who create one file, one would be told "locked" at once."""
        until = time.monotonic() + _BUSY_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(_AGAIN_S)
            else:
                return

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

    def remembered(self, key: str) -> str | None:
        """What `remember` last kept under the key."""
        found = self.rows("SELECT value FROM cache WHERE key = ?", (key,))
        return found[0][0] if found else None

    def remember(self, key: str, value: str) -> None:
        """Keep a value that can be found out again at any time."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO cache (key, value) VALUES (?, ?)", (key, value))
