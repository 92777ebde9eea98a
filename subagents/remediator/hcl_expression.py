"""The value of an argument → its tokens, and the literals, calls and names in it.

Decides what a literal says once escapes are undone, and under which keys it
stands. Knows nothing of blocks (`hcl`), nor of what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tree_sitter import Node

GAP = "\ufffc"
"""Stands in a literal where a value is put in."""
REFERENCE = re.compile(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)+")
"""What a text that has no tree seems to refer to."""
MOST_DEPTH = 300
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(["\\nrt]))|[$%]([$%]\{)')
_CONTROL = {"n": "\n", "r": "\r", "t": "\t"}
_LAST_CODE_POINT = 0x10FFFF
_STRINGS = frozenset({"string_lit", "quoted_template", "heredoc_template"})
_BARE = frozenset({"numeric_lit", "bool_lit", "null_lit"})
_NAMING = ("name", "key")


class UnreadableError(Exception):
    """It nests too deep, or is no configuration."""


class Leaf(NamedTuple):
    """A literal, and the keys that lead to it: the argument's name, then those of objects."""

    keys: tuple[str, ...]
    text: str
    """Decoded, with `GAP` where a value is put in."""
    quoted: bool
    """A string; else a number, a bool or null."""


PUT_IN = "${}"
"""The name under which what is put into a text counts as a call."""


class Call(NamedTuple):
    """A call of a function, or what is put into a text: it makes one text of others just so."""

    name: str
    """Without the prefix `core::`."""
    text: str
    constant: bool
    """Whether nothing in it refers to anything but to what it counts through itself."""


@dataclass(frozen=True, slots=True)
class Expression:
    """The value of an argument."""

    text: str
    """Its tokens, a blank between each two; the same for two values that differ in layout alone."""
    leaves: tuple[Leaf, ...] = ()
    calls: tuple[Call, ...] = ()
    names: frozenset[str] = frozenset()
    """What it refers to, without indices: `var.size`, `aws_db_instance.main.password`.

    An attribute of what is no plain reference, such as of `x[*]` or of `(x)`, is `?.password`.
    """
    keys: frozenset[str] = frozenset()
    """The keys of the objects in it."""


def read(node: Node, source: bytes, keys: tuple[str, ...]) -> Expression:
    """The expression at `node`; `keys` lead to it."""
    reader = _Reader(source)
    text = reader.render(node, keys, 0)
    return Expression(
        text, tuple(reader.leaves), tuple(reader.calls), frozenset(reader.names), frozenset(reader.keys)
    )


def text_of(node: Node, source: bytes) -> str:
    """The text at `node`."""
    return source[node.start_byte : node.end_byte].decode()


def plain(node: Node, source: bytes) -> str | None:
    """The string, if `node` is nothing but one into which no value is put."""
    while node.type in {"expression", "literal_value"} and node.child_count == 1:
        node = node.children[0]
    return decoded(text_of(node, source)[1:-1], backslashes=True) if node.type == "string_lit" else None


def decoded(text: str, *, backslashes: bool) -> str:
    """A literal as Terraform understands it; in a heredoc backslashes mean nothing."""

    def one(found: re.Match[str]) -> str:
        short, long, control, sign = found.groups()
        if sign:
            return str(sign)
        if not backslashes:
            return found.group()
        if control:
            return _CONTROL.get(control, control)
        code = int(short or long, 16)
        return chr(code) if code <= _LAST_CODE_POINT else ""

    return _ESCAPE.sub(one, text)


def named_values(siblings: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    """The keys that lead to `value` where a name beside it says what it is the value of."""
    name = next((siblings[key] for key in _NAMING if siblings.get(key)), None)
    return {"value": ("value", name)} if name and "value" in siblings else {}


class _Reader:
    """Reads one expression, and gathers what is in it on the way."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self.leaves: list[Leaf] = []
        self.calls: list[Call] = []
        self.names: list[str] = []
        self.keys: list[str] = []
        self._steps: set[int] = set()
        """The attributes that are part of a reference."""
        self._counters: set[str] = set()
        """What any `for` of the expression calls its own; to take too much for one makes a call constant."""

    def render(self, node: Node, keys: tuple[str, ...], depth: int) -> str:
        if depth > MOST_DEPTH:
            raise UnreadableError
        kind = node.type
        if kind in _STRINGS:
            return self._string(node, keys, depth)
        if kind == "object":
            return self._object(node, keys, depth)
        if kind in _BARE or kind == "template_literal":  # a literal that stands between directives
            literal = text_of(node, self._source)
            quoted = kind not in _BARE
            self.leaves.append(Leaf(keys, decoded(literal, backslashes=quoted), quoted))
            return literal
        if not node.child_count:
            return text_of(node, self._source)
        self._look(node)
        return self._call(node, keys, depth) if kind == "function_call" else self._inside(node, keys, depth)

    def _inside(self, node: Node, keys: tuple[str, ...], depth: int) -> str:
        parts = [self.render(child, keys, depth + 1) for child in node.children if child.type != "comment"]
        last = {"tuple": -2, "function_arguments": -1}.get(node.type)
        if last is not None and len(parts) >= -last and parts[last] == ",":
            del parts[last]
        return " ".join(parts)

    def _call(self, node: Node, keys: tuple[str, ...], depth: int) -> str:
        before = len(self.names)
        text = self._inside(node, keys, depth)
        name = text_of(node.children[0], self._source).removeprefix("core::")
        self.calls.append(Call(name, text, constant=self._is_constant(before)))
        return text

    def _is_constant(self, before: int) -> bool:
        """Whether nothing was referred to since `before` but what a `for` counts through."""
        return {name.partition(".")[0] for name in self.names[before:]} <= self._counters

    def _look(self, node: Node) -> None:
        """Gathers what a node tells of what is referred to."""
        match node.type:
            case "expression" | "binary_operation" | "unary_operation":
                self._refer(node)
            case "get_attr" if node.id not in self._steps:
                self.names.append(f"?.{text_of(node.children[-1], self._source)}")
            case "for_intro" | "template_for_start":
                self._counters |= {text_of(c, self._source) for c in node.children if c.type == "identifier"}

    def _refer(self, node: Node) -> None:
        """The references that begin in a node; the operands of a sum stand side by side."""
        parts: list[str] = []
        for child in (*node.children, None):
            if child is not None and child.type == "comment":
                continue
            if child is not None and child.type == "get_attr" and parts:
                self._steps.add(child.id)
                parts.append(text_of(child.children[-1], self._source))
            elif child is None or child.type not in {"index", "splat"}:
                if parts:
                    self.names.append(".".join(parts))
                begins = child is not None and child.type == "variable_expr"
                parts = [text_of(child, self._source)] if child is not None and begins else []

    def _object(self, node: Node, keys: tuple[str, ...], depth: int) -> str:
        pairs = [self._pair(child) for child in node.children if child.type == "object_elem"]
        meant = named_values({name: plain(value, self._source) for name, _, value in pairs})
        self.keys += [name for name, _, _ in pairs]
        parts = []
        for name, key, value in pairs:
            computed = not (name.isidentifier() or plain(key, self._source) == name)
            shown = self.render(key, (*keys, name), depth + 1) if computed else f'"{name}"'
            inside = self.render(value, keys + meant.get(name, (name,)), depth + 1)
            parts.append(f"{shown} = {inside}")
        return "{ " + " , ".join(parts) + " }"

    def _pair(self, element: Node) -> tuple[str, Node, Node]:
        """The key as a name, the key and the value."""
        nodes = [child for child in element.children if child.type == "expression"]
        key, value = nodes[0], nodes[-1]
        quoted = plain(key, self._source)
        return (text_of(key, self._source) if quoted is None else quoted), key, value

    def _string(self, node: Node, keys: tuple[str, ...], depth: int) -> str:
        """One leaf for the whole, and what is put in as its own; a heredoc begins behind its marker."""
        heredoc = node.type == "heredoc_template"
        start = node.children[1 if heredoc else 0].end_byte
        raw: list[str] = []
        said: list[str] = []
        for child in node.children:
            if child.type in {"template_interpolation", "template_directive"}:
                self._literal(start, child.start_byte, raw, said, heredoc=heredoc)
                before = len(self.names)
                raw.append(self._inside(child, keys, depth + 1))
                said.append(GAP)
                self.calls.append(Call(PUT_IN, raw[-1], constant=self._is_constant(before)))
                start = child.end_byte
        self._literal(start, node.children[-1].start_byte, raw, said, heredoc=heredoc)
        text = "".join(said)
        if text.strip(GAP):
            self.leaves.append(Leaf(keys, text, quoted=True))
        return f'<<"{"".join(raw)}"' if heredoc else f'"{"".join(raw)}"'

    def _literal(self, start: int, end: int, raw: list[str], said: list[str], *, heredoc: bool) -> None:
        text = self._source[start:end].decode()
        raw.append(text)
        said.append(decoded(text, backslashes=not heredoc))
