"""The only file that starts processes: to its end, with output in files, stopped in order.

Decides how a process is stopped (one SIGINT a stop request, then a grace, then
harder) and how its end is called. What runs, and what its output means, is
decided by the callers. Why files, an own session and one SIGINT: ADR 0006.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from contracts.ports import Clock, Command, Exit, Stop
from contracts.run import ProcessId
from contracts.terraform import Ended
from subagents.identity import group_is_empty, identity_of
from subagents.tail import Tail

_LAUNCHER = str(Path(__file__).with_name("launch.py"))
_TICK_S = 0.05  # how often output and stop requests are looked at; an exit wakes us at once
_LAUNCH_S = 10.0  # how long the launcher may take; it takes some 15 ms
_ORPHANS_S = 600.0  # how long children of a killed process may finish what they began


class SystemProcessRunner:
    """Runs real processes; implements `ProcessRunner`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

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
        program = command.argv[0]
        if not Path(program).is_file():
            raise FileNotFoundError(program)
        with _Leash() as leash:
            child = _started(command, leash, stop, on_start)
            if isinstance(child, Ended):
                return Exit(code=None, ended=child, duration_s=0)
            stopper = _Stopper(child, leash, command, self._clock, stop)
            try:
                with Tail(command.stdout, on_line) as tail, _exit_waiter(child) as wait:
                    while not wait(_TICK_S):
                        tail.pump()
                        stopper.tick()
                    tail.finish()
            except BaseException:
                stopper.abandon()
                raise
        self._await_group(child.pid, stopper)
        return Exit(
            code=child.returncode if child.returncode >= 0 else None,
            signal=-child.returncode if child.returncode < 0 else None,
            ended=stopper.verdict(child.returncode),
            duration_s=round(self._clock.monotonic() - started, 3),
        )

    def _await_group(self, pgid: int, stopper: _Stopper) -> None:
        """After an unclean end, let the children it left behind finish."""
        if stopper.verdict_is_clean:
            return
        deadline = self._clock.monotonic() + _ORPHANS_S
        while not group_is_empty(pgid) and self._clock.monotonic() < deadline:
            self._clock.sleep(_TICK_S)


def _started(
    command: Command, leash: _Leash, stop: Stop, on_start: Callable[[ProcessId], None]
) -> subprocess.Popen[bytes] | Ended:
    """The process, which has become its program; how it ended where it was not to start.

    It waits until `on_start` has returned: nothing runs whose start is not recorded.
    """
    with (
        _private(command.stdout) as out,
        _private(command.stderr) as err,
        stop.starting() as why,
    ):
        if why is not None or not command.timeout:
            return Ended.TIMED_OUT if why is None else Ended.STOPPED
        with _until_it_runs() as told:
            ends = f"{told},{leash.end}"
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", _LAUNCHER, str(os.getpid()), ends, *command.argv],
                cwd=command.cwd,
                env=command.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                pass_fds=(told, leash.end),
            )
            try:
                on_start(identity_of(child.pid))
            except BaseException:
                child.kill()
                child.wait()
                raise
            leash.go()
            return child


class _Stopper:
    """One SIGINT a stop request; harder only when the grace is over or a person insists."""

    def __init__(
        self, child: subprocess.Popen[bytes], leash: _Leash, command: Command, clock: Clock, stop: Stop
    ) -> None:
        self._child = child
        self._leash = leash
        self._grace = command.grace
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
        elif self._interrupts == 1:
            if now >= self._deadline or self._stop.insisted():
                self._interrupt(self._why, now + self._grace.second.total_seconds())
        elif now >= self._deadline:
            self._kill()

    def _interrupt(self, why: Ended | None, next_deadline: float) -> None:
        self._why, self._deadline = why, next_deadline
        self._interrupts += 1
        self._leash.let_go()
        self._child.send_signal(signal.SIGINT)

    def _kill(self) -> None:
        self._killed = True
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)

    def abandon(self) -> None:
        """We are failing ourselves: ask the child to stop, and wait as long as it was granted."""
        if self._child.poll() is None:
            if self._interrupts == 0:
                self._leash.let_go()
                self._child.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(self._grace.interrupt.total_seconds())
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


class _Leash:
    """Ties a child to our life: what watches over it (`launch`) interrupts it if this pipe ends with us.

    Not once we have interrupted it ourselves: a second interrupt can cost the state.
    """

    def __init__(self) -> None:
        self.end, self._held = os.pipe()

    def go(self) -> None:
        """The launcher may become its program."""
        os.write(self._held, b"g")

    def let_go(self) -> None:
        """Our death is no matter any more."""
        os.write(self._held, b".")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.end)
        os.close(self._held)


@contextmanager
def _until_it_runs() -> Iterator[int]:
    """A descriptor that the launcher closes by becoming the program, or by failing to; waits for that.

    So a stop that is acknowledged afterwards finds the program running, and
    its SIGINT never meets the launcher, which would die of it.
    """
    ready, told = os.pipe()
    try:
        try:
            yield told
        finally:
            os.close(told)
        select.select([ready], [], [], _LAUNCH_S)
    finally:
        os.close(ready)


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file for output that may hold secrets: nobody else may read it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600), "wb") as file:
        yield file


@contextmanager
def _exit_waiter(child: subprocess.Popen[bytes]) -> Iterator[Callable[[float], bool]]:
    """A function that waits so many seconds at most and tells whether the child has ended."""
    if not hasattr(os, "pidfd_open"):

        def wait(seconds: float) -> bool:
            with suppress(subprocess.TimeoutExpired):
                child.wait(seconds)
            return child.returncode is not None

        yield wait
        return
    descriptor = os.pidfd_open(child.pid)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)

    def wait_at_once(seconds: float) -> bool:
        if poll.poll(seconds * 1000):
            child.wait()
        return child.returncode is not None

    try:
        yield wait_at_once
    finally:
        os.close(descriptor)
