"""Markdown out of foreign text: nothing in it becomes markup, a link or a line of its own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from contracts.text import cap, clean, one_line

_SPECIAL = re.compile(r"([\\`*\[\]|~]|(?<!\w)_|_(?!\w))")
_AT_START = re.compile(r"^(?=[#+=-])|(?<=^\d)(?=[.)](?:\s|$))")
_LINKS = re.compile(r":/(?=/)|\bwww(?=\.)", re.IGNORECASE)
_FENCES = re.compile(r"`+")
_MOST_CHARS = 20_000


def plain(text: str, most: int = 600) -> str:
    """Foreign text as a part of one line."""
    said = one_line(text, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    said = _LINKS.sub(lambda found: f"{found[0]}\\", _SPECIAL.sub(r"\\\1", said))
    return _AT_START.sub(r"\\", said)


def code(text: str, most: int = 300) -> str:
    """Foreign text in the line's own code font."""
    said = one_line(text, most).replace("|", "\N{BROKEN BAR}") or " "
    ticks = "`" * (1 + max((len(run) for run in _FENCES.findall(said)), default=0))
    pad = " " if said.startswith("`") or said.endswith("`") else ""
    return f"{ticks}{pad}{said}{pad}{ticks}"


def block(text: str, language: str = "text") -> Iterator[str]:
    """Foreign text as it stands, line for line."""
    said = cap(clean(text).rstrip("\n"), _MOST_CHARS)
    fence = "`" * max(3, 1 + max((len(run) for run in _FENCES.findall(said)), default=0))
    yield f"{fence}{language}"
    yield said
    yield fence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows whose cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"
