"""Intervals and tests for shares and means, and nothing that pretends to more than the data hold. Pure.

Cases of one group are not independent, nor are the trials of one case: what is
drawn again in a bootstrap is a whole group. All intervals are of 95 %.
"""

from __future__ import annotations

import math
import random  # noqa: TID251 - seeded: a report must come out the same again
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

_Z = 1.959964
_POWER_Z = 0.841621
"""Of 80 % power."""
_BINS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_RESAMPLES = 10_000
_SEED = 20_261_120

Interval = tuple[float, float]
_Draw = Callable[[Sequence[float]], Sequence[float]]


def wilson(hits: float, of: int) -> Interval:
    """The interval of a share of independent cases; all of [0, 1] where there are none."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def clustered(outcomes: Sequence[bool], groups: Sequence[str], resamples: int = _RESAMPLES) -> Interval:
    """The bootstrap interval of a share whose cases come in groups.

    Where all outcomes are alike the bootstrap knows no spread: then Wilson's over the groups.
    """
    if len(set(outcomes)) < 2:  # noqa: PLR2004 - hits and misses
        of = len(set(groups))
        return wilson(of if any(outcomes) else 0, of)
    return mean_interval(outcomes, groups, within=(0, 1), resamples=resamples)


def share_interval(outcomes: Sequence[bool], groups: Sequence[str]) -> Interval:
    """Wilson's where every outcome is of a group of its own, else the bootstrap over groups."""
    if len(set(groups)) == len(groups):
        return wilson(sum(outcomes), len(outcomes))
    return clustered(outcomes, groups)


def mean_interval(
    values: Sequence[float],
    groups: Sequence[str],
    *,
    within: Interval = (-1, 1),
    resamples: int = _RESAMPLES,
) -> Interval:
    """The bootstrap interval of a mean of values that lie `within`, over groups; paired differences too.

    One group tells as little as one case. Where all groups are alike, a share of
    them as large as Wilson's bound for none seen may still lie at either end.
    """
    low, high = within
    sums = _sums(values, groups)
    if not sums:
        return low, high
    mean = sum(total for total, _ in sums) / len(values)
    if len(sums) == 1:
        least, most = wilson((mean - low) / (high - low), 1)
        return low + (high - low) * least, low + (high - low) * most
    if len({total / count for total, count in sums}) == 1:
        unseen = wilson(0, len(sums))[1]
        return mean - unseen * (mean - low), mean + unseen * (high - mean)
    return _bootstrap(sums, resamples)


def _sums(values: Sequence[float], groups: Sequence[str]) -> tuple[tuple[float, int], ...]:
    by_group: dict[str, list[float]] = defaultdict(list)
    for value, group in zip(values, groups, strict=True):
        by_group[group].append(value)
    return tuple((sum(found), len(found)) for found in by_group.values())


@lru_cache(maxsize=512)
def _bootstrap(sums: tuple[tuple[float, int], ...], resamples: int) -> Interval:
    """Many scores of a table are the same one: kept, because each costs some 50 ms."""
    totals, counts = [total for total, _ in sums], [count for _, count in sums]
    means = sorted(sum(draw(totals)) / sum(draw(counts)) for draw in _draws(len(sums), resamples))
    return means[int(0.025 * resamples)], means[int(0.975 * resamples) - 1]


@lru_cache(maxsize=4)
def _draws(of: int, resamples: int) -> list[_Draw]:
    """The same draws for every measure over so many groups (two or more)."""
    chance = random.Random(_SEED)  # noqa: S311 - no secret
    return [itemgetter(*chance.choices(range(of), k=of)) for _ in range(resamples)]


def pass_k(c: int, n: int, k: int) -> float:
    """How likely `k` trials all pass, of a case that passed `c` of `n`; `k` is `n` at most."""
    return math.comb(c, k) / math.comb(n, k)


def rule_of_three(n: int) -> float:
    """The upper bound of a share that was never seen in `n` independent cases."""
    return min(1.0, 3 / n) if n else 1.0


def mcnemar_exact(b: int, c: int) -> float:
    """The two-sided p that `b` pairs went one way and `c` the other by chance."""
    rarer = sum(math.comb(b + c, k) for k in range(min(b, c) + 1))
    return min(1.0, 2 * rarer / (1 << (b + c)))


def holm(ps: Sequence[float]) -> list[float]:
    """Each p, adjusted for having been one of several, in the order given."""
    adjusted, worst = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        worst = max(worst, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = worst
    return adjusted


def brier(claims: Sequence[tuple[float, bool]]) -> float | None:
    """The mean squared distance of confidences from what came true: 0 is best; None without a claim."""
    return statistics.fmean((told - right) ** 2 for told, right in claims) if claims else None


def calibration(claims: Sequence[tuple[float, bool]]) -> tuple[tuple[float, float, int, int], ...]:
    """From, to, how many claims and how many of them true, of each bin of confidence that holds any."""
    found = []
    for low, high in pairwise(_BINS):
        inside = [right for told, right in claims if low <= told < high or told == high == 1]
        if inside:
            found.append((low, high, len(inside), sum(inside)))
    return tuple(found)


def detectable(groups: int, discordant: float = 0.2) -> float:
    """The least paired difference of shares that 80 % of such comparisons would find.

    `discordant` is the share of pairs that differ.
    """
    return min(1.0, (_Z + _POWER_Z) * math.sqrt(discordant / groups)) if groups else 1.0


def shown(hits: int, of: int, interval: Interval | None = None) -> str:
    """`83/88 = 94 % [87, 97]`."""
    if of == 0:
        return "0/0"
    low, high = interval or wilson(hits, of)
    return f"{hits}/{of} = {100 * hits / of:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"
