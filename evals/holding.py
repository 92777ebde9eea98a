"""What a world has beside its servers: children that hold one thing each, and the killer of providers.

Decides how such a child is started and ended, and whose providers are killed.
What a child holds, and how, is decided in `evals.held`.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess  # noqa: TID251 - children of the harness, not of planner
import sys
import threading
from contextlib import suppress
from pathlib import Path

_HELD = str(Path(__file__).with_name("held.py"))
_START_S = 60.0
_END_S = 20.0
_LOOK_S = 0.02
_PROVIDER = "terraform-provider-"
_COMM = 15
"""The kernel keeps so many letters of a process's name where it can be read at once."""


class Holder:
    """A child that holds one thing until it is closed, or this process dies. Raises `ValueError`."""

    def __init__(self, *arguments: str, log: Path) -> None:
        with log.open("ab") as errors:
            self._child = subprocess.Popen(  # noqa: S603 - our own argv
                [sys.executable, "-I", _HELD, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # an interrupt from the keyboard is not for it
            )
        out = self._child.stdout
        ready = out and select.select([out], [], [], _START_S)[0]
        verdict, _, told = (out.readline().decode() if out and ready else "").strip().partition(" ")
        self.told = told
        """What the child says of what it holds, such as a port."""
        if verdict != "ok":
            self.close()
            raise ValueError(told or f"{arguments[0]} did not start: {_last_line(log)}")

    def close(self) -> None:
        """Let it give back what it holds, and wait for that; once is enough."""
        with self._child:
            if self._child.stdin:
                self._child.stdin.close()
            try:
                self._child.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._child.kill()


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


class ProviderKiller:
    """Kills so many providers in whose environment a text stands, each as soon as it is seen.

    Raises `ValueError` where a process's environment cannot be seen.
    """

    def __init__(self, mark: str, times: int) -> None:
        if not Path("/proc/self/environ").exists():
            raise ValueError("without /proc nobody can tell whose provider a process is")
        self._mark = mark.encode()
        self._left = times
        self._killed: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._hunt)
        self._thread.start()

    def close(self) -> None:
        """Kill no more; once is enough."""
        self._stop.set()
        self._thread.join()

    def _hunt(self) -> None:
        while self._left > 0 and not self._stop.wait(_LOOK_S):
            for process in Path("/proc").glob("[0-9]*"):
                if self._left > 0 and process.name not in self._killed and self._is_prey(process):
                    with suppress(ProcessLookupError):
                        os.kill(int(process.name), signal.SIGKILL)
                        self._killed.add(process.name)
                        self._left -= 1

    def _is_prey(self, process: Path) -> bool:
        try:
            if not (process / "comm").read_bytes().startswith(_PROVIDER[:_COMM].encode()):
                return False
            program = (process / "exe").readlink().name
            return program.startswith(_PROVIDER) and self._mark in (process / "environ").read_bytes()
        except OSError:  # it is gone, or not ours
            return False
