"""How far an answer agrees with a record's labels. Pure.

A keyword counts only where the failure's own text does not hold it already, so
that repeating the text scores nothing; where the text holds all of them, two are
asked for.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from contracts.hypothesis import Category
from contracts.remediation import RemediationKind
from evals.records import Record

_STEM = 5
"""Letters that two forms of a word have in common."""


class Answer(NamedTuple):
    """What somebody said of a failure; None: nothing."""

    category: Category | None
    fix: RemediationKind | None
    retryable: bool | None
    words: str


class Score(NamedTuple):
    """Each None where nothing was said."""

    strict: bool | None
    accepted: bool | None
    fix: bool | None
    fell: bool | None
    """Whether a record that misleads was taken for what it looks like."""
    keywords: bool


def score(record: Record, answer: Answer) -> Score:
    """How one answer does on one record."""
    category, fix = answer.category, answer.fix
    said = category is not None
    return Score(
        strict=(category is record.category) if said else None,
        accepted=(category in {record.category, *record.also_accept}) if said else None,
        fix=(fix in {record.fix_kind, *record.also_fix}) if fix is not None else None,
        fell=(category is record.surface_category) if said and record.surface_category else None,
        keywords=_told(record, answer.words),
    )


def _told(record: Record, words: str) -> bool:
    known, said = _stems(record.error_text), _stems(words)
    new = [key for key in record.keywords if not _stems(key) <= known]
    wanted, least = (new, 1) if new else (list(record.keywords), 2)
    return sum(bool(_stems(key)) and _stems(key) <= said for key in wanted) >= least


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in re.findall(r"[a-z0-9_./]+", text.lower()))
