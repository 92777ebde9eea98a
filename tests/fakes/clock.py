"""A clock that moves only when it is told to, or slept on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


class ManualClock:
    """Time that stands still: `sleep` returns at once and moves it, `sleeps` records how far."""

    def __init__(self, start: datetime = START) -> None:
        self.sleeps: list[float] = []
        self._start = start
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        return self._elapsed_s

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass; negative ones none."""
        self._elapsed_s += max(0.0, seconds)

    def set_to(self, hours: float) -> None:
        """Somebody sets the wall clock so many hours forward, or back; no time passes."""
        self._start += timedelta(hours=hours)
