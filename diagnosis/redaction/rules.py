"""Secrets with a published shape, found by the table in `published`.

Decides how a rule becomes a pattern, and which rules a text needs: a rule
costs one search for a literal where its start does not occur. What counts as
a token is decided in the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property

from diagnosis.redaction.forms import FORMS
from diagnosis.redaction.literals import any_of
from diagnosis.redaction.published import PUBLISHED, Published
from diagnosis.redaction.view import Span


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
        self.any_exact = re.compile(any_of(start for start, _ in self.exact))


@cache
def _rules() -> _Rules:
    """Made once, when the first text is redacted."""
    return _Rules(PUBLISHED + FORMS)


def token_spans(text: str, folded: str) -> Iterator[Span]:
    """Where tokens of a published shape are; `folded` is `text` in lower case, as long as it is."""
    rules = _rules()
    due = [rule for start, rule in rules.exact if start in text] if rules.any_exact.search(text) else []
    due += [rule for start, rule in rules.folded if start in folded]
    for word, needing in rules.needing:
        if word in folded:
            due += needing
    for rule in due:
        yield from rule.find(text)
