"""Ctrl-C, SIGTERM, a closed terminal and the kill switch as one polite stop request.

No stop is acknowledged in the middle of an effect's start, so that none starts
after one was (M19). A second Ctrl-C counts only when it comes long after the first: two interrupts
in a row are how Terraform loses a state (ADR 0006).
"""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType

from contracts.ports import Clock
from contracts.run import StopKind
from planner.switch import KillSwitch
from subagents.clock import Wake

_INSIST_S = 60.0


class StopRequest:
    """Implements `ToldStop`; set by a signal in the main thread, or by the switch."""

    def __init__(
        self,
        clock: Clock,
        wake: Wake,
        tell: Callable[[str], None],
        switch: KillSwitch | None = None,
    ) -> None:
        """`wake` ends waits at once; `tell` says to the person what happens now."""
        self.run_id = ""
        """Whose switch counts beside the one for all; "" is a run to come."""
        self._clock = clock
        self._wake = wake
        self._tell = tell
        self._switch = switch
        self._start = threading.Lock()
        self._waiting: deque[int] = deque()  # handlers and threads both touch it, each in one step
        self._first: float | None = None
        self._insisted = False

    def requested(self) -> StopKind | None:
        """See `Stop.requested`."""
        if self._first is not None:
            return StopKind.INTERRUPT
        return StopKind.KILL_SWITCH if self.said() else None

    def said(self) -> str:
        """See `ToldStop.said`."""
        return (self._switch.why(self.run_id) if self._switch is not None else None) or ""

    def insisted(self) -> bool:
        """See `Stop.insisted`."""
        return self._insisted

    @contextmanager
    def starting(self) -> Iterator[StopKind | None]:
        """See `Stop.starting`: a signal that comes meanwhile is acknowledged when the effect has started."""
        try:
            with self._start, self._switch.held() if self._switch else nullcontext():
                yield self.requested()
        finally:  # also of an effect that failed to start: who asked to stop meant the run
            self._take()

    def install(self) -> None:
        """Take over the signals that would end the process."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a reader that goes away must not end a run

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._waiting.append(number)
        self._take()

    def _take(self) -> None:
        """Acknowledge the signals that came; while an effect starts, who starts it does that afterwards."""
        while self._waiting and self._start.acquire(blocking=False):
            try:
                self._waiting.popleft()
                self._acknowledge()
            finally:
                self._start.release()

    def _acknowledge(self) -> None:
        now = self._clock.monotonic()
        if self._first is None:
            self._first = now
            self._wake.set()
            self._say("Stopping: Terraform is asked to finish what it has begun and to save its state …")
        elif now - self._first >= _INSIST_S:
            self._insisted = True
            self._say("Stopping harder: Terraform is interrupted a second time.")
        else:
            wait = _INSIST_S - (now - self._first)
            self._say(f"Still stopping; a second interrupt now could cost the state (again in {wait:.0f} s).")

    def _say(self, text: str) -> None:
        """Tell the person, unless the signal came while something was being written to the terminal."""
        with suppress(RuntimeError):  # "reentrant call": a stream cannot be written to from its own middle
            self._tell(text)
