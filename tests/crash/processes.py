"""What stands in the place of `subprocess.Popen`: the fake Terraform as a forked process of its own.

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
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import subagents.process
from tests.crash.deaths import Fate
from tests.crash.fake_terraform import FakeTerraform

_LAUNCHER_ARGUMENTS = 6  # python -I -S launch.py PARENT TOLD,LEASH
_MOST_DESCRIPTORS = 256


def command_of(argv: Sequence[str], cwd: Path) -> str:
    """What a call is named in a point, such as `plan`, `replan`, `init-upgrade` or `copy-plan`."""
    verb = argv[1]
    if verb == "init":
        verb += next((mode for mode in ("-upgrade", "-reconfigure") if mode in argv), "")
    elif verb == "plan" and not any(part.startswith("-out=") for part in argv):
        verb = "replan"
    return f"copy-{verb}" if "/sandbox/" in f"{cwd}/" else verb


class _Call(NamedTuple):
    """One call of Terraform."""

    command: str
    argv: list[str]
    cwd: Path
    stdout: int
    stderr: int
    leash: int


class ForkedProcess:
    """The part of `subprocess.Popen` that `subagents.process` uses."""

    fate: Fate

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: dict[str, str],
        stdin: int,
        stdout: IO[bytes],
        stderr: IO[bytes],
        start_new_session: bool,
        pass_fds: Sequence[int],
    ) -> None:
        program = list(argv[_LAUNCHER_ARGUMENTS:])
        self.returncode: int | None = None
        self._command = self.fate.numbered(command_of(program, cwd))
        self.fate.shared.set("processes", self.fate.shared.get("processes") + 1)
        call = _Call(self._command, program, cwd, stdout.fileno(), stderr.fileno(), pass_fds[-1])
        if not self.fate.meets(self._command):
            self.pid = os.getpid()
            self.returncode = _inline(self.fate, call)
            return
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _become(self.fate, call, parent)
        self.fate.shared.set("terraform", self.pid)
        self.fate.world.note("started", pid=self.pid, command=self._command)
        self.fate.passes(f"spawn:{self._command}")

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


@contextmanager
def exit_waiter(child: ForkedProcess) -> Iterator[Callable[[float], bool]]:
    """What waits for a child: one that ran inline has ended."""
    if child.pid == os.getpid():
        yield lambda _: True
    else:
        with _exit_waiter(child) as wait:  # type: ignore[arg-type]
            yield wait


_exit_waiter = subagents.process._exit_waiter


def _inline(fate: Fate, call: _Call) -> int:
    """A call that no death meets is made in planner's own process: a fork less."""
    with (
        os.fdopen(os.dup(call.stdout), "w", encoding="utf-8") as out,
        os.fdopen(os.dup(call.stderr), "w", encoding="utf-8") as err,
    ):
        return FakeTerraform(fate, call.command, call.argv, call.cwd, (out, err)).run()


def _become(fate: Fate, call: _Call, parent: int) -> None:
    """In the child: never returns."""
    code = 70
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        fate.shared.set("terraform", os.getpid())
        out = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        err = os.fdopen(2, "w", encoding="utf-8", closefd=False)
        terraform = FakeTerraform(fate, call.command, call.argv, call.cwd, (out, err))
        terraform.listens()
        ctypes.CDLL(None).prctl(1, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(130)
        os.chdir(call.cwd)
        os.dup2(call.stdout, 1)
        os.dup2(call.stderr, 2)
        os.closerange(3, call.leash)  # the module's lock among them: it is planner's
        os.closerange(call.leash + 1, _MOST_DESCRIPTORS)
        if not os.read(call.leash, 1):  # as the launcher does it: nothing runs whose start is not recorded
            os._exit(130)
        code = terraform.run()
    except BaseException:  # noqa: BLE001 - a bug of the fake: told where somebody looks
        fate.world.note("bug", text=traceback.format_exc())
    finally:
        os._exit(code)
