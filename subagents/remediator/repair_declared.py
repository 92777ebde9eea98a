"""What the files of a folder declare, and where they refer to it.

Decides which blocks and attributes a name stands for. Leaves to others what is
wrong with a name.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tree_sitter import Node

from subagents.remediator.repair_text import Module, Source, walk

Address = tuple[str, ...]
"""Such as `("var", "size")`, `("aws_vpc", "main")` or `("data", "aws_ami", "a")`: as a reference begins."""

_ROOTS = {"variable": "var", "module": "module"}
_STEPS = frozenset({"get_attr", "index", "splat"})


class Reference(NamedTuple):
    """A reference in a file: `local.a.b[0]`."""

    source: Source
    names: tuple[Node, ...]
    """The names it begins with, up to the first index."""
    after: Node | None
    """The first index behind these names."""

    @property
    def words(self) -> Address:
        """These names as texts."""
        return tuple(self.source.of(name) for name in self.names)


class Declared:
    """What one folder declares."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = list(sources)
        self.blocks: dict[Address, tuple[Source, Node]] = {}
        """Each with the block, or the attribute of `locals`, that declares it."""
        for source in self.sources:
            for address, node in _declared_in(source):
                self.blocks.setdefault(address, (source, node))

    def named(self, *begin: str) -> list[str]:
        """The names below such a beginning, as `var` or `aws_vpc`."""
        return [address[-1] for address in self.blocks if address[:-1] == begin]

    def references(self, *begin: str) -> Iterator[Reference]:
        """Every reference that begins so, in the order of the files."""
        for source in self.sources:
            for reference in references_in(source):
                if reference.words[: len(begin)] == begin:
                    yield reference

    def has_instances(self, address: Address) -> bool:
        """Whether its block sets `count` or `for_each`, or may do so in a way that is not seen."""
        source, node = self.blocks[address]
        return any(name in {"count", "for_each"} for name in attributes(source, node))


def references_in(source: Source) -> Iterator[Reference]:
    """Every reference of a file."""
    for node in walk(source.root):
        if node.type == "variable_expr" and node.children and node.parent is not None:
            names, after, here = [node.children[0]], None, node.next_sibling
            while here is not None and here.type == "get_attr" and after is None:
                names.append(here.children[-1])
                here = here.next_sibling
            if here is not None and here.type in _STEPS:
                after = here
            yield Reference(source, tuple(names), after)


def items(node: Node) -> list[Node]:
    """The attributes and blocks of a block, or of a whole file."""
    bodies = [node] if node.type == "body" else [child for child in node.children if child.type == "body"]
    return [item for body in bodies for item in body.children if item.type in {"attribute", "block"}]


def attributes(source: Source, node: Node) -> dict[str, Node]:
    """The attributes of a block, or of a whole file, by name."""
    return {source.of(item.children[0]): item for item in items(node) if item.type == "attribute"}


def header(source: Source, block: Node) -> tuple[str, ...]:
    """A block's type and labels."""
    heads = (child for child in block.children if child.type in {"identifier", "string_lit"})
    return tuple(source.of(head).strip('"') for head in heads)


def around(source: Source, line: int) -> list[Node]:
    """The blocks that a line lies in, the outermost first."""
    found = (node for node in walk(source.root) if node.type == "block")
    return [node for node in found if node.start_point[0] < line <= node.end_point[0] + 1]


def value_of(attribute: Node) -> Node:
    """The expression of an attribute."""
    return attribute.children[-1]


def only(node: Node) -> Node:
    """What stands in wrappers that hold nothing else: the expression proper."""
    while len(node.children) == 1:
        node = node.children[0]
    return node


def called_by(module: Module, source: Source, block: Node) -> Declared:
    """What the local module that a block calls declares; nothing where its files are not at hand."""
    called = attributes(source, block).get("source")
    where = source.of(value_of(called)).strip('"') if called is not None else ""
    if not where.startswith(("./", "../")):
        return Declared(())
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(source.name), where))
    return Declared(module.folder(f"{inside}/"))


def _declared_in(source: Source) -> Iterator[tuple[Address, Node]]:
    for body in source.root.children:
        for block in items(body) if body.type == "body" else ():
            if block.type != "block":
                continue
            kind, *labels = header(source, block)
            if kind == "locals":
                yield from ((("local", name), node) for name, node in attributes(source, block).items())
            elif kind == "resource":
                yield tuple(labels), block
            elif kind == "data":
                yield ("data", *labels), block
            elif labels:
                yield (_ROOTS.get(kind, kind), *labels), block
