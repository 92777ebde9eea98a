"""Secrets with a published shape, found by the table in `published`.

Decides how a rule becomes a pattern, and which rules a text needs: a rule
costs one search for a literal where its start does not occur. What counts as
a token is decided in the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property

from diagnosis.redaction.command_lines import COMMAND_LINES
from diagnosis.redaction.forms import FORMS
from diagnosis.redaction.literals import any_of
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

    def find(self, text: str) -> Iterator[Span]:
        """Where the rule's secrets are."""
        for found in self._pattern.finditer(text):
            start, end = found.span(found.lastindex or 0)
            yield (start - self._extra, end) if not found.lastindex else (start, end)


class _Rules:
    """All rules, by what must be in a text before they are tried."""

    def __init__(self, rules: tuple[Published, ...]) -> None:
        self.exact = [
            (start, _Rule(start, rule))
            for rule in rules
            if not rule.fold and not rule.needs
            for start in rule.starts
        ]
        self.folded = [(start, _Rule(start, rule)) for rule in rules if rule.fold for start in rule.starts]
        self.needing = [
            (word, [_Rule(start, rule) for start in rule.starts])
            for rule in rules
            if rule.needs and not rule.fold
            for word in rule.needs
        ]
        self._any = re.compile(any_of(start for start, _ in self.exact))
        self._heads = [self._any.match(start)[0] for start, _ in self.exact]  # type: ignore[index]

    def started(self, text: str) -> list[_Rule]:
        """The rules whose start occurs: one search for all of them, where few places begin like one."""
        heads: set[str] = set()
        position = 0
        for _ in range(_MOST_LOOKS):
            found = self._any.search(text, position)
            if not found:
                return [
                    rule
                    for (start, rule), head in zip(self.exact, self._heads, strict=True)
                    if head in heads and (head == start or start in text)
                ]
            heads.add(found[0])
            position = found.start() + 1
        return [rule for start, rule in self.exact if start in text]


@cache
def _rules() -> _Rules:
    """Made once, when the first text is redacted."""
    return _Rules(PUBLISHED + SERVICES + FORMS + COMMAND_LINES)


def token_spans(text: str, folded: str) -> Iterator[Span]:
    """Where tokens of a published shape are; `folded` is `text` in lower case, as long as it is."""
    rules = _rules()
    due = rules.started(text)
    due += [rule for start, rule in rules.folded if start in folded]
    for word, needing in rules.needing:
        if word in folded:
            due += needing
    for rule in due:
        yield from rule.find(text)
