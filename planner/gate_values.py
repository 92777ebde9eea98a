"""Values in a plan, walked: their texts, the parts that are marked, the forms a text may be hidden in."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from subagents.foreign_json import parsed

SHORTEST = 6
"""A text with fewer characters may stand somewhere by chance."""
_LONGEST_DECODED = 1 << 20


def marked_texts(value: Any, marks: Any) -> Iterator[str]:
    """Those of a value's texts that are marked sensitive, and long enough to be told from others."""
    waiting = [(value, marks)] if marks else []
    while waiting:
        inner, mark = waiting.pop()
        if mark is True:
            yield from long_texts(inner)
        elif mark and isinstance(inner, dict | list):
            keys = inner if isinstance(inner, dict) else range(len(inner))
            waiting += [(inner[key], part(mark, key)) for key in keys]


def long_texts(value: Any) -> Iterator[str]:
    """The texts in a value that are long enough to be told from others."""
    return (leaf for leaf in texts_in(value) if len(leaf) >= SHORTEST)


def texts_in(value: Any) -> Iterator[str]:
    """The texts and numbers of a value, and those of the JSON that a text holds."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            waiting += list(one.values()) if isinstance(one, dict) else one
        elif isinstance(one, str):
            yield one
            with suppress(RecursionError):  # its whole text is told all the same
                waiting.append(json_in(one))
        elif one is not None and not isinstance(one, bool):
            yield str(one)


def forms_of(text: str) -> Iterator[str]:
    """A text as it is, and what it is the base64, hex or URL form of."""
    yield text
    yield unquote(text)
    raw = text[:_LONGEST_DECODED].encode()
    for decode in (_unbase64, binascii.unhexlify):
        try:
            yield decode(raw).decode("utf-8", errors="ignore")
        except ValueError:
            continue


def _unbase64(raw: bytes) -> bytes:
    return base64.b64decode(raw.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(raw) % 4))


def part(value: Any, key: Any) -> Any:
    """The part of a value below a key; what is true of the whole is true of the part."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list):
        return value[key] if isinstance(key, int) and key < len(value) else None
    return value if value is True else None


def is_any_marked(marks: Any) -> bool:
    """Whether anything in a value is marked sensitive."""
    waiting = [marks]
    while waiting:
        one = waiting.pop()
        if one is True:
            return True
        if isinstance(one, dict | list):
            waiting += list(one.values()) if isinstance(one, dict) else one
    return False


def json_in(text: str) -> Any:
    """The object or list that a text holds as JSON; None where it holds none.

    Raises `RecursionError` for what is nested too deep to be read.
    """
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return parsed(text)
    except ValueError:
        return None
