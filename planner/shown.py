"""What the plan of a copy says of what a fix would do to the state. Pure.

An import block for what is in the state already, or a move of what is not, is
passed over by Terraform without a word; the command would fail where the block
did not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.proposal import Finding
from planner.gate_view import stop
from subagents.remediator.work import Work

_Entry = Mapping[str, Any]


def unseen(plan: Mapping[str, Any], work: Work) -> Iterator[Finding]:
    """The imports and moves that the plan (parsed `terraform show -json`) says nothing of."""
    entries = [entry for entry in plan.get("resource_changes") or () if isinstance(entry, dict)]
    for address, _ in work.imports:
        if not any(entry.get("address") == address and _change(entry).get("importing") for entry in entries):
            yield stop("import:nothing", address, "would not be imported: it is in the state already")
    for source, to in work.moves:
        if not any(_moves(entry, source, to) for entry in entries):
            yield stop("move:nothing", source, "would not be moved or forgotten: it is not in the state")


def changes_nothing(plan: Mapping[str, Any] | None) -> bool:
    """Whether such a plan is empty, or was not made."""
    if plan is None:
        return True
    changes = [entry.get("change") for entry in plan.get("resource_changes") or () if isinstance(entry, dict)]
    changes += (plan.get("output_changes") or {}).values()
    return all((change or {}).get("actions") in (["no-op"], ["read"]) for change in changes)


def _moves(entry: _Entry, source: str, to: str | None) -> bool:
    if to is None:
        return _is_of(entry.get("address"), source) and "forget" in (_change(entry).get("actions") or ())
    return _is_of(entry.get("previous_address"), source) and _is_of(entry.get("address"), to)


def _is_of(address: object, resource: str) -> bool:
    """Whether an address is the resource, or an instance of it."""
    return isinstance(address, str) and (address == resource or address.startswith(f"{resource}["))


def _change(entry: _Entry) -> Mapping[str, Any]:
    change = entry.get("change")
    return change if isinstance(change, dict) else {}
