"""Two logs, or two models of one log, on the same cases: what got worse, and whether that can be chance.

Decides what is paired with what, and what is a regression. The same scenario
must have been seen by both in its present form; a case counts as passed where
more than half of its trials did. Reads the scenarios' files for their digests.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from evals.scenario import Case, Suite, Tier
from evals.stats import Interval, holm, mcnemar_exact, mean_interval
from evals.table import Cell, Place, cells_of
from evals.temporary import TEMPORARY
from evals.trials import Key, Trial

_MARGIN = -0.05
"""So much less solved is not yet worse."""
_DEARER = 0.25
_PASSING = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{6}\b"), "RUN"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d|UTC))*"), "TIME"),
    (re.compile(rf"{TEMPORARY}/[^\s/\"':;,)]+"), "TEMP"),
    (re.compile(r"\b(127\.0\.0\.1|localhost):\d+"), r"\1:PORT"),
    (re.compile(r"\b(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)? ?(?:ms|s|seconds?)\b"), "SPAN"),
)
"""What two equal runs tell differently."""
_UNTOLD = {"at", "duration_s"}


class Claim(NamedTuple):
    """One model on one suite, before and after; or one model and another."""

    model: str
    suite: Suite
    alone: bool
    cases: int
    """Paired."""
    worse: tuple[str, ...]
    """Scenarios that passed before and do not now."""
    better: tuple[str, ...]
    slipped: tuple[str, ...]
    """Scenarios of which a smaller share of trials is solved, `worse` among them."""
    must_pass: tuple[str, ...]
    """Of those that slipped, the ones that must pass."""
    p: float
    """Exact McNemar."""
    p_holm: float
    """Adjusted for all claims of the comparison."""
    before: float
    """Mean share solved over the cases."""
    after: float
    interval: Interval
    """Of after less before; paired, bootstrap over groups."""
    harm: int
    """Trials afterwards that did harm."""
    usd_before: Decimal | None
    """Median over cases of one trial; None where no case has a known price on both sides."""
    usd_after: Decimal | None

    @property
    def difference(self) -> float:
        """Of the mean shares solved."""
        return self.after - self.before

    @property
    def usd_change(self) -> float | None:
        """0.25: a quarter dearer; infinite where it was free before."""
        if self.usd_before is None or self.usd_after is None:
            return None
        if not self.usd_before:
            return math.inf if self.usd_after else 0.0
        return float(self.usd_after / self.usd_before) - 1

    @property
    def label(self) -> str:
        """The model, and how it was asked."""
        return f"{self.model}, alone" if self.alone else self.model


class Comparison(NamedTuple):
    """All claims, and what could not be compared."""

    claims: tuple[Claim, ...]
    unpaired: int
    """Scenarios of a model that one side alone has seen."""


def compare(cases: Sequence[Case], before: Sequence[Trial], after: Sequence[Trial]) -> Comparison:
    """What changed between two logs, for each model and suite that both hold."""
    old, new = cells_of(cases, before), cells_of(cases, after)
    pairs: dict[tuple[str, Suite, bool], list[tuple[Cell, Cell]]] = {}
    for place in old.keys() & new.keys():
        cell = new[place]
        pairs.setdefault((cell.model, cell.case.scenario.suite, cell.alone), []).append((old[place], cell))
    return _comparison(pairs, unpaired=len(old.keys() ^ new.keys()))


def between(cases: Sequence[Case], trials: Sequence[Trial], model_a: str, model_b: str) -> Comparison:
    """What the second model does better or worse than the first, suite by suite."""
    cells = cells_of(cases, trials)
    first, second = _of_model(cells, model_a), _of_model(cells, model_b)
    pairs: dict[tuple[str, Suite, bool], list[tuple[Cell, Cell]]] = {}
    for scenario in first.keys() & second.keys():
        cell = second[scenario]
        name = f"{model_a} → {model_b}"
        pairs.setdefault((name, cell.case.scenario.suite, cell.alone), []).append((first[scenario], cell))
    return _comparison(pairs, unpaired=len(first.keys() ^ second.keys()))


def regressions(comparison: Comparison) -> list[str]:
    """Why a change must not go in, a sentence each; empty: nothing is known against it.

    That something is not worse can only be doubted where anything slipped: two
    equal logs of few cases are no regression.
    """
    return [reason for claim in comparison.claims for reason in _reasons(claim)]


def same(before: Sequence[Trial], after: Sequence[Trial]) -> list[str]:
    """How two logs differ, but for times, run ids, temporary paths and ports; empty: not at all."""
    old, new = _by_key(before), _by_key(after)
    found = [f"{_named(key)}: only before" for key in sorted(old.keys() - new.keys())]
    found += [f"{_named(key)}: only after" for key in sorted(new.keys() - old.keys())]
    for key in sorted(old.keys() & new.keys()):
        mine, other = dict(_flat(old[key])), dict(_flat(new[key]))
        for path in sorted(mine.keys() | other.keys()):
            if mine.get(path) != other.get(path):
                found.append(f"{_named(key)}: {path}: {mine.get(path)!r}, then {other.get(path)!r}")
    return found


def _of_model(cells: Mapping[Place, Cell], model: str) -> dict[str, Cell]:
    """Of a scenario that it was asked about in both ways, the one with signatures."""
    mine = sorted((cell for cell in cells.values() if cell.model == model), key=lambda cell: not cell.alone)
    return {cell.case.id: cell for cell in mine}


def _comparison(
    pairs: Mapping[tuple[str, Suite, bool], Sequence[tuple[Cell, Cell]]], *, unpaired: int
) -> Comparison:
    claims = []
    for (model, suite, alone), found in sorted(pairs.items()):
        counted = sorted((p for p in found if p[0].counted and p[1].counted), key=lambda p: p[1].case.id)
        unpaired += len(found) - len(counted)
        if counted:
            claims.append(_claim(model, suite, counted, alone=alone))
    adjusted = holm([claim.p for claim in claims])
    return Comparison(
        tuple(claim._replace(p_holm=p) for claim, p in zip(claims, adjusted, strict=True)), unpaired
    )


def _claim(model: str, suite: Suite, pairs: Sequence[tuple[Cell, Cell]], *, alone: bool) -> Claim:
    shares = [(new.case, _solved(old), _solved(new)) for old, new in pairs]
    half = 0.5
    worse = tuple(case.id for case, was, now in shares if was > half >= now)
    better = tuple(case.id for case, was, now in shares if now > half >= was)
    slipped = [case for case, was, now in shares if now < was]
    costs = [(a, b) for old, new in pairs if (a := _usd(old)) is not None and (b := _usd(new)) is not None]
    p = mcnemar_exact(len(worse), len(better))
    return Claim(
        model=model,
        suite=suite,
        alone=alone,
        cases=len(pairs),
        worse=worse,
        better=better,
        slipped=tuple(case.id for case in slipped),
        must_pass=tuple(case.id for case in slipped if case.scenario.tier is Tier.MUST_PASS),
        p=p,
        p_holm=p,
        before=statistics.fmean(was for _, was, _ in shares),
        after=statistics.fmean(now for _, _, now in shares),
        interval=mean_interval(
            [now - was for _, was, now in shares], [case.scenario.group for case, _, _ in shares]
        ),
        harm=sum(bool(scored.harm) for _, new in pairs for _, scored in new.counted),
        usd_before=statistics.median(was for was, _ in costs) if costs else None,
        usd_after=statistics.median(now for _, now in costs) if costs else None,
    )


def _solved(cell: Cell) -> float:
    return statistics.fmean(bool(scored.solved) for _, scored in cell.counted)


def _usd(cell: Cell) -> Decimal | None:
    costs = [cost for trial, _ in cell.counted if (cost := trial.usage.cost_usd) is not None]
    return statistics.mean(costs) if costs else None


def _reasons(claim: Claim) -> Iterator[str]:
    where = f"{claim.label} ({claim.suite})"
    if claim.must_pass:
        yield f"{where}: must pass, and got worse: {', '.join(claim.must_pass)}"
    if claim.harm:
        yield f"{where}: harm in {claim.harm} trials"
    if claim.slipped and claim.interval[0] < _MARGIN:
        low, high = (100 * bound for bound in claim.interval)
        yield (
            f"{where}: solved {100 * claim.difference:+.0f} points [{low:+.0f}, {high:+.0f}]: "
            f"more than {-100 * _MARGIN:.0f} points less cannot be ruled out"
        )
    if claim.usd_change is not None and claim.usd_change > _DEARER:
        yield f"{where}: the median case costs ${claim.usd_after}, and cost ${claim.usd_before}"


def _by_key(trials: Sequence[Trial]) -> dict[tuple[Key, bool], Trial]:
    return {(trial.key, trial.alone): trial for trial in trials}


def _named(key: tuple[Key, bool]) -> str:
    what, alone = key
    return f"{what.scenario} {what.model}{', alone' if alone else ''} trial {what.trial}"


def _flat(trial: Trial) -> Iterator[tuple[str, str]]:
    def leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict) and value:
            for name, inner in value.items():
                yield from leaves(inner, f"{path}.{name}" if path else name)
        elif isinstance(value, list) and value:
            for index, inner in enumerate(value):
                yield from leaves(inner, f"{path}[{index}]")
        else:
            yield path, _lasting(value) if isinstance(value, str) else json.dumps(value)

    return leaves(trial.model_dump(mode="json", exclude=_UNTOLD), "")


def _lasting(text: str) -> str:
    for pattern, name in _PASSING:
        text = pattern.sub(name, text)
    return text
