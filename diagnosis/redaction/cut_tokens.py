"""Tokens of a published shape that the ends of lines cut in pieces, however long the lines are.

Decides where a line may have been cut inside a token: it ends in a word with a digit, and the next
one goes on with a word; where that is all of a line, the one after it may go on too. Leaves to
`diagnosis.redaction.view` lines as long as a screen, and to `diagnosis.redaction.rules` what a token is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.redaction.rules import may_hold_tokens, token_spans
from diagnosis.redaction.view import Span, unbroken

_END = r"\n(?:[│|][ ]?)?"
_HEAD = re.compile(  # without the next line, which may be a head itself
    rf"(?<![\w+/=.-])(?=[A-Za-z_+/=.-]{{0,40}}[0-9])[\w+/=.-]{{8,128}}+(?={_END}[\w+/=-]{{4}})",
    re.ASCII,
)
_TAIL = re.compile(rf"{_END}(?=[A-Za-z_+/=-]{{0,40}}(?P<digit>[0-9])?)[\w+/=-]{{4,128}}+", re.ASCII)
_MOST_TAILS = 4


def cut_spans(text: str) -> Iterator[Span]:
    """Where such tokens are, the ends of lines and the bars that Terraform draws included."""
    if "\n" not in text:
        return
    for found in _HEAD.finditer(text):
        head, tails = found[0], _tails(text, found.end())
        all_of_it = text[found.start() : tails[-1].end()]
        joined = unbroken(all_of_it)
        if joined is None or not may_hold_tokens(joined.text, joined.text.lower()):
            continue
        if any(True for _ in token_spans(head, head.lower())):
            continue  # it is whole: the next line is something else
        yield from _across(text, found, tails)


def _tails(text: str, end: int) -> list[re.Match[str]]:
    """The words that may go on with the one that ends there, at least one."""
    tails: list[re.Match[str]] = []
    while len(tails) < _MOST_TAILS and (tail := _TAIL.match(text, end)):
        tails.append(tail)
        end = tail.end()
    return tails


def _across(text: str, head: re.Match[str], tails: list[re.Match[str]]) -> Iterator[Span]:
    """The tokens that begin in the head and end in one of the tails."""
    is_whole = False
    for tail in tails:
        ends_its_line = text[tail.end() : tail.end() + 1] in ("", "\n")
        if is_whole and not (tail["digit"] and ends_its_line):
            return  # the token needs no more, and this is a word of its own
        seen = unbroken(text[head.start() : tail.end()])
        if seen is None:
            return
        for start, end in token_spans(seen.text, seen.text.lower()):
            if start < len(head[0]) < end:
                is_whole = True
                first, last = seen.original((start, end))
                yield head.start() + first, head.start() + last
