"""What is declared twice, written as the wrong kind of thing, or not marked as it has to be.

Decides that two declarations are the same only where their texts are, spaces
and comments aside; which of two different ones is meant is left to a person.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from contracts.diagnostic import Diagnostic
from subagents.remediator.repair_case import Case, Place, fix, place_of
from subagents.remediator.repair_declared import attributes, header, items, only, value_of
from subagents.remediator.repair_text import Fix, Source, Span, shape, walk

_SET_AT = re.compile(
    r"(?:was already (?:set|declared|defined)|previously declared) at (?P<file>[^\n]+?):(?P<line>\d+),\d+"
)
_NAMED = re.compile(r'argument named "(?P<name>[^"]+)" is not expected')
_ARGUMENT = re.compile(r'Did you mean to define argument "(?P<name>[^"]+)"\?')
_A_BLOCK = re.compile(r'Did you mean to define a block of type "(?P<name>[^"]+)"\?')
_COPY = re.compile(
    r"(?i)(?:^|[\W_])(?:copy|kopie|bak|backup|old|orig|original|saved?|te?mp|prev|previous)\d*(?:[\W_]|$)|\(\d+\)"
)
"""In the name of a file: a copy that somebody made."""
_ONCE = frozenset({"resource", "data", "variable", "output", "locals"})


def set_twice(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """An argument, or a local value, that is set twice to the same: the second goes."""
    place, first = place_of(diagnostic, case), _earlier(diagnostic, case)
    if place is None or first is None:
        return None
    for second in _beginning(place, "attribute"):
        for other in _beginning(first, "attribute"):
            if other != second and _is_same(first.source, other, place.source, second):
                name = place.source.of(second.children[0])
                spans = [place.source.whole_lines(second)]
                return fix(
                    place.source,
                    spans,
                    f'remove "{name}", which is set to the same value before',
                )
    return None


def declared_twice(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """A block that stands there twice, word for word: the one in a copy goes, else the second."""
    place, first = place_of(diagnostic, case), _earlier(diagnostic, case)
    if place is None or first is None:
        return None
    for second in _beginning(place, "block"):
        for other in _beginning(first, "block"):
            same = other != second and _is_same(first.source, other, place.source, second)
            names = header(place.source, second)
            if same and names[0] in _ONCE:
                return _one_gone((place, second), (first, other), " ".join(names))
    return None


def _one_gone(second: tuple[Place, Node], first: tuple[Place, Node], names: str) -> Fix | None:
    """One of two declarations removed; None where that would empty a file that may be the one in use."""
    goes, stays = (place.source for place, _ in (second, first))
    if goes is not stays and bool(_COPY.search(goes.name)) == bool(_COPY.search(stays.name)):
        if _declared(goes) <= _declared(stays):
            return None
    elif _COPY.search(stays.name) and goes is not stays:
        second, first = first, second
    (place, block), (other, _) = second, first
    what = f"remove this {names}, which is declared in the same words at {other.source.name}:{other.first}"
    return fix(place.source, [_with_blank_line(place.source, block)], what)


def _declared(source: Source) -> set[tuple[str, ...]]:
    """What a file declares, each block as its words."""
    return {shape(source, item) for item in items(source.root) if item.type == "block"}


def block_for_argument(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`tags {` → `tags = {`."""
    place, told = place_of(diagnostic, case), _ARGUMENT.search(diagnostic.detail)
    if place is None or told is None:
        return None
    found = [node for node in _beginning(place, "block") if header(place.source, node) == (told["name"],)]
    if len(found) != 1 or _count(place.source, found[0], told["name"]) != 1:
        return None
    inside = items(found[0])
    brace = next(child for child in found[0].children if child.type == "block_start")
    if any(item.type == "block" for item in inside):
        return None
    spans = [Span(place.source.name, place.source.start(brace), place.source.start(brace), "= ")]
    return fix(
        place.source,
        spans,
        f'give "{told["name"]}" its value with an equals sign: it is an argument, no block',
    )


def argument_for_block(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`validation = {` → `validation {`."""
    place, told = place_of(diagnostic, case), _NAMED.search(diagnostic.detail)
    meant = _A_BLOCK.search(diagnostic.detail)
    if place is None or told is None or not (meant or told["name"] == "lifecycle"):
        return None
    found = [
        node for node in _beginning(place, "attribute") if place.source.of(node.children[0]) == told["name"]
    ]
    if len(found) != 1 or only(value_of(found[0])).type != "object":
        return None
    source, name = place.source, found[0].children[0]
    spans = [Span(source.name, source.end(name), source.start(value_of(found[0])), " ")]
    return fix(source, spans, f'write "{told["name"]}" without the equals sign: it is a block')


def unmarked_output(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """An output that reads a sensitive value: marked as sensitive, unless somebody marked it otherwise."""
    place = place_of(diagnostic, case)
    found = (
        [node for node in _beginning(place, "block") if header(place.source, node)[0] == "output"]
        if place
        else []
    )
    if (
        place is None
        or len(found) != 1
        or {"sensitive", "ephemeral"} & attributes(place.source, found[0]).keys()
    ):
        return None
    source, held = place.source, items(found[0])
    if not held or found[0].start_point[0] == found[0].end_point[0]:
        spans = _spread(source, found[0])
    else:
        start = source.line(source.line_at(source.start(held[-1])))[0]
        indent = source.text[start : source.start(held[-1])]
        end = source.line(source.line_at(source.end(held[-1])))[1]
        spans = (
            [Span(source.name, end, end, f"{_line_end(source)}{indent}sensitive = true")]
            if not indent.strip()
            else []
        )
    what = f'mark the output "{header(source, found[0])[-1]}" as sensitive, as the value it reads is'
    return fix(source, spans, what)


def _spread(source: Source, block: Node) -> list[Span]:
    """A block on one line, put on lines of its own with the mark added."""
    held = items(block)
    brace = next(child for child in block.children if child.type == "block_start")
    end, new = _line_end(source), "".join(f"  {source.of(item)}{_line_end(source)}" for item in held)
    return [Span(source.name, source.end(brace), source.end(block) - 1, f"{end}{new}  sensitive = true{end}")]


def _earlier(diagnostic: Diagnostic, case: Case) -> Place | None:
    told = _SET_AT.search(diagnostic.detail)
    source = case.module.source(told["file"]) if told is not None else None
    if told is None or source is None or len(told["line"]) > 9 or not source.has(int(told["line"])):  # noqa: PLR2004 - no file is as long
        return None
    return Place(source, int(told["line"]), int(told["line"]))


def _beginning(place: Place, kind: str) -> list[Node]:
    found = (node for node in walk(place.source.root) if node.type == kind)
    return [node for node in found if node.start_point[0] + 1 == place.first]


def _is_same(one_in: Source, one: Node, other_in: Source, other: Node) -> bool:
    return shape(one_in, one) == shape(other_in, other)


def _with_blank_line(source: Source, node: Node) -> Span | None:
    """What removes a block with its lines and one empty line before it."""
    span = source.whole_lines(node)
    before = source.line_at(span.start) - 1 if span is not None else 0
    if span is None or not before or source.line_text(before).strip():
        return span
    return span._replace(start=source.line(before)[0])


def _count(source: Source, node: Node, name: str) -> int:
    siblings = items(node.parent) if node.parent is not None else []
    return sum(source.of(item.children[0]) == name for item in siblings)


def _line_end(source: Source) -> str:
    return "\r\n" if "\r\n" in source.text else "\n"
