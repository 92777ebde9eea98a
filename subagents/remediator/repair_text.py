"""A module's files as texts with trees, and what can be put in their places.

Decides what of a file counts as sound, and what a repair may never touch.
Leaves to others what is wrong with the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

from tree_sitter import Node

from subagents.hcl_parser import parser
from subagents.workspace import RefusedError

_MOST_CHARACTERS = 200_000
_LABEL = re.compile(r"[A-Za-z_][\w-]*")
_TEXTS = frozenset({"string_lit", "quoted_template", "heredoc_template"})
_CLOSED = frozenset({"terraform", "provider", "provisioner", "connection"})
_CLOSED_IN_CALL = frozenset({"source", "version", "providers"})


class Span(NamedTuple):
    """Characters of a file, from `start` to before `end`, and the text to put there."""

    file: str
    start: int
    end: int
    text: str


class Fix(NamedTuple):
    """What mends one failure."""

    spans: tuple[Span, ...]
    says: str
    """Such as `in main.tf:4, rename the argument "inptu" to "input"`."""


class Source:
    """One file's text and tree. Places are counted in characters, lines from one."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.root = parser().parse(text.encode(errors="replace")).root_node
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    @property
    def last_line(self) -> int:
        """The number of the last line, which is empty where the text ends with a line end."""
        return len(self._starts)

    def start(self, node: Node) -> int:
        """Where a node starts."""
        return self._at(node.start_byte)

    def end(self, node: Node) -> int:
        """Where a node ends."""
        return self._at(node.end_byte)

    def of(self, node: Node) -> str:
        """The text of a node."""
        return self.text[self.start(node) : self.end(node)]

    def line_at(self, place: int) -> int:
        """The number of the line that a place lies on."""
        return bisect_right(self._starts, place)

    def line(self, number: int) -> tuple[int, int]:
        """Where a line starts, and where it ends before its line end. There has to be such a line: `has`."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return start, end - (self.text[start:end][-1:] == "\r")

    def has(self, number: int) -> bool:
        """Whether there is such a line."""
        return 1 <= number <= len(self._starts)

    def line_text(self, number: int) -> str:
        """A line without its line end."""
        start, end = self.line(number)
        return self.text[start:end]

    def replacing(self, node: Node, text: str) -> Span:
        """What puts a text in the place of a node."""
        return Span(self.name, self.start(node), self.end(node), text)

    def whole_lines(self, node: Node) -> Span | None:
        """What removes a node with its lines; None where something else stands on them."""
        first, last = self.line_at(self.start(node)), self.line_at(self.end(node))
        start, end = self.line(first)[0], self.line(last)[1]
        if self.text[start : self.start(node)].strip() or self.text[self.end(node) : end].strip():
            return None
        after = self.line(last + 1)[0] if self.has(last + 1) else len(self.text)
        return Span(self.name, start, after, "")

    def with_spans(self, spans: Iterable[Span]) -> Source:
        """The file as these spans make it; they may not overlap."""
        text, at = [], 0
        for span in sorted(spans):
            text += [self.text[at : span.start], span.text]
            at = span.end
        return Source(self.name, "".join([*text, self.text[at:]]))

    @cached_property
    def is_sound(self) -> bool:
        """Whether it parses, and keeps the rules of lines and labels that the parser is lax about."""
        return not self.root.has_error and all(self._is_sound(node) for node in walk(self.root))

    @cached_property
    def closed(self) -> tuple[tuple[int, int], ...]:
        """What no repair may touch: providers, settings, provisioners, where modules come from."""
        return tuple((self.start(node), self.end(node)) for node in walk(self.root) if _is_closed(node))

    def _is_sound(self, node: Node) -> bool:
        if node.type == "body":
            rows = [(item.start_point[0], item.end_point[0]) for item in node.children if item.is_named]
            return all(before[1] < after[0] for before, after in pairwise(rows))
        if node.type in {"string_lit", "quoted_template"}:
            return node.start_point[0] == node.end_point[0]
        if node.type in {"get_attr", "index", "splat"}:
            return node.prev_sibling is None or node.prev_sibling.type not in {
                "literal_value",
                "template_expr",
            }
        if node.type == "block":
            head = [
                child for child in node.children if child.type in {"identifier", "string_lit", "block_start"}
            ]
            on_a_line = head[0].start_point[0] == head[-1].start_point[0]
            return on_a_line and all(_LABEL.fullmatch(self.of(one).strip('"')) for one in head[:-1])
        return True

    def _at(self, byte: int) -> int:
        return self._characters[byte] if self._characters else byte

    @cached_property
    def _characters(self) -> list[int]:
        """The character of each byte; empty where they are the same."""
        if self.text.isascii():
            return []
        table: list[int] = []
        for number, character in enumerate(self.text):
            table += [number] * len(character.encode(errors="replace"))
        return [*table, len(self.text)]


class Module:
    """The files that can be repaired, read when they are asked for."""

    def __init__(self, read: Callable[[str], str], names: Sequence[str]) -> None:
        self._read = read
        self._names = tuple(dict.fromkeys(names))
        self._sources: dict[str, Source | None] = {}

    def source(self, name: str) -> Source | None:
        """None: no file of the module, or one that is empty, too long, or may not be read."""
        if name not in self._names:
            return None
        if name not in self._sources:
            try:
                text = self._read(name)
            except RefusedError:
                text = ""
            self._sources[name] = Source(name, text) if 0 < len(text) <= _MOST_CHARACTERS else None
        return self._sources[name]

    def folder(self, of: str) -> list[Source]:
        """The `.tf` files of the folder that this file, or folder with a slash at its end, is."""
        folder = PurePosixPath(of if not of.endswith("/") else f"{of}x").parent
        found = [
            self.source(name)
            for name in self._names
            if name.endswith(".tf") and PurePosixPath(name).parent == folder
        ]
        return [source for source in found if source is not None]


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += reversed(here.children)


def shape(source: Source, node: Node) -> tuple[str, ...]:
    """The words and signs of a node in order: the same for texts that differ in spaces and comments alone."""
    found, end = [], -1
    for part in walk(node):
        whole = part.type in _TEXTS or not part.children
        if part.start_byte >= end and whole and part.type != "comment":
            found.append(source.of(part))
            end = part.end_byte
    return tuple(found)


def touches_closed(source: Source, places: Iterable[tuple[int, int]]) -> bool:
    """Whether one of these places lies in, or takes away, what no repair may touch."""
    return any(start < closed[1] and closed[0] < end for start, end in places for closed in source.closed)


def _is_closed(node: Node) -> bool:
    if node.type == "block":
        return _word(node) in _CLOSED
    call = node.parent.parent if node.type == "attribute" and node.parent is not None else None
    return call is not None and _word(call) == "module" and _word(node) in _CLOSED_IN_CALL


def _word(node: Node) -> str:
    return (node.children[0].text or b"").decode(errors="replace") if node.children else ""
