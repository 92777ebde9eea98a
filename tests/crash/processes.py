"""What stands in the place of the launcher: the fake Terraform as a forked process of its own.

Session, leash, parent-death signal, output files and environment are what `subagents.process` and its
launcher give the real one; only the program is ours, so that a call costs a fork and no interpreter.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from contracts.ports import Command
from subagents.launcher import Launcher
from tests.crash.deaths import Fate
from tests.crash.fake_terraform import FakeTerraform

_MOST_DESCRIPTORS = 256


def command_of(argv: Sequence[str], cwd: Path) -> str:
    """What a call is named in a point, such as `plan`, `replan`, `init-upgrade` or `copy-plan`."""
    verb = argv[1]
    if verb == "init":
        verb += next((mode for mode in ("-upgrade", "-reconfigure") if mode in argv), "")
    elif verb == "plan" and not any(part.startswith("-out=") for part in argv):
        verb = "replan"
    return f"copy-{verb}" if "/sandbox/" in f"{cwd}/" else verb


class ForkedLauncher:
    """What stands in the place of `subagents.launcher.Launcher`: it forks once its command is known."""

    fate: Fate
    next: Command
    """What the runner was asked to run."""

    def __init__(self) -> None:
        self._child: ForkedProcess | None = None

    @property
    def child(self) -> ForkedProcess:
        if self._child is None:
            self._child = ForkedProcess(self.fate, self.next)
        return self._child

    @property
    def pid(self) -> int:
        return self.child.pid

    def waits(self) -> bool:
        return True

    def become(self, _: Command) -> None:
        self.child.go()

    def interrupt(self) -> None:
        self.child.send_signal(signal.SIGINT)

    def ends_within(self, seconds: float) -> bool:
        return Launcher.ends_within(self, seconds)  # type: ignore[arg-type]

    @contextmanager
    def exits(self) -> Iterator[Callable[[float], bool]]:
        """One that ran inline has ended."""
        if self.pid == os.getpid():
            yield lambda _: True
        else:
            with Launcher.exits(self) as wait:  # type: ignore[arg-type]
                yield wait

    def discard(self) -> None:
        if self._child is not None:
            self._child.discard()

    def close(self) -> None:
        if self._child is not None:
            self._child.close()


class ForkedProcess:
    """The part of `subprocess.Popen` that `subagents.process` uses."""

    def __init__(self, fate: Fate, command: Command) -> None:
        self.fate = fate
        self.returncode: int | None = None
        self._leash = -1
        self._command = fate.numbered(command_of(command.argv, command.cwd))
        fate.shared.set("processes", fate.shared.get("processes") + 1)
        self._inline: Command | None = None
        if not fate.meets(self._command):
            self.pid = os.getpid()
            self._inline = command
            return
        parent = os.getpid()
        end, self._leash = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _become(fate, self._command, command, parent, end)
        os.close(end)
        fate.shared.set("terraform", self.pid)
        fate.world.note("started", pid=self.pid, command=self._command)
        fate.passes(f"spawn:{self._command}")

    def go(self) -> None:
        """Its start is recorded: it may run."""
        if self._inline is not None:
            self.returncode = _inline(self.fate, self._command, self._inline)
            return
        with suppress(BrokenPipeError):
            os.write(self._leash, b"g")

    def discard(self) -> None:
        if self._inline is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.close()

    def close(self) -> None:
        if self._leash >= 0:
            os.close(self._leash)
            self._leash = -1

    def poll(self) -> int | None:
        if self.returncode is None:
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                self._reaped(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if timeout is not None and self.poll() is None:
                raise subprocess.TimeoutExpired(self._command, timeout)
            if self.returncode is None:
                self._reaped(os.waitpid(self.pid, 0)[1])
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _reaped(self, status: int) -> None:
        self.returncode = os.waitstatus_to_exitcode(status)
        self.fate.shared.set("terraform", 0)
        self.fate.world.note("ended", pid=self.pid, code=self.returncode)
        self.fate.passes(f"reap:{self._command}")


def _inline(fate: Fate, name: str, command: Command) -> int:
    """A call that no death meets is made in planner's own process: a fork less."""
    with (
        command.stdout.open("a", encoding="utf-8") as out,
        command.stderr.open("a", encoding="utf-8") as err,
    ):
        return FakeTerraform(fate, name, list(command.argv), command.cwd, (out, err)).run()


def _become(fate: Fate, name: str, command: Command, parent: int, leash: int) -> None:
    """In the child: never returns."""
    code = 70
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        fate.shared.set("terraform", os.getpid())
        os.closerange(3, leash)  # the module's lock among them: it is planner's
        os.closerange(leash + 1, _MOST_DESCRIPTORS)
        if not os.read(leash, 1):  # as the launcher does it: nothing runs whose start is not recorded
            os._exit(130)
        for place, path in ((1, command.stdout), (2, command.stderr)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), place)
        out = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        err = os.fdopen(2, "w", encoding="utf-8", closefd=False)
        terraform = FakeTerraform(fate, name, list(command.argv), command.cwd, (out, err))
        terraform.listens()
        ctypes.CDLL(None).prctl(1, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(130)
        os.chdir(command.cwd)
        code = terraform.run()
    except BaseException:  # noqa: BLE001 - a bug of the fake: told where somebody looks
        fate.world.note("bug", text=traceback.format_exc())
    finally:
        os._exit(code)
