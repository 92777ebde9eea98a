"""The one door for time: what `contracts.ports.Clock` says, by the machine's own clocks.

Decides nothing; who waits for what, and how long, is decided by the caller.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from queue import Empty, SimpleQueue


class Wake:
    """A `threading.Event` that a signal handler may set.

    An Event's own lock is no reentrant one: set by a signal that interrupts its
    `wait`, it waits for itself, for ever. Putting into a SimpleQueue may interrupt getting.
    """

    def __init__(self) -> None:
        self._said: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """End every wait, now and from now on."""
        self._said.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait so long at most, and tell whether it is set."""
        try:
            self._said.get(timeout=max(0.0, seconds))
        except Empty:
            return False
        self._said.put(None)  # it stays set, for others too
        return True


class SystemClock:
    """The machine's clocks.

    `wake`, once set, ends a sleep early and makes later ones return at once:
    what the sleeper does then is its own affair.
    """

    def __init__(self, wake: Wake | None = None) -> None:
        self._wake = wake or Wake()

    def now(self) -> datetime:
        """Wall-clock time in UTC, for people."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back, for deadlines; their zero means nothing."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds, or until woken; not at all where they are negative."""
        self._wake.wait(seconds)
