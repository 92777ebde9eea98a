"""What a Kubernetes `Secret` holds: its names are anybody's, and only its kind says that they are secret.

Decides which objects are secrets and which of their lines are values, in YAML, in HCL and in a
plan of Terraform's, whole or cut. Leaves to `diagnosis.redaction.manifests_json` the same in JSON,
and to `diagnosis.redaction.names` which values are references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from diagnosis.redaction.manifests_json import DATA, RESOURCES, TAGS, flow_spans, json_spans
from diagnosis.redaction.names import is_secret_value
from diagnosis.redaction.view import Span

_TOLD = re.compile(rf"kind[\"']?[ \t]{{0,64}}[:=]\s{{0,8}}{TAGS}[\"']?Secret(?:List)?\b|kubernetes_secret")
_RESOURCE = rf"resource \"(?:{'|'.join(RESOURCES)})\""
_SNIPPET = re.compile(  # one line of a resource's code, as a diagnostic shows it
    rf"{_RESOURCE} \"[^\"\n\x00]{{1,128}}\":?[ ]*\n[│| ]{{0,8}}(?:\d{{1,5}}:)?[ ]{{1,64}}"
    r"\"?(?!(?:name|namespace|type|generate_name|provider)\b)[\w./-]{1,253}\"?[ ]{1,64}=[ ]"
    r"(?P<said>[^\n\x00]*)"
)
_LINE = re.compile(
    r"^(?P<lead>(?:[│|][ ]?)?(?:[ ]{0,8}\d{1,5}:(?=[ ]))?(?P<indent>[ ]{0,128}(?:[+~-][ ]{1,4}){0,2}))"
    r"(?:[\"']?(?P<key>[\w./-]{1,253})[\"']?(?P<sign>[ ]{0,64}=(?!=)|:(?=\s|\Z))[ \t]{0,16}|(?=[^\s\x00]))"
    r"(?P<rest>[^\n\x00]*)",
    re.MULTILINE,
)
_KIND = re.compile(rf"{TAGS}[\"']?Secret(?P<list>List)?[\"']?,?\s*(?:(?<=\s)#.*)?")
_HEADER = re.compile(_RESOURCE)
_IN_QUOTES = re.compile(r"\"((?:[^\"\\\n\x00]|\\[^\n\x00])++)\"?")
_OF_A_FLOW = re.compile(r":[ ]{0,8}[\"']?([^\s\"'{},\x00][^\"',}\n\x00]*+)")
_BLOCK = re.compile(r"[|>][+-]?\d?\s*|<<[-~]?\w+\s*")
_FRAME = re.compile(r"EO[A-Z]{1,4}|[\[\](){},]+|[│╷╵]+|-+")


@dataclass(slots=True)
class _Object:
    """Lines that begin in the same column."""

    indent: int
    is_secret: bool = False
    is_new: bool = False
    """Its first line is still to come, and says the column."""
    is_list: bool = False
    """Of secrets: whatever is data below it is secret."""
    values: list[Span] = field(default_factory=list)
    below: list[Span] = field(default_factory=list)
    """The values of the objects in it."""
    keys: set[str] = field(default_factory=set)

    def is_of(self, said: str) -> None:
        """What its kind says of it."""
        if kind := _KIND.fullmatch(said):
            self.is_list |= bool(kind["list"])
            self.is_secret |= not kind["list"]


def manifest_spans(text: str) -> Iterator[Span]:
    """Where the values of secrets of Kubernetes are."""
    if ("Secret" not in text and "kubernetes_secret" not in text) or not _TOLD.search(text):
        return
    yield from json_spans(text)
    yield from flow_spans(text)
    for found in _SNIPPET.finditer(text):
        yield from _quoted(text, found.span("said"))
    objects: list[_Object] = []
    reader = _Data()
    for line in _LINE.finditer(text):
        if not reader.takes(line) and not _is_comment(line):
            yield from _read(line, objects, reader)
    yield from _ended(objects, -1)


class _Data:
    """Reads the lines under `data:` of one object after the other."""

    def __init__(self) -> None:
        self._of: _Object | None = None
        self._indent = self._block = 0

    def begin(self, of: _Object, line: re.Match[str]) -> None:
        """The lines that are indented by more than this one are its values; some may stand behind it."""
        self._of, self._indent, self._block = of, len(line["indent"]), 0
        if len(line["rest"]) > 1:
            start, end = line.span("rest")
            of.values += [found.span(1) for found in _OF_A_FLOW.finditer(line.string, start, end)]
            of.values += _quoted(line.string, (start, end))

    def takes(self, line: re.Match[str]) -> bool:
        """Whether the line is one of them; its value is then the object's."""
        indent = len(line["indent"])
        if self._of is not None and indent <= self._indent and _is_comment(line):
            return True
        if self._of is None or indent <= self._indent:
            self._of = None
            return False
        if self._block and indent > self._block:
            self._of.values.append((line.end("lead"), line.end()))
            return True
        self._block = indent if line["key"] and _BLOCK.fullmatch(line["rest"]) else 0
        self._of.values += _said(line)
        return True


def _read(line: re.Match[str], objects: list[_Object], reader: _Data) -> Iterator[Span]:
    """One line of an object: its kind, the beginning of its data, or the beginning of another one."""
    rest, key, indent = line["rest"], line["key"], len(line["indent"])
    is_item = "-" in line["indent"] and line["sign"] == ":"
    is_prose = not key and not indent
    yield from _ended(objects, -1 if is_prose else indent - is_item)
    if _HEADER.match(rest):
        objects.append(_Object(indent + 1, is_secret=True, is_new=True))
        return
    if objects and objects[-1].is_new:
        objects[-1].indent, objects[-1].is_new = indent, False
    if not key:
        return
    if not objects or objects[-1].indent < indent:
        objects.append(_Object(indent))
    elif key in {"kind", "apiVersion"} & objects[-1].keys:
        yield from _ended(objects, indent - 1)
        objects.append(_Object(indent))
    here = objects[-1]
    here.keys.add(key)
    if key == "kind":
        here.is_of(rest)
    if key in DATA:
        reader.begin(here, line)


def _ended(objects: list[_Object], indent: int) -> Iterator[Span]:
    """The values of the secrets among the objects that begin in a later column."""
    while objects and objects[-1].indent > indent:
        one = objects.pop()
        if one.is_secret or one.is_list:
            yield from one.values
        if one.is_list:
            yield from one.below
        elif objects:
            around = objects[-1]
            less, more = sorted((around.below, one.below), key=len)
            more += less
            more += () if one.is_secret else one.values
            around.below = more


def _is_comment(line: re.Match[str]) -> bool:
    """Whether it is only one, which begins and ends nothing, whatever its column."""
    return not line["key"] and line["rest"].startswith("#")


def _said(line: re.Match[str]) -> Iterator[Span]:
    """What one line gives to its key; or all of it, where it has none."""
    start, end = line.span("rest")
    if line["sign"] and line["sign"] != ":":
        yield from _quoted(line.string, (start, end))
        return
    said = line["rest"].strip().strip("\"'")
    if said and not (_BLOCK.fullmatch(said) or _FRAME.fullmatch(said)) and is_secret_value(said):
        first = line.string.index(said, start)
        yield first, first + len(said)


def _quoted(text: str, where: Span) -> Iterator[Span]:
    for found in _IN_QUOTES.finditer(text, *where):
        if is_secret_value(found[1]):
            yield found.span(1)
