"""Arguments, blocks and attributes that a schema does not know → the ones it does.

Here only Terraform knows the names, so its suggestion is needed, and has to be
a slip as well; a name that the same block sets already is never taken.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from contracts.diagnostic import Diagnostic
from subagents.remediator.repair_case import Case, Place, fix, place_of
from subagents.remediator.repair_declared import (
    Declared,
    attributes,
    called_by,
    items,
    only,
    value_of,
)
from subagents.remediator.repair_near import is_suggested, near
from subagents.remediator.repair_text import Fix, Source, walk

_NAMED = re.compile(r'(?:argument|attribute) named "(?P<wrong>[^"]+)"')
_BLOCK = re.compile(r'Blocks of type "(?P<wrong>[^"]+)" are not expected here\.')
_MEANT = re.compile(r'Did you mean "(?P<right>[^"]+)"\?')
_META_ARGUMENTS = ("count", "for_each", "depends_on")
_META_BLOCKS = ("lifecycle",)
_TOP_BLOCKS = (
    "resource",
    "data",
    "variable",
    "output",
    "locals",
    "module",
    "moved",
    "removed",
    "import",
    "check",
)
_CONDITION = ("condition", "error_message")
_ARGUMENTS = {
    "variable": ("type", "default", "description", "sensitive", "nullable", "ephemeral"),
    "output": ("value", "description", "sensitive", "depends_on", "ephemeral"),
    "lifecycle": ("create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by"),
    "validation": _CONDITION,
    "precondition": _CONDITION,
    "postcondition": _CONDITION,
    "assert": _CONDITION,
}
_STEPS = frozenset({"get_attr", "index", "splat", "variable_expr"})
_ALL = re.compile(r'\[\s*"?all"?\s*,?\s*\]')


def misspelt_argument(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`inptu = 1` → `input = 1`."""
    place, told = place_of(diagnostic, case), _NAMED.search(diagnostic.detail)
    found = _starting(place, "attribute", told["wrong"]) if place is not None and told is not None else []
    if place is None or told is None or len(found) != 1:
        return None
    known = _arguments(case, place.source, found[0], diagnostic)
    right = _suggested(diagnostic, told["wrong"]) if known is None else near(told["wrong"], known)
    if right is None or right in _beside(place.source, found[0]):
        return None
    name = place.source.replacing(found[0].children[0], right)
    return fix(place.source, [name], f'rename the argument "{told["wrong"]}" to "{right}"{_why(diagnostic)}')


def misspelt_block(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`resorce "a" "b" {` → `resource "a" "b" {`, `lifecyle {` → `lifecycle {`."""
    place, told = place_of(diagnostic, case), _BLOCK.search(diagnostic.detail)
    found = _starting(place, "block", told["wrong"]) if place is not None and told is not None else []
    if place is None or told is None or len(found) != 1:
        return None
    inside = _block_around(found[0])
    if inside is None:
        right = near(told["wrong"], _TOP_BLOCKS)
    else:
        right = _suggested(diagnostic, told["wrong"])
        if right is None and place.source.of(inside.children[0]) in {"resource", "data"}:
            right = near(told["wrong"], _META_BLOCKS)
    if right is None or (right in _META_BLOCKS and right in _beside(place.source, found[0])):
        return None
    name = place.source.replacing(found[0].children[0], right)
    return fix(place.source, [name], f'rename the block "{told["wrong"]}" to "{right}"{_why(diagnostic)}')


def misspelt_attribute(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`terraform_data.a.outputt` → `.output`; so for a module's outputs and an object's keys."""
    place, told = place_of(diagnostic, case), _NAMED.search(diagnostic.detail)
    if place is None or told is None:
        return None
    source, wrong = place.source, told["wrong"]
    found = [node for node in _steps(place) if source.of(node.children[-1]) == wrong]
    before = {_before(source, node) for node in found}
    if len(before) != 1:
        return None
    meant = _MEANT.search(diagnostic.detail)
    if meant is not None:
        right = meant["right"] if is_suggested(wrong, meant["right"]) else None
    else:
        right = near(wrong, _keys(case, source, before.pop()))
    if right is None:
        return None
    spans = [source.replacing(node.children[-1], right) for node in found]
    return fix(source, spans, f'rename the attribute "{wrong}" to "{right}"{_why(diagnostic)}')


def misspelt_ignored(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`ignore_changes = [inptu]` → `[input]`, and `[all]` → `all`."""
    place, told = place_of(diagnostic, case), _NAMED.search(diagnostic.detail)
    if place is None or told is None:
        return None
    source = place.source
    held = [node for node in _all_of(source, "attribute") if source.of(node.children[0]) == "ignore_changes"]
    held = [node for node in held if node.start_point[0] < place.first <= node.end_point[0] + 1]
    if len(held) != 1:
        return None
    value = value_of(held[0])
    if told["wrong"] == "all" and _ALL.fullmatch(source.of(value)):
        return fix(
            source,
            [source.replacing(value, "all")],
            "write ignore_changes = all, without brackets",
        )
    right = _suggested(diagnostic, told["wrong"])
    names = [node for node in walk(value) if not node.children and source.of(node) == told["wrong"]]
    if right is None or len(names) != 1:
        return None
    return fix(
        source,
        [source.replacing(names[0], right)],
        f'ignore changes of "{right}" instead of "{told["wrong"]}"',
    )


def _why(diagnostic: Diagnostic) -> str:
    return ": Terraform suggests it" if _MEANT.search(diagnostic.detail) else ""


def _arguments(case: Case, source: Source, node: Node, diagnostic: Diagnostic) -> list[str] | None:
    """What the block takes that an argument stands in; None where only Terraform knows."""
    block = _block_around(node)
    kind = source.of(block.children[0]) if block is not None else ""
    if block is not None and kind == "module":
        inside = called_by(case.module, source, block)
        misspelt_inside = any(inside.references("var", source.of(node.children[0])))
        return [*_META_ARGUMENTS, *inside.named("var")] if not misspelt_inside else []
    if kind in {"resource", "data"} and "Did you mean" not in diagnostic.detail:
        return list(_META_ARGUMENTS)
    return list(_ARGUMENTS[kind]) if kind in _ARGUMENTS else None


def _block_around(node: Node) -> Node | None:
    """The block that an attribute or block stands in directly."""
    block = node.parent.parent if node.parent is not None else None
    return block if block is not None and block.type == "block" else None


def _suggested(diagnostic: Diagnostic, wrong: str) -> str | None:
    """Terraform's suggestion where it is a slip."""
    meant = _MEANT.search(diagnostic.detail)
    return meant["right"] if meant is not None and is_suggested(wrong, meant["right"]) else None


def _starting(place: Place, kind: str, name: str) -> list[Node]:
    """The attributes or blocks of this name that begin on the first line."""
    found = [node for node in _all_of(place.source, kind) if node.start_point[0] + 1 == place.first]
    return [node for node in found if place.source.of(node.children[0]) == name]


def _beside(source: Source, node: Node) -> set[str]:
    """The names that the same block sets."""
    return {source.of(item.children[0]) for item in items(node.parent)} if node.parent is not None else set()


def _all_of(source: Source, kind: str) -> list[Node]:
    return [node for node in walk(source.root) if node.type == kind]


def _steps(place: Place) -> list[Node]:
    return [node for node in _all_of(place.source, "get_attr") if place.holds(node.start_point[0] + 1)]


def _before(source: Source, node: Node) -> str:
    """What an attribute is read of: all that stands before it in its reference."""
    start = node
    while start.prev_sibling is not None and start.prev_sibling.type in _STEPS:
        start = start.prev_sibling
    return source.text[source.start(start) : source.start(node)]


def _keys(case: Case, source: Source, read: str) -> list[str]:
    """The attributes of what is read, where the folder's files tell all of them."""
    folder = Declared(case.module.folder(source.name))
    root, _, name = read.partition(".")
    if root == "module":
        where, node = folder.blocks.get(("module", name), (None, None))
        return (
            called_by(case.module, where, node).named("output")
            if where is not None and node is not None
            else []
        )
    where, node = folder.blocks.get((root, name), (None, None))
    if where is None or node is None or root not in {"local", "var"}:
        return []
    if root == "var":
        types = attributes(where, node).get("type")
        call = only(value_of(types)) if types is not None else None
        if call is None or call.type != "function_call" or where.of(call.children[0]) != "object":
            return []
        node = call
    value = only(value_of(node)) if root == "local" else _argument(node)
    return [where.of(key).strip('"') for key in _object_keys(value)] if value is not None else []


def _argument(call: Node) -> Node | None:
    """What a call with one argument is given."""
    found = [child for part in call.children if part.type == "function_arguments" for child in part.children]
    return only(found[0]) if len(found) == 1 else None


def _object_keys(node: Node) -> list[Node]:
    node = only(node)
    if node.type != "object":
        return []
    keys = [child.child_by_field_name("key") for child in node.children if child.type == "object_elem"]
    return [key for key in keys if key is not None]
