"""The door to the database: points before, within and after the transactions that count.

Half of a line is what SQLite can leave of one: a part of the transaction's frames in its log. A death that
can tear them strikes when they are written, and leaves half of them; any other strikes between the
statements of the open transaction.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, ClassVar

import planner.database
import planner.ledger
import planner.memory
import planner.store
from contracts.journal import JournalLine
from tests.crash.deaths import Fate, Kind
from tests.crash.disk import is_synced
from tests.crash.door import Instead, around, put

_TORN = frozenset({Kind.PLANNER, Kind.GROUP, Kind.POWER})
_NAMED = {"INSERT INTO calls": "reserve", "UPDATE calls SET input": "settle"}
_OPEN = [""]
"""The effect on a copy, or of a change, that was intended last: its other entries do not say which it is."""


def label_of(line: JournalLine, state: str) -> str:
    """The name of an entry in a point, such as `intend:plan`, `end:replan` or `move:remedied`."""
    entry: Any = line.entry
    kind = entry.kind
    if kind == "moved":
        return f"move:{entry.event}"
    if not kind.startswith("effect_"):
        return str(kind)
    effect = str(entry.effect)
    if effect == "plan" and state == "VALIDATING":
        effect = "replan"
    if kind == "effect_intended" and effect in {"prove", "change"}:
        effect += f"-{entry.change.verb if entry.change else entry.what}"
        _OPEN[0] = effect
    elif effect in {"prove", "change"}:
        effect = _OPEN[0]
    return f"{kind.removeprefix('effect_')}:{effect}"


class Wire(sqlite3.Connection):
    """A connection with points between its statements."""

    fate: ClassVar[Fate]
    entry: ClassVar[str] = ""
    """The entry that is being appended, as points name it."""
    torn: Kind | None = None
    name = ""
    """What the open transaction writes; empty: nothing that has points."""
    wal = Path()

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            return self._commit()
        if sql == "BEGIN IMMEDIATE":
            self.name = ""
        answer = super().execute(sql, *parameters)
        if name := self._written(sql, *parameters):
            self.name = name
            due = self.fate.next
            if due is not None and due.point == f"{name}/half" and due.kind in _TORN:
                self.fate.shared.set("step", self.fate.shared.get("step") + 1)
                self.torn = due.kind
            else:
                self.fate.passes(f"{name}/half")
        return answer

    def _commit(self) -> sqlite3.Cursor:
        if self.name:
            self.fate.passes(f"{self.name}/unsynced")
        before = self.wal.stat().st_size if self.wal.exists() else 0
        answer = super().execute("COMMIT")
        disk = self.fate.disk
        if self.torn is not None:
            with self.wal.open("r+b") as file:
                file.truncate(before + (self.wal.stat().st_size - before) // 2)
            if disk is not None:  # that half may be on the disk or not: here it is
                disk.sync(self.wal)
            self.fate.strike(self.torn, f"{self.name}/half")
        if disk is not None and is_synced(self):
            disk.commit(self.wal.with_name("planner.db"))
        return answer

    def _written(self, sql: str, *parameters: Any) -> str:
        """What a statement makes the transaction."""
        if sql.startswith("INSERT INTO journal"):
            return self.entry if parameters[0][1] else "run_opened"
        if sql.startswith("INSERT OR REPLACE INTO cache"):
            return "answer" if parameters[0][0].startswith("answer") else ""
        return next((name for begin, name in _NAMED.items() if sql.startswith(begin)), "")


def install_store(fate: Fate) -> None:
    """Take over the database, the ledger and the answers of models."""
    Wire.fate = fate

    def connect(path: Any, **options: Any) -> sqlite3.Connection:
        db = sqlite3.connect(path, **options, factory=Wire)
        db.wal = Path(f"{path}-wal")
        return db

    put(planner.database, "sqlite3", Instead(sqlite3, connect=connect))
    append = planner.store.Store.append

    def appended(self: Any, line: JournalLine, **facts: Any) -> None:
        name = fate.numbered(label_of(line, str(facts["state"])))
        Wire.entry = name
        fate.passes(f"{name}/before")
        append(self, line, **facts)
        fate.world.note("acknowledged", run=line.run_id, seq=line.seq, entry=name)
        fate.passes(f"{name}/after")

    put(planner.store.Store, "append", appended)
    around(fate, planner.ledger.Ledger, "reserve", ("reserve/before", "reserve/after"), _tell(fate))
    around(fate, planner.ledger.Ledger, "settle", ("settle/before", "settle/after"))
    around(fate, planner.memory.StoredAnswers, "put", ("answer/before", "answer/after"))


def _tell(fate: Fate) -> Any:
    def tell(answer: Any) -> None:
        if answer.outcome == "reserved":
            fate.world.note("reserved", id=answer.id, usd=str(answer.usd))

    return tell
