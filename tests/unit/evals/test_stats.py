"""Intervals: those of the textbooks, and no narrower than the data are independent."""

from __future__ import annotations

import pytest

from evals.stats import clustered, shown, wilson

PUBLISHED = {
    (6, 6): (0.61, 1),
    (5, 5): (0.57, 1),
    (20, 20): (0.84, 1),
    (118, 169): (0.62, 0.76),
    (0, 0): (0, 1),
}


@pytest.mark.parametrize(("counts", "interval"), PUBLISHED.items(), ids=map(str, PUBLISHED))
def test_wilson_gives_the_published_intervals(counts: tuple[int, int], interval: tuple[float, float]) -> None:
    assert wilson(*counts) == pytest.approx(interval, abs=0.006)


def test_cases_of_one_group_count_as_one() -> None:
    outcomes = [True] * 40 + [False] * 40
    apart = clustered(outcomes, [str(n) for n in range(80)])
    together = clustered(outcomes, [str(n // 10) for n in range(80)])
    assert together[1] - together[0] > 2 * (apart[1] - apart[0])


def test_where_nothing_varies_the_interval_is_that_of_the_groups() -> None:
    assert clustered([True] * 50, ["a"] * 25 + ["b"] * 25) == wilson(2, 2)


def test_the_same_data_give_the_same_interval() -> None:
    outcomes, groups = [True, False, True] * 10, [str(n) for n in range(30)]
    assert clustered(outcomes, groups) == clustered(outcomes, groups)


def test_a_share_is_shown_with_its_counts() -> None:
    assert shown(83, 88) == "83/88 = 94 % [87, 98]"
    assert shown(0, 0) == "0/0"
