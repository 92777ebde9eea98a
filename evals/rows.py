"""One row of the result: what a model's trials on one suite come to. Pure.

Decides what counts, and over what it is a share. Shares are over trials that
came to their end; what the environment spoilt is counted beside them.
`accepted`, `exact`, `fell` and `fix` are of trials in which something was said,
so that their `of` tells how often that was. Intervals draw whole groups of
scenarios.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from math import ceil
from typing import NamedTuple

from evals.scenario import Case, Suite
from evals.scores import Outcome, Scored
from evals.stats import (
    Interval,
    brier,
    calibration,
    mean_interval,
    pass_k,
    rule_of_three,
    share_interval,
    shown,
)
from evals.trials import Trial


class Cell(NamedTuple):
    """All trials of one scenario by one model, with their scores in the same order."""

    case: Case
    model: str
    alone: bool
    trials: tuple[Trial, ...]
    scores: tuple[Scored, ...]

    @property
    def counted(self) -> list[tuple[Trial, Scored]]:
        """Those that the environment did not spoil."""
        pairs = zip(self.trials, self.scores, strict=True)
        return [(trial, scored) for trial, scored in pairs if scored.outcome is not Outcome.EXCLUDED]


class Share(NamedTuple):
    """How many of how many, with the interval."""

    hits: int
    of: int
    interval: Interval

    @property
    def text(self) -> str:
        """`83/88 = 94 % [87, 97]`."""
        return shown(self.hits, self.of, self.interval)


class Row(NamedTuple):
    """One model, or what stands for one, on one suite."""

    name: str
    suite: Suite
    alone: bool
    """Recorded only: the model was asked without signatures."""
    cases: int
    """With at least one trial that counts."""
    trials: int
    """Those that count."""
    excluded: dict[str, int]
    """Trials that the environment spoilt, by class."""
    solved: Share
    accepted: Share
    exact: Share
    fell: Share
    keywords: Share
    quotes: Share
    fix: Share
    retry_precision: Share
    retry_recall: Share
    net: float | None
    net_interval: Interval | None
    asked_net: float | None
    """`net` over the scenarios in which any model was asked: what models are ranked by."""
    asked_net_interval: Interval | None
    asked: int
    """How many scenarios those are, of this row's."""
    harm: Share
    """Of executed trials; where there is none, the rule of three over groups bounds it."""
    pass_k: dict[int, float]
    """How likely k trials of a case all pass, from 1 to the most trials of a case."""
    flaky: int
    """Cases that passed sometimes."""
    brier: float | None
    calibration: tuple[tuple[float, float, int, int], ...]
    """Confidence from, up to, claims, and how many of them were right; no empty bins."""
    outcomes: dict[str, int]
    free: Share
    """Solved without a model call."""
    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    usd: Decimal | None
    """All that is known to have been spent, on spoilt trials too; None where no price is known."""
    usd_per_case: tuple[Decimal, Decimal, Decimal] | None
    """Least, mean and most over cases, of one trial."""
    usd_per_solved: Decimal | None
    unpriced: int
    """Trials of unknown price."""
    seconds_p50: float
    seconds_p95: float

    @property
    def label(self) -> str:
        """Its name, which tells whether it was alone."""
        return f"{self.name}, alone" if self.alone else self.name


class _Counted(NamedTuple):
    case: Case
    trial: Trial
    scored: Scored


def row_of(name: str, suite: Suite, cells: Sequence[Cell], asked: Collection[str], *, alone: bool) -> Row:
    """The row of these cells; `asked` are the scenarios in which any model was asked."""
    all_trials = [trial for cell in cells for trial in cell.trials]
    spoilt = Counter(
        str(t.ran)
        for c in cells
        for t, s in zip(c.trials, c.scores, strict=True)
        if s.outcome is Outcome.EXCLUDED
    )
    counted = [_Counted(cell.case, trial, scored) for cell in cells for trial, scored in cell.counted]
    passed = [
        (sum(bool(s.solved) for _, s in cell.counted), len(cell.counted)) for cell in cells if cell.counted
    ]
    claims = [
        (s.confidence, s.accepted)
        for _, _, s in counted
        if s.confidence is not None and s.accepted is not None
    ]
    where_asked = [one for one in counted if one.case.id in asked]
    net, net_interval = _net(counted)
    asked_net, asked_net_interval = _net(where_asked)
    seconds = sorted(one.trial.duration_s for one in counted)
    usd, per_case, per_solved = _money(cells)
    return Row(
        name=name,
        suite=suite,
        alone=alone,
        cases=len(passed),
        trials=len(counted),
        excluded=dict(sorted(spoilt.items())),
        solved=_share(counted, lambda one: bool(one.scored.solved)),
        accepted=_share(counted, lambda one: one.scored.accepted),
        exact=_share(counted, lambda one: one.scored.exact),
        fell=_share(counted, lambda one: one.scored.fell),
        keywords=_share(counted, lambda one: one.scored.keywords),
        quotes=_quotes(counted),
        fix=_share(counted, lambda one: one.scored.fix),
        retry_precision=_share(counted, lambda one: r[0] if (r := one.scored.retryable) and r[1] else None),
        retry_recall=_share(counted, lambda one: r[1] if (r := one.scored.retryable) and r[0] else None),
        net=net,
        net_interval=net_interval,
        asked_net=asked_net,
        asked_net_interval=asked_net_interval,
        asked=len({one.case.id for one in where_asked}),
        harm=_harm(counted),
        pass_k={
            k: statistics.fmean(pass_k(c, n, k) for c, n in passed if n >= k)
            for k in range(1, max((n for _, n in passed), default=0) + 1)
        },
        flaky=sum(0 < c < n for c, n in passed),
        brier=brier(claims),
        calibration=calibration(claims),
        outcomes=dict(sorted(Counter(str(s.outcome) for cell in cells for s in cell.scores).items())),
        free=_share(counted, lambda one: bool(one.scored.solved) and not one.trial.usage.calls),
        calls=sum(trial.usage.calls for trial in all_trials),
        input_tokens=sum(trial.usage.input_tokens for trial in all_trials),
        cached_tokens=sum(trial.usage.cached_tokens for trial in all_trials),
        output_tokens=sum(trial.usage.output_tokens for trial in all_trials),
        usd=usd,
        usd_per_case=per_case,
        usd_per_solved=per_solved,
        unpriced=sum(trial.usage.cost_usd is None for trial in all_trials),
        seconds_p50=statistics.median(seconds) if seconds else 0.0,
        seconds_p95=seconds[ceil(0.95 * len(seconds)) - 1] if seconds else 0.0,
    )


def _share(counted: Sequence[_Counted], of: Callable[[_Counted], bool | None]) -> Share:
    told = [(one.case.scenario.group, value) for one in counted if (value := of(one)) is not None]
    outcomes = [value for _, value in told]
    return Share(sum(outcomes), len(outcomes), share_interval(outcomes, [group for group, _ in told]))


def _quotes(counted: Sequence[_Counted]) -> Share:
    told = [
        (one.case.scenario.group, n < held)
        for one in counted
        for held, of in [one.scored.quotes]
        for n in range(of)
    ]
    outcomes = [value for _, value in told]
    return Share(sum(outcomes), len(outcomes), share_interval(outcomes, [group for group, _ in told]))


def _harm(counted: Sequence[_Counted]) -> Share:
    executed = [one for one in counted if one.trial.observed is not None]
    found = _share(executed, lambda one: bool(one.scored.harm))
    groups = len({one.case.scenario.group for one in executed})
    return found if found.hits or not found.of else found._replace(interval=(0.0, rule_of_three(groups)))


def _net(counted: Sequence[_Counted]) -> tuple[float, Interval] | tuple[None, None]:
    told = [(one.scored.net, one.case.scenario.group) for one in counted if one.scored.net is not None]
    if not told:
        return None, None
    values = [net for net, _ in told]
    return statistics.fmean(values), mean_interval(values, [group for _, group in told])


def _money(
    cells: Sequence[Cell],
) -> tuple[Decimal | None, tuple[Decimal, Decimal, Decimal] | None, Decimal | None]:
    """All in US dollars: what was spent, for one trial of a case, and for a solved trial.

    What cost nothing does not tell what a call costs: where no call has a price, nothing is known.
    """
    usages = [trial.usage for cell in cells for trial in cell.trials]
    spent = [usage.cost_usd for usage in usages if usage.cost_usd is not None]
    if len(spent) < len(usages) and not any(u.calls for u in usages if u.cost_usd is not None):
        return None, None, None
    priced = [
        [(cost, bool(s.solved)) for trial, s in cell.counted if (cost := trial.usage.cost_usd) is not None]
        for cell in cells
    ]
    means = [sum((cost for cost, _ in case), Decimal(0)) / len(case) for case in priced if case]
    if not means:
        return sum(spent, Decimal(0)), None, None
    total = sum((cost for case in priced for cost, _ in case), Decimal(0))
    solved = sum(right for case in priced for _, right in case)
    return (
        sum(spent, Decimal(0)),
        (min(means), sum(means, Decimal(0)) / len(means), max(means)),
        total / solved if solved else None,
    )
