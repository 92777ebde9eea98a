"""Answers that cost nothing and know nothing: what a diagnosis must beat. Pure.

They name categories and never mend anything, so that none of them can solve an
executed scenario. All that they name they name with full confidence.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from contracts.hypothesis import Category, Source
from contracts.incident import Incident
from contracts.remediation import Escalate, RemediationKind
from evals.scenario import Case, Suite
from evals.scores import Outcome, Scored, score
from evals.scoring import Answer
from evals.trials import Ran, Trial

_SILENT = Answer(None, None, None, "")


class Labelled(Protocol):
    """A failure and what is true of it."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def error_text(self) -> str: ...  # noqa: D102
    @property
    def category(self) -> Category | None: ...  # noqa: D102
    @property
    def also_accept(self) -> tuple[Category, ...]: ...  # noqa: D102
    @property
    def fix_kind(self) -> RemediationKind | None: ...  # noqa: D102
    @property
    def also_fix(self) -> tuple[RemediationKind, ...]: ...  # noqa: D102
    @property
    def retryable(self) -> bool: ...  # noqa: D102
    @property
    def root_cause(self) -> str: ...  # noqa: D102
    @property
    def split_group(self) -> str: ...  # noqa: D102


class Failure(NamedTuple):
    """A scenario's failure, with its labels."""

    id: str
    error_text: str
    category: Category | None
    also_accept: tuple[Category, ...]
    fix_kind: RemediationKind | None
    also_fix: tuple[RemediationKind, ...]
    retryable: bool
    root_cause: str
    split_group: str


class Answered(NamedTuple):
    """One baseline on one scenario, as if it were a model's trial."""

    case: Case
    trial: Trial
    scored: Scored


def baselines_of(failures: Sequence[tuple[Case, str]]) -> dict[str, list[Answered]]:
    """What each baseline makes of scenarios of one suite; a text is empty where nothing is known to fail."""
    known = {case.id: _failure(case, text) for case, text in failures if text}
    nearest, most = NearestNeighbour(list(known.values())), majority(list(known.values()))
    ways: dict[str, Callable[[Labelled], Answer]] = {
        "echo": echo,
        "majority": lambda _: most,
        "nearest neighbour": nearest,
    }
    return {
        name: [
            _answered(case, name, way(known[case.id]) if case.id in known else _SILENT)
            for case, _ in failures
        ]
        for name, way in ways.items()
    }


def echo(failure: Labelled) -> Answer:
    """The failure's own text as its diagnosis."""
    return Answer(None, None, None, failure.error_text)


def majority(failures: Sequence[Labelled]) -> Answer:
    """The one constant answer that is accepted most often on these very failures."""
    categories = Counter(c for f in failures for c in {f.category, *f.also_accept} if c is not None)
    fixes = Counter(x for f in failures for x in {f.fix_kind, *f.also_fix} if x is not None)
    retryable = sum(f.retryable for f in failures) * 2 > len(failures)
    # Of several as frequent ones the first by name: a set has no order that lasts.
    category = min(categories, key=lambda c: (-categories[c], c), default=None)
    return Answer(category, min(fixes, key=lambda x: (-fixes[x], x), default=None), retryable, "")


class NearestNeighbour:
    """The labels of the most similar other failure, by TF-IDF; never one of the same group."""

    def __init__(self, failures: Sequence[Labelled]) -> None:
        self._failures = list(failures)
        bags = [Counter(_words(f.error_text)) for f in failures]
        seen = Counter(word for bag in bags for word in bag)
        rare = {word: math.log((1 + len(bags)) / count) for word, count in seen.items()}
        self._vectors = {f.id: _unit(bag, rare) for f, bag in zip(failures, bags, strict=True)}

    def __call__(self, failure: Labelled) -> Answer:
        """What the neighbour's labels say."""
        mine = self._vectors[failure.id]
        others = [f for f in self._failures if f.split_group != failure.split_group]
        if not others:
            return _SILENT
        near = max(others, key=lambda f: (_dot(mine, self._vectors[f.id]), f.id))
        return Answer(near.category, near.fix_kind, near.retryable, near.root_cause)


def _failure(case: Case, text: str) -> Failure:
    expect = case.expect
    return Failure(
        case.id,
        text,
        expect.category,
        expect.also_accept,
        expect.fix_kind,
        expect.also_fix,
        expect.retryable,
        expect.root_cause,
        case.scenario.group,
    )


def _answered(case: Case, name: str, answer: Answer) -> Answered:
    incident = Incident(
        attempt=0,
        fingerprint="",
        stage=None,
        category=answer.category or Category.OTHER,
        retryable=bool(answer.retryable),
        root_cause=answer.words,
        evidence=(),
        confidence=1,
        source=Source.MODEL,
        remediation=Escalate(summary=""),
    )
    trial = Trial(
        scenario=case.id,
        digest="",
        suite=case.scenario.suite,
        model=name,
        trial=1,
        prompt="",
        prices="",
        ran=Ran.ENDED,
        incidents=() if answer == _SILENT else (incident,),
        at=datetime(1970, 1, 1, tzinfo=UTC),
    )
    scored = score(case, trial)
    if answer.category is None:
        scored = scored._replace(accepted=None, exact=None, fell=None, retryable=None, confidence=None)
    named = answer.category is not None
    fixes, executed = case.expect.fixes, case.scenario.suite is Suite.EXECUTED
    solved = scored.accepted is True and not executed
    scored = scored._replace(
        outcome=Outcome.PASS if solved else Outcome.FAIL,
        solved=solved,
        net=1 if solved else -1 if scored.accepted is False else 0,
        keywords=None if executed else scored.keywords,
        fix=(answer.fix in fixes) if named and fixes and not executed else None,
        why="" if solved else "a baseline mends nothing" if executed else scored.why,
    )
    return Answered(case, trial, scored)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z_]{3,}", text.lower())


def _unit(bag: Counter[str], rare: dict[str, float]) -> dict[str, float]:
    weighed = {word: count * rare[word] for word, count in bag.items()}
    length = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
    return {word: weight / length for word, weight in weighed.items()}


def _dot(a: dict[str, float], b: dict[str, float]) -> float:
    return sum(weight * b[word] for word, weight in a.items() if word in b)
