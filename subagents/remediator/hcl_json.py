"""Configuration written as JSON → the same tree of blocks that HCL has, as far as who reads what.

Decides which keys are blocks and which are arguments, and reads each text as the
template that Terraform takes it for. Nobody edits such a file here: it is looked
at for what hangs on an edit of another one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from subagents.foreign_json import parsed
from subagents.remediator.hcl import Block, read
from subagents.remediator.hcl_expression import REFERENCE, Expression, Leaf

_LABELS = {
    **dict.fromkeys(("resource", "data", "ephemeral"), 2),
    **dict.fromkeys(("provider", "variable", "output", "module", "check", "provisioner"), 1),
    **dict.fromkeys(("locals", "terraform", "moved", "removed", "import", "connection", "lifecycle"), 0),
}
_OF_A_FILE = frozenset(_LABELS) - {"provisioner", "connection", "lifecycle"}
_INSIDE = {
    "resource": frozenset({"provisioner", "connection", "lifecycle"}),
    "check": frozenset({"data"}),
}


def read_json(text: str) -> Block:
    """The tree of a file; where it is no JSON object, what its text seems to name."""
    try:
        whole = parsed(text)
    except (ValueError, RecursionError):
        whole = None
    if not isinstance(whole, dict):
        return Block(raw=text)
    blocks = (block for kind in sorted(_OF_A_FILE & whole.keys()) for block in _blocks(kind, whole[kind]))
    return Block(blocks=tuple(blocks))


def _blocks(kind: str, value: Any, labels: tuple[str, ...] = ()) -> Iterator[Block]:
    """The blocks of a kind; a list stands for several, at every level."""
    if isinstance(value, list):
        for one in value:
            yield from _blocks(kind, one, labels)
    elif isinstance(value, dict) and len(labels) < _LABELS[kind]:
        for label, inner in value.items():
            yield from _blocks(kind, inner, (*labels, label))
    elif isinstance(value, dict):
        inside = _INSIDE.get(kind, frozenset())
        yield Block(
            kind,
            labels,
            tuple((name, _value(name, one)) for name, one in value.items() if name not in inside),
            tuple(block for name in sorted(inside & value.keys()) for block in _blocks(name, value[name])),
        )


def _value(name: str, value: Any) -> Expression:
    """All templates of a value together; one that cannot be read counts by what it seems to name."""
    found = [_template(name, text) for text in _texts(value)]
    return Expression(
        json.dumps(value, sort_keys=True),
        tuple(leaf for one in found for leaf in one.leaves),
        tuple(call for one in found for call in one.calls),
        frozenset[str]().union(*(one.names for one in found)),
    )


def _template(name: str, text: str) -> Expression:
    plain = Expression(text, (Leaf((name,), text, quoted=True),))
    if "${" not in text and "%{" not in text:
        # Some arguments are references by themselves, such as those of `depends_on` and `providers`.
        return Expression(text, plain.leaves, (), frozenset(REFERENCE.findall(text)))
    tree = read(f"{name if name.isidentifier() else 'x'} = <<END_OF_THE_JSON\n{text}\nEND_OF_THE_JSON\n")
    read_as: Mapping[str, Expression] = dict(tree.arguments) if tree is not None else {}
    whole = next(iter(read_as.values()), plain)
    seem = frozenset(REFERENCE.findall(text)) if whole is plain else whole.names
    return Expression(text, plain.leaves, whole.calls, seem)


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value, and the keys of its objects, which are templates too."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            yield one
