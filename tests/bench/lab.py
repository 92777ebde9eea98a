"""What an experiment stands on: a module beside an empty cloud, a command that is timed, a table."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.cloud import module_in

ROUNDS = 3
PLAN = ("plan", "-input=false", "-json", "-out=tfplan")
APPLY = ("apply", "-input=false", "-json", "tfplan")
AGAIN = ("plan", "-input=false", "-json", "-detailed-exitcode")
Env = dict[str, str]


class Lab:
    """The module, ready to be planned, and the cloud it is planned against."""

    def __init__(self, scratch: Path, env: Env, endpoint: str) -> None:
        self.scratch = scratch
        self.env = env
        self.endpoint = endpoint
        self._made = 0

    def module(self) -> Path:
        """A new copy, initialised, beside an empty cloud."""
        self._made += 1
        folder = self.scratch / f"module-{self._made}"
        module_in(folder, self.endpoint)
        run(["terraform", "init", "-input=false"], folder, self.env)
        return folder


def run(argv: Sequence[str], cwd: Path, env: Env, allowed: tuple[int, ...] = (0,)) -> tuple[float, float]:
    """Seconds and the largest process's peak MB. Raises `SystemExit` for another exit code."""
    began = time.perf_counter()
    with subprocess.Popen(argv, cwd=cwd, env=env, stdout=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in allowed:
        raise SystemExit(f"{' '.join(argv)} ended with {child.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def spread(values: Sequence[float], unit: str = " s") -> str:
    return f"{min(values):.2f} / {statistics.median(values):.2f} / {max(values):.2f}{unit}"


def table(title: str, rows: Mapping[str, Sequence[str]], columns: Sequence[str]) -> Iterator[str]:
    yield f"| {title} | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for name, cells in rows.items():
        yield f"| {name} | {' | '.join(cells)} |"


def each(program: list[str], module: Path, env: Env) -> None:
    """Plan, apply and plan again, a process each."""
    for argv in (PLAN, APPLY, AGAIN):
        run([*program, *argv], module, env)
