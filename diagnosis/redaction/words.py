"""How far a value without quotes goes: `password=…`.

Decides which characters it has, and what of it is the end of a sentence or of a
structure around it. A word that holds a thousand names is read once, not for
each of them. Leaves to others: whether it is a value at all
(`diagnosis.redaction.assigned`).
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\s\"'\\<>\x00]*+")
_IN_QUERY = re.compile(r"[^\s\"'\\<>\x00&;#)\]}]*+")
_TAIL = ",;)]}:.!?"
_BRACKET = re.compile(r"[,;)\]}]")
_DIGIT = re.compile(r"[0-9]")


class Words:
    """The words of a text, as whole words or as values of a query."""

    def __init__(self, text: str, *, in_query: bool = False) -> None:
        self._text = text
        self._pattern = _IN_QUERY if in_query else _WORD
        self._read = self._end = self._bare = self._word = self._without_colons = self._digit = 0

    def end(self, start: int) -> int:
        """Where the word that `start` lies in ends."""
        if not self._read <= start < self._end:
            self._read, self._digit = start, -1
            self._end = self._pattern.match(self._text, start).end()  # type: ignore[union-attr]
            self._bare = start + len(self._text[start : self._end].rstrip(_TAIL))
            bracket = _BRACKET.search(self._text, self._bare, self._end)
            self._word = bracket.start() if bracket else self._end
            self._without_colons = start + len(self._text[start : self._word].rstrip(":"))
        return self._end

    def word(self, start: int) -> int:
        """The same without what a sentence or a structure puts behind it; `start` where no more is left."""
        self.end(start)
        return self._word if start < self._bare else start

    def without_colons(self, start: int) -> int:
        """The same without colons at its end."""
        self.end(start)
        return self._without_colons if start < self._bare else start

    def digit(self, start: int) -> int:
        """Where the first digit from `start` on is; the end of the word, where it has none."""
        end = self.end(start)
        if self._digit < start:
            found = _DIGIT.search(self._text, start, end)
            self._digit = found.start() if found else end
        return self._digit
