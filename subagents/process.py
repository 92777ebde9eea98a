"""Runs processes: to their end, with output in files, stopped in order. Started by `subagents.launcher`.

Decides how a process is stopped (one SIGINT a stop request, then a grace, then
harder) and how its end is called. What runs, and what its output means, is
decided by the callers. Why files, an own session and one SIGINT: ADR 0006.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from contracts.identity import ProcessId
from contracts.ports import Clock, Command, Exit, Stop
from contracts.terraform import Ended
from subagents.identity import group_is_empty, identity_of
from subagents.launcher import Launcher, prepared
from subagents.tail import Tail

_TICK_S = 0.05  # how often output and stop requests are looked at; an exit wakes us at once
_MOST_BYTES = 1 << 30  # of one file of output: what prints more does not stop, and fills the disk
_ORPHANS_S = 600.0  # how long children of a killed process may finish what they began


class SystemProcessRunner:
    """Runs real processes; implements `ProcessRunner`.

    As a context it keeps a launcher waiting, so that the next process begins at once.
    """

    def __init__(self, clock: Clock, most_bytes: int = _MOST_BYTES) -> None:
        self._clock = clock
        self._most_bytes = most_bytes
        self._ahead = False
        self._waiting: Launcher | None = None

    def __enter__(self) -> Self:
        self._ahead = True
        self._prepare()
        return self

    def __exit__(self, *_: object) -> None:
        self._ahead = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.discard()

    def run(
        self,
        command: Command,
        *,
        on_start: Callable[[ProcessId], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
    ) -> Exit:
        """See `ProcessRunner.run`; `argv[0]` must be an absolute path."""
        started = self._clock.monotonic()
        for path, there in ((Path(command.argv[0]), Path.is_file), (command.cwd, Path.is_dir)):
            if not there(path):
                raise FileNotFoundError(f"{path} is not there")
        _create(command.stdout)
        _create(command.stderr)
        launcher = self._started(command, stop, on_start)
        if isinstance(launcher, Ended):
            return Exit(code=None, ended=launcher, duration_s=0)
        child = launcher.child
        stopper = _Stopper(launcher, command, self._clock, stop, self._most_bytes)
        try:
            self._prepare()
            with Tail(command.stdout, on_line) as tail, launcher.exits() as wait:
                while not wait(_TICK_S):
                    tail.pump()
                    stopper.tick()
                tail.finish()
        except BaseException:
            stopper.abandon()
            raise
        finally:
            launcher.close()
        self._await_group(child.pid, stopper)
        return Exit(
            code=child.returncode if child.returncode >= 0 else None,
            signal=-child.returncode if child.returncode < 0 else None,
            ended=stopper.verdict(child.returncode),
            flooded=stopper.flooded,
            duration_s=round(self._clock.monotonic() - started, 3),
        )

    def _started(
        self, command: Command, stop: Stop, on_start: Callable[[ProcessId], None]
    ) -> Launcher | Ended:
        """The process, which has become its program; how it ended where it was not to start.

        It waits until `on_start` has returned: nothing runs whose start is not recorded.
        """
        with stop.starting() as why:
            if why is not None or not command.timeout:
                return Ended.TIMED_OUT if why is None else Ended.STOPPED
            launcher = self._taken()
            try:
                on_start(identity_of(launcher.pid))
                launcher.become(command)
            except BaseException:
                launcher.discard()
                raise
            return launcher

    def _taken(self) -> Launcher:
        """The launcher that waits, or a new one."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting.waits():
            return waiting
        if waiting is not None:  # somebody killed it
            waiting.close()
        return Launcher()

    def _prepare(self) -> None:
        """Start a launcher ahead of need; where that is not possible now, it may be later."""
        if self._ahead and self._waiting is None:
            with suppress(OSError):
                self._waiting = prepared() or Launcher()

    def _await_group(self, pgid: int, stopper: _Stopper) -> None:
        """After an unclean end, let the children it left behind finish."""
        if stopper.verdict_is_clean:
            return
        deadline = self._clock.monotonic() + _ORPHANS_S
        while not group_is_empty(pgid) and self._clock.monotonic() < deadline:
            self._clock.sleep(_TICK_S)


class _Stopper:
    """One SIGINT a stop request; harder only when the grace is over or a person insists."""

    flooded = False
    """Whether it was interrupted because it printed too much."""

    def __init__(
        self, launcher: Launcher, command: Command, clock: Clock, stop: Stop, most_bytes: int
    ) -> None:
        self._launcher = launcher
        self._child = launcher.child
        self._grace = command.grace
        self._outputs = (command.stdout, command.stderr)
        self._most_bytes = most_bytes
        self._clock = clock
        self._stop = stop
        self._deadline = clock.monotonic() + command.timeout.total_seconds()
        self._why: Ended | None = None
        self._interrupts = 0
        self._killed = False

    def tick(self) -> None:
        """Look at the clock and at who wants the process to end; called often."""
        now = self._clock.monotonic()
        if self._interrupts == 0:
            if self._stop.requested():
                self._interrupt(Ended.STOPPED, now + self._grace.interrupt.total_seconds())
            elif now >= self._deadline:
                self._interrupt(Ended.TIMED_OUT, now + self._grace.interrupt.total_seconds())
            elif any(_size(path) > self._most_bytes for path in self._outputs):
                self.flooded = True
                self._interrupt(Ended.ERRORED, now + self._grace.interrupt.total_seconds())
        elif self._interrupts == 1:
            if now >= self._deadline or self._stop.insisted():
                self._interrupt(self._why, now + self._grace.second.total_seconds())
        elif now >= self._deadline:
            self._kill()

    def _interrupt(self, why: Ended | None, next_deadline: float) -> None:
        self._why, self._deadline = why, next_deadline
        self._interrupts += 1
        self._launcher.interrupt()

    def _kill(self) -> None:
        self._killed = True
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)

    def abandon(self) -> None:
        """We are failing ourselves: ask the child to stop, and wait as long as it was granted."""
        if self._child.poll() is None:
            if self._interrupts == 0:
                self._launcher.interrupt()
            self._launcher.ends_within(self._grace.interrupt.total_seconds())
        self._child.poll()

    def verdict(self, returncode: int) -> Ended:
        """What to call the end of the child."""
        if self._killed or returncode < 0:
            return Ended.KILLED
        if returncode == 0:
            return Ended.COMPLETED
        return self._why or Ended.ERRORED

    @property
    def verdict_is_clean(self) -> bool:
        """Whether the child ended by itself rather than by a signal."""
        return self.verdict(self._child.returncode) is not Ended.KILLED


def _size(path: Path) -> int:
    """In bytes; none where somebody took the file away, which ends no command."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _create(path: Path) -> None:
    """A new file for output that may hold secrets: nobody else may read it."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600))
