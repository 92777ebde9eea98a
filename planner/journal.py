"""One run's journal in one process: redact, write, absorb, in that order.

The door through which every fact of a run passes before it counts: what is not
durable in the store has not happened to the record.
"""

from __future__ import annotations

from typing import Protocol

from statemachine import State

from contracts.journal import Entry, JournalLine, Moved, RunOpened
from contracts.ports import Clock, Redactor
from contracts.record import RunRecord
from contracts.run import Outcome, RunEvent, RunState
from planner.aside import aside_of
from planner.fold import absorb, opened
from planner.store import Store


class Watcher(Protocol):
    """Is told of a run's entries; may neither raise nor delay the run."""

    def on_line(self, line: JournalLine) -> None:
        """Take one entry, redacted and durable."""
        ...


class Journal:
    """Appends to one run and keeps its record the fold of what was appended."""

    _moved: JournalLine
    """The transition that is under way, or was last: written before it, absorbed after it."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        redactor: Redactor,
        record: RunRecord,
        written: int,
        actor: str = "",
    ) -> None:
        """`written` entries are in the store already, and `record` is their fold.

        `actor` answers for what is appended, where that is not whoever drove the run last.
        """
        self._actor = actor
        self._store = store
        self._clock = clock
        self._redactor = redactor
        self._written = written
        self._watchers: list[Watcher] = []
        self._moment = clock.monotonic()
        self.record = record

    @classmethod
    def open(
        cls, *, store: Store, clock: Clock, redactor: Redactor, run_id: str, entry: RunOpened
    ) -> Journal:
        """Begin the journal of a new run. Raises `StoreError`."""
        moment = clock.monotonic()
        line = JournalLine(run_id=run_id, seq=0, at=clock.now(), driven_s=0, entry=entry)
        line = _redacted(line, redactor)
        store.open_run(line, entry.request.module, aside_of(None, line))
        journal = cls(store=store, clock=clock, redactor=redactor, record=opened(run_id, line), written=1)
        journal._moment = moment  # writing the first entry is a part of the run
        return journal

    def append(self, entry: Entry) -> None:
        """Make an entry durable, then take its facts into the record. Raises `StoreError`.

        Transitions are not appended: the machine's listeners below write them.
        """
        line = self._write(entry, self.record.state, self.record.reason)
        absorb(self.record, line)
        self._tell(line)

    def driven_s(self) -> float:
        """Seconds that the run was driven so far, those since its last entry too."""
        return self.record.duration_s + self._clock.monotonic() - self._moment

    def watch(self, watcher: Watcher) -> None:
        """Have a watcher told of every entry from now on, once it is durable and absorbed."""
        self._watchers.append(watcher)

    def _tell(self, line: JournalLine) -> None:
        for watcher in self._watchers:
            watcher.on_line(line)

    def before_transition(self, event: str, source: State, target: State, outcome: Outcome) -> None:
        """Listener of the machine: write-ahead. An error here leaves the state as it was."""
        moved = Moved(
            event=RunEvent(event),
            source=RunState(source.value),
            target=RunState(target.value),
            outcome=outcome,
        )
        self._moved = self._write(moved, moved.target, outcome.reason)

    def after_transition(self) -> None:
        """Listener of the machine: the move is durable and done; now its facts count."""
        absorb(self.record, self._moved)
        self._tell(self._moved)

    def _write(self, entry: Entry, state: RunState, reason: str) -> JournalLine:
        now = self._clock.monotonic()
        line = JournalLine(
            run_id=self.record.run_id,
            seq=self._written,
            at=self._clock.now(),
            driven_s=round(now - self._moment, 6),
            entry=entry,
        )
        line = _redacted(line, self._redactor)
        aside = aside_of(self.record, line, self._actor)
        self._store.append(line, state=state, reason=self._redactor.redact(reason), aside=aside)
        self._written += 1
        self._moment = now
        return line


def _redacted(line: JournalLine, redactor: Redactor) -> JournalLine:
    """The line without secrets; paths and the workspace that Terraform is called with stay what they are."""
    clear = JournalLine.model_validate(redactor.redact_json(line.model_dump(mode="json")))
    if not (isinstance(line.entry, RunOpened) and isinstance(clear.entry, RunOpened)):
        return clear
    asked = line.entry.request
    places = {"module": asked.module, "var_files": asked.var_files, "workspace": asked.workspace}
    entry = clear.entry.model_copy(update={"request": clear.entry.request.model_copy(update=places)})
    return clear.model_copy(update={"entry": entry})
