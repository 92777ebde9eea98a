"""The value of `count` or `for_each` → how many instances it comes to at most, where the files tell.

Reads numbers, lists, objects and what is gathered from them, through locals,
variables and the functions that change no number upwards unseen; a condition
comes to the larger of its branches. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from subagents.hcl_parser import parser
from subagents.remediator.edit_constants import Constants
from subagents.remediator.hcl_expression import Expression, text_of

_NO_MORE = frozenset({"toset", "tolist", "tomap", "keys", "values", "distinct", "sort", "reverse", "compact"})
"""They give at most as many as they are given."""
_SUMS = frozenset({"concat", "merge", "setunion"})
_SAME = frozenset({"length", "tonumber", "ceil", "floor", "abs"})
_LARGEST = frozenset({"max", "try", "coalesce", "one", "min", "setintersection"})
_MOST_DEPTH = 30
_Sizes = list[int | None]


def size(value: Expression, folder: str, constants: Constants, depth: int = 0) -> int | None:
    """At most how many instances; None: it cannot be told."""
    source = f"x = {value.text}\n".encode()
    root = parser().parse(source).root_node
    if root.has_error or depth > _MOST_DEPTH:
        return None
    attributes = [node for body in root.children for node in body.children if node.type == "attribute"]
    return _Size(source, folder, constants, depth).of(attributes[0].children[-1]) if attributes else None


class _Size:
    def __init__(self, source: bytes, folder: str, constants: Constants, depth: int) -> None:
        self._source, self._folder, self._constants, self._depth = source, folder, constants, depth

    def of(self, node: Node) -> int | None:  # noqa: C901, PLR0911 - a row a kind
        inner = [child for child in node.children if child.type not in {"(", ")", "comment"}]
        match node.type:
            case "expression" if inner and inner[0].type == "variable_expr":
                return self._named(node)
            case "expression" | "literal_value" | "collection_value" | "for_expr" if len(inner) == 1:
                return self.of(inner[0])
            case "numeric_lit":
                return _number(text_of(node, self._source))
            case "string_lit":
                return _number(text_of(node, self._source).strip('"'))
            case "bool_lit":
                return int(text_of(node, self._source) == "true")
            case "tuple" | "object":
                return sum(child.type in {"expression", "object_elem"} for child in inner)
            case "conditional":
                return _largest([self.of(child) for child in inner if child.type == "expression"][1:])
            case "function_call":
                return self._called(node)
            case "for_tuple_expr" | "for_object_expr":
                intro = next((child for child in inner if child.type == "for_intro"), None)
                return self.of(intro.children[-2]) if intro is not None else None
            case "operation":
                return 1 if text_of(node, self._source).startswith("!") else None
        return None

    def _named(self, node: Node) -> int | None:
        said = " . ".join(text_of(node, self._source).replace(" ", "").split("."))
        wanted = Expression(said)
        found = self._constants.of(wanted, self._folder, "")
        return None if found is wanted else size(found, self._folder, self._constants, self._depth + 1)

    def _called(self, node: Node) -> int | None:
        name = text_of(node.children[0], self._source).removeprefix("core::")
        given = [child for child in node.children if child.type == "function_arguments"]
        sizes = [self.of(one) for child in given for one in child.children if one.type == "expression"]
        by_name: dict[str, Callable[[_Sizes], int | None]] = {
            **dict.fromkeys(_NO_MORE | _SAME, lambda found: found[0] if len(found) == 1 else None),
            **dict.fromkeys(_LARGEST, _largest),
            **dict.fromkeys(_SUMS, lambda found: None if None in found else sum(filter(None, found))),
            "zipmap": lambda found: found[0],
        }
        return by_name[name](sizes) if sizes and name in by_name else None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _largest(sizes: _Sizes) -> int | None:
    known = [one for one in sizes if one is not None]
    return max(known) if known and len(known) == len(sizes) else None
