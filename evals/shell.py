"""Starts what an executed scenario needs: plain Terraform, and planner as a user calls it.

The one file of the harness that starts these processes. A child that runs over
its time is killed with all that it started.
"""

from __future__ import annotations

import os
import signal
import subprocess  # noqa: TID251 - the harness stands outside planner, as a person does
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Done(NamedTuple):
    """How a command ended; None: it ran over its time."""

    code: int | None
    stdout: str
    stderr: str


def run(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout_s: float) -> Done:
    """Run a command to its end, or for that many seconds."""
    with subprocess.Popen(  # noqa: S603 - our own argv
        argv,
        cwd=cwd,
        env=dict(env),
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        try:
            out, err = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _end(child.pid, signal.SIGINT)
            try:
                out, err = child.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                _end(child.pid, signal.SIGKILL)
                out, err = child.communicate()
            return Done(None, out, err)
        return Done(child.returncode, out, err)


def _end(group: int, how: signal.Signals) -> None:
    try:
        os.killpg(group, how)
    except ProcessLookupError:
        return


def left_running(mark: str) -> list[str]:
    """The processes in whose environment a text stands, such as a folder of this trial: `PID command`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                found.append(f"{entry.name} {(entry / 'comm').read_text(encoding='utf-8').strip()}")
        except OSError:  # it is gone, or not ours
            continue
    return sorted(found)
