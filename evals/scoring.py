"""How far an answer agrees with a record's labels. Pure."""

from __future__ import annotations

from typing import NamedTuple

from contracts.hypothesis import Category
from contracts.remediation import RemediationKind
from evals.keywords import tells
from evals.records import Record


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
        keywords=tells(answer.words, record.keywords, known=record.error_text),
    )
