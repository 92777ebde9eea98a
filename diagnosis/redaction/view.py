"""A text as somebody would read it, with the way back to the text as it is.

Colours, escapes and hard wraps hide secrets from a pattern: `\\"`, `%2B`, a
line cut at column 80. Decides what is seen through, and where a match lies in
the original. Leaves to others: what is a secret.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

Span = tuple[int, int]
"""Start and end (exclusive) in a text."""

BARRIER = "\0"
"""Stands for what no rule may look at; no rule's alphabet holds it."""

_TRANSPARENT = re.compile(
    r"\x1b\[[0-?]*+[ -/]*+[@-~]"  # colours and cursor
    r"|\x1b\][^\x07\x1b]*+(?:\x07|\x1b\\)"  # titles and hyperlinks
    # A run of backslashes is one escape, however often the text was quoted; the
    # look-behind keeps a long run from being read once for each of its characters.
    r"|(?<!\\)\\++(?:(?:u001[bB]|x1[bB]|033)\[[0-9;]*+m|[nrtbf\"'/]|u[0-9a-fA-F]{4})"
    r"|%(?:[2-6][0-9A-Fa-f]|7[0-9A-Ea-e]|0[aAdD9])"
    r"|\n(?:[│|]\x20?)?"  # the bar that Terraform draws beside a diagnostic
)
_WHITESPACE = {"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": " "}
_HEX = 16
_SHORTEST_WRAP = 60
_WIDTHS = frozenset({64, 72, 76, 78, 79, 80, 100, 120, 132})
"""Where terminals, logs and base64 wrap."""


class _Mark(NamedTuple):
    """From `seen` on, the view shows the original from `real` on."""

    seen: int
    real: int
    width: int
    """Original characters behind the one character shown; 0: one each, to the next mark."""


class View:
    """What is read, and where it is."""

    def __init__(self, text: str, marks: list[_Mark]) -> None:
        self.text = text
        self._marks = marks
        self._seen = [mark.seen for mark in marks]

    @classmethod
    def of(cls, text: str) -> View:
        """`text` as it is."""
        return cls(text, [_Mark(0, 0, 0)])

    def original(self, span: Span) -> Span:
        """Where a non-empty span of `text` lies in the original, decoration inside included."""
        return self._place(span[0])[0], self._place(span[1] - 1)[1]

    def _place(self, position: int) -> Span:
        mark = self._marks[bisect_right(self._seen, position) - 1]
        if mark.width:
            return mark.real, mark.real + mark.width
        start = mark.real + position - mark.seen
        return start, start + 1


def decoded(text: str) -> View | None:
    """`text` without colours, escapes and wraps; None where it has none."""
    if not any(sign in text for sign in "\x1b\\%\n"):
        return None
    pieces: list[str] = []
    marks = [_Mark(0, 0, 0)]
    seen = done = line = 0
    for found in _TRANSPARENT.finditer(text):
        start, end = found.span()
        if text[start] == "\n":
            wrapped = _wraps(text, line, start, end)
            line = start + 1
            if not wrapped:
                continue
        shown = _shown(text[start:end])
        pieces += (text[done:start], shown)
        seen += start - done
        if shown:
            marks.append(_Mark(seen, start, end - start))
            seen += 1
        marks.append(_Mark(seen, end, 0))
        done = end
    if not pieces:
        return None
    pieces.append(text[done:])
    return View("".join(pieces), marks)


def _shown(code: str) -> str:
    """The one character that `code` stands for, or nothing."""
    if code[0] in "\x1b\n":
        return ""
    if code[0] == "%":
        return chr(int(code[1:], _HEX))
    escape = code.lstrip("\\")
    if "[" in escape:
        return ""
    if escape[0] == "u":
        return chr(int(escape[1:], _HEX))
    return _WHITESPACE.get(escape, escape)


def _wraps(text: str, start: int, end: int, after: int) -> bool:
    """Whether the line from `start` to `end` goes on at `after`, in the line below.

    Told by its length: a usual width, or the same as that of the line below.
    """
    length = end - start
    if length < _SHORTEST_WRAP or after == len(text) or text[after] == "\n":
        return False
    stop = text.find("\n", end + 1, end + 2 + length)
    below = (stop if stop >= 0 else min(len(text), end + 2 + length)) - end - 1
    return below == length or (length in _WIDTHS and below < length)
