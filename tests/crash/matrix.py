"""The kill matrix: 24 effects, 12 sub-steps, 6 deaths, and what an independent reader finds. `make crash`.

Every case starts planner on a fake world, lets it die at one point in one way, has a person go on with it
until it ends, and reads what is left. Exit code 1: an invariant is broken, or a death did not strike.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from tests.crash.deaths import Kind
from tests.crash.points import EFFECTS, SUB_STEPS

PROCESSES = 2
_CASES = len(SUB_STEPS) * len(Kind)
_AT_ONCE = 18
_ROOT = Path(__file__).parents[2]
_SIGNS = {"same": ".", "asked": "?", "blocked": "!"}
Row = dict[str, Any]
Task = tuple[int, int, int]


class Pool:
    """Workers that stay, each with a world of its own."""

    def __init__(self, folder: Path, size: int) -> None:
        self._workers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.crash.worker", str(folder / str(n))],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for n in range(size)
        ]

    def answers(self, tasks: Sequence[Task], bug: str = "") -> Iterator[list[Row]]:
        """What comes of each task, with a bug in the product, as it comes; whoever is idle takes the next."""
        left = list(tasks)[::-1]
        busy: dict[Any, subprocess.Popen[str]] = {}
        for worker in self._workers[: len(left)]:
            self._give(worker, left.pop(), bug, busy)
        while busy:
            for stream in wait(list(busy)):
                worker = busy.pop(stream)
                answer = stream.readline()  # type: ignore[union-attr]
                assert answer, "a worker died"
                if left:
                    self._give(worker, left.pop(), bug, busy)
                yield json.loads(answer)

    @staticmethod
    def _give(
        worker: subprocess.Popen[str], task: Task, bug: str, busy: dict[Any, subprocess.Popen[str]]
    ) -> None:
        assert worker.stdin is not None
        worker.stdin.write(" ".join(map(str, (*task, bug))) + "\n")
        worker.stdin.flush()
        busy[worker.stdout] = worker

    def close(self) -> None:
        for worker in self._workers:
            worker.communicate()


@contextmanager
def pool(size: int = PROCESSES) -> Iterator[Pool]:
    """In memory, where the machine has such a place: nothing here outlives a power cut."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="crash-", dir=memory if os.access(memory, os.W_OK) else None))
    workers = Pool(folder, size)
    try:
        yield workers
    finally:
        workers.close()
        shutil.rmtree(folder, ignore_errors=True)


def tasks_of(effect: int, sub_step: int | None = None) -> list[Task]:
    """The cases of one effect in parts, or those of one of its sub-steps."""
    if sub_step is not None:
        return [(effect, (sub_step - 1) * len(Kind), sub_step * len(Kind))]
    return [(effect, first, first + _AT_ONCE) for first in range(0, _CASES, _AT_ONCE)]


def faults_of(rows: Sequence[Row]) -> list[str]:
    """What is wrong, a line each: an invariant, or a death that did not strike."""
    found = []
    for row in rows:
        where = f"{row['effect']} / {SUB_STEPS[row['sub_step'] - 1]} / {row['kind']}"
        if row["fired"] != row["due"]:
            found.append(f"{where}: {row['fired']} of {row['due']} deaths struck. {row['told'].strip()}")
        found += [f"{where}: {name}: {what}. {row['told'].strip()}" for name, what in row["broken"]]
    return found


def grid(rows: Sequence[Row]) -> str:
    """The matrix for people: a row an effect, a column a sub-step, six signs a cell."""
    cells: dict[tuple[str, int], dict[str, Row]] = {}
    for row in rows:
        cells.setdefault((row["effect"], row["sub_step"]), {})[row["kind"]] = row
    lines = [
        "one cell: " + ", ".join(Kind),
        ". ended as if nobody had died   ? a person was asked, then the same end   ! stopped, with a reason",
        "X an invariant is broken, or the death did not strike",
        "nearest: cases whose very point planner does not have, run at the nearest real one (points.py)",
        "",
        f"{'':18}" + " ".join(f"{n:>6}" for n in range(1, len(SUB_STEPS) + 1)) + "   deaths nearest",
    ]
    for effect in EFFECTS:
        mine = [row for row in rows if row["effect"] == effect.name]
        if not mine:
            continue
        marks = [
            "".join(_sign(cells.get((effect.name, n), {}).get(kind)) for kind in Kind)
            for n in range(1, len(SUB_STEPS) + 1)
        ]
        deaths, nearest = sum(row["fired"] for row in mine), sum(row["nearest"] for row in mine)
        lines.append(f"{effect.name:18}{' '.join(marks)}{deaths:9}{nearest:8}")
    lines += ["", *(f"{n:>4}  {name}" for n, name in enumerate(SUB_STEPS, start=1))]
    return "\n".join(lines)


def _sign(row: Row | None) -> str:
    if row is None:
        return " "
    return "X" if row["broken"] or row["fired"] != row["due"] else _SIGNS[row["outcome"]]


def totals(rows: Sequence[Row], seconds: float) -> str:
    """What was done, in five lines."""
    outcomes = Counter(row["outcome"] for row in rows)
    checks: Counter[str] = Counter()
    for row in rows:
        checks.update(row["checks"])
    broken = Counter(name for row in rows for name, _ in row["broken"])
    told = "  ".join(f"I{n}:{checks[f'I{n}']}" for n in range(1, 15))
    return "\n".join((_done(rows), _ended(outcomes), f"checks {told}", _violations(broken), _took(seconds)))


def _done(rows: Sequence[Row]) -> str:
    struck = f"{_sum(rows, 'fired')} of {_sum(rows, 'due')} deaths struck"
    nearest = f"{_sum(rows, 'nearest')} cases at the nearest real point"
    return f"{len(rows)} cases in {_sum(rows, 'runs')} runs; {struck}; {nearest}"


def _ended(outcomes: Counter[str]) -> str:
    asked = f"after a person was asked: {outcomes['asked']}"
    return (
        f"ended as uninterrupted: {outcomes['same']}; {asked}; stopped with a reason: {outcomes['blocked']}"
    )


def _violations(broken: Counter[str]) -> str:
    return f"violations: {broken.total()} {dict(broken) if broken else ''}".rstrip()


def _took(seconds: float) -> str:
    return f"{seconds:.0f} s on {PROCESSES} processes"


def _sum(rows: Sequence[Row], what: str) -> int:
    return sum(row[what] for row in rows)


def main() -> int:
    """Run everything, print it, and say with the exit code whether all is well."""
    began = time.monotonic()
    rows: list[Row] = []
    by_scenario = sorted(range(len(EFFECTS)), key=lambda number: EFFECTS[number].scenario)
    tasks = [task for number in by_scenario for task in tasks_of(number)]
    with pool() as workers:
        for done, answer in enumerate(workers.answers(tasks), start=1):
            rows += answer
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{100 * done // len(tasks)} %")
    faults = faults_of(rows)
    told = (grid(rows), totals(rows, time.monotonic() - began), *faults[:50])
    sys.stdout.write("\n\n".join(told) + "\n")
    complete = len(rows) == len(EFFECTS) * _CASES
    return 0 if complete and not faults else 1


if __name__ == "__main__":
    sys.exit(main())
