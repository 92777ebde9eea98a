"""A run's journal entries → log lines. Never delays a run, never raises into it.

Lines are written by a thread of their own, which also imports structlog: that
costs as much as a Terraform command on a small module, and Terraform is what
the run waits for meanwhile. So lines wait for the first process, or for the
first call of a model, which needs none. What an entry says is
`observability.telling`'s.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.journal import EffectIntended, EffectStarted, Entry, JournalLine
from contracts.ports import Redactor
from contracts.record import RunRecord
from contracts.result import RunResult
from contracts.run import Effect, RunState
from observability.events import EVENTS, Shown
from observability.telling import Teller, Told, finished

if TYPE_CHECKING:
    from observability.logging import Log


class RunLog:
    """A watcher of a run's journal, and its canonical line at the end."""

    def __init__(self, path: Path, redactor: Redactor, record: RunRecord, shown: Shown | None = None) -> None:
        """`record` is the journal's own, which moves on with it; `shown`: on standard error too."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log")
        self._path = path
        self._redactor = redactor
        self._record = record
        self._shown = shown
        self._teller = Teller(record)
        self._attempt = _attempt(record)
        self._log: Log | None = None
        self._early: list[tuple[JournalLine, int]] | None = []

    def on_line(self, line: JournalLine) -> None:
        """Take one entry; it belongs to the attempt that ran before it."""
        if self._early is None:
            self._thread.submit(self._write, line, self._attempt)
        else:
            self._early.append((line, self._attempt))
            if _is_waited_for(line.entry):
                self._begin()
        self._attempt = _attempt(self._record)

    def finish(self, result: RunResult) -> None:
        """Write the line that ends a run in this process, and wait until all is written."""
        self._begin()
        self._thread.submit(self._put, finished(self._record, result), self._record.last_at, self._attempt)
        self.close()

    def close(self) -> None:
        """Wait until all is written."""
        self._begin()
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True)

    def _begin(self) -> None:
        """Write what waited; from now on nothing waits."""
        early, self._early = self._early, None
        for line, attempt in early or ():
            self._thread.submit(self._write, line, attempt)

    def _write(self, line: JournalLine, attempt: int) -> None:
        for told in self._teller.tell(line):
            self._put(told, line.at, attempt)

    def _put(self, told: Told, at: datetime, attempt: int) -> None:
        if self._log is None:
            with _unseen("rich"):  # structlog would import it for tracebacks: half of what it costs
                from observability.logging import Log  # noqa: PLC0415 - in this thread, see above

            bound = {"run_id": self._record.run_id, "module": str(self._record.request.module)}
            self._log = Log(self._path, self._redactor, self._shown, bound)
        name, facts = told
        self._log.write(EVENTS[name].level, name, {"timestamp": _utc(at), "attempt": attempt, **facts})

    def _close(self) -> None:
        if self._log is not None:
            self._log.close()


def _is_waited_for(entry: Entry) -> bool:
    """Whether the run waits for something from here on."""
    if isinstance(entry, EffectIntended):
        return entry.effect is Effect.MODEL
    return isinstance(entry, EffectStarted)


def _utc(at: datetime) -> str:
    """When it happened, which is before it is written."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _attempt(record: RunRecord) -> int:
    """The attempt that runs, or the one that is diagnosed."""
    if record.state in {RunState.INIT, RunState.RUNNING}:
        return record.attempt_number
    return record.attempts[-1].n if record.attempts else 1


@contextmanager
def _unseen(package: str) -> Iterator[None]:
    """What is imported meanwhile finds no such package, unless it is there already."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]  # Python says so that there is none
    try:
        yield
    finally:
        del sys.modules[package]
