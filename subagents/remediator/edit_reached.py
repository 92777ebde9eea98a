"""What must not hang on an edit unseen: commands, addresses that are called, providers, files, counts.

An edit of such a thing itself is judged by the other rules; here is judged an
edit of what it reads, for to alter the local behind a command is to alter the
command. What would run while a fix is only tried is refused; what runs with an
apply is for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_blocks import reaches_out
from subagents.remediator.edit_calls import DENIED, is_of_a_file
from subagents.remediator.edit_changes import Change, title
from subagents.remediator.edit_counts import COUNTS, is_other_count
from subagents.remediator.edit_powers import is_image, is_other_place, runs
from subagents.remediator.edit_reach import Node, Placed, Reach, names_in, node, reached
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_expression import GAP, Call, Expression

_RUNS_THINGS = frozenset({"provisioner", "connection"})
_VALUES = frozenset({"local", "variable", "setting"})
_WHERE_TO = frozenset({"region", "zone", "location", "project", "default_tags", "default_labels", "features"})
"""What a provider may be told through a variable: which part of its cloud, and how to mark what it makes."""
_FIRST = re.compile(r"templatefile \( (?P<file>[^,]*)")


def reach_findings(reach: Reach, changes: Sequence[tuple[str, Change]]) -> Iterator[Finding]:
    """What is reached by the changed arguments, each with its file."""
    by_change = [
        (change, reach.of([start]))
        for file, change in changes
        if (start := reach.start(file, change.top, change.path[0] if change.path else change.name))
    ]
    found = frozenset[Node]().union(*(nodes for _, nodes in by_change))
    said = frozenset[Node]().union(*(nodes for change, nodes in by_change if not is_of_a_file(change.after)))
    elsewhere = frozenset[Node]().union(*(nodes for change, nodes in by_change if is_other_place(change)))
    for placed in reach.blocks:
        yield from _block(placed, found)
        yield from _run(placed, said, elsewhere)
    yield from _in_pieces([change for _, change in changes])
    counted = frozenset(_counted(reach))
    for change, nodes in by_change:
        if change.top.kind in _VALUES and counted & nodes and is_other_count(change):
            what = "a count hangs on it, and it may come to another one, or to nothing"
            yield Finding(rule="edit:count", verdict=Verdict.ASK, where=change.where, what=what)


def _in_pieces(changes: Sequence[Change]) -> Iterator[Finding]:
    """A text that is put together with a value which the same edit sets could be written down."""
    new = {f"{'local' if c.top.kind == 'local' else 'var'}.{c.top.labels[-1]}" for c in changes if _sets(c)}
    for change in changes:
        read = {".".join(name.split(".")[:2]) for name in (change.after.names if change.after else ())}
        if new & read and any(GAP in leaf.text for leaf in change.leaves):
            what = "a text is put together from pieces that the edit brings"
            yield Finding(rule="edit:hidden", verdict=Verdict.ASK, where=change.where, what=what)


def _sets(change: Change) -> bool:
    kind, name = change.top.kind, change.name
    return (
        change.after is not None
        and bool(change.top.labels)
        and (kind in {"local", "setting"} or (kind == "variable" and not change.path and name == "default"))
    )


def _block(placed: Placed, found: frozenset[Node]) -> Iterator[Finding]:
    where = title(placed.block)
    for rule, verdict, what in _said(placed.folder, placed.block, found):
        yield Finding(rule=rule, verdict=verdict, where=where, what=what)


def _said(folder: str, block: Block, found: frozenset[Node]) -> Iterator[tuple[str, Verdict, str]]:
    if block.kind == "provider":
        if reached(_settings(block), folder, found):
            yield "edit:provider", Verdict.STOP, "how a provider is configured hangs on the edit"
        return
    for inner in (block, *block.inner()):
        if reaches_out(inner) and reached(names_in(inner), folder, found):
            what = "a data source that runs, calls or reads something hangs on the edit"
            yield "edit:data", Verdict.STOP, what
        if inner.kind in _RUNS_THINGS and _hangs(inner, block, folder, found):
            yield "edit:provisioner", Verdict.ASK, f"what a {inner.kind} is told hangs on the edit"
    if any(_reads_a_file(call, v, folder, found) for v in block.expressions() for call in v.calls):
        yield "edit:function", Verdict.ASK, "which file is read hangs on the edit"


def _run(placed: Placed, found: frozenset[Node], elsewhere: frozenset[Node]) -> Iterator[Finding]:
    """Code, images and commands that hang on the edit; a file is the code itself, whatever is put into it."""
    top = placed.block
    for block in (top, *top.inner()) if top.kind in {"resource", "module"} else ():
        own = () if block.kind in _RUNS_THINGS else block.arguments
        values = (value for name, value in own if runs(name) and not is_of_a_file(value))
        if any(reached(value.names, placed.folder, found) for value in values):
            what = "what is run hangs on the edit"
            yield Finding(rule="edit:code", verdict=Verdict.ASK, where=title(top), what=what)
        if any(is_image(name) and reached(value.names, placed.folder, elsewhere) for name, value in own):
            what = "where what runs comes from hangs on the edit"
            yield Finding(rule="edit:image", verdict=Verdict.ASK, where=title(top), what=what)


def _settings(block: Block) -> frozenset[str]:
    """What a provider's settings refer to, but those that only say where in its cloud it works."""
    inner = [names_in(one) for one in block.blocks if one.kind not in _WHERE_TO]
    own = [value.names for name, value in block.arguments if name not in _WHERE_TO]
    return frozenset[str]().union(*inner, *own)


def _hangs(inner: Block, resource: Block, folder: str, found: frozenset[Node]) -> bool:
    """Whether a provisioner is reached: by a name, by its resource, or by what counts that."""
    names = names_in(inner)
    mine = frozenset({".".join(resource.labels)})
    roots = {name.partition(".")[0] for name in names}
    if "self" in roots:
        names |= mine
    if roots & {"each", "count"}:
        names = names.union(*(value.names for name in COUNTS for value in resource.values(name)))
    return reached(names, folder, found)


def _reads_a_file(call: Call, value: Expression, folder: str, found: frozenset[Node]) -> bool:
    """Of a template, what is put into it may hang on an edit; which one it is may not."""
    if not DENIED.fullmatch(call.name) or call.name == "nonsensitive" or "::" in call.name:
        return False
    first = _FIRST.search(call.text)
    said = (first["file"] if first else call.text).replace(" ", "")
    return any(name in said and reached([name], folder, found) for name in value.names)


def _counted(reach: Reach) -> Iterator[Node]:
    """What counts refer to."""
    for folder, block in reach.blocks:
        yield from (node(folder, n) for kind in COUNTS for value in block.values(kind) for n in value.names)
