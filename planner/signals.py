"""Ctrl-C, SIGTERM, a closed terminal and the kill switch as one polite stop request.

A second Ctrl-C counts only when it comes long after the first: two interrupts
in a row are how Terraform loses a state (ADR 0006).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

from contracts.ports import Clock
from contracts.run import StopKind

_INSIST_S = 60.0


class StopRequest:
    """Implements `Stop`; set by a signal in the main thread, or by the switch."""

    def __init__(
        self,
        clock: Clock,
        wake: threading.Event,
        tell: Callable[[str], None],
        switched_off: Callable[[], bool] = lambda: False,
    ) -> None:
        """`wake` ends waits at once; `tell` says to the person what happens now.

        `switched_off` says whether the kill switch is on.
        """
        self._clock = clock
        self._wake = wake
        self._tell = tell
        self._switched_off = switched_off
        self._first: float | None = None
        self._insisted = False

    def requested(self) -> StopKind | None:
        """See `Stop.requested`."""
        if self._first is not None:
            return StopKind.INTERRUPT
        return StopKind.KILL_SWITCH if self._switched_off() else None

    def insisted(self) -> bool:
        """See `Stop.insisted`."""
        return self._insisted

    def install(self) -> None:
        """Take over the signals that would end the process."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a reader that goes away must not end a run

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        now = self._clock.monotonic()
        if self._first is None:
            self._first = now
            self._wake.set()
            self._tell("Stopping: Terraform is asked to finish what it has begun and to save its state …")
        elif now - self._first >= _INSIST_S:
            self._insisted = True
            self._tell("Stopping harder: Terraform is interrupted a second time.")
        else:
            wait = _INSIST_S - (now - self._first)
            self._tell(
                f"Still stopping; a second interrupt now could cost the state (again in {wait:.0f} s)."
            )
