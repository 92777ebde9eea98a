"""What is kept of all runs: their journals, what each amounts to, the audit trail, the kill switch.

Each line of a journal carries the hash of the one before it, so that a changed or
missing line is found when a journal is read; an entry that `append` returned from
is durable. What entries mean is decided in `planner.fold`; runs are listed by
`planner.run_list`, money is counted in `planner.ledger`, past incidents are kept
in `planner.memory`; the file itself is `planner.database`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from contracts.audit import Action, AuditLine
from contracts.errors import StoreError
from contracts.journal import Decided, EffectIntended, JournalLine, Moved, RunParked, RunResumed
from planner.database import Connection, Database
from planner.switch import KillSwitch


class Aside(NamedTuple):
    """What is written beside an entry, in its transaction."""

    totals: Mapping[tuple[str, str], float] = {}
    """What is added to which total: by metric and label values."""
    actions: tuple[Action, ...] = ()
    """What goes to the audit trail."""


class Store(Database):
    """Runs, in one database file; safe for several processes, one object a thread."""

    def __init__(self, path: Path) -> None:
        """Open or create it, and beside it the kill switch. Raises `StoreError`."""
        super().__init__(path)
        self.switch = KillSwitch(path.parent / "stop")

    # --- journals -------------------------------------------------------------------------------

    def open_run(self, line: JournalLine, module: Path, aside: Aside) -> None:
        """Write the first entry of a run. Raises `StoreError`."""
        at = line.at.isoformat()
        with self.transaction():
            self._db.execute(
                "INSERT INTO runs (run_id, module, started_at, moved_at, state, driven)"
                " SELECT ?, ?, ?, ?, 'INIT', coalesce(max(driven), 0) + 1 FROM runs",
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
        """Keep when the run last moved, after which others, and since when it waits for a person."""
        at = line.at.isoformat()
        match line.entry:
            case RunParked():
                change, value = "asked_at = coalesce(asked_at, ?)", at
            case Moved() | RunResumed():
                last = "driven = (SELECT max(driven) + 1 FROM runs)"  # a clock may be set back
                change, value = f"asked_at = NULL, {last}, moved_at = ?", at
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


def link_of(previous: str, text: str) -> str:
    """The hash of a line, given that of the line before it; "" before the first."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
