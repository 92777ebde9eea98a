"""The one door for time: what `contracts.ports.Clock` says, by the machine's own clocks.

Decides nothing; who waits for what, and how long, is decided by the caller.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clocks.

    `wake`, once set, ends a sleep early and makes later ones return at once:
    what the sleeper does then is its own affair.
    """

    def __init__(self, wake: threading.Event | None = None) -> None:
        self._wake = wake or threading.Event()

    def now(self) -> datetime:
        """Wall-clock time in UTC, for people."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back, for deadlines; their zero means nothing."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds, or until woken; not at all where they are negative."""
        self._wake.wait(seconds)
