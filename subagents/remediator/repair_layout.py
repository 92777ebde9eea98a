"""Whether a file is laid out as people lay files out.

That tells the right place for a missing brace from all the others that parse.
"""

from __future__ import annotations

from tree_sitter import Node

from subagents.remediator.repair_declared import header
from subagents.remediator.repair_text import Source, walk

_LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "provider": 1}
_LABELS |= {"check": 1, "locals": 0, "terraform": 0, "moved": 0, "removed": 0, "import": 0}
_ANYWHERE = frozenset({"data", "provider", "import"})  # also the names of blocks inside others
_PAIRS = {
    "block": ("block_start", "block_end"),
    "object": ("object_start", "object_end"),
    "tuple": ("tuple_start", "tuple_end"),
}
_ITEMS = frozenset({"attribute", "block", "object_elem", "expression"})


def is_a_module(source: Source) -> bool:
    """Whether blocks stand where Terraform knows them: resources at the top, and nothing like it inside."""
    if not source.name.endswith(".tf"):
        return True
    for node in walk(source.root):
        if node.type in {"block", "attribute"} and node.parent is not None:
            top = node.parent.parent is None or node.parent.parent.type == "config_file"
            name, *labels = header(source, node) if node.type == "block" else ("",)
            known = _LABELS.get(name) == len(labels) and (top or name not in _ANYWHERE)
            if known != top:
                return False
    return True


def is_even(source: Source) -> bool:
    """Whether what belongs together stands equally far in, and further than what it belongs to."""
    return all(_is_even_inside(source, node) for node in walk(source.root) if node.type in {*_PAIRS, "body"})


def _is_even_inside(source: Source, node: Node) -> bool:
    body = next((child for child in node.children if child.type == "body"), node)
    items = [_depth(source, child) for child in body.children if child.type in _ITEMS]
    depths = {depth for depth in items if depth is not None}
    if len(depths) > 1:
        return False
    brackets = [child for child in node.children if child.type in _PAIRS.get(node.type, ())]
    if not brackets:
        at_the_top = node.parent is not None and node.parent.type == "config_file"
        return depths <= {0} or not at_the_top
    outside = _indent(source, brackets[0])
    return all(depth > outside for depth in depths) and _depth(source, brackets[-1]) in {None, outside}


def _indent(source: Source, node: Node) -> int:
    text = source.line_text(source.line_at(source.start(node)))
    return len(text) - len(text.lstrip())


def _depth(source: Source, node: Node) -> int | None:
    """How far in a node stands that begins its line; None where something else does."""
    start = source.line(source.line_at(source.start(node)))[0]
    before = source.text[start : source.start(node)]
    return len(before) if not before.strip() else None
