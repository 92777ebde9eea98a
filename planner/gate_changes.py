"""The gate's rules about what happens to objects: destroyed, made, imported, changed, left out.

Decides by actions and addresses; of values, only by what an object is known by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from contracts.proposal import Finding
from contracts.terraform import HARMLESS, ChangeAction
from planner.gate_plan import Change, declared_at
from planner.gate_stateful import is_stateful
from planner.gate_view import QUIET, View, ask, stop
from planner.renamed import renamed

_TAINTED = "replace_because_tainted"
_UNTOLD = "no plan before the fix told whether it was to be."
_MAKING = frozenset({ChangeAction.CREATE, ChangeAction.REPLACE})
_DONE = {
    ChangeAction.DELETE: "would be destroyed",
    ChangeAction.REPLACE: "would be destroyed and made anew",
    ChangeAction.REMOVE: "would be forgotten: it stays, and Terraform knows of it no longer",
}


def _takes_away(view: View) -> Iterator[Finding]:
    """G2, G3, G4: nothing is taken away that the first plan would not have taken away just so."""
    names = renamed(view.plan.changes)
    for change in view.plan.changes:
        if not change.destructive or _was_to_go(view, change):
            continue
        tainted = change.action is ChangeAction.REPLACE and change.reason == _TAINTED
        if tainted and change.address in view.baseline.created:
            continue
        what = _DONE.get(change.action, "would be changed in a way that planner does not know")
        kept = change.action is not ChangeAction.REMOVE and is_stateful(change.type)
        also = "; it holds what is lost with it" if kept else ""
        object_ = f", its deposed object {change.deposed}" if change.deposed else ""
        if not change.deposed and (new := names.get(change.address)):
            also += f"; if it is called {new} now, a moved block keeps it"
        yield ask("G4" if kept else "G3", f"{change.address}{object_}", f"{what}{also}.")


def _was_to_go(view: View, change: Change) -> bool:
    """A word we do not know may mean another thing each time, and to destroy is more than to replace."""
    first = view.first(change)
    # It went, and this is another object.
    made_since = change.address in view.baseline.created and not change.deposed
    if change.action is ChangeAction.UNKNOWN or first in HARMLESS or made_since:
        return False
    less = change.action is ChangeAction.REPLACE and first is ChangeAction.DELETE
    left_over = bool(change.deposed) and first is ChangeAction.REPLACE
    return first is change.action or less or left_over


def _lost_state(view: View) -> Iterator[Finding]:
    """G5: the state still holds what it held."""
    first = view.baseline.first or {}
    here = view.plan.state.keys() | view.plan.gone
    for change in view.plan.changes:
        here |= {change.previous} if change.previous else set()
        here |= {change.address} if change.before is not None else set()
    missing = sorted(
        address
        for address in view.baseline.in_state - here
        if first.get(address, ChangeAction.NOOP) in HARMLESS
    )
    if missing:
        more = f", with {len(missing) - 1} more" if missing[1:] else ""
        yield stop("G5", missing[0], f"was in the state and is not{more}: this looks like lost state.")


def _elsewhere(view: View) -> Iterator[Finding]:
    """G5: the fix leads to no other place, where nothing of the state is found and all is made once more.

    Somebody may have deleted it meanwhile: the plan without the fix tells, where one was made.
    """
    for change in view.plan.changes:
        if change.action is not ChangeAction.CREATE or not _is_back(view, change):
            continue
        if view.prior is None:
            what = "is in the state and was not found, and no plan without the fix tells whether it is there"
            yield ask("G5", change.address, f"{what}: it would be made once more.")
        elif change.address not in view.prior.gone:
            what = "is found without the fix and not with it, and would be made once more"
            yield stop("G5", change.address, f"{what}: this looks like another place.")


def _creates(view: View) -> Iterator[Finding]:
    """G6: only that is made which was to be made, or which the fix names."""
    baseline = view.baseline
    for change in view.plan.changes:
        if change.action is not ChangeAction.CREATE or change.data or view.names(change):
            continue
        if baseline.first is None:
            expected = change.declared in baseline.declared and change.address not in baseline.in_state
        else:
            expected = view.first(change) in _MAKING
        if not expected and change.address not in view.plan.gone:
            yield stop(
                "G6", change.address, "would be created, and was not to be: this looks like lost state."
            )


def _more(view: View) -> Iterator[Finding]:
    """G6: of what the fix names there is no more than there was to be.

    Compared with what plans made before would make: another key in the place of one is no more.
    Where no plan came to an end, the edit policy reads the numbers in the files.
    """
    if view.baseline.first is None:
        return
    before = {address for address, action in view.baseline.first.items() if action in _MAKING}
    before |= (
        {change.address for change in view.prior.changes if change.action in _MAKING} if view.prior else set()
    )
    here = {change.address for change in view.plan.changes} | view.plan.state.keys()
    spare = Counter(declared_at(address) for address in before - here)
    for change in view.plan.changes:
        new = change.action is ChangeAction.CREATE and not change.data and view.names(change)
        if new and change.address not in before and not _is_back(view, change):
            spare[change.declared] -= 1
            if spare[change.declared] < 0:
                yield ask("G6", change.address, "would be made, and without the fix it was not to be.")


def _imports(view: View) -> Iterator[Finding]:
    """G8: only that is imported which a person approved, or which the module imports by itself."""
    own = (
        {c.address: c.importing for c in view.prior.changes if c.importing is not None} if view.prior else {}
    )
    for change in view.plan.changes:
        if change.importing is None or _is_approved(view, change):
            continue
        if change.importing != own.get(change.address):
            yield stop("G8", change.address, "would be imported, and nobody approved that address and id.")


def _twice(view: View) -> Iterator[Finding]:
    """G8: what is imported is not in the state already, under another address."""
    for address in sorted({address for address, _ in view.baseline.imports} - view.baseline.in_state):
        mine = view.plan.state.get(address, {})
        for other, one in view.plan.state.items():
            if other != address and _identity(one) == _identity(mine) is not None:
                what = (
                    f"is the object that the state has as {other} already, and with one of them goes "
                    "the other: give each a name of its own, or, where it was renamed, a moved block."
                )
                yield stop("G8", address, what)


def _identity(instance: Mapping[str, Any]) -> tuple[object, ...] | None:
    """What a real object is known by; None: its state does not tell."""
    values = instance.get("values")
    if not isinstance(values, Mapping) or not values.get("id"):
        return None
    kind = (instance.get("mode"), instance.get("type"), instance.get("provider_name"))
    return (*kind, values["id"], values.get("arn"))


def _is_approved(view: View, change: Change) -> bool:
    if change.importing is None:
        return False
    return (change.address, str(change.importing.get("id"))) in view.baseline.imports


def _beyond(view: View) -> Iterator[Finding]:
    """G12: only that changes which was to change, or which the fix can have reached.

    Where no plan came to an end before the fix, nothing tells what was to change: what the fix
    reaches of what is there already is for a person then.
    """
    reach = view.reach()
    if view.baseline.first is None:
        yield from _unforeseen(view, reach)
        return
    for change in view.plan.changes:
        moved = change.previous is not None
        if change.destructive or (change.action in QUIET and not moved) or _is_approved(view, change):
            continue
        if view.first(change) not in QUIET or (
            change.action is ChangeAction.CREATE and not _is_back(view, change)
        ):
            continue
        if change.declared not in reach:
            what = "moved" if moved else f"changed ({change.action})"
            yield ask("G12", change.address, f"would be {what}, and nothing that the fix edits leads there.")


def _unforeseen(view: View, reach: Collection[str]) -> Iterator[Finding]:
    """What no plan told of before the fix: changes of what is there, and more instances of it."""
    known = {*view.plan.state, *view.baseline.in_state}
    there = {declared_at(address) for address in known}
    for change in view.plan.changes:
        if change.declared not in reach:
            continue
        if change.action is ChangeAction.UPDATE:
            yield ask("G12", change.address, f"would be changed, and {_UNTOLD}")
        elif (
            change.action is ChangeAction.CREATE and change.declared in there and change.address not in known
        ):
            yield ask("G12", change.address, f"would be one more of what is there, and {_UNTOLD}")


def _is_back(view: View, change: Change) -> bool:
    """Whether what is created was deleted by somebody; other creates are a matter of G6."""
    return change.address in view.plan.gone


def _missing(view: View) -> Iterator[Finding]:
    """G14: the fix is none that makes a check pass by deleting what is checked."""
    plan, baseline, configuration = view.plan, view.baseline, view.configuration
    handled = {change.declared for change in plan.changes if change.destructive}
    handled |= {declared_at(change.previous) for change in plan.changes if change.previous}
    undeclared = baseline.declared - configuration.resources.keys()
    for address in undeclared - handled:
        yield ask("G14", address, "is declared no longer.")
    for name in baseline.outputs - configuration.outputs.keys():
        yield ask("G14", f"output.{name}", "is declared no longer.")
    if plan.unfinished:
        return
    for check in view.prior.checks - plan.checks if view.prior else ():
        yield ask("G14", check, "has conditions no longer.")
    here = {change.address for change in plan.changes} | plan.state.keys()
    for address, action in (baseline.first or {}).items():
        if action in _MAKING and address not in here and declared_at(address) not in undeclared:
            yield ask("G14", address, "was to be made, and would not be.")


RULES: tuple[Callable[[View], Iterator[Finding]], ...] = (
    _takes_away,
    _lost_state,
    _elsewhere,
    _creates,
    _more,
    _imports,
    _twice,
    _beyond,
    _missing,
)
