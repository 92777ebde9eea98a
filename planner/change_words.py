"""Why a plan would change an object, and over what, in words for people; never in Terraform's own."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.terraform import ChangeAction, PlannedChange
from contracts.text import listed, one_line

_REASONS = {
    "tainted": "its creation did not end well, so it is tainted",
    "requested": "this was asked for",
    "replace_triggered_by": "its replace_triggered_by names something that changes",
    "cannot_update": "what is to change cannot be changed in place",
    "delete_because_no_resource_config": "no configuration declares it any more",
    "delete_because_no_module": "no call leads to its module any more",
    "delete_because_wrong_repetition": "its count or for_each came or went",
    "delete_because_count_index": "count is no longer that large",
    "delete_because_each_key": "for_each has no such key any more",
    "delete_because_no_move_target": "it was moved to where nothing is declared",
}
_LONGEST_ADDRESS = 200
_SHOWN = 4


def why(change: PlannedChange) -> str:
    """Empty where Terraform told no reason, or one that this does not know."""
    was = f"it was {_short(change.previous_address)}" if change.previous_address else ""
    because = _REASONS.get(change.reason or "", "")
    if change.forced_by:
        because = f"{listed([_short(name) for name in change.forced_by], _SHOWN)} cannot be changed in place"
    return ", ".join(said for said in (was, because) if said)


def outside(drift: Sequence[PlannedChange]) -> str:
    """What somebody else changed before this plan, as the end of a sentence; empty where nobody did."""
    told = [_short(one.address) + (" (gone)" if one.action is ChangeAction.DELETE else "") for one in drift]
    return f", over what was changed outside Terraform: {listed(told, _SHOWN)}" if told else ""


def _short(name: str) -> str:
    return one_line(name, _LONGEST_ADDRESS)
