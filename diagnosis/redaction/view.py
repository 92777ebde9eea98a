r"""A text as somebody would read it, with the way back to the text as it is.

Colours, escapes and hard wraps hide secrets from a pattern: `\"`, `%2B`, `&quot;`, a
line cut at column 80. Decides what is seen through, and where a match lies in
the original. Leaves to others: what is a secret.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from diagnosis.redaction.look_alikes import as_ascii

Span = tuple[int, int]
"""Start and end (exclusive) in a text."""

BARRIER = "\0"
"""Stands for what no rule may look at; no rule's alphabet holds it."""

_LETTER = r"[nrtbf\"'/]"
_POINT = r"u[0-9a-fA-F]{4}"
_PERCENT = r"(?:[2-6][0-9A-Fa-f]|7[0-9A-Ea-e]|0[aAdD9])"
_COLOUR = r"\[[0-?]*+[ -/]*+[@-~]"
_TRANSPARENT = re.compile(
    # A first character of its own lets the engine skip all others; runs of one
    # kind are taken at once, so that a text full of them costs no more.
    r"[\x1b\\%&^\n\u0300-\u036f](?:"
    rf"(?<=\x1b)(?P<nothing>{_COLOUR}(?:\x1b{_COLOUR})*+)"
    r"|(?<=\^)(?P<caret>\[\[[0-9;]{0,16}m)"
    r"|(?<=&)(?P<entity>(?:amp;){0,4}(?:quot|apos|lt|gt|#(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6])"
    r"|#[xX](?:[2-6][0-9a-fA-F]|7[0-9a-eA-E]));)"
    rf"|(?<=%)(?:(?P<again>(?:25)++{_PERCENT})|(?P<percents>{_PERCENT}(?:%{_PERCENT})*+))"
    r"|(?<=[\u0300-\u036f])(?P<accents>[\u0300-\u036f]*+)"
    r"|(?<=\\)(?<!\\\\)(?:"  # the first backslash of a run, or each of them would read the run again
    r"(?P<colour>\\*+(?:u001[bB]|x1[bB]|033|e)\[[0-9;]*+m)"
    r"|(?P<goes_on>\n[ \t]{0,16}(?:[│|][ \t]{0,16})?)"  # a command of several lines
    rf"|(?P<letters>{_LETTER}(?:\\{_LETTER})*+)"
    rf"|(?P<points>{_POINT}(?:\\{_POINT})*+)"
    rf"|(?P<nested>\\++(?:{_LETTER}|{_POINT})))"  # quoted more than once
    # After a long line; with the bar that Terraform draws beside a diagnostic.
    r"|(?<=[^\n]{60}\n)(?P<wrap>(?:[│|]\x20?)?)(?!\n))"
)
_ENDS_OF_LINES = re.compile(r"[\r\n]+(?:[│|]\x20?)?")
_ENTITIES = {"quot": '"', "apos": "'", "lt": "<", "gt": ">"}
_LETTERS = str.maketrans({"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": " "})
_WIDTHS = frozenset({64, 72, 76, 78, 79, 80, 100, 120, 132})
"""Where terminals, logs and base64 wrap."""


class _Mark(NamedTuple):
    """From `seen` on, the view shows the original from `real` on, `width` characters as one."""

    seen: int
    real: int
    width: int


class View:
    """What is read, and where it is."""

    def __init__(self, text: str, marks: list[_Mark]) -> None:
        self.text = text
        self._marks = marks
        self._seen = [mark.seen for mark in marks]

    @classmethod
    def of(cls, text: str) -> View:
        """`text` as it is."""
        return cls(text, [_Mark(0, 0, 1)])

    def original(self, span: Span) -> Span:
        """Where a non-empty span of `text` lies in the original, decoration inside included."""
        return self._place(span[0])[0], self._place(span[1] - 1)[1]

    def _place(self, position: int) -> Span:
        mark = self._marks[bisect_right(self._seen, position) - 1]
        start = mark.real + (position - mark.seen) * mark.width
        return start, start + mark.width


def decoded(text: str) -> View | None:
    """`text` in plain letters, without colours, escapes and wraps; None where it is that already."""
    if text.isascii() and (text.isalnum() or not any(sign in text for sign in "\x1b\\%&^\n")):
        return None
    original, text = text, as_ascii(text)
    pieces: list[str] = []
    marks = [_Mark(0, 0, 1)]
    seen = done = 0
    for found in _TRANSPARENT.finditer(text):
        start, end = found.span()
        if found.lastgroup == "wrap" and not _goes_on(text, start):
            continue
        shown = _shown(found)
        pieces += (text[done:start], shown)
        seen += start - done
        if shown:
            marks.append(_Mark(seen, start, (end - start) // len(shown)))
            seen += len(shown)
        marks.append(_Mark(seen, end, 1))
        done = end
    if not pieces:
        return None if text is original else View.of(text)
    pieces.append(text[done:])
    return View("".join(pieces), marks)


def unbroken(text: str) -> View | None:
    """`text` as one line, without the bars that Terraform draws; None where it is one."""
    if "\n" not in text and "\r" not in text:
        return None
    pieces: list[str] = []
    marks = [_Mark(0, 0, 1)]
    seen = done = 0
    for found in _ENDS_OF_LINES.finditer(text):
        pieces.append(text[done : found.start()])
        seen += found.start() - done
        done = found.end()
        marks.append(_Mark(seen, done, 1))
    pieces.append(text[done:])
    return View("".join(pieces), marks)


def _shown(found: re.Match[str]) -> str:
    """The characters that a run of escapes stands for, each of them written as long as the others."""
    code = found[0]
    match found.lastgroup:
        case "letters":
            return code[1::2].translate(_LETTERS)
        case "points":
            return "".join(map(_point, code.split("\\u")[1:]))
        case "nested" | "again" | "entity":
            return _sign(code)
        case "percents":
            return bytes.fromhex(code.replace("%", "")).decode("ascii")
        case _:
            return ""


def _sign(code: str) -> str:
    """The one character that a long escape stands for."""
    if code[0] == "\\":
        code = code.lstrip("\\")
        return _point(code[1:]) if code[0] == "u" else code.translate(_LETTERS)
    if code[0] == "%":
        return chr(int(code[-2:], base=16))
    name = code[1:-1].rpartition(";")[2]
    if name[0] != "#":
        return _ENTITIES[name]
    number = name[1:]
    return chr(int(number) if number.isdigit() else int(f"0{number}", base=0))


def _point(code: str) -> str:
    return chr(int(code, 16))


def _goes_on(text: str, end: int) -> bool:
    """Whether the line that ends at `end` was cut there: it is as long as the next, or as a screen."""
    length = end - text.rfind("\n", 0, end) - 1
    below = text.find("\n", end + 1, end + length + 2)
    next_length = (below if below >= 0 else min(len(text), end + length + 2)) - end - 1
    return next_length == length or (length in _WIDTHS and next_length < length)
