"""What is written in an expression of HCL, or in a value of JSON: its texts and numbers.

Decides where an expression ends and which literals are in it, by the shape of the
text. Leaves to others: whose expression it is (`planner.declared`,
`planner.sensitive`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pydantic import JsonValue

from subagents.foreign_json import parsed

ASSIGNED = re.compile(r"^[ \t]*\"?(?P<name>[\w-]+)\"?[ \t]*=(?!=)", re.MULTILINE)
"""A line that gives a name a value."""
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\[^\n])*+\"")
_LITERAL = re.compile(
    r"<<-?[ \t]*(?P<end>[A-Za-z_][\w-]{0,40})[ \t]*\n(?P<lines>(?:(?![ \t]*(?P=end)[ \t]*$)[^\n]*\n)*)"
    r"|\"(?P<text>(?:[^\"\\\n]|\\[^\n])*+)\"(?P<key>[ \t]*[=:])?"
    r"|(?<![\w.])(?P<number>\d[\d.]*)(?![\w.])",
    re.MULTILINE,
)


def expression(text: str, start: int, following: re.Pattern[str]) -> str:
    """What stands from `start` up to what follows it, all brackets closed: a map has names in it too."""
    depth, done = 0, start
    for stop in following.finditer(text, start):
        between = _STRING.sub("", text[done : stop.start()])
        depth += sum(map(between.count, "{[(")) - sum(map(between.count, "}])"))
        done = stop.start()
        if depth <= 0:
            return text[start:done]
    return text[start:]


def literals(said: str) -> Iterator[str]:
    """The strings, heredocs and numbers of an expression; keys of its maps are none of them."""
    for found in _LITERAL.finditer(said):
        if found["lines"]:
            yield found["lines"]
            yield "\n".join(line.strip() for line in found["lines"].splitlines())
        elif found["text"] and not found["key"]:
            yield found["text"]
            try:
                yield str(json.loads(f'"{found["text"]}"')).replace("$${", "${").replace("%%{", "%{")
            except ValueError:
                continue
        elif found["number"]:
            yield found["number"]


def leaves(value: JsonValue) -> Iterator[str]:
    """The strings and numbers of a value, its keys left out."""
    match value:
        case bool() | None:
            return
        case dict():
            for item in value.values():
                yield from leaves(item)
        case list():
            for item in value:
                yield from leaves(item)
        case _:
            yield str(value)


def mapping(text: str) -> dict[str, JsonValue]:
    """A text as an object of JSON; empty where it is none."""
    try:
        value = parsed(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
