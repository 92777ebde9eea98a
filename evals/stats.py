"""Intervals for shares, and nothing that pretends to more than the data hold. Pure."""

from __future__ import annotations

import math
import random  # noqa: TID251 - seeded: a report must come out the same again
from collections import defaultdict
from collections.abc import Sequence

_Z = 1.959964
_RESAMPLES = 10_000
_SEED = 20_261_120

Interval = tuple[float, float]


def wilson(hits: int, of: int) -> Interval:
    """The 95 % interval of a share of independent cases; all of [0, 1] where there are none."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def clustered(outcomes: Sequence[bool], groups: Sequence[str], resamples: int = _RESAMPLES) -> Interval:
    """The 95 % bootstrap interval of a share whose cases come in groups that are not independent.

    Where all outcomes are alike the bootstrap knows no spread: then Wilson's over the groups.
    """
    by_group: dict[str, list[bool]] = defaultdict(list)
    for outcome, group in zip(outcomes, groups, strict=True):
        by_group[group].append(outcome)
    sums = [(sum(found), len(found)) for found in by_group.values()]
    if len(set(outcomes)) < 2:  # noqa: PLR2004 - hits and misses
        return wilson(len(sums) if any(outcomes) else 0, len(sums))
    chance = random.Random(_SEED)  # noqa: S311 - no secret
    shares = []
    for _ in range(resamples):
        drawn = chance.choices(sums, k=len(sums))
        of = sum(count for _, count in drawn)
        shares.append(sum(hits for hits, _ in drawn) / of)
    shares.sort()
    return shares[int(0.025 * resamples)], shares[int(0.975 * resamples) - 1]


def shown(hits: int, of: int, interval: Interval | None = None) -> str:
    """`83/88 = 94 % [87, 97]`."""
    if of == 0:
        return "0/0"
    low, high = interval or wilson(hits, of)
    return f"{hits}/{of} = {100 * hits / of:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"
