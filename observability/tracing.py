"""One run's trace: told of entries and progress, sends spans by OTLP while the run goes on.

Only where OpenTelemetry's own variables ask for it. Everything is done by a
thread of its own, the import of the SDK too (0.3 s): it never raises into a run,
and delays the end of one by two seconds at most. What spans there are is decided
in `observability.span_tree`; endpoints, headers, sampling and limits are the
SDK's to read from its variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from contracts.journal import JournalLine, RunResumed
from contracts.ports import Clock
from contracts.result import RunResult
from contracts.terraform import Progress

if TYPE_CHECKING:
    from datetime import datetime

    from observability.export import Exporting

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_LIMIT_S = 2.0
_SHOWN = 200
_INSTALL = "in planner's checkout, run .venv/bin/pip install -e '.[tracing]'"


def is_asked_for(environment: Mapping[str, str]) -> bool:
    """Whether OpenTelemetry's variables name an endpoint, and do not turn traces off."""
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    none = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none"
    return not off and not none and any(environment.get(name) for name in _ENDPOINTS)


class RunTrace:
    """Implements `Watcher` for one run in one process."""

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        redact: Callable[[str], str],
        clock: Clock,
        history: Sequence[JournalLine],
    ) -> None:
        """`history` is the run's journal so far, from its first entry; `redact` masks what leaves."""
        self._redact = redact
        self._clock = clock
        self._history = history
        self._limit_s = _limit_s(environment)
        self._told: SimpleQueue[JournalLine | tuple[datetime, Progress] | RunResult] = SimpleQueue()
        self._exporting: Exporting | None = None
        self._why = ""
        self._thread = Thread(target=self._work, name="trace", daemon=True)
        self._thread.start()

    def on_line(self, line: JournalLine) -> None:
        """See `Watcher.on_line`."""
        self._told.put(line)

    def on_progress(self, progress: Progress) -> None:
        """Take one step of a resource instance."""
        self._told.put((self._clock.now(), progress))

    def finish(self, result: RunResult) -> str:
        """Send what is left, and tell why the trace is not whole; empty where it is.

        Waits two seconds at most, or OTEL_BSP_EXPORT_TIMEOUT.
        """
        self._told.put(result)
        self._thread.join(self._limit_s)
        if self._thread.is_alive():
            said = self._exporting.said if self._exporting is not None else ""
            self._why = f"it was not taken within {self._limit_s:g} s" + (f": {said}" if said else "")
        why = self._redact(self._why)
        return why if len(why) <= _SHOWN else f"{why[: _SHOWN - 1]}…"

    def _work(self) -> None:
        try:
            from observability.export import Exporting  # noqa: PLC0415 - in this thread, see above
        except ImportError:
            self._why = f"it needs OpenTelemetry's SDK: {_INSTALL}"
            return
        try:
            exporting = self._exporting = Exporting(self._history[0].run_id, self._redact)
            self._send(exporting)
            self._why = exporting.why
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a trace, the run goes on
            self._why = f"{type(error).__name__}: {error}"

    def _send(self, exporting: Exporting) -> None:
        """Until the run ends here; what earlier processes have closed, they have sent."""
        taken_up = max((n for n, x in enumerate(self._history) if isinstance(x.entry, RunResumed)), default=0)
        for place, line in enumerate(self._history):
            exporting.take(line, silent=place < taken_up)
        while not isinstance(told := self._told.get(), RunResult):
            if isinstance(told, JournalLine):
                exporting.take(told)
            else:
                exporting.progress(*told)
        exporting.finish(told)


def _limit_s(environment: Mapping[str, str]) -> float:
    """What the SDK's own variable says; the SDK reads it and does not keep to it."""
    said = environment.get("OTEL_BSP_EXPORT_TIMEOUT", "").strip()
    return int(said) / 1000 if said.isdigit() else _LIMIT_S
