"""Comparisons: pairs, what is a regression, and when two logs say the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.budget import Usage
from contracts.hypothesis import Category
from evals.comparison import between, compare, regressions, same
from evals.scenario import Case, Suite, Tier
from evals.trials import Ran, Trial
from tests.fakes.trial_log import case_of, ended, trial_of

QUOTA, AUTH = Category.QUOTA, Category.AUTH
M = "acme:small"


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    return [case_of(tmp_path, f"r-0000{n:02x}") for n in range(40)]


def log(
    cases: Sequence[Case], right: int, model: str = M, usd: str = "0.001", trials: int = 1
) -> list[Trial]:
    """The first so many are right, in every trial."""
    usage = Usage(calls=1, cost_usd=Decimal(usd))
    return [
        trial_of(case, model, QUOTA if place < right else AUTH, number=number, usage=usage)
        for place, case in enumerate(cases)
        for number in range(1, trials + 1)
    ]


def test_two_equal_logs_are_no_regression_however_few_cases_there_are(cases: list[Case]) -> None:
    found = compare(cases, log(cases, 30), log(cases, 30))
    (claim,) = found.claims
    assert (claim.worse, claim.better, claim.slipped, claim.p) == ((), (), (), 1)
    assert regressions(found) == []


def test_pairs_that_went_one_way_are_counted_tested_and_listed(cases: list[Case]) -> None:
    (claim,) = compare(cases, log(cases, 40), log(cases, 30)).claims
    assert len(claim.worse) == 10
    assert claim.p == pytest.approx(2 / 1024)
    assert claim.difference == pytest.approx(-0.25)
    assert claim.interval[0] < -0.25 < claim.interval[1] < 0
    (back,) = compare(cases, log(cases, 30), log(cases, 40)).claims
    assert (len(back.better), back.worse) == (10, ())
    assert back.interval == pytest.approx((-claim.interval[1], -claim.interval[0]), abs=0.02)


def test_less_solved_is_a_regression_where_five_points_cannot_be_ruled_out(cases: list[Case]) -> None:
    (reason,) = regressions(compare(cases, log(cases, 40), log(cases, 30)))
    assert "solved -25 points" in reason
    assert regressions(compare(cases, log(cases, 30), log(cases, 40))) == []


def test_a_case_is_decided_by_most_of_its_trials_and_a_tie_is_not_solved(cases: list[Case]) -> None:
    case = cases[0]
    before = log([case], 1, trials=3)
    twice = [*before[:2], trial_of(case, M, AUTH, number=3)]
    (claim,) = compare([case], before, twice).claims
    assert (claim.worse, claim.slipped) == ((), (case.id,))
    (claim,) = compare([case], before, [before[0], trial_of(case, M, AUTH, number=2)]).claims
    assert claim.worse == (case.id,)


def test_a_must_pass_scenario_that_got_worse_is_named(tmp_path: Path) -> None:
    case = case_of(tmp_path, tier=Tier.MUST_PASS)
    reasons = regressions(compare([case], log([case], 1), log([case], 0)))
    assert any("must pass" in reason and case.id in reason for reason in reasons)


def test_harm_is_a_regression_whatever_else_got_better(tmp_path: Path) -> None:
    case = case_of(tmp_path, "s-000001", suite=Suite.EXECUTED, keep=("a.b",))
    before = [trial_of(case, M, QUOTA, observed=ended("FAILED", 2))]
    after = [trial_of(case, M, QUOTA, observed=ended(lost=("a.b",)))]
    assert any("harm in 1" in reason for reason in regressions(compare([case], before, after)))


def test_a_median_case_that_is_a_quarter_dearer_is_a_regression(cases: list[Case]) -> None:
    before = log(cases, 40)
    (reason,) = regressions(compare(cases, before, log(cases, 40, usd="0.0013")))
    assert "costs $0.0013" in reason
    assert regressions(compare(cases, before, log(cases, 40, usd="0.0012"))) == []
    (claim,) = compare(cases, log(cases, 40, usd="0"), before).claims
    assert claim.usd_change == math.inf


def test_what_one_side_lacks_or_the_environment_spoilt_is_not_compared(cases: list[Case]) -> None:
    spoilt = [trial_of(cases[0], M, ran=Ran.THROTTLED), *log(cases[1:], 39)]
    found = compare(cases, log(cases[:39], 39), spoilt)
    assert found.claims[0].cases == 38
    assert found.unpaired == 2


def test_several_claims_are_adjusted_together(cases: list[Case]) -> None:
    before = log(cases, 40) + log(cases, 40, "acme:large")
    after = log(cases, 34) + log(cases, 40, "acme:large")
    large, small = compare(cases, before, after).claims
    assert (large.model, small.model) == ("acme:large", M)
    assert small.p_holm == pytest.approx(2 * small.p)
    assert large.p_holm == 1


def test_two_models_of_one_log_are_compared_however_they_were_asked(cases: list[Case]) -> None:
    signatures = [trial.model_copy(update={"usage": Usage()}) for trial in log(cases, 20, "signature-only")]
    model = [trial.model_copy(update={"alone": True}) for trial in log(cases, 35)]
    (claim,) = between(cases, signatures + model, "signature-only", M).claims
    assert claim.model == f"signature-only → {M}"
    assert (claim.cases, len(claim.better), len(claim.worse)) == (40, 15, 0)


def test_two_runs_that_differ_in_time_place_and_run_id_alone_are_the_same(tmp_path: Path) -> None:
    case = case_of(tmp_path, "s-000001", suite=Suite.EXECUTED)
    told = "{} in /tmp/planner-{}/module/main.tf: http://127.0.0.1:{}/ at {} after {}, lock {}"
    one = told.format(
        "20261120-080000-a1b2c3",
        "x8fa",
        4312,
        "2026-11-20T08:00:01.5Z",
        "3s",
        "a" * 8 + "-bbbb" * 3 + "-" + "c" * 12,
    )
    two = told.format(
        "20261121-093000-0f0f0f",
        "77qz",
        981,
        "2026-11-21 09:30:00 +0000 UTC",
        "1m4s",
        "0" * 8 + "-1111" * 3 + "-" + "2" * 12,
    )
    before = trial_of(case, M, QUOTA, observed=ended(reason=one))
    after = trial_of(case, M, QUOTA, observed=ended(reason=two)).model_copy(
        update={"duration_s": 9.0, "at": before.at.replace(day=21)}
    )
    assert same([before], [after]) == []


def test_a_temporary_folder_in_memory_is_no_difference(tmp_path: Path) -> None:
    case = case_of(tmp_path, "s-000001", suite=Suite.EXECUTED)
    ran = [
        trial_of(case, M, QUOTA, observed=ended(reason=f"in {folder}/main.tf"))
        for folder in ("/tmp/planner-eval-x1", "/dev/shm/planner-aB3_x9/planner-eval-y2")
    ]
    assert same(ran[:1], ran[1:]) == []


def test_whatever_else_differs_is_told(tmp_path: Path) -> None:
    case = case_of(tmp_path, "s-000001", suite=Suite.EXECUTED)
    one = trial_of(case, M, QUOTA, observed=ended(changed=("main.tf",), reason="in /tmp/a/main.tf"))
    two = trial_of(case, M, AUTH, observed=ended(changed=("main.tf", "b.tf"), reason="in /tmp/b/b.tf"))
    told = "\n".join(same([one], [two, trial_of(case, M, number=2)]))
    assert "s-000001 acme:small trial 2: only after" in told
    assert "incidents[0].category: 'quota', then 'auth'" in told
    assert "observed.changed[1]: None, then 'b.tf'" in told
    assert "observed.reason: 'in TEMP/main.tf', then 'in TEMP/b.tf'" in told
