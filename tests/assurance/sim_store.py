"""The real store on a disk that fills up, and in a process that dies at any write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from contracts.journal import JournalLine
from planner.database import Connection
from planner.store import Aside, Store
from planner.switch import KillSwitch
from tests.assurance.sim_world import World


@cache
def _template() -> Connection:
    """An empty store, made once a process: every simulated one begins as its copy."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "planner.db")
        copy = _copied(store._db)
        store.close()
    return copy


def _copied(database: Connection) -> Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    database.backup(copy)
    return copy


def disk() -> Connection:
    """A database in memory: what was committed to it outlives the simulated processes."""
    return _copied(_template())


class SimStore(Store):
    """One process' view of the disk. What `append` returned from is in `acknowledged`."""

    def __init__(self, home: Path, database: Connection, world: World) -> None:
        self.path = home / "planner.db"
        self._db = database
        self._world = world
        self._inside = False
        self.switch = KillSwitch(home / "stop")
        self.acknowledged: list[JournalLine] = []

    def append(self, line: JournalLine, *, state: str, reason: str, aside: Aside) -> None:
        super().append(line, state=state, reason=reason, aside=aside)
        self.acknowledged.append(line)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        if self._inside:  # somebody else's barrier, met in the middle of a write of ours
            yield self._db
            return
        self._world.point("before a write")
        with super().transaction() as db:
            self._inside = True
            try:
                yield db
                self._world.death("in the middle of a write", 0.004)
                if self._world.fate.happens("disk full", 0.004):
                    raise sqlite3.OperationalError("database or disk is full")
            finally:
                self._inside = False
        self._world.point("after a write")

    def last_entry(self, kind: str) -> JournalLine | None:
        """The last durable entry of a kind, as another process would read it."""
        found = self.rows(
            "SELECT line FROM journal WHERE line LIKE ? ORDER BY seq DESC LIMIT 1", (f'%"kind":"{kind}"%',)
        )
        return JournalLine.model_validate_json(found[0][0]) if found else None
