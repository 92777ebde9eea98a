"""A text of HCL → a tree of blocks by which two versions of a file can be compared.

Decides that white space, comments, trailing commas and the order of arguments
mean nothing. A text has a tree only if tree-sitter and `hcl_scan` read it alike.
Leaves to `hcl_broken` a text that has none, and to the policy what may change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node

from subagents.hcl_parser import parser
from subagents.remediator import hcl_expression, hcl_scan
from subagents.remediator.hcl_expression import MOST_DEPTH, Expression, UnreadableError, text_of

_MOST_CHARACTERS = 1 << 20
_LAYOUT = re.compile(r"[\s,]+")


@dataclass(frozen=True)
class Block:
    """A block; one of no kind is a whole file."""

    kind: str = ""
    labels: tuple[str, ...] = ()
    arguments: tuple[tuple[str, Expression], ...] = ()
    blocks: tuple[Block, ...] = ()
    raw: str | None = None
    """Of a block that is broken: the text in it, without comments, that could not be read."""

    @cached_property
    def body(self) -> str:
        """What is in it, whatever it is called."""
        arguments = sorted(f"{name} = {value.text}" for name, value in self.arguments)
        return "\n".join([*arguments, *(block.text for block in self.blocks), *filter(None, [self.raw])])

    @cached_property
    def text(self) -> str:
        """What two blocks have in common if they are the same."""
        return f"{self.kind} {self.labels} {{\n{self.body}\n}}"

    def values(self, name: str) -> list[Expression]:
        """What the argument is set to; more than once is an error that Terraform names."""
        return [value for key, value in self.arguments if key == name]

    def inner(self) -> Iterator[Block]:
        """The blocks in it, at any depth."""
        for block in self.blocks:
            yield block
            yield from block.inner()

    def expressions(self) -> Iterator[Expression]:
        """The values of all arguments in it, at any depth."""
        for block in (self, *self.inner()):
            yield from (value for _, value in block.arguments)


def loose(code: str) -> str:
    """Code without what can be laid out in more than one way."""
    return _LAYOUT.sub("", code).replace(":", "=")


def read(text: str) -> Block | None:
    """The tree of a file; None: it is broken, nests too deep, or readers differ on what it says."""
    text = text.removeprefix("\ufeff")
    if len(text) > _MOST_CHARACTERS or hcl_scan.is_odd(text):
        return None
    source = text.encode(errors="replace")
    root = parser().parse(source).root_node
    if root.has_error or _skeleton(root, source) != hcl_scan.skeleton(text):
        return None
    bodies = [node for node in root.children if node.type != "comment"]
    try:
        return _filled("", (), bodies, source, 0) if all(n.type == "body" for n in bodies) else None
    except UnreadableError:
        return None


def _skeleton(root: Node, source: bytes) -> str:
    """As `hcl_scan.skeleton`, by the tree."""
    parts, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        if node.type == "template_literal":
            parts.append(hcl_scan.veiled(text_of(node, source)))
        elif node.child_count:
            waiting.extend(reversed(node.children))
        elif node.type != "comment":
            parts.append(text_of(node, source))
    return hcl_scan.squeezed("".join(parts))


def _filled(kind: str, labels: tuple[str, ...], bodies: Sequence[Node], source: bytes, depth: int) -> Block:
    if depth > MOST_DEPTH:
        raise UnreadableError
    nodes = [node for body in bodies for node in body.children]
    values = [(text_of(n.children[0], source), n.children[-1]) for n in nodes if n.type == "attribute"]
    keys = hcl_expression.named_values({name: hcl_expression.plain(node, source) for name, node in values})
    return Block(
        kind,
        labels,
        tuple((name, hcl_expression.read(node, source, keys.get(name, (name,)))) for name, node in values),
        tuple(_block(node, source, depth + 1) for node in nodes if node.type == "block"),
    )


def _block(node: Node, source: bytes, depth: int) -> Block:
    names = [child for child in node.children if child.type in {"identifier", "string_lit"}]
    kind, *labels = (hcl_expression.plain(name, source) or text_of(name, source) for name in names)
    return _filled(kind, tuple(labels), [c for c in node.children if c.type == "body"], source, depth)
