"""The texts of a module → what it declares, and what an edit touches, by configuration address. Pure.

What a plan would tell of the module as it was, for a module that has no plan
because it is broken. Leaves to others which modules there are and where.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from subagents.remediator.hcl import Block
from subagents.remediator.hcl_broken import read_or_recovered


class Inventory(NamedTuple):
    """What one module declares; addresses begin with the module's own."""

    resources: frozenset[str]
    """Data sources too."""
    provisioners: frozenset[tuple[str, str]]
    """Address and provisioner type."""
    sources: frozenset[str]
    """Of the modules it calls."""
    outputs: frozenset[str]
    """By name, without the module's address."""
    sensitive: frozenset[str]
    """Variables and outputs, such as `module.m.var.v`."""
    imports: frozenset[tuple[str, str]]
    """Address and id of each import block that names both plainly."""


def inventory(texts: Mapping[str, str], prefix: str) -> Inventory:
    """What the files of one folder declare; `prefix` is such as `module.m.`, empty for the root."""
    blocks = [block for text in texts.values() for block in read_or_recovered(text).blocks]
    resources = [block for block in blocks if block.kind in {"resource", "data"}]
    marked = [b for b in blocks if b.kind in {"variable", "output"} and _is_true(b, "sensitive")]
    return Inventory(
        resources=frozenset(_name(block, prefix) for block in resources),
        provisioners=frozenset(
            (_name(block, prefix), inner.labels[0])
            for block in resources
            for inner in block.blocks
            if inner.kind == "provisioner" and inner.labels
        ),
        sources=frozenset(
            leaf.text
            for block in blocks
            if block.kind == "module"
            for name, value in block.arguments
            if name == "source"
            for leaf in value.leaves
        ),
        outputs=frozenset(block.labels[0] for block in blocks if block.kind == "output" and block.labels),
        sensitive=frozenset(_name(block, prefix) for block in marked),
        imports=frozenset(_imports(blocks)),
    )


def _imports(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        given = dict(block.arguments)
        if block.kind == "import" and {"to", "id"} <= given.keys() and len(given["id"].leaves) == 1:
            yield "".join(given["to"].text.split()), given["id"].leaves[0].text


def touched(before: str, after: str, prefix: str) -> frozenset[str]:
    """What differs between two texts of a file: resources, `var.x`, `local.x`, `output.x`, `module.m`."""
    old, new = dict(_parts(read_or_recovered(before), prefix)), dict(_parts(read_or_recovered(after), prefix))
    return frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _parts(file: Block, prefix: str) -> Iterator[tuple[str, str]]:
    for block in file.blocks:
        if block.kind == "locals":
            for name, value in block.arguments:
                yield f"{prefix}local.{name}", value.text
        else:
            yield _name(block, prefix), block.text
    for name, value in file.arguments:  # of a file of variables
        yield f"{prefix}var.{name}", value.text


def _name(block: Block, prefix: str) -> str:
    kind = {"variable": "var.", "resource": ""}.get(block.kind, f"{block.kind}.")
    return prefix + kind + ".".join(block.labels)


def _is_true(block: Block, argument: str) -> bool:
    return any(name == argument and value.text != "false" for name, value in block.arguments)
