"""G5 for new backend settings: nothing of a state is moved, so nothing that it holds may be lost sight of.

Decides whether the place that the settings lead to may be used, and says where the state was, that it stays
there, and what lies at the new place. That Terraform takes the settings is tried by `planner.trial`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from contracts.proposal import Finding, Verdict
from contracts.terraform import InitMode
from planner.baseline import held_by
from planner.gate_plan import declared_at
from subagents.terraform.backend_note import place_told


class LeftBehind(NamedTuple):
    """The state behind the settings that counted so far."""

    where: str
    held: frozenset[str] | None
    """The addresses in it; None: that cannot be seen from here."""


def left_behind(mode: InitMode, module: Path, environment: Mapping[str, str]) -> LeftBehind | None:
    """What a module leaves where other settings are taken, to be asked before they are; None: none are."""
    if mode is not InitMode.RECONFIGURE:
        return None
    return LeftBehind(place_told(module, environment.get("TF_WORKSPACE")), held_by(module, environment))


def reconfigured(
    left: LeftBehind | None, copy: Path, environment: Mapping[str, str], found: Collection[str]
) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """What is told of the two places, and what is found about leaving the one.

    `found` are the addresses that a plan of the copy, which was made ready anew, read from its state.
    """
    if left is None:
        return (), ()
    to = place_told(copy, environment.get("TF_WORKSPACE"))
    new = f"{to}, which holds {_objects(len(found))}" if found else f"{to}, which is empty"
    told = f"the state was at {left.where}, and stays there; the module then starts with the state at {new}"
    if left.held is None:
        what = (
            f"what the state behind the old settings holds cannot be looked at: {told}. None of it is moved"
        )
        return (told,), (_finding(Verdict.ASK, what),)
    lost = sorted(left.held - {declared_at(address) for address in found})
    if not lost:
        return (told,), ()
    what = (
        f"the state behind the new settings lacks {_objects(len(lost))} of the old one, such as {lost[0]}: "
        f"{told}. To take it along: `terraform init -migrate-state` in the module; "
        "to stay with it: put the old settings back"
    )
    return (told,), (_finding(Verdict.STOP, what),)


def _finding(verdict: Verdict, what: str) -> Finding:
    return Finding(rule="G5", verdict=verdict, where="backend", what=what)


def _objects(count: int) -> str:
    return f"{count} object{'' if count == 1 else 's'}"
