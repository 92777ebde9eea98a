"""Reads the audit trail and verifies it against itself, the journals, and an earlier head.

Decides what counts as damage, and where it is. Two chains hold each other: each
line of the trail carries the hash of the line before it, and that of the
journal's entry it was written with. Whoever rewrites both from some line on
leaves no damage inside the store; that is found by a head kept elsewhere.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from contracts.audit import AuditLine
from contracts.errors import StoreError
from planner.store import Store, link_of

_PAGE = 1000
_LOWEST = -(2**63)
_TRIGGERS = ("audit_fixed", "audit_kept")


class Stored(NamedTuple):
    """One line of the trail as the store holds it."""

    seq: int
    text: str
    """The line as JSON, just as it went into its hash."""
    hash: str


class Damage(NamedTuple):
    """Something that is not as it was written."""

    where: str
    what: str


class Verified(NamedTuple):
    """What a verification found."""

    lines: int
    head: str
    """Hash of the last line; empty where there is none."""
    runs: int
    """Journals that were walked."""
    entries: int
    older: int
    """Runs from before there was a trail."""
    damage: tuple[Damage, ...]


def stored(store: Store) -> Iterator[Stored]:
    """The whole trail in order, as it is, damaged or not."""
    last = _LOWEST
    while rows := store.rows(
        "SELECT seq, line, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (last, _PAGE)
    ):
        for row in rows:
            yield Stored(*row)
        last = rows[-1][0]


def lines(
    store: Store, *, since: datetime | None = None, run: str = ""
) -> Iterator[tuple[AuditLine, Stored]]:
    """The lines not older than `since`, of runs whose id begins so, in order. Raises `StoreError`."""
    for row in stored(store):
        try:
            line = AuditLine.model_validate_json(row.text)
        except ValueError as error:
            raise StoreError(
                f"line {row.seq} of the audit trail cannot be read", remedy="see `planner audit verify`"
            ) from error
        if (since is None or line.at >= since) and (line.run_id or "").startswith(run):
            yield line, row


def verify(store: Store, head: str | None = None) -> Verified:
    """Walk the trail and every journal; `head` is what an earlier verification told. Raises `StoreError`."""
    with store.snapshot():
        trail = _Trail()
        damage = [*_unguarded(store), *trail.walk(store)]
        if head is not None and head not in trail.hashes:
            what = f"no line has the hash {head}: its end was cut off, or it was written anew, since then"
            damage.append(Damage("trail", what))
        entries = older = 0
        runs = _runs(store)
        for run_id in sorted(runs | set(trail.named)):
            journal = _Journal(run_id)
            damage += journal.walk(store)
            damage += journal.compared(trail.named.get(run_id, {}))
            entries += len(journal.hashes)
            if run_id not in trail.named and journal.hashes:
                strange = list(journal.unnamed(trail.began))
                older += not strange
                damage += strange
    return Verified(trail.count, trail.head, len(runs), entries, older, tuple(damage))


class _Trail:
    """The trail's chain, and what it says of journals."""

    def __init__(self) -> None:
        self.count = 0
        self.head = ""
        self.hashes: set[str] = set()
        self.began: datetime | None = None
        self.named: dict[str, dict[int, tuple[str, int]]] = defaultdict(dict)
        """Run → entry → its hash, and the line that says so."""

    def walk(self, store: Store) -> Iterator[Damage]:
        last = 0
        for row in stored(store):
            told = _read(row.text)
            yield from _misplaced("line", last, row.seq)
            if row.seq == last + 1 and row.hash != link_of(self.head, row.text):
                yield Damage(f"line {row.seq}", _CHANGED)
            elif told.get("seq") != row.seq:
                yield Damage(f"line {row.seq}", f"was written as line {told.get('seq')}")
            last, self.head = row.seq, row.hash
            self.count += 1
            self.hashes.add(row.hash)
            self._note(row, told)

    def _note(self, row: Stored, told: dict[str, Any]) -> None:
        self.began = self.began or _moment(told)
        run_id, entry = told.get("run_id"), told.get("entry")
        if isinstance(run_id, str) and isinstance(entry, int):
            self.named[run_id][entry] = (str(told.get("entry_hash")), row.seq)


class _Journal:
    """One run's chain."""

    def __init__(self, run_id: str) -> None:
        self.hashes: dict[int, str] = {}
        self._run_id = run_id
        self._began: datetime | None = None

    def walk(self, store: Store) -> Iterator[Damage]:
        last, previous = -1, ""
        for seq, text, link in store.rows(
            "SELECT seq, line, hash FROM journal WHERE run_id = ? ORDER BY seq", (self._run_id,)
        ):
            told = _read(text)
            for found in _misplaced("entry", last, seq):
                yield self._at(found.where, found.what)
            if seq == last + 1 and link != link_of(previous, text):
                yield self._at(f"entry {seq}", _CHANGED)
            elif (told.get("run_id"), told.get("seq")) != (self._run_id, seq):
                yield self._at(
                    f"entry {seq}", f"was written as entry {told.get('seq')} of run {told.get('run_id')}"
                )
            self._began = self._began or _moment(told)
            self.hashes[seq] = link
            last, previous = seq, link

    def compared(self, named: dict[int, tuple[str, int]]) -> Iterator[Damage]:
        """Against what the trail says of it."""
        if named and not self.hashes:
            yield Damage(f"run {self._run_id}", "the trail names it, and its journal is gone")
            return
        for entry, (link, line) in named.items():
            if entry not in self.hashes:
                yield self._at(f"entry {entry}", f"line {line} of the trail names it, and it is gone")
            elif self.hashes[entry] != link:
                yield self._at(
                    f"entry {entry}", f"is not the one that line {line} of the trail was written with"
                )

    def unnamed(self, trail_began: datetime | None) -> Iterator[Damage]:
        """A journal of which the trail knows nothing, although it was there already."""
        if trail_began is not None and self._began is not None and self._began >= trail_began:
            yield Damage(f"run {self._run_id}", "has a journal, and the trail does not name it")

    def _at(self, where: str, what: str) -> Damage:
        return Damage(f"{where} of run {self._run_id}", what)


_CHANGED = "does not follow from the one before it: one of the two was changed"


def _misplaced(what: str, last: int, seq: int) -> Iterator[Damage]:
    """What the number after `last` says, where it is not the next one."""
    if seq > last + 1:
        gone = f"{what} {last + 1}" if seq == last + 2 else f"{what} {last + 1} to {seq - 1}"
        yield Damage(gone, "is missing")
    elif seq <= last:
        yield Damage(f"{what} {seq}", "was put in before the first one")


def _unguarded(store: Store) -> Iterator[Damage]:
    found = store.rows("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'", ())
    for name in sorted(set(_TRIGGERS) - {name for (name,) in found}):
        yield Damage("trail", f"the trigger {name}, which keeps lines from being changed, is gone")


def _runs(store: Store) -> set[str]:
    found = store.rows("SELECT run_id FROM journal WHERE seq = 0 UNION SELECT run_id FROM runs", ())
    return {run_id for (run_id,) in found}


def _read(text: str) -> dict[str, Any]:
    """A line, whatever version wrote it; empty where it is none."""
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _moment(told: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(told.get("at")))
    except ValueError:
        return None
