"""The command as a user calls it, and a module to call it on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from contracts.result import RunResult

PLANNER = [sys.executable, "-m", "planner"]
Run = Callable[..., subprocess.CompletedProcess[str]]


def write(module: Path, text: str, name: str = "main.tf") -> None:
    (module / name).write_text(text, encoding="utf-8")


def result(done: subprocess.CompletedProcess[str]) -> RunResult:
    """What `--json` printed; never beside a traceback."""
    assert "Traceback" not in done.stderr, done.stderr
    return RunResult.model_validate_json(done.stdout)


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.05)


def power_cut(child: subprocess.Popen[str]) -> None:
    """planner and all that it started are gone at once."""
    child.send_signal(signal.SIGSTOP)
    children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text(encoding="ascii").split()
    for group in children:
        for kill in (os.killpg, os.kill):  # one that was forked just now leads no group yet
            with suppress(ProcessLookupError):
                kill(int(group), signal.SIGKILL)
    child.kill()
    child.wait()
