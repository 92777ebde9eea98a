"""The one door for time: what `contracts.ports.Clock` says, by the machine's own clocks.

Decides nothing; who waits for what, and how long, is decided by the caller.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

_SLICE_S = 0.05


class Wake:
    """A `threading.Event` that a signal handler may set.

    An Event's lock is not reentrant: set by a signal that interrupts its `wait`,
    it waits for itself, for ever. (`SimpleQueue.get` may be interrupted, but in
    Python 3.11 it waits for ever once its timeout is over before it has begun.)
    """

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        """End every wait, at once or nearly, and from now on."""
        self._is_set = True

    def wait(self, seconds: float) -> bool:
        """Wait so long at most, and tell whether it is set."""
        until = time.monotonic() + seconds
        while not self._is_set and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE_S))
        return self._is_set


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
