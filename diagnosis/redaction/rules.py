"""Secrets with a published shape, found by the table in `published`.

Decides how a rule becomes a pattern, and which rules a text needs: a rule
costs one search for a literal where its start does not occur. What counts as
a token is decided in the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import chain

from diagnosis.redaction.command_lines import COMMAND_LINES
from diagnosis.redaction.forms import FORMS
from diagnosis.redaction.literals import any_of
from diagnosis.redaction.logins import LOGINS
from diagnosis.redaction.published import PUBLISHED, Published
from diagnosis.redaction.published_services import SERVICES
from diagnosis.redaction.view import Span

_MOST_LOOKS = 20_000
"""Places that begin like a token, of which each is looked at; in a text with more, each start is searched."""


class _Rule:
    """One start of one rule."""

    def __init__(self, start: str, data: Published) -> None:
        self._start = start
        self._data = data
        self._extra = data.before[1] if data.before else 0

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Compiled when its start is first seen: most never are.

        The literal comes first and looks behind itself, so that the engine
        can search for it as fast as for a plain text.
        """
        start = re.escape(self._start)
        if self._data.before:
            kind, count = self._data.before
            guard = f"(?<={kind}{{{count}}}{start})"
        else:
            guard = f"(?<![{self._data.left}]{start})" if self._data.left else ""
        flags = re.ASCII | (re.IGNORECASE if self._data.fold else re.NOFLAG)
        return re.compile(start + guard + self._data.then, flags)

    def find(self, text: str, folded: str) -> Iterator[Span]:
        """Where the rule's secrets are."""
        places = self._in_any_case(text, folded) if self._data.fold else self._pattern.finditer(text)
        for found in places:
            start, end = found.span(found.lastindex or 0)
            yield (start - self._extra, end) if not found.lastindex else (start, end)

    def _in_any_case(self, text: str, folded: str) -> Iterator[re.Match[str]]:
        """The same as a search for the pattern, which has no plain text to look for in any case."""
        position = folded.find(self._start)
        while position >= 0:
            found = self._pattern.match(text, position)
            if found:
                yield found
            position = folded.find(self._start, found.end() if found else position + 1)


class _Starts:
    """Some rules, by the words of which one must be in a text before they are tried."""

    def __init__(self, words: list[tuple[str, list[_Rule]]]) -> None:
        self._words = words
        self._any = re.compile(any_of(word for word, _ in words))
        self._of: dict[str, list[tuple[str, list[_Rule]]]] = {}
        """The same by what a search finds of a word: a shorter one that it begins with."""
        for one in words:
            if found := self._any.match(one[0]):
                self._of.setdefault(found[0], []).append(one)

    def due(self, text: str) -> list[_Rule]:
        """The rules that a text needs: one search for all of them, where few places begin like one."""
        return list(chain.from_iterable(rules for word, rules in self._likely(text) if word in text))

    def _likely(self, text: str) -> list[tuple[str, list[_Rule]]]:
        heads: dict[str, None] = {}
        position = 0
        for _ in range(_MOST_LOOKS):
            found = self._any.search(text, position)
            if not found:
                return [one for head in heads for one in self._of[head]]
            heads[found[0]] = None
            position = found.start() + 1
        return self._words


@cache
def _rules() -> tuple[_Starts, _Starts]:
    """Those for the text as it is, and those for it in lower case; made when the first text is redacted."""
    exact: list[tuple[str, list[_Rule]]] = []
    folded: list[tuple[str, list[_Rule]]] = []
    for said in PUBLISHED + SERVICES + FORMS + COMMAND_LINES + LOGINS:
        rules = [_Rule(start, said) for start in said.starts]
        if said.fold:
            folded += [(start, [rule]) for start, rule in zip(said.starts, rules, strict=True)]
        elif said.needs:
            folded += [(word, rules) for word in said.needs]
        else:
            exact += [(start, [rule]) for start, rule in zip(said.starts, rules, strict=True)]
    return _Starts(exact), _Starts(folded)


def token_spans(text: str, folded: str) -> Iterator[Span]:
    """Where tokens of a published shape are; `folded` is `text` in lower case, as long as it is."""
    exact, lower = _rules()
    for rule in chain(exact.due(text), lower.due(folded)):
        yield from rule.find(text, folded)


def may_hold_tokens(text: str, folded: str) -> bool:
    """Whether one of the rules is worth its search; where none is, no part of the text holds a token."""
    exact, lower = _rules()
    return bool(exact.due(text) or lower.due(folded))
