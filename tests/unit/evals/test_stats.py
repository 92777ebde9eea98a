"""Intervals: those of the textbooks, and no narrower than the data are independent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.stats import (
    brier,
    clustered,
    detectable,
    holm,
    mcnemar_exact,
    mean_interval,
    pass_k,
    rule_of_three,
    share_interval,
    shown,
    wilson,
)

PUBLISHED = {
    (6, 6): (0.61, 1),
    (5, 5): (0.57, 1),
    (20, 20): (0.84, 1),
    (118, 169): (0.62, 0.76),
    (0, 0): (0, 1),
}
GROUPED = st.lists(st.tuples(st.integers(-1, 1), st.sampled_from("abcdefgh")), min_size=1, max_size=40)
PS = st.lists(st.floats(0, 1), max_size=8)


@pytest.mark.parametrize(("counts", "interval"), PUBLISHED.items(), ids=map(str, PUBLISHED))
def test_wilson_gives_the_published_intervals(counts: tuple[int, int], interval: tuple[float, float]) -> None:
    assert wilson(*counts) == pytest.approx(interval, abs=0.006)


@given(of=st.integers(1, 500), share=st.floats(0, 1))
def test_wilson_holds_the_share_and_is_the_same_for_hits_and_misses(of: int, share: float) -> None:
    hits = round(share * of)
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of + 1e-12
    assert hits / of - 1e-12 <= high <= 1
    assert wilson(of - hits, of) == pytest.approx((1 - high, 1 - low), abs=1e-9)


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


def test_independent_cases_get_wilsons_interval_and_trials_of_one_case_do_not() -> None:
    outcomes = [True] * 118 + [False] * 51
    alone = share_interval(outcomes, [str(n) for n in range(169)])
    assert alone == wilson(118, 169)
    assert share_interval(outcomes * 3, [str(n) for n in range(169)] * 3) == pytest.approx(alone, abs=0.02)


@given(GROUPED)
def test_the_interval_of_a_mean_holds_it_and_stays_within_what_is_possible(
    found: list[tuple[int, str]],
) -> None:
    values, groups = [value for value, _ in found], [group for _, group in found]
    low, high = mean_interval(values, groups, resamples=400)
    mean = sum(values) / len(values)
    assert -1 - 1e-9 <= low <= mean + 0.35  # few groups and few resamples: the median may lie beside the mean
    assert mean - 0.35 <= high <= 1 + 1e-9
    assert low <= high


def test_means_that_never_vary_are_still_not_certain() -> None:
    groups = [str(n) for n in range(50)]
    bound = wilson(0, 50)[1]
    assert mean_interval([0] * 50, groups) == pytest.approx((-bound, bound))
    assert mean_interval([1] * 50, groups) == pytest.approx((1 - 2 * bound, 1))
    assert mean_interval([1] * 50, groups, within=(0, 1)) == pytest.approx(wilson(50, 50))


def test_one_group_tells_as_little_as_one_case() -> None:
    low, high = mean_interval([1, -1] * 20, ["a"] * 40)
    assert high - low > 1


def test_no_data_leave_everything_possible() -> None:
    assert mean_interval([], []) == (-1, 1)
    assert share_interval([], []) == (0, 1)


def test_all_of_k_trials_pass_as_often_as_published() -> None:
    assert [round(pass_k(4, 5, k), 2) for k in range(1, 6)] == [0.8, 0.6, 0.4, 0.2, 0]
    assert pass_k(5, 5, 5) == 1


@given(n=st.integers(1, 12), data=st.data())
def test_more_trials_never_pass_more_often(n: int, data: st.DataObject) -> None:
    c = data.draw(st.integers(0, n))
    rates = [pass_k(c, n, k) for k in range(1, n + 1)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(c / n)


def test_the_exact_test_of_pairs_gives_the_textbooks_values() -> None:
    assert mcnemar_exact(0, 0) == 1
    assert mcnemar_exact(1, 9) == pytest.approx(22 / 1024)
    assert mcnemar_exact(0, 5) == pytest.approx(2 / 32)
    assert mcnemar_exact(5, 5) == 1


@given(b=st.integers(0, 60), c=st.integers(0, 60))
def test_the_exact_test_of_pairs_does_not_mind_which_way(b: int, c: int) -> None:
    assert mcnemar_exact(b, c) == mcnemar_exact(c, b)
    assert 0 < mcnemar_exact(b, c) <= 1


def test_several_claims_are_adjusted_as_published() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(PS)
def test_an_adjusted_p_is_never_smaller_and_the_order_stays(ps: list[float]) -> None:
    adjusted = holm(ps)
    assert all(p <= q <= 1 for p, q in zip(ps, adjusted, strict=True))
    ranked = [q for _, q in sorted(zip(ps, adjusted, strict=True))]
    assert ranked == sorted(ranked)


def test_what_was_never_seen_may_still_be_three_in_n() -> None:
    assert rule_of_three(60) == 0.05
    assert rule_of_three(2) == rule_of_three(0) == 1


def test_a_confident_wrong_claim_costs_more_than_a_careful_one() -> None:
    assert brier([]) is None
    assert brier([(1.0, True), (0.0, False)]) == 0
    assert brier([(0.9, True), (0.9, False)]) == pytest.approx((0.01 + 0.81) / 2)


def test_few_groups_tell_only_large_differences_apart() -> None:
    assert detectable(169) == pytest.approx(0.10, abs=0.005)
    assert detectable(96) == pytest.approx(0.13, abs=0.005)
    assert detectable(0) == 1


def test_a_share_is_shown_with_its_counts() -> None:
    assert shown(83, 88) == "83/88 = 94 % [87, 98]"
    assert shown(0, 0) == "0/0"
