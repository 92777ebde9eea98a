"""A text of HCL → which of its characters are code, comment and literal text.

A second reader beside tree-sitter, which takes a line of a heredoc such as
`EOT${file("x")}` for plain text where Terraform calls the function. Follows the
scanner of HCL 2 (`hclsyntax/scan_tokens.rl`). Decides nothing of the grammar:
brackets that do not match and words out of place are code all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from contracts.text import UNSEEN

_MAIN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<comment>\#[^\n]*|//[^\n]*|/\*.*?\*/)
      | (?P<broken>/\*)
      | (?P<heredoc><<-?(?P<marker>[A-Za-z_][A-Za-z0-9_-]*)\r?\n)
      | (?P<quote>")
      | (?P<open>\{)
      | (?P<close>\})
      | (?P<code>[^\s"{}\#/<][^\n"{}\#/<]*|.)""",
    re.VERBOSE | re.DOTALL,
)
_STRING = re.compile(
    r"""(?P<open>[$%]\{)
      | (?P<close>")
      | (?P<broken>\n)
      | (?P<literal>\$\$\{|%%\{|\\[^\n]|[^"\\$%\n]+|.)""",
    re.VERBOSE,
)
_HEREDOC = re.compile(r"(?P<open>[$%]\{)|(?P<line>\n)|(?P<literal>\$\$\{|%%\{|[^$%\n]+|.)")
_UNCLEAR = re.compile(r"[$%]{3,}\{")
_FOREIGN = re.compile(
    r"[^\S \t\r\n]|\r(?!\n)"  # white space that ends a line or a heredoc for one reader alone
    rf"|[\x00-\x08\x0e-\x1f\x7f-\x9f{UNSEEN}]"  # never seen by a person
)


class Kind(Enum):
    """What a stretch of the text is."""

    CODE = "code"
    END = "end"
    """Code too: the word that ends a heredoc."""
    COMMENT = "comment"
    LITERAL = "literal"
    BROKEN = "broken"
    """Where a string, a comment or a heredoc has no end."""


class Span(NamedTuple):
    """A stretch of one kind."""

    kind: Kind
    start: int
    end: int


def is_odd(text: str) -> bool:
    """Whether it has characters or escapes of escapes on whose meaning readers differ."""
    return _FOREIGN.search(text) is not None or _UNCLEAR.search(text) is not None


def spans(text: str) -> Iterator[Span]:
    """The stretches in order, without the white space between code; goes on behind what is broken."""
    return _Scan(text).run()


def skeleton(text: str) -> str | None:
    """The code without white space, each visible character of a literal as NUL; None if broken."""
    parts = []
    for kind, start, end in spans(text):
        if kind is Kind.BROKEN:
            return None
        if kind in {Kind.CODE, Kind.END}:
            parts.append(squeezed(text[start:end]))
        elif kind is Kind.LITERAL:
            parts.append(veiled(text[start:end]))
    return "".join(parts)


def squeezed(text: str) -> str:
    """The text without its white space."""
    return "".join(text.split())


def veiled(literal: str) -> str:
    """As many NULs as the literal has visible characters."""
    return "\0" * len(squeezed(literal))


class _Scan:
    """One pass. `_modes` is what is open: code as its braces, a string as `"`, a heredoc as its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._modes: list[int | str | re.Pattern[str]] = [0]
        self._at = 0
        self._new_line = False
        """Whether a line of a heredoc begins here, so that its end may stand here."""

    def run(self) -> Iterator[Span]:
        while self._at < len(self._text):
            match self._modes[-1]:
                case int(depth):
                    yield self._main(depth)
                case str():
                    yield self._string()
                case end:
                    yield self._heredoc(end)
        if len(self._modes) > 1:
            yield Span(Kind.BROKEN, self._at, self._at)

    def _main(self, depth: int) -> Span:
        found = self._next(_MAIN)
        match found.lastgroup:
            case "comment" | "space":
                return Span(Kind.COMMENT, *found.span())
            case "broken":
                return Span(Kind.BROKEN, *found.span())
            case "heredoc":
                return self._begun(found)
            case "quote":
                self._modes.append('"')
            case "open":
                self._modes[-1] = depth + 1
            case "close" if depth == 0 and len(self._modes) > 1:
                self._modes.pop()
                self._new_line = False
            case "close":
                self._modes[-1] = depth - 1
        return Span(Kind.CODE, *found.span())

    def _begun(self, found: re.Match[str]) -> Span:
        end = re.compile(rf"[ \t]*{found['marker']}[ \t]*\r?(?=\n)", re.MULTILINE)
        if re.compile(f"^{end.pattern}", re.MULTILINE).search(self._text, self._at - 1) is None:
            return Span(Kind.BROKEN, *found.span())
        self._modes.append(end)
        self._new_line = True
        return Span(Kind.CODE, *found.span())

    def _string(self) -> Span:
        found = self._next(_STRING)
        match found.lastgroup:
            case "open":
                self._modes.append(0)
            case "close":
                self._modes.pop()
            case "broken":
                self._modes.pop()
                return Span(Kind.BROKEN, *found.span())
            case _:
                return Span(Kind.LITERAL, *found.span())
        return Span(Kind.CODE, *found.span())

    def _heredoc(self, end: re.Pattern[str]) -> Span:
        if self._new_line and (last := end.match(self._text, self._at)):
            self._modes.pop()
            self._at = last.end()
            return Span(Kind.END, *last.span())
        found = self._next(_HEREDOC)
        self._new_line = found.lastgroup == "line"
        if found.lastgroup == "open":
            self._modes.append(0)
            return Span(Kind.CODE, *found.span())
        return Span(Kind.LITERAL, *found.span())

    def _next(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        assert found is not None  # noqa: S101 - the last branch of each takes any character
        self._at = found.end()
        return found
