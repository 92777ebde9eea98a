"""What blocks come to before and after an edit, wherever their values stand → changes, and wider openings.

An argument that names another local, or whose local the edit alters, is judged
as if its value stood in it. Only what the files say themselves is followed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from contracts.proposal import Finding, Verdict
from subagents.openings import Item, lays_out, widened
from subagents.remediator.edit_changes import Change, title
from subagents.remediator.edit_choices import choice_findings
from subagents.remediator.edit_counts import Known
from subagents.remediator.edit_embedded import expanded
from subagents.remediator.edit_pairs import are_near
from subagents.remediator.edit_reach import Placed
from subagents.remediator.edit_switches import switch_findings
from subagents.remediator.edit_weakening import weakening
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_expression import Expression, Leaf

_KINDS = frozenset({"resource", "data", "module"})
_QUOTES = re.compile(r'[\s"]')
_Argument = tuple[tuple[str, ...], Expression, Expression]
"""Its path, what is written, and what that comes to."""


@dataclass(frozen=True, slots=True)
class _Both:
    """A block as it was and as it is, with the values that its arguments come to."""

    before: Placed
    after: Placed
    was: list[_Argument]
    now: list[_Argument]


def _both(before: Known, after: Known) -> Iterator[_Both]:
    """The blocks whose values are not the same any more."""
    old = {placed.name: placed for placed in before.reach.blocks}
    for placed in after.reach.blocks:
        earlier = old.get(placed.name) if placed.block.kind in _KINDS else None
        if earlier is None:
            continue
        was, now = list(_values(earlier, before)), list(_values(placed, after))
        if was != now:
            yield _Both(earlier, placed, was, now)


def far_findings(
    before: Known, after: Known, altered: Iterable[Change], asked: Collection[str]
) -> Iterator[Finding]:
    """What the blocks come to; then the choices among the arguments that nothing was `asked` about."""
    declared = frozenset(
        ("data." if block.kind == "data" else "") + ".".join(block.labels)
        for _, block in before.reach.blocks
        if block.kind in {"resource", "data"}
    )
    blocks = list(_both(before, after))
    yield from _opening_findings(blocks)
    for change in _far_changes(blocks, before):
        found = list(weakening(change))
        found = found or list(switch_findings(change, declared))
        yield from found or choice_findings(change)
    for change in altered:
        if change.where not in asked:
            yield from switch_findings(_over(change, before), declared)


def _over(change: Change, before: Known) -> Change:
    """An argument that comes; in a file that overrides, as the change of what it overrides."""
    if change.before is not None or change.path or change.after is None:
        return change
    for _, block in before.reach.blocks:
        same = (block.kind, block.labels) == (change.top.kind, change.top.labels)
        for value in block.values(change.name) if same else ():
            return replace(change, before=value)
    return change


def _far_changes(blocks: list[_Both], before: Known) -> Iterator[Change]:
    """The arguments that come to something else by what they name."""
    for one in blocks:
        had = Counter(path for path, _, _ in one.was)
        earlier = {path: (written, value) for path, written, value in one.was if had[path] == 1}
        for path, written, value in one.now:
            told, known = earlier.get(path, (None, None))
            follows = value != written or (known is not None and known != told)
            lost = (
                written == told and value == written
            )  # what it names is there no more, as Terraform will say
            if told is None or known is None or not follows or value == known or lost:
                continue
            if not before.constants.is_told(told, one.before.folder) and are_near(told.names, written.names):
                continue
            new = Counter(_all(value)) - Counter(_all(known))
            where = f"{title(one.after.block)}, {'.'.join(path)}"
            yield Change(
                where, one.after.block, path[:-1], path[-1], known, value, leaves=tuple(new.elements())
            )


def _opening_findings(blocks: list[_Both]) -> Iterator[Finding]:
    """The rules that let in more than before, between private networks too."""
    for one in blocks:
        block = one.after.block
        if block.kind == "data" or (block.kind == "resource" and lays_out((*block.labels, "")[0])):
            continue
        same = {_bare(argument): argument for argument in one.was}
        now = [same.get(_bare(argument), argument) for argument in one.now]  # quotes alone open nothing
        for what in widened(_items(one.was), _items(now)):
            yield Finding(rule="edit:open", verdict=Verdict.ASK, where=title(block), what=what)


def _values(placed: Placed, known: Known) -> Iterator[_Argument]:
    loops = {
        label: known.constants.of(value, placed.folder, "")
        for label, block in _loops(placed.block)
        for value in block.values("for_each")
    }
    for path, value in _arguments(placed.block, ()):
        found = known.constants.of(value, placed.folder, path[-1])
        given = [leaf for name in sorted(value.names) for leaf in _given(name, loops, path[-1])]
        yield path, value, replace(found, leaves=(*found.leaves, *given)) if given else found


def _loops(block: Block) -> Iterator[tuple[str, Block]]:
    """What is repeated, by the name under which it finds what it is repeated for."""
    yield "each", block
    for inner in block.inner():
        if inner.kind == "dynamic" and inner.labels:
            yield inner.labels[0], inner


def _given(name: str, loops: Mapping[str, Expression], key: str) -> Iterator[Leaf]:
    """The literals that `each.value.x` may stand for, under the key that takes it."""
    label, _, rest = name.partition(".value")
    path = tuple(rest.split(".")[1:])
    for leaf in loops[label].leaves if rest and label in loops else ():
        if path and path[-1] in leaf.keys[1:]:
            yield leaf._replace(keys=(key,))


def _arguments(block: Block, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Expression]]:
    for name, value in block.arguments:
        yield (*path, name), value
    for inner in block.blocks:
        yield from _arguments(inner, (*path, inner.kind, *inner.labels))


def _all(value: Expression) -> Iterator[Leaf]:
    return (each for leaf in value.leaves for each in expanded(leaf))


def _bare(argument: _Argument) -> tuple[tuple[str, ...], str]:
    path, written, value = argument
    return path, _QUOTES.sub("", value.text) if written == value else repr(value.leaves)


def _items(values: list[_Argument]) -> list[Item]:
    found = [(path[-1], leaf) for path, _, value in values for leaf in _all(value)]
    return [(leaf.keys[-1].lower() or name.lower(), leaf.text) for name, leaf in found]
