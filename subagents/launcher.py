"""A process that waits to be told what to become: its start can be recorded before anything runs.

Starting Python for it costs as much as a small Terraform command, so it is made
ahead of need. Decides nothing; `subagents.process` says when it becomes what. It
ends, having run nothing, with planner or when it is closed.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from subagents.launch import SIZE_BYTES, engines_under

if TYPE_CHECKING:
    from contracts.ports import Command  # not imported: the first launcher starts before all that

_PROGRAM = str(Path(__file__).with_name("launch.py"))
_LAUNCH_S = 10.0  # how long it may take to become its program; it takes some 15 ms


class Launcher:
    """One such process, in a session of its own.

    A pipe, its leash, ties it to our life: what watches over the program (`launch`) interrupts it if the
    leash ends with us. Not once we have interrupted it ourselves: a second interrupt can cost the state.
    """

    def __init__(self) -> None:
        end, self._leash = os.pipe()
        os.set_blocking(self._leash, False)
        self._runs, told = os.pipe()
        try:
            self.child = subprocess.Popen(
                [sys.executable, "-I", "-S", _PROGRAM, str(os.getpid()), f"{told},{end}"],
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(told, end),
            )
        except BaseException:
            self.close()
            raise
        finally:
            os.close(told)
            os.close(end)

    @property
    def pid(self) -> int:
        """Of the process, and of the program that it becomes."""
        return self.child.pid

    def waits(self) -> bool:
        """Whether it can still become something: nobody killed it."""
        return self.child.poll() is None

    def become(self, command: Command) -> None:
        """Have it become this command; returns when it is the program, or has ended.

        So a stop that is acknowledged afterwards finds the program running, and its SIGINT never meets
        the launcher, which would die of it.
        """
        self._say(_told(command))
        select.select([self._runs], [], [], _LAUNCH_S)

    def interrupt(self) -> None:
        """The one SIGINT of a stop, for the engine also behind a wrapper; our death is no matter any more."""
        self._say(b".")
        if self.child.poll() is None:
            for pid in engines_under(self.pid):
                with suppress(ProcessLookupError):  # it has just ended
                    os.kill(pid, signal.SIGINT)

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends in that time."""
        with suppress(subprocess.TimeoutExpired):
            self.child.wait(seconds)
        return self.child.returncode is not None

    @contextmanager
    def exits(self) -> Iterator[Callable[[float], bool]]:
        """As `ends_within`, but its end wakes us at once, where the system can do that."""
        if not hasattr(os, "pidfd_open"):
            yield self.ends_within
            return
        descriptor = os.pidfd_open(self.pid)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)

        def at_once(seconds: float) -> bool:
            if poll.poll(seconds * 1000):
                self.child.wait()
            return self.child.returncode is not None

        try:
            yield at_once
        finally:
            os.close(descriptor)

    def discard(self) -> None:
        """End one that has become nothing."""
        self.child.kill()
        self.child.wait()
        self.close()

    def close(self) -> None:
        """Let go of one that has ended."""
        os.close(self._leash)
        os.close(self._runs)

    def _say(self, what: bytes) -> None:
        with suppress(BrokenPipeError):  # it was killed: its end is told as the program's would be
            while what:
                if not select.select([], [self._leash], [], _LAUNCH_S)[1]:
                    self.child.kill()  # it was frozen before it had read all that
                    return
                what = what[os.write(self._leash, what) :]


_prepared: list[Launcher] = []


def prepare() -> None:
    """Start the first launcher of this process; importing what says what it becomes takes longer than it."""
    if not _prepared:
        with suppress(OSError):
            _prepared.append(Launcher())


def discard_prepared() -> None:
    """End the one that was prepared, where nobody wanted it."""
    if (unwanted := prepared()) is not None:
        unwanted.discard()


def prepared() -> Launcher | None:
    """The one that was prepared; it is the caller's from now on."""
    return _prepared.pop() if _prepared else None


def _told(command: Command) -> bytes:
    """A command as `launch` reads it: its size, then arguments, folder, environment and output files."""
    env = {os.fsencode(name): os.fsencode(value) for name, value in command.env.items()}
    cwd, stdout, stderr = map(os.fsencode, (command.cwd, command.stdout, command.stderr))
    said = marshal.dumps((tuple(map(os.fsencode, command.argv)), cwd, env, stdout, stderr))
    return len(said).to_bytes(SIZE_BYTES, "big") + said
