"""Reads what a case left, and says which of the fourteen invariants it breaks.

Independent of planner: it reads the database with plain SQL, the world's log with plain JSON and the
files with plain reads, and knows of the journal only what its schema says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.crash.world import CANARY, Event, World, instances, state_of

CAP_NANO = 50_000_000
MOST_REQUESTS = 3
_PRICE_NANO = 2_000_000
_BLOCKED = re.compile(
    r"approval needed|may already have created|state file is (empty|damaged)"
    r"|unsaved state|state lock|interrupted",
    re.IGNORECASE,
)
_STARTS = frozenset({"started", "request", "apply", "init", "imported"})


class End(NamedTuple):
    """What the uninterrupted run of a module leads to."""

    objects: tuple[tuple[str, str], ...]
    """Address and input of all that exists."""
    state: tuple[tuple[str, str], ...]
    texts: tuple[tuple[str, str], ...]
    """Name and text of the module's own files."""


class Broken(NamedTuple):
    """One invariant that does not hold."""

    invariant: str
    what: str


class Verdict(NamedTuple):
    """What was found: how much was checked, and what was wrong."""

    checks: dict[str, int]
    broken: tuple[Broken, ...]
    outcome: str
    """`same`, `asked` (the same end, after a person did what was named), `blocked`."""


def end_of(world: World) -> End:
    """Where a world stands."""
    known = instances(state_of(world.state))
    return End(
        objects=tuple(sorted(world.objects().values())),
        state=tuple(sorted((address, one["input"]) for address, one in known.items())),
        texts=texts_of(world.module),
    )


def texts_of(module: Path) -> tuple[tuple[str, str], ...]:
    """The module's own files; what Terraform keeps there is not among them."""
    ours = (path for path in sorted(module.iterdir()) if path.is_file() and "tfstate" not in path.name)
    return tuple((path.name, path.read_text(encoding="utf-8")) for path in ours)


class Reader:
    """One reading of one case."""

    def __init__(
        self,
        world: World,
        *,
        before: tuple[tuple[str, str], ...],
        uninterrupted: End,
        ended: bool,
        asked: int,
    ) -> None:
        """`before` are the module's texts before the run; `asked` is how often a person was asked then."""
        self._world = world
        self._before = before
        self._wanted = uninterrupted
        self._ended = ended
        self._asked = asked
        self._events = world.events()
        self._runs, self._journal, self._calls = _database(world.home / "planner.db")
        self._checks: dict[str, int] = {}
        self._broken: list[Broken] = []

    def reads(self) -> Verdict:
        """All invariants."""
        rules: dict[str, Callable[[], Iterator[str | None]]] = {
            "I1": self._digests,
            "I2": self._effects,
            "I3": self._acknowledged,
            "I4": self._end,
            "I5": self._locks,
            "I6": self._processes,
            "I7": self._money,
            "I8": self._stopped,
            "I9": self._copies,
            "I10": self._states,
            "I11": self._module,
            "I12": self._secrets,
            "I13": self._rivals,
            "I14": self._replayed,
        }
        for name, rule in rules.items():
            for found in rule():
                self._checks[name] = self._checks.get(name, 0) + 1
                if found is not None:
                    self._broken.append(Broken(name, found))
        for bug in self._of("bug"):
            self._broken.append(Broken("bug", bug["text"]))
        return Verdict(self._checks, tuple(self._broken), self._outcome())

    def _of(self, name: str) -> list[Event]:
        return [event for event in self._events if event["event"] == name]

    def _outcome(self) -> str:
        if not self._runs or self._runs[-1][1] != "SUCCESS":
            return "blocked"
        by_hand = any(
            e.get("person") or e["id"] == "by hand"
            for e in [*self._of("state"), *self._of("unlocked")]
            if "id" in e or "person" in e
        )
        parked = sum(line["entry"]["kind"] == "run_parked" for _, line, _, _ in self._journal)
        return "asked" if by_hand or len(self._runs) > 1 or parked > self._asked else "same"

    # --- one rule an invariant: each yields None for what holds, else what does not ---------------

    def _digests(self) -> Iterator[str | None]:
        seen: set[str] = set()
        for event in self._of("apply"):
            yield f"plan {event['digest'][:12]} was applied twice" if event["digest"] in seen else None
            seen.add(event["digest"])

    def _effects(self) -> Iterator[str | None]:
        exist: dict[str, str] = {}
        gone: set[str] = set()
        for event in self._events:
            if event["event"] == "created":
                twice = event["address"] in exist.values()
                yield f"{event['address']} was created while it existed" if twice else None
                exist[event["id"]] = event["address"]
            elif event["event"] == "destroyed":
                yield f"{event['id']} was destroyed twice" if event["id"] in gone else None
                gone.add(event["id"])
                exist.pop(event["id"], None)

    def _acknowledged(self) -> Iterator[str | None]:
        there = {(run, line["seq"]) for run, line, _, _ in self._journal}
        last: dict[str, int] = {}
        for event in self._of("acknowledged"):
            place = (event["run"], event["seq"])
            yield (
                None if place in there else f"entry {place} ({event['entry']}) was acknowledged, and is lost"
            )
            in_order = event["seq"] > last.get(event["run"], -1)
            yield None if in_order else f"entry {place} was acknowledged out of order"
            last[event["run"]] = event["seq"]
        expected: dict[str, tuple[int, str]] = {}
        for run, line, text, link in self._journal:
            place_, previous = expected.get(run, (0, ""))
            own = hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
            yield (
                None
                if (line["seq"], link) == (place_, own)
                else f"entry {run}:{line['seq']} breaks the chain"
            )
            expected[run] = (place_ + 1, link)
        booked = {call[0] for call in self._calls}
        for event in self._of("reserved"):
            yield None if event["id"] in booked else f"reservation {event['id']} is lost"

    def _end(self) -> Iterator[str | None]:
        yield None if self._ended else "it does not come to an end"
        if not self._runs:
            yield "there is no run"
            return
        _, state, reason = self._runs[-1]
        if state != "SUCCESS":
            named = bool(_BLOCKED.search(f"{reason}\n{self._diagnosed()}"))
            yield (
                None if named else f"it ended {state}, without a reason that a person can act on: {reason!r}"
            )
            return
        now = end_of(self._world)
        for name, is_, was in zip(End._fields, now, self._wanted, strict=True):
            yield None if is_ == was else f"{name} at the end: {is_}, and without the death: {was}"

    def _diagnosed(self) -> str:
        """What the last run printed of its failures."""
        attempts = [
            line["entry"]["outcome"].get("attempt") or {}
            for run, line, _, _ in self._journal
            if run == self._runs[-1][0] and line["entry"]["kind"] == "moved"
        ]
        return "\n".join(d["summary"] for attempt in attempts for d in attempt.get("diagnostics", ()))

    def _locks(self) -> Iterator[str | None]:
        if not self._world.lock.exists():
            yield None
            return
        held = json.loads(self._world.lock.read_bytes())["ID"]
        named = any(held in text for _, _, text, _ in self._journal)
        yield None if named else f"the lock {held} is left, and nothing names it"

    def _processes(self) -> Iterator[str | None]:
        for event in self._of("left"):
            yield f"processes still run: {event['pids']}" if event["pids"] else None

    def _money(self) -> Iterator[str | None]:
        for run, _, _ in self._runs:
            calls = [call for call in self._calls if call[1] == run]
            spent = sum(settled if settled is not None else reserved for _, _, reserved, settled in calls)
            yield None if spent <= CAP_NANO else f"{spent} billionths of a dollar were spent"
            yield None if len(calls) <= MOST_REQUESTS else f"{len(calls)} model calls in one run"
        taken = len(self._of("request"))
        booked = sum(settled if settled is not None else reserved for _, _, reserved, settled in self._calls)
        yield (
            None if taken <= len(self._calls) else f"{taken} requests on the wire, {len(self._calls)} booked"
        )
        yield None if taken * _PRICE_NANO <= booked else "more money was taken than is booked"

    def _stopped(self) -> Iterator[str | None]:
        stopping: set[int] = set()
        for event in self._events:
            if event["event"] == "stopping":
                stopping.add(event["by"])
                yield None
            elif event["event"] in _STARTS and event["by"] in stopping:
                yield f"{event['event']} after the stop was acknowledged"

    def _copies(self) -> Iterator[str | None]:
        yield "a copy was removed with an unsaved state in it" if self._of("removed") else None
        saved = len(self._of("pushed")) + (self._world.module / "errored.tfstate").exists()
        for number, event in enumerate(self._of("unsaved")):
            yield None if number < saved else f"the unsaved state with serial {event['serial']} is gone"

    def _states(self) -> Iterator[str | None]:
        previous: Event | None = None
        for event in self._of("state"):
            if previous is not None:
                falls = event["serial"] <= previous["serial"]
                yield f"serial {event['serial']} after {previous['serial']}" if falls else None
                other = event["lineage"] != previous["lineage"]
                yield "the state has another lineage" if other else None
                emptied = not event["count"] and previous["count"]
                yield "the state is empty, and nobody planned that" if emptied else None
            previous = event

    def _module(self) -> Iterator[str | None]:
        now = texts_of(self._world.module)
        strange = [name for name, _ in now if name not in dict(self._before)]
        yield f"files are left in the module: {strange}" if strange else None
        if now == self._before:
            yield None
            return
        recorded = any(
            line["entry"].get("effect") == "promote" and line["entry"].get("ended") == "done"
            for _, line, _, _ in self._journal
        )
        yield None if recorded else "the module was changed, and no promotion is recorded"
        yield None if now == self._wanted.texts else "the module is neither as it was nor as the fix makes it"

    def _secrets(self) -> Iterator[str | None]:
        shapes = [CANARY.encode(), base64.b64encode(CANARY.encode())[:-4]]
        over = bool(self._runs) and all(state in {"SUCCESS", "FAILED"} for _, state, _ in self._runs)
        for path in (*self._world.home.rglob("*"), *self._world.root.glob("said-*")):
            if not path.is_file():
                continue
            holds = any(shape in path.read_bytes() for shape in shapes)
            kept = "/out/apply-" in str(path) or (path.name == "variables.json" and not over)
            if holds and kept:
                yield None if path.stat().st_mode & 0o077 == 0 else f"{path.name} may be read by others"
            else:
                yield f"the canary is in {path.relative_to(self._world.root)}" if holds else None

    def _rivals(self) -> Iterator[str | None]:
        struck = ""
        for event in self._events:
            struck = event["point"] if event["event"] == "death" else struck
            if event["event"] != "rival":
                continue
            if (
                struck == "resume/start"
            ):  # the first one held nothing yet: the second may win, and the first goes on after it
                yield None if event["code"] in {0, 1, 2, 3} else f"a second resume ended with {event['code']}"
                continue
            yield None if event["code"] == 1 else f"a second resume ended with {event['code']}"
            yield None if event["begun"] in ([], ["command"]) else f"a second resume did {event['begun']}"

    def _replayed(self) -> Iterator[str | None]:
        again = _database(self._world.home / "planner.db")
        yield None if again == (self._runs, self._journal, self._calls) else "it reads differently twice"
        for run, state, _ in self._runs:
            folded = "INIT"
            for _, line, _, _ in (row for row in self._journal if row[0] == run):
                entry = line["entry"]
                if entry["kind"] == "moved":
                    yield None if entry["source"] == folded else f"a move from {entry['source']} in {folded}"
                    folded = entry["target"]
            yield None if folded == state else f"the journal leads to {folded}, the list says {state}"


Rows = tuple[
    list[tuple[str, str, str]],
    list[tuple[str, dict[str, Any], str, str]],
    list[tuple[int, str, int, int | None]],
]


def _database(path: Path) -> Rows:
    """Runs, oldest first; entries in order; model calls."""
    db = sqlite3.connect(path)
    try:
        runs = db.execute("SELECT run_id, state, reason FROM runs ORDER BY started_at, rowid").fetchall()
        rows = db.execute("SELECT run_id, line, hash FROM journal ORDER BY run_id, seq").fetchall()
        calls = db.execute("SELECT id, run_id, reserved, settled FROM calls ORDER BY id").fetchall()
    finally:
        db.close()
    return runs, [(run, json.loads(line), line, link) for run, line, link in rows], calls
