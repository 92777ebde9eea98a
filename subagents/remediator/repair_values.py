"""Values written in a form that Terraform does not take, where the form it takes says the same.

Lists for `for_each`, indexes of what has no instances, quoted types, words of
other languages. What would change a value, or needs one, is left alone.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from contracts.diagnostic import Diagnostic
from subagents.remediator.repair_case import Case, Place, fix, place_of
from subagents.remediator.repair_declared import (
    Declared,
    Reference,
    attributes,
    only,
    references_in,
    value_of,
)
from subagents.remediator.repair_near import near
from subagents.remediator.repair_text import Fix, Source, Span, walk

_GIVEN = re.compile(r"you have provided a value of type (?P<type>[\w ]+)")
_KEYWORD = re.compile(
    r'[Kk]eyword "(?P<wrong>[^"]+)" is not a valid type (?P<kind>specification|constructor)'
)
_QUOTED = re.compile(r'"(?P<type>string|number|bool|any|(?:list|set|map)\([\w() ]+\))"')
_BARE = {'"list"': "list(string)", '"map"': "map(string)", '"string"': "string"}
_SIMPLE = {"str": "string", "int": "number", "integer": "number", "float": "number", "boolean": "bool"}
_MANY = {"array": "list", "dict": "map", "hash": "map", "dictionary": "map"}
_LITERALS = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}
_LITERALS |= {"None": "null", "Null": "null", "NULL": "null", "nil": "null"}
_NUMBERED = re.compile(r"\[\s*(?:\d+|count\.index)\s*\]")
_LISTS = frozenset({"depends_on", "ignore_changes", "replace_triggered_by"})


def for_each_of_a_list(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`for_each = ["a", "b"]` → `for_each = toset(["a", "b"])`, where every item is a string of its own."""
    place, told = place_of(diagnostic, case), _GIVEN.search(diagnostic.detail)
    held = _attribute(place, {"for_each"})
    if place is None or told is None or held is None:
        return None
    value, kind = value_of(held), told["type"].strip()
    folder = Declared(case.module.folder(place.source.name))
    items = _written_out(folder, place.source, value)
    theirs = place.source.of(value).startswith("var.")  # what is given may be another list than the default
    if len(set(items)) != len(items) or not (
        kind == "list of string" or (kind == "tuple" and items and not theirs)
    ):
        return None
    spans = [place.source.replacing(value, f"toset({place.source.of(value)})")]
    return fix(place.source, spans, "give for_each the strings as a set: toset(…)")


def index_of_a_single_one(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`aws_vpc.main[0].id` → `aws_vpc.main.id` where the block has neither count nor for_each."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    folder = Declared(case.module.folder(place.source.name))
    wanted = _NUMBERED if diagnostic.summary == "Invalid index" else re.compile(r"\[.*\]")
    if wanted is _NUMBERED and "not by numeric index" not in diagnostic.detail:
        return None
    spans = [
        place.source.replacing(reference.after, "")
        for reference in references_in(place.source)
        if reference.after is not None
        and wanted.fullmatch(place.source.of(reference.after))
        and _is_single(folder, reference, place)
    ]
    return fix(place.source, spans, "drop the index: what it reads has neither count nor for_each")


def not_a_list(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`depends_on = aws_vpc.main` → `depends_on = [aws_vpc.main]`."""
    place = place_of(diagnostic, case)
    held = _attribute(place, _LISTS) if "static list" in diagnostic.detail else None
    if place is None or held is None:
        return None
    value = value_of(held)
    if not re.fullmatch(r"[\w.-]+", place.source.of(value)):
        return None
    spans = [place.source.replacing(value, f"[{place.source.of(value)}]")]
    return fix(place.source, spans, "write a list")


def not_a_whole_object(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`depends_on = [aws_vpc.main.id]` → `depends_on = [aws_vpc.main]`."""
    place = place_of(diagnostic, case)
    held = _attribute(place, {"depends_on"})
    if place is None or held is None:
        return None
    source, spans = place.source, []
    folder = Declared(case.module.folder(source.name))
    for reference in references_in(source):
        inside = (
            held.start_byte <= reference.names[0].start_byte and reference.names[-1].end_byte <= held.end_byte
        )
        size = 3 if reference.words[0] == "data" else 2
        if inside and reference.after is None and len(reference.names) > size:
            if reference.words[:size] not in folder.blocks:
                return None
            spans.append(
                Span(source.name, source.end(reference.names[size - 1]), source.end(reference.names[-1]), "")
            )
    return fix(source, spans, "depend on the whole object, not on an attribute of it")


def every_change_ignored(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`ignore_changes = ["*"]` → `ignore_changes = all`."""
    place = place_of(diagnostic, case)
    held = _attribute(place, {"ignore_changes"})
    if place is None or held is None:
        return None
    return fix(
        place.source,
        [place.source.replacing(value_of(held), "all")],
        "write ignore_changes = all",
    )


def unknown_type(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`type = strng`, `type = int`, `type = array(string)` → the type that is meant."""
    place, told = place_of(diagnostic, case), _KEYWORD.search(diagnostic.detail)
    held = _attribute(place, {"type"})
    if place is None or told is None or held is None:
        return None
    if told["kind"] == "specification":
        right = _SIMPLE.get(told["wrong"].lower()) or near(told["wrong"], ("string", "number", "bool"))
    else:
        right = _MANY.get(told["wrong"].lower()) or near(
            told["wrong"], ("list", "set", "map", "object", "tuple")
        )
    source = place.source
    names = [
        node
        for node in walk(value_of(held))
        if node.type == "identifier" and source.of(node) == told["wrong"]
    ]
    spans = [source.replacing(node, right) for node in names] if right else []
    return fix(source, spans, f'change the type "{told["wrong"]}" to "{right}"')


def quoted_type(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`type = "string"` → `type = string`."""
    place = place_of(diagnostic, case)
    held = _attribute(place, {"type"})
    if place is None or held is None:
        return None
    value = value_of(held)
    text = place.source.of(value)
    quoted = _QUOTED.fullmatch(text)
    right = _BARE.get(text) or (quoted["type"] if quoted else None)
    if right is None:
        return None
    return fix(
        place.source,
        [place.source.replacing(value, right)],
        f"write the type without quotes: {right}",
    )


def foreign_literal(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`True`, `None` → `true`, `null`."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    if any(re.search(r"\bfor\b", place.source.line_text(n)) for n in range(place.first, place.last + 1)):
        return None
    found = [
        (reference.names[0], _literal(reference.words[0]))
        for reference in references_in(place.source)
        if len(reference.names) == 1 and reference.after is None and place.holds(_line(reference.names[0]))
    ]
    words = {right: node for node, right in found if right is not None}
    spans = [place.source.replacing(node, right) for node, right in found if right is not None]
    return fix(
        place.source,
        spans,
        f"write {' and '.join(words)} as Terraform does",
    )


def _literal(word: str) -> str | None:
    return _LITERALS.get(word) or near(word, ("true", "false", "null"))


def _attribute(place: Place | None, names: frozenset[str] | set[str]) -> Node | None:
    """The only attribute of such a name that the first line lies in."""
    if place is None:
        return None
    found = [
        node
        for node in walk(place.source.root)
        if node.type == "attribute"
        and place.source.of(node.children[0]) in names
        and node.start_point[0] < place.first <= node.end_point[0] + 1
    ]
    return found[0] if len(found) == 1 else None


def _written_out(folder: Declared, source: Source, value: Node) -> list[str]:
    """The items of a list of strings, or of the local value or the default that is one; else nothing."""
    inner = only(value)
    if inner.type == "expression":
        names = [
            reference for reference in references_in(source) if reference.names[0].parent == inner.children[0]
        ]
        declared = folder.blocks.get(names[0].words) if names and names[0].after is None else None
        if declared is None or names[0].words[0] not in {"local", "var"}:
            return []
        source, node = declared
        if names[0].words[0] == "var":
            defaults = attributes(source, node).get("default")
            if defaults is None:
                return []
            node = defaults
        inner = only(value_of(node))
    parts = [only(child) for child in inner.children if child.type == "expression"]
    whole = inner.type == "tuple" and all(part.type in {"string_lit", "quoted_template"} for part in parts)
    return [source.of(part) for part in parts] if whole else []


def _is_single(folder: Declared, reference: Reference, place: Place) -> bool:
    size = 3 if reference.words[0] == "data" else 2
    single = (
        len(reference.names) == size and reference.words in folder.blocks and reference.words[0] != "local"
    )
    if (
        not single
        or reference.words[0] == "var"
        or reference.after is None
        or reference.after.type != "index"
    ):
        return False
    return place.holds(_line(reference.names[0])) and not folder.has_instances(reference.words)


def _line(node: Node) -> int:
    return node.start_point[0] + 1
