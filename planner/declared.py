"""What the folders of a module and of its local modules declare, read by the shape of the text.

Decides which variables are marked `sensitive` or `ephemeral`, what their defaults are, and what
one module gives to another. To take too much for secret is no harm, so no run
waits for a parser, and a folder too many is not read. Leaves to others: where
the values of the root's variables stand (`planner.sensitive`).
"""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from contracts.text import decode
from diagnosis.redaction.names import is_secret_name
from planner.expressions import ASSIGNED, expression, leaves, literals, mapping
from planner.written_secrets import written_secrets
from subagents.terraform.code_files import files, head

_MOST_OF_ALL = 8 << 20
_MOST_FOLDERS = 64
_MOST_FILES = 512
_GAP = r"(?:[ \t]|/\*[^\n]*?\*/)*+"
_BLOCK = re.compile(
    rf"^(?:[^\n\"]*\*/)?{_GAP}"
    rf"(?:(?P<kind>variable|module|locals)\b{_GAP}(?:\"?(?P<name>[\w-]+)\"?)?"
    r"|(?:check|data|ephemeral|import|moved|output|provider|removed|resource|terraform)\b[^=\n{]*)"
    rf"{_GAP}\{{",
    re.MULTILINE,
)
_MARK = re.compile(rf"(?:^|\{{){_GAP}(?:sensitive|ephemeral){_GAP}=[ \t]*+(?!{_GAP}false\b)", re.MULTILINE)
_EPHEMERAL = re.compile(rf"(?:^|\{{){_GAP}ephemeral{_GAP}=[ \t]*+(?!{_GAP}false\b)", re.MULTILINE)
_DEFAULT = re.compile(rf"(?:^|\{{){_GAP}default{_GAP}=", re.MULTILINE)
_NEXT = re.compile(r"^[ \t]*(?:description|ephemeral|nullable|sensitive|type|validation)\b", re.MULTILINE)
_ARGUMENT = re.compile(r"(?:^|\{)[ \t]*\"?(?P<name>[\w-]+)\"?[ \t]*=(?!=)", re.MULTILINE)
_LOCAL = re.compile(r"\"\.\.?/")
_USED = re.compile(r"(?<![\w.])(?P<kind>var|local)\.(?P<name>[\w-]+)")
Used = tuple[str, str]
"""`var` or `local`, and a name."""


class Said(NamedTuple):
    """What an expression is made of."""

    literals: tuple[str, ...]
    uses: frozenset[Used]


class _Body(NamedTuple):
    """A block: its kind, its name, and what is in it, as text or as JSON."""

    kind: str
    name: str
    inside: str | dict[str, JsonValue]

    def is_marked(self) -> bool:
        if isinstance(self.inside, str):
            return _MARK.search(self.inside) is not None
        return bool(self.inside.get("sensitive") or self.inside.get("ephemeral"))

    def is_ephemeral(self) -> bool:
        if isinstance(self.inside, str):
            return _EPHEMERAL.search(self.inside) is not None
        return bool(self.inside.get("ephemeral"))

    def of(self, name: str) -> Iterator[Said]:
        """What it says of one argument."""
        if not isinstance(self.inside, str):
            if name in self.inside:
                yield _of_json(self.inside[name])
        elif self.kind == "variable":
            found = _DEFAULT.search(self.inside)
            if found:
                yield _of_text(expression(self.inside, found.end(), _NEXT))
        else:
            for found in _ARGUMENT.finditer(self.inside):
                if found["name"] == name:
                    yield _of_text(expression(self.inside, found.end(), ASSIGNED))


class Declared:
    """The module in a folder, with all that it calls by a path."""

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.normpath(root))
        self._bodies: dict[Path, list[_Body]] = {}
        self._callers: dict[Path, list[tuple[Path, _Body]]] = {}
        self._left, self._files = _MOST_OF_ALL, _MOST_FILES
        self._written: set[str] = set()
        due = [self._root]
        while due and len(self._bodies) < _MOST_FOLDERS:
            folder = due.pop()
            if folder not in self._bodies:
                self._bodies[folder] = list(self._read(folder))
                due += self._called(folder)

    def ephemeral(self) -> frozenset[str]:
        """The root's variables whose values Terraform keeps nowhere, not even in a saved plan."""
        bodies = self._bodies[self._root]
        return frozenset(body.name for body in bodies if body.kind == "variable" and body.is_ephemeral())

    def secrets(self) -> tuple[set[str], set[str]]:
        """The names of the root's secret variables, and the values that the code gives to any of them."""
        names: set[str] = set()
        values = set(self._written)
        due: list[tuple[Path, Used]] = [
            (folder, ("var", body.name))
            for folder, bodies in self._bodies.items()
            for body in bodies
            if body.kind == "variable" and (is_secret_name(body.name) or body.is_marked())
        ]
        seen = set(due)
        while due:
            folder, (kind, name) = due.pop()
            if kind == "var" and folder == self._root:
                names.add(name)
            for where, said in self._given(folder, kind, name):
                values.update(said.literals)
                new = {(where, used) for used in said.uses} - seen
                seen |= new
                due += new
        return names, values

    def _given(self, folder: Path, kind: str, name: str) -> Iterator[tuple[Path, Said]]:
        """What a variable or a local value is set to in the code, and in which folder."""
        for body in self._bodies[folder]:
            if kind == "local" and body.kind == "locals":
                yield from ((folder, said) for said in body.of(name))
            elif kind == "var" and body.kind == "variable" and body.name == name:
                yield from ((folder, said) for said in body.of("default"))
        if kind == "var":
            for caller, body in self._callers.get(folder, ()):
                yield from ((caller, said) for said in body.of(name))

    def _called(self, folder: Path) -> Iterator[Path]:
        for body in self._bodies[folder]:
            inside = body.inside if isinstance(body.inside, str) else json.dumps(body.inside)
            if body.kind == "module" and _LOCAL.search(inside):
                for source in [text for said in body.of("source") for text in said.literals]:
                    if source.startswith(("./", "../")):
                        called = Path(os.path.normpath(folder / source))
                        self._callers.setdefault(called, []).append((folder, body))
                        yield called

    def _read(self, folder: Path) -> Iterator[_Body]:
        for path in files(folder, (".tf", ".tofu", ".tf.json", ".tofu.json")):
            if self._left <= 0 or self._files <= 0:
                return
            text = read(path)
            self._left -= len(text)
            self._written.update(written_secrets(text))
            self._files -= 1
            yield from _json_bodies(text) if path.suffix == ".json" else _bodies(text)


def read(path: Path) -> str:
    """The text of a file, or its beginning; empty where it cannot be read."""
    return decode(head(path)).replace("\r\n", "\n")


def _bodies(text: str) -> Iterator[_Body]:
    for block, following in pairwise([*_BLOCK.finditer(text), None]):
        if block and block["kind"]:
            end = following.start() if following else len(text)
            yield _Body(block["kind"], block["name"] or "", text[block.end() - 1 : end])


def _json_bodies(text: str) -> Iterator[_Body]:
    """The same of a file in JSON, where a block may be written as a list of itself."""
    whole = mapping(text)
    for kind in ("variable", "module"):
        for blocks in _dicts(whole.get(kind)):
            for name, said in blocks.items():
                yield from (_Body(kind, name, body) for body in _dicts(said))
    yield from (_Body("locals", "", body) for body in _dicts(whole.get("locals")))


def _dicts(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _of_text(said: str) -> Said:
    return Said(tuple(literals(said)), _used(said))


def _of_json(value: JsonValue) -> Said:
    return Said(tuple(leaves(value)), _used(json.dumps(value)))


def _used(said: str) -> frozenset[Used]:
    return frozenset((found["kind"], found["name"]) for found in _USED.finditer(said))
