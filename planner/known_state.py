"""What planner keeps of a state beside the state itself: what it held, and what may exist beside it.

Terraform takes a missing state for a module that was never applied, and plans to
make everything a second time, without a word (ADR 0028). Kept by where the state
lies, so that a second clone of a module knows of it too, and what may exist also
by the state's lineage, for a folder that was renamed. What is asked is
`planner.approvals`'; what is strange about a state that is there, `state_guard`'s.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from contracts.run import RunRequest
from contracts.terraform import ApplyResult, ChangeAction, PlanResult, StateMark, TerraformResult
from planner.store import Store
from subagents.terraform.state_guard import local_state, place_of

_FALLBACK = "default"
"""The workspace in which a module is where nothing tells of another one any more."""


class Known(Protocol):
    """What `KnownState` does for the effects of one run."""

    def doubted(self, seen: TerraformResult | None = None) -> frozenset[str]:
        """What may exist although the state does not tell, as the journals name it.

        `seen` is the last look at the state.
        """
        ...

    def lost(self, plan: PlanResult) -> frozenset[str]:
        """What the plan would create of all that the state held when it was last seen.

        Nothing where the state holds something and is not an older one, or another, than that; nor where a
        local one is there: that is `state_guard`'s.
        """
        ...

    def elsewhere(self, plan: PlanResult) -> frozenset[str]:
        """What the plan would create of all that another state held, from which this folder was last run.

        Only of a place that was never looked at before and holds nothing; nor of a workspace that somebody
        has selected by its name.
        """
        ...

    def found(self, plan: PlanResult) -> None:
        """A plan has read the state. Raises `StoreError`, like what follows."""
        ...

    def begins(self, run_id: str, plan: PlanResult, creates: Iterable[str]) -> None:
        """A run is about to apply the plan, which creates these."""
        ...

    def ended(self, plan: PlanResult, apply: ApplyResult, doubted: Iterable[str]) -> None:
        """The apply is over, and leaves this in doubt."""
        ...


class NothingKnown:
    """Of a state that nobody has seen, and nobody will ask for."""

    def doubted(self, seen: TerraformResult | None = None) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """See `Known.doubted`."""
        return frozenset()

    def lost(self, plan: PlanResult) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """See `Known.lost`."""
        return frozenset()

    def elsewhere(self, plan: PlanResult) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """See `Known.elsewhere`."""
        return frozenset()

    def found(self, plan: PlanResult) -> None:
        """See `Known.found`."""

    def begins(self, run_id: str, plan: PlanResult, creates: Iterable[str]) -> None:
        """See `Known.begins`."""

    def ended(self, plan: PlanResult, apply: ApplyResult, doubted: Iterable[str]) -> None:
        """See `Known.ended`."""


class KnownState:
    """`Known`, over one store; where the state lies is looked up each time: init may tell another place."""

    def __init__(self, store: Store, request: RunRequest) -> None:
        self._store = store
        self._request = request

    def mark(self) -> StateMark | None:
        """What the state was known by when it was last seen; None: never, or nothing told it."""
        rows = self._store.rows("SELECT mark FROM states WHERE place = ?", (self._place(),))
        return StateMark.model_validate_json(rows[0][0]) if rows and rows[0][0] else None

    def doubted(self, seen: TerraformResult | None = None) -> frozenset[str]:
        """See `Known.doubted`."""
        places = self._places(seen)
        holes = ", ".join("?" * len(places))
        rows = self._store.rows(f"SELECT doubted, begun FROM states WHERE place IN ({holes})", places)  # noqa: S608 - question marks
        return frozenset(address for row in rows for told in row for address in json.loads(told))

    def lost(self, plan: PlanResult) -> frozenset[str]:
        """See `Known.lost`."""
        if self._request.destroy or self._is_there() or (plan.state_addresses and not self._fell_back(plan)):
            return frozenset()
        return _created(plan, self._held(self._place()) or [])

    def elsewhere(self, plan: PlanResult) -> frozenset[str]:
        """See `Known.elsewhere`."""
        known = self._request.workspace != _FALLBACK or self._held(self._place()) is not None
        if self._request.destroy or known or plan.state_addresses or self._is_there():
            return frozenset()
        return _created(plan, self._held(self._folder()) or [])

    def found(self, plan: PlanResult) -> None:
        """See `Known.found`. That it holds nothing, or fell back, is not kept: so it is noticed."""
        held = _digests(plan.state_addresses)
        mark = plan.state or self.mark()
        if not held or self._fell_back(plan):
            return
        if held != self._held(self._place()) or mark != self.mark():
            told = {"mark": mark.model_dump_json()} if mark is not None else {}
            self._keep((self._place(),), {"held": json.dumps(held)} | told)
        if held != self._held(self._folder()):
            self._keep((self._folder(),), {"held": json.dumps(held)})

    def begins(self, run_id: str, plan: PlanResult, creates: Iterable[str]) -> None:
        """See `Known.begins`. What another run began, and nobody has settled, stays in doubt."""
        before = {"doubted": json.dumps(sorted(self.doubted(plan)))}
        begun = {"begun": json.dumps(sorted(creates)), "begun_by": run_id}
        self._keep(self._places(plan), before | begun)

    def ended(self, plan: PlanResult, apply: ApplyResult, doubted: Iterable[str]) -> None:
        """See `Known.ended`."""
        left = {"doubted": json.dumps(sorted(doubted)), "begun": "[]", "begun_by": ""}
        held = {"held": json.dumps(_digests(_held_after(plan, apply)))}
        seen = apply.state if self._local() is not None else _at_least(plan, apply)
        mark = {"mark": seen.model_dump_json()} if seen is not None else {}
        self._keep((*self._places(plan), *self._places(apply)), left | held | mark)
        self._keep((self._folder(),), held)

    def _is_there(self) -> bool:
        """Whether there is a local state; what cannot be looked at is asked about."""
        path = self._local()
        try:
            return path is not None and path.exists()
        except OSError:
            return False

    def _fell_back(self, plan: PlanResult) -> bool:
        """Whether a remote state is an older one than was last seen, or another: somebody put it there."""
        known, now = self.mark(), plan.state
        if known is None or now is None or self._local() is not None:
            return False
        return now.lineage != known.lineage or now.serial < known.serial

    def _local(self) -> Path | None:
        """Where the state lies; None: a backend keeps it."""
        return local_state(self._request.module, self._request.workspace)

    def _held(self, place: str) -> list[str] | None:
        """None: nobody has looked there."""
        rows = self._store.rows("SELECT held FROM states WHERE place = ?", (place,))
        held: list[str] | None = json.loads(rows[0][0]) if rows else None
        return held

    def _folder(self) -> str:
        """Where the state was that this folder was last run with, wherever that lay."""
        return _digest(f"folder {self._request.module.resolve()}")

    def _keep(self, places: tuple[str, ...], values: dict[str, str]) -> None:
        names = ", ".join(values)
        holes = ", ".join("?" * len(values))
        new = ", ".join(f"{name} = excluded.{name}" for name in values)
        upsert = f"INSERT INTO states (place, {names}) VALUES (?, {holes}) ON CONFLICT DO UPDATE SET {new}"  # noqa: S608 - columns named above
        with self._store.transaction() as db:
            for place in places:
                db.execute(upsert, (place, *values.values()))

    def _place(self) -> str:
        return _digest(f"place {place_of(self._request.module, self._request.workspace)}")

    def _places(self, seen: TerraformResult | None) -> tuple[str, ...]:
        state = seen.state if seen is not None else None
        return (self._place(), *((_digest(f"lineage {state.lineage}"),) if state is not None else ()))


def settled(store: Store, run_id: str, doubted: Iterable[str]) -> None:
    """Of what a run that was cut off was to create, this may exist. Raises `StoreError`."""
    rows = store.rows("SELECT place, doubted FROM states WHERE begun_by = ?", (run_id,))
    if not rows:
        return
    more = set(doubted)
    with store.transaction() as db:
        for place, before in rows:
            db.execute(
                "UPDATE states SET doubted = ?, begun = '[]', begun_by = '' WHERE place = ? AND begun_by = ?",
                (json.dumps(sorted(more.union(json.loads(before)))), place, run_id),
            )


def _created(plan: PlanResult, held: Iterable[str]) -> frozenset[str]:
    """The addresses of a plan's changes that are among these digests."""
    known = set(held)
    return frozenset(change.address for change in plan.changes if _digest(change.address) in known)


def _held_after(plan: PlanResult, apply: ApplyResult) -> set[str]:
    """What the state holds once an apply is over, by what the plan found and what the apply told."""
    done = [change for change in apply.applied if change.ok]
    gone = {change.address for change in done if change.action is ChangeAction.DELETE}
    made = {change.address for change in done if change.action is not ChangeAction.DELETE}
    return (set(plan.state_addresses) - gone) | made


def _at_least(plan: PlanResult, apply: ApplyResult) -> StateMark | None:
    """What a remote state is known by after an apply: whatever it changed raised the serial."""
    if plan.state is None or not apply.ok or not any(change.ok for change in apply.applied):
        return None
    return plan.state.model_copy(update={"serial": plan.state.serial + 1})


def _digests(addresses: Iterable[str]) -> list[str]:
    """Addresses, sorted, as they are kept: a key of `for_each` may be a secret."""
    return sorted(map(_digest, addresses))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
