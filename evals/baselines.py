"""Answers that cost nothing and know nothing: what a diagnosis must beat. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from evals.records import Record
from evals.scoring import Answer


def echo(record: Record) -> Answer:
    """The failure's own text as its diagnosis."""
    return Answer(None, None, None, record.error_text)


def majority(records: Sequence[Record]) -> Answer:
    """The one constant answer that is accepted most often on these very records."""
    categories = Counter(c for r in records for c in {r.category, *r.also_accept})
    fixes = Counter(f for r in records for f in {r.fix_kind, *r.also_fix})
    retryable = sum(r.retryable for r in records) * 2 > len(records)
    return Answer(categories.most_common(1)[0][0], fixes.most_common(1)[0][0], retryable, "")


class NearestNeighbour:
    """The labels of the most similar other record, by TF-IDF; never one of the same group."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = list(records)
        bags = [Counter(_words(r.error_text)) for r in records]
        seen = Counter(word for bag in bags for word in bag)
        rare = {word: math.log((1 + len(bags)) / count) for word, count in seen.items()}
        self._vectors = {r.id: _unit(bag, rare) for r, bag in zip(records, bags, strict=True)}

    def __call__(self, record: Record) -> Answer:
        """What the neighbour's labels say."""
        mine = self._vectors[record.id]
        others = [r for r in self._records if r.split_group != record.split_group]
        if not others:
            return Answer(None, None, None, "")
        near = max(others, key=lambda r: (_dot(mine, self._vectors[r.id]), r.id))
        return Answer(near.category, near.fix_kind, near.retryable, near.root_cause)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z_]{3,}", text.lower())


def _unit(bag: Counter[str], rare: dict[str, float]) -> dict[str, float]:
    weighed = {word: count * rare[word] for word, count in bag.items()}
    length = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
    return {word: weight / length for word, weight in weighed.items()}


def _dot(a: dict[str, float], b: dict[str, float]) -> float:
    return sum(weight * b[word] for word, weight in a.items() if word in b)
