"""Which process is meant: a pid that no later process can be mistaken for.

Linux tells start time and boot; elsewhere a pid alone has to do.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from contracts.identity import ProcessId

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_ENDED = frozenset("ZX")


def boot_id() -> str:
    """Which boot of the machine this is; empty where the system does not tell."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def booted_at() -> datetime | None:
    """When this machine was started, UTC; None where the system does not tell."""
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii", errors="replace").splitlines()
        seconds = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
    return datetime.fromtimestamp(seconds, UTC)


def oldest_of(programs: Collection[str]) -> datetime | None:
    """When the oldest process of these names that runs here was started, UTC; None: none runs.

    A zombie does not run. The beginning of time where the system does not tell.
    """
    booted = booted_at()
    if booted is None:
        return datetime.min.replace(tzinfo=UTC)
    found = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            if comm.read_text(encoding="utf-8", errors="replace").strip() not in programs:
                continue
        except OSError:
            continue  # it ended while we looked
        stat = _stat_of(int(comm.parent.name))
        if stat is not None and stat.state not in _ENDED:
            found.append(booted + timedelta(seconds=int(stat.start) / os.sysconf("SC_CLK_TCK")))
    return min(found, default=None)


class _Stat(NamedTuple):
    """What the kernel tells of a process."""

    state: str
    group: int
    start: str
    """In clock ticks since boot."""


def _stat_of(pid: int) -> _Stat | None:
    """None where the process or /proc is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # from field 3 on; the name before it may hold spaces
    return _Stat(state=fields[0], group=int(fields[2]), start=fields[19])


def _start_of(pid: int) -> str:
    """Start time in clock ticks since boot; empty where the process or /proc is gone."""
    stat = _stat_of(pid)
    return stat.start if stat else ""


def identity_of(pid: int) -> ProcessId:
    """The process that has this pid now."""
    return ProcessId(pid=pid, start=_start_of(pid), boot_id=boot_id())


def is_alive(process: ProcessId) -> bool:
    """Whether that very process still runs; a zombie does not.

    In a container whose process 1 buries nobody an orphan stays a zombie for ever.
    """
    if process.boot_id != boot_id():
        return False
    if process.start:
        stat = _stat_of(process.pid)
        return stat is not None and stat.start == process.start and stat.state not in _ENDED
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def group_is_empty(pgid: int) -> bool:
    """Whether no process runs any more in a group (the group of a child of ours)."""
    try:
        os.killpg(pgid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    if _stat_of(os.getpid()) is None:  # the system does not tell zombies from others
        return False
    stats = (_stat_of(int(entry.name)) for entry in Path("/proc").glob("[0-9]*"))
    return all(stat is None or stat.group != pgid or stat.state in _ENDED for stat in stats)
