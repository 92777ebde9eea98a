"""`force_unlock`: whose state lock it is, and whether its holder is provably dead.

Believes only what Terraform itself prints about the lock it could not take.
Decides what a person must be asked; releasing it is the Terraform sub-agent's.
It cannot be undone, and needs not to be: a lock holds no data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from contracts.diagnostic import Diagnostic
from contracts.identity import ProcessId
from contracts.proposal import Finding, Verdict
from subagents.workspace import RefusedError

_CLOCK = timedelta(seconds=2)
_SUMMARY = "Error acquiring the state lock"
_FIELD = re.compile(r"^\s*(ID|Who|Created|Operation|Path):[ \t]*(.*?)\s*$", re.MULTILINE)
_ID = re.compile(r"[A-Za-z0-9][\w./:=+-]{0,200}")
_CREATED = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?(?: ?\+0000|Z)")
_HELD = re.compile(r"already locked:\s+ID=(\S+)")
"""How the `http` backend names a lock; the `Lock Info` it prints is of the one who asked in vain."""

_UNTOLD = "already locked, failed to"
"""How it says that a store named no lock: again, what it prints is of the one who asked in vain."""

_LIVES = re.compile(r"^\s*(?:Error message: )?resource temporarily unavailable\s*$", re.MULTILINE)
"""How it says that the system holds the file of a local state for somebody: of a dead one nothing is held."""


class Lock(NamedTuple):
    """A lock as Terraform describes it."""

    id: str
    who: str
    operation: str
    created: datetime | None
    """UTC; None where it is not told in a form that is known."""
    lives: bool = False
    """Whether the system itself keeps it, for a holder that runs; a force-unlock could not release it."""

    @property
    def host(self) -> str:
        """The machine of its holder."""
        return self.who.rpartition("@")[2]


class Started(NamedTuple):
    """A Terraform process that planner started on the module, and that takes the state's lock."""

    process: ProcessId
    alive: bool
    orderly: bool
    """Whether it ended by itself: then it freed its lock."""
    operation: str
    """As a lock names it, such as `OperationTypeApply`."""
    at: datetime
    """UTC."""
    until: datetime
    """The latest time at which it can have taken the lock."""
    completed: bool = False
    """Whether it did what it was to do: then no lock of an earlier process stood in its way."""


class Machine(NamedTuple):
    """What is known of this machine."""

    host: str
    ours: tuple[Started, ...]
    """What planner started on the module."""
    oldest_engine: datetime | None
    """When the oldest Terraform or OpenTofu that runs on this machine was started, by whomever; UTC."""


def lock_of(diagnostics: Sequence[Diagnostic]) -> Lock | None:
    """The lock that stood in the way, from Terraform's own error alone."""
    if is_untold(diagnostics):
        return None
    for diagnostic in diagnostics:
        if diagnostic.summary == _SUMMARY and diagnostic.address is None:
            fields = dict(_FIELD.findall(diagnostic.detail))
            held = _HELD.search(diagnostic.detail)
            if held and held[1] != fields.get("ID"):
                return Lock(id=held[1], who="", operation="", created=None)
            if "ID" in fields:
                return Lock(
                    id=fields["ID"],
                    who=fields.get("Who", ""),
                    operation=fields.get("Operation", ""),
                    created=_time(fields.get("Created", "")),
                    lives=_LIVES.search(diagnostic.detail) is not None,
                )
    return None


def is_untold(diagnostics: Sequence[Diagnostic]) -> bool:
    """Whether a lock stood in the way of which the store does not tell whose it is."""
    return any(d.summary == _SUMMARY and _UNTOLD in d.detail for d in diagnostics)


def unlocking(
    lock_id: str, diagnostics: Sequence[Diagnostic], machine: Machine
) -> tuple[str, tuple[Finding, ...]]:
    """Why the lock may be released, and what a person is asked before.

    Raises `RefusedError` where it is not the lock that stands in the way, or its holder lives.
    """
    lock = lock_of(diagnostics)
    if lock is None or lock.id != lock_id or not _ID.fullmatch(lock_id):
        raise RefusedError("the id is not the one of the lock that Terraform could not take")
    if lock.lives:
        raise RefusedError(f"the holder of the lock, {lock.who or 'unknown'}, still runs: the system says so")
    if lock.host == machine.host:
        mine = [started for started in machine.ours if _took(started, lock)]
        if any(started.alive for started in mine):
            raise RefusedError(f"the holder of the lock, {lock.who}, is a process of planner that still runs")
        if mine and not _may_hold(machine.oldest_engine, lock):
            return f"the lock's holder, pid {mine[-1].process.pid} of an earlier run of planner, is dead", ()
    told = "" if lock.who else _left_by(machine.ours)
    asked = Finding(
        rule="unlock:holder",
        verdict=Verdict.ASK,
        where=f"lock {lock_id}",
        what=f"nobody can tell from here whether its holder, {lock.who or 'unknown'}, still runs{told}",
    )
    holder = lock.who or "nobody knows who"
    return f"only if its holder ({holder}) is provably dead, for nobody can tell that from here", (asked,)


def _left_by(ours: Sequence[Started]) -> str:
    """Whose a lock may be that tells of no holder: a process of planner's that died; nothing got by since.

    No proof: somebody may have released that lock by hand, and taken it. Raises `RefusedError` where such a
    process lives.
    """
    since = max((started.at for started in ours if started.completed), default=None)
    cut_off = [s for s in ours if not s.orderly and (since is None or s.at >= since)]
    if alive := [started.process.pid for started in cut_off if started.alive]:
        raise RefusedError(f"the lock's holder may be pid {alive[0]}, a process of planner that still runs")
    if not cut_off:
        return ""
    last = max(cut_off, key=lambda started: started.at)
    return (
        f"; it may be pid {last.process.pid} of an earlier run of planner ({last.operation}, started "
        f"{last.at:%Y-%m-%d %H:%M:%S} UTC), which is dead and was cut off before it freed its lock"
    )


def _took(started: Started, lock: Lock) -> bool:
    """Whether that process may hold the lock: of its kind, in its time, and never in order to the end."""
    if lock.created is None or started.orderly or started.operation != lock.operation:
        return False
    return started.at <= lock.created <= started.until


def _may_hold(oldest: datetime | None, lock: Lock) -> bool:
    """Whether a process that was started then may be who holds the lock: not one that came after it."""
    return oldest is not None and (lock.created is None or oldest <= lock.created + _CLOCK)


def _time(said: str) -> datetime | None:
    found = _CREATED.match(said)
    if not found:
        return None
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)
    except ValueError:
        return None
