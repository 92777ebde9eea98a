"""A literal → the keys and values written inside it: JSON, YAML, `KEY=value`, options of a command.

Reads what it can of a text in pieces, with values put in or with errors; so a
policy in a heredoc meets the same rules as one made by `jsonencode`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from subagents.remediator.hcl_expression import Leaf

_BETWEEN = re.compile(r'[\s,"]+')
_JSON = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(:)?|([^\s",:\[\]{}]+)')
_LINE = re.compile(r"^\s*-?\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*[:=]\s*(.*?)\s*$")
_ITEM = re.compile(r"^\s*-\s+(.*?)\s*$")
_FLOW = re.compile(r"([A-Za-z_][\w.-]*)\s*:\s*([^\s,{}\[\]]+)")
_INLINE = re.compile(r"([A-Za-z_][\w-]*)=([^\s;&\"',]+)|--([\w-]+)[= ]([^\s\"']+)")


def expanded(leaf: Leaf) -> Iterator[Leaf]:
    """The literal itself, then what is written in it."""
    yield leaf
    if not leaf.quoted:
        return
    for key, value in _pairs(leaf.text):
        if value:
            yield Leaf((*leaf.keys, key), value, quoted=True)


def is_mended_json(was: str, now: str) -> bool:
    """Whether a text that was no JSON is one by commas, quotes and layout alone, and says what it said."""
    return _BETWEEN.sub("", was) == _BETWEEN.sub("", now) and not _is_json(was) and _is_json(now)


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    if '"' in text:
        yield from _json(text)
    if "\n" in text:
        yield from _lines(text)
    if "{" in text and '"' not in text:
        yield from _FLOW.findall(text)
    if "=" in text or "--" in text:
        yield from ((a or c, b or d) for a, b, c, d in _INLINE.findall(text))


def _json(text: str) -> Iterator[tuple[str, str]]:
    """What follows a key belongs to it until the next one comes."""
    key = ""
    for quoted, colon, bare in _JSON.findall(text):
        if colon:
            key = quoted
        elif key:
            yield key, quoted or bare


def _lines(text: str) -> Iterator[tuple[str, str]]:
    key = ""
    for line in text.splitlines():
        if pair := _LINE.match(line):
            key = pair[1]
            yield key, pair[2].strip("\"'")
        elif key and (item := _ITEM.match(line)):
            yield key, item[1].strip("\"'")
