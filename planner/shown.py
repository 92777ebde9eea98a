"""What the plan of a copy says of what a fix would do to the state. Pure.

An import block for what is in the state already, or a move of what is not, is
passed over by Terraform without a word; the command would fail where the block
did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contracts.fixing import StateChange
from contracts.proposal import Finding
from planner.gate_plan import UnreadableError, read
from planner.gate_view import ask, stop
from subagents.remediator.work import Work

_Entry = Mapping[str, Any]


def unseen(plan: Mapping[str, Any], work: Work) -> Iterator[StateChange]:
    """The imports and moves that the plan (parsed `terraform show -json`) says nothing of."""
    entries = [entry for entry in plan.get("resource_changes") or () if isinstance(entry, dict)]
    for change in work.changes:
        if not any(_shows(entry, change) for entry in entries):
            yield change


def stands(plan: Mapping[str, Any], change: StateChange) -> bool:
    """Whether the state that the plan was made from is as the change leaves it, by whomever."""
    try:
        held = read(plan).state
    except UnreadableError:
        return False
    if change.verb == "import":
        return change.source in held
    here = any(_is_of(address, change.source) for address in held)
    there = change.destination is None or any(_is_of(address, change.destination) for address in held)
    return there and not here


def of_others(plan: Mapping[str, Any], made: Iterable[StateChange]) -> Iterator[Finding]:
    """The imports among these whose object has another id in the state: who made them is for a person."""
    for change in made:
        if change.verb == "import":
            found = read(plan).state[change.source].get("values", {}).get("id")
            if found != change.destination:
                what = f"is in the state as {found}: whether it is what was to be imported cannot be told"
                yield ask("import:other", change.source, what)


def in_vain(changes: Iterable[StateChange]) -> Iterator[Finding]:
    """What is said of them."""
    for change in changes:
        if change.verb == "import":
            what = "would not be imported: it is in the state already"
            yield stop("import:nothing", change.source, what)
        else:
            what = "would not be moved or forgotten: it is not in the state"
            yield stop("move:nothing", change.source, what)


def changes_nothing(plan: Mapping[str, Any] | None) -> bool:
    """Whether such a plan is empty, or was not made."""
    if plan is None:
        return True
    changes = [entry.get("change") for entry in plan.get("resource_changes") or () if isinstance(entry, dict)]
    changes += (plan.get("output_changes") or {}).values()
    return all((change or {}).get("actions") in (["no-op"], ["read"]) for change in changes)


def _shows(entry: _Entry, change: StateChange) -> bool:
    address, source = entry.get("address"), change.source
    if change.verb == "import":
        return address == source and bool(_change(entry).get("importing"))
    if change.destination is None:
        return _is_of(address, source) and "forget" in (_change(entry).get("actions") or ())
    return _is_of(entry.get("previous_address"), source) and _is_of(address, change.destination)


def _is_of(address: object, resource: str) -> bool:
    """Whether an address is the resource, or an instance of it."""
    return isinstance(address, str) and (address == resource or address.startswith(f"{resource}["))


def _change(entry: _Entry) -> Mapping[str, Any]:
    change = entry.get("change")
    return change if isinstance(change, dict) else {}
