"""What pydantic says of `planner.yaml` → one line for people: file, line, key, and the nearest right one.

Decides how a mistake is named; what is a mistake is decided by the contracts and by `planner.config`.
Values are never quoted: an address may hold a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic_core import ErrorDetails

from contracts.settings import ModuleSettings

_Schema = Mapping[str, Any]
_KEY = "[key]"
"""What pydantic puts behind a key that is itself wrong."""
_WORDS = {
    "dict_type": "should hold keys and values",
    "missing": "is missing",
    "model_type": "should hold keys and values",
    "string_type": "should be text; put it in quotes",
    "time_delta_type": "is no duration; write 30s, 5m or 1h30m",
    "tuple_type": "should be a list",
}


class Place(NamedTuple):
    """Where in the file a location is."""

    key: str
    """Dotted; empty for the file itself."""
    line: int
    siblings: tuple[str, ...]
    """Keys that the settings know beside the last one."""


def mistake(path: Path, root: yaml.Node | None, detail: ErrorDetails) -> str:
    """One mistake as `file, line 3: checks.state: what is wrong`."""
    place = _place(root, detail)
    return at(path, place, _told(detail, place))


def line_of(root: yaml.Node | None, detail: ErrorDetails) -> int:
    """Where one mistake stands."""
    return _place(root, detail).line


def _place(root: yaml.Node | None, detail: ErrorDetails) -> Place:
    return place_of(root, tuple(part for part in detail["loc"] if part != _KEY))


def at(path: Path, place: Place, what: str) -> str:
    """A sentence about one place of the file."""
    return f"{path}, line {place.line}: {place.key or 'the file'}: {what}"


def nearest(said: str, known: Sequence[str]) -> str:
    """`; did you mean …?` where one of the names is near; else the names there are."""
    return _meant(said, known) or (f"; there are {', '.join(known)}" if known else "")


def _meant(said: str, known: Sequence[str]) -> str:
    close = get_close_matches(said.lower(), known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def words_of(detail: ErrorDetails) -> str:
    """What is wrong with a value, as the end of a sentence that begins with its name."""
    told = detail["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    return _WORDS.get(detail["type"], told)


def place_of(root: yaml.Node | None, location: Sequence[int | str]) -> Place:
    """The dotted key a location means, its one-based line, and the keys known beside it."""
    node, keys, line = root, [], 1 if root is None else root.start_mark.line + 1
    schema: _Schema = ModuleSettings.model_json_schema()
    known, definitions = (), schema["$defs"]
    for part in location:
        tagged = _option(schema, str(part), definitions)
        if tagged is not None:
            schema = tagged
            continue
        known = tuple(schema.get("properties", ()))
        schema = _below(schema, part, definitions)
        keys.append(str(part))
        node, line = _child(node, part, line)
    return Place(".".join(keys), line, known)


def _child(node: yaml.Node | None, part: int | str, line: int) -> tuple[yaml.Node | None, int]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    return None, line  # a key that is missing is told at what it is missing from


def _option(schema: _Schema, tag: str, definitions: _Schema) -> _Schema | None:
    """Of kinds that are told apart by a key, the one with this key, which is no level of a file."""
    options: Iterator[_Schema] = (_resolved(option, definitions) for option in schema.get("oneOf", ()))
    return next((option for option in options if tag in option["properties"]), None)


def _below(schema: _Schema, part: int | str, definitions: _Schema) -> _Schema:
    found = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
    found = schema.get("additionalProperties") if found is None else found
    return _resolved(found, definitions) if isinstance(found, Mapping) else {}


def _resolved(schema: _Schema, definitions: _Schema) -> _Schema:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return definitions[name] if name else schema


def _told(detail: ErrorDetails, place: Place) -> str:
    said = str(detail["input"])
    if detail["type"] == "extra_forbidden":
        return "no such key" + nearest(place.key.rpartition(".")[2], place.siblings)
    if detail["type"] in {"enum", "literal_error"}:
        names = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        if detail["loc"][-1] == _KEY:
            return "no such key" + nearest(said, names)
        return f"should be {detail['ctx']['expected']}{_meant(said, names)}"
    return words_of(detail)
