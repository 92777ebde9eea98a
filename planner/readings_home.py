"""What planner's home tells beside the store: modules that are held, sizes, the last evaluation.

Only looks: a lock is never tried, for that would hold up a run that wants it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from observability.readings import Labels, Readings
from planner.lock import Holder
from planner.metric_labels import evaluated
from subagents.identity import is_alive

_LOCKS = Path("/proc/locks")
_FLOCK = re.compile(r"\bFLOCK +\S+ +\S+ +-?\d+ +([0-9a-f]+):([0-9a-f]+):(\d+) ")
_MOST_BYTES = 1_000_000
Evaluations = dict[str, dict[Labels, float]]


def with_home(readings: Readings, home: Path, parse: Callable[[str], Evaluations]) -> Readings:
    """The readings, with what the home tells; `parse` reads an evaluation's text, or raises `ValueError`."""
    values = dict(readings.values)
    values["planner_locks_held"] = {(): float(locks_held(home / "locks"))}
    values["planner_store_size_bytes"] = {(): float(_size(home / "planner.db"))}
    return Readings(values | _evaluations(home / "metrics", parse), readings.distributions)


def locks_held(notes: Path, locks: Path = _LOCKS) -> int:
    """How many of the modules that are noted as held are; `locks` is the kernel's own list.

    A note outlives a holder that was killed. Some file systems tell a file and
    the kernel another device: there the holder's process is looked at.
    """
    held = _flocks(locks)
    count = 0
    for note in notes.glob("*.json"):
        with suppress(OSError, ValueError):
            device, inode = map(int, note.stem.split("-"))
            count += (os.major(device), os.minor(device), inode) in held or _is_alive(note)
    return count


def _flocks(locks: Path) -> set[tuple[int, int, int]]:
    """Device and inode of every file that is held with `flock`."""
    found: set[tuple[int, int, int]] = set()
    try:
        lines = locks.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        if told := _FLOCK.search(line):
            major, minor, inode = told.groups()
            found.add((int(major, 16), int(minor, 16), int(inode)))
    return found


def _is_alive(note: Path) -> bool:
    return is_alive(Holder.model_validate_json(note.read_text(encoding="utf-8")).process)


def _size(database: Path) -> int:
    return sum(_bytes(database.with_name(f"{database.name}{end}")) for end in ("", "-wal", "-shm"))


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _evaluations(folder: Path, parse: Callable[[str], Evaluations]) -> Evaluations:
    """What the files of the folder say, the first of them by name where two say the same."""
    found: Evaluations = {}
    for said in _texts(folder):
        with suppress(ValueError):
            for name, series in parse(said).items():
                for labels, value in series.items():
                    found.setdefault(name, {}).setdefault(labels, value)
    kept = evaluated(dict.fromkeys(labels for series in found.values() for labels in series))
    return {
        name: {kept[labels]: value for labels, value in series.items() if labels in kept}
        for name, series in found.items()
    }


def _texts(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.prom")):
        with suppress(OSError, ValueError):
            if _bytes(path) <= _MOST_BYTES:
                yield path.read_text(encoding="utf-8")
