"""Values that are secret because of the column they stand in: CSV, tables with bars, columns of a terminal.

Decides which line is the head of a table, and which lines below it are its rows.
Leaves to `diagnosis.redaction.names` which names and values count, and to
`diagnosis.redaction.markup` tables of HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.redaction.names import HINTS, is_secret_name, is_secret_value
from diagnosis.redaction.view import Span

_FRAME = re.compile(r"[ \t]*[│]?[ \t]*")
_LINE = re.compile(r"(?P<said>[^\r\n]*)(?:\r?\n|\r|\Z)")
_RULE = re.compile(r"[-+=|:─┼│ \t]*")
_CELL = re.compile(r"[\"']?(?P<said>[A-Za-z][\w .#()/-]{0,39}?)[ ]{0,64}[\"']?")
_CSV = r"\"(?:[^\"\x00]|\"\"){0,4096}\"|'[^'\x00]{0,4096}'"
_SPLITS = {
    ",": re.compile(rf"(?:{_CSV}|[^,\"'\x00]?[^,\x00]{{0,4096}})(?:,|\Z)"),
    ";": re.compile(rf"(?:{_CSV}|[^;\"'\x00]?[^;\x00]{{0,4096}})(?:;|\Z)"),
    "\t": re.compile(r"[^\t\x00]{0,4096}(?:\t|\Z)"),
    "|": re.compile(r"[^|\x00]{0,4096}(?:\||\Z)"),
    "  ": re.compile(r"\S(?:[^\s\x00]|[ ](?![ ])){0,4096}(?:[ ]{2,256}|[ ]?\Z)"),
}
"""How a row is cut into cells; columns of a terminal are two blanks apart."""
_MOST_WORDS = 3
_FEWEST = 2
_LONGEST_HEAD = 1024


class _Head:
    """The head of a table: what parts its columns, how many there are, and which hold secrets."""

    def __init__(self, sign: str, count: int, secret: list[int]) -> None:
        self.sign, self.count, self.secret = sign, count, secret


def table_spans(text: str, folded: str) -> Iterator[Span]:
    """Where cells are in columns of a secret name; `folded` is `text` in lower case, as long as it is."""
    if "\n" not in text or not any(hint in folded for hint in HINTS):
        return
    head: _Head | None = None
    for line in _LINE.finditer(text):
        start, end = _FRAME.match(text, *line.span("said")).end(), line.end("said")  # type: ignore[union-attr]
        if head is not None and start < end:
            if _RULE.fullmatch(text, start, end):
                continue
            cells = _cells(text, (start, end), head.sign)
            if len(cells) == head.count:
                yield from _row(text, cells, head)
                continue
        head = _head(text, folded, (start, end))


def _head(text: str, folded: str, where: Span) -> _Head | None:
    said = folded[slice(*where)]
    if len(said) > _LONGEST_HEAD or not any(hint in said for hint in HINTS):
        return None
    for sign in _SPLITS:
        if sign in text[slice(*where)]:
            cells = _cells(text, where, sign)
            names = [_CELL.fullmatch(text, *cell) for cell in cells]
            if len(names) >= _FEWEST and all(name and _is_heading(name["said"], sign) for name in names):
                secret = [at for at, name in enumerate(names) if name and _is_secret(name["said"])]
                if secret:
                    return _Head(sign, len(cells), secret)
    return None


def _is_heading(said: str, sign: str) -> bool:
    """Whether it may head a column: terminals begin that with a capital, and no sentence is one."""
    return len(said.split()) <= _MOST_WORDS and (sign != "  " or said[0].isupper())


def _is_secret(said: str) -> bool:
    return is_secret_name(re.sub(r"[ -]+", "_", said))


def _row(text: str, cells: list[Span], head: _Head) -> Iterator[Span]:
    for at in head.secret:
        start, end = cells[at]
        said = text[start:end].strip()
        start = text.index(said, start) if said else start
        if len(said) > 1 and said[0] == said[-1] and said[0] in "\"'":
            start, said = start + 1, said[1:-1]
        one_word = head.sign not in {",", ";"} or " " not in said
        if said and one_word and is_secret_value(said):
            yield start, start + len(said)


def _cells(text: str, where: Span, sign: str) -> list[Span]:
    """The cells of a row, without what parts them and without blanks."""
    start, end = where
    if sign == "|":  # Markdown draws one at both ends
        start += len(text[start:end]) - len(text[start:end].lstrip("| \t"))
        end = start + len(text[start:end].rstrip("| \t"))
    cells: list[Span] = []
    for found in _SPLITS[sign].finditer(text, start, end):
        said = found[0].removesuffix(sign) if sign != "  " else found[0]
        blank = len(said) - len(said.lstrip())
        if found[0] or (cells and text[found.start() - 1 : found.start()] == sign):
            cells.append((found.start() + blank, found.start() + max(len(said.rstrip()), blank)))
    return cells
