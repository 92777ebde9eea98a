"""The table: what counts, what is left out, and that every baseline is a row."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from contracts.budget import Usage
from contracts.hypothesis import Category
from evals.rows import Row
from evals.scenario import Case, Suite
from evals.table import Table, cells_of, table_of
from evals.trials import Ran, Trial
from tests.fakes.trial_log import case_of, ended, trial_of

QUOTA, CAPACITY, AUTH = Category.QUOTA, Category.CAPACITY, Category.AUTH
BASELINES = ["echo", "majority", "nearest neighbour"]
M = "acme:small"


def asked(usd: str | None = "0.002") -> Usage:
    return Usage(calls=1, input_tokens=100, output_tokens=10, cost_usd=None if usd is None else Decimal(usd))


def row(table: Table, name: str, suite: Suite = Suite.RECORDED) -> Row:
    (found,) = [row for row in table.rows if row.name == name and row.suite is suite]
    return found


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    return [
        case_of(tmp_path, f"r-00000{n}", text=f"Error: {word} is used up")
        for n, word in enumerate(("quota", "limit", "disk", "money"))
    ]


def test_shares_are_of_what_applies_and_every_trial_counts_once(cases: list[Case]) -> None:
    a, b, c, _ = cases
    trials = [
        trial_of(a, M, QUOTA),
        trial_of(a, M, CAPACITY, number=2),
        trial_of(b, M, AUTH),
        trial_of(c, M, None),
    ]
    found = row(table_of(cases, trials), M)
    assert (found.cases, found.trials) == (3, 4)
    assert found.solved[:2] == (2, 4)
    assert found.accepted[:2] == (2, 3)
    assert found.exact[:2] == (1, 3)
    assert found.net == pytest.approx((1 + 1 - 1 + 0) / 4)
    assert found.outcomes == {"fail": 2, "pass": 2}


def test_what_the_environment_spoilt_is_counted_beside_the_shares(cases: list[Case]) -> None:
    trials = [trial_of(case, M, QUOTA) for case in cases[:3]]
    table = table_of(cases, [*trials, trial_of(cases[3], M, ran=Ran.THROTTLED)])
    found = row(table, M)
    assert found.solved[:2] == (3, 3)
    assert found.excluded == {"throttled": 1}
    assert table.invalid
    assert table.header["excluded"] == "1"
    assert not table_of(cases, trials).invalid


def test_trials_of_other_or_changed_scenarios_are_left_out_and_counted(cases: list[Case]) -> None:
    known = trial_of(cases[0], M, QUOTA)
    strange = known.model_copy(update={"scenario": "r-ffffff"})
    changed = known.model_copy(update={"digest": "0" * 12, "trial": 2})
    table = table_of(cases, [known, strange, changed])
    assert table.header["stale"] == "2"
    assert row(table, M).trials == 1


def test_of_two_trials_with_one_number_the_later_counts(cases: list[Case]) -> None:
    old = trial_of(cases[0], M, AUTH, prompt="p0")
    (cell,) = cells_of(cases, [old, trial_of(cases[0], M, QUOTA)]).values()
    assert [trial.prompt for trial in cell.trials] == ["p1"]


def test_every_baseline_is_a_row_of_each_suite(cases: list[Case], tmp_path: Path) -> None:
    executed = case_of(tmp_path, "s-000001", suite=Suite.EXECUTED)
    trials = [trial_of(case, "signature-only", QUOTA) for case in cases]
    trials += [trial_of(executed, "signature-only", QUOTA, observed=ended())]
    table = table_of([*cases, executed], trials)
    for suite in Suite:
        assert [r.name for r in table.rows if r.suite is suite][-3:] == BASELINES
    assert row(table, "majority").solved[:2] == (4, 4)
    assert row(table, "nearest neighbour").solved[:2] == (4, 4)
    assert row(table, "echo").solved[:2] == (0, 4)
    assert row(table, "echo").accepted.of == 0
    assert not {cell.model for cell in table.cells.values()} & set(BASELINES)


def test_a_baseline_names_what_signatures_saw_and_never_solves_an_executed_scenario(tmp_path: Path) -> None:
    seen, quiet = (
        case_of(tmp_path, name, suite=Suite.EXECUTED, keywords=("limit",))
        for name in ("s-000001", "s-000002")
    )
    trials = [
        trial_of(seen, "signature-only", QUOTA, observed=ended()),
        trial_of(quiet, "signature-only", observed=ended()),
    ]
    found = row(table_of([seen, quiet], trials), "majority", Suite.EXECUTED)
    assert found.solved[:2] == (0, 2)
    assert found.accepted[:2] == (1, 1)
    assert found.keywords.of == found.fix.of == found.harm.of == 0


def test_repeating_the_failure_tells_no_keyword(tmp_path: Path) -> None:
    case = case_of(tmp_path, keywords=("limit", "increase"))
    table = table_of([case], [trial_of(case, M, QUOTA, words="Increase the limit.")])
    assert row(table, "echo").keywords[:2] == (0, 1)
    assert row(table, M).keywords[:2] == (1, 1)


def test_signatures_speak_first_and_the_model_only_where_they_are_silent(cases: list[Case]) -> None:
    a, b, c, _ = cases
    said = [(a, QUOTA), (b, AUTH), (c, None)]
    trials = [trial_of(case, "signature-only", category) for case, category in said]
    trials += [
        trial_of(case, M, QUOTA, number=n, alone=True, usage=asked()) for case, _ in said for n in (1, 2)
    ]
    found = row(table_of(cases, trials), f"signatures, else {M}")
    assert found.solved[:2] == (4, 6)
    assert found.calls == 2
    assert not found.alone
    assert row(table_of(cases, trials), M).label == f"{M}, alone"


def test_models_are_ranked_by_what_they_do_where_one_of_them_was_asked(cases: list[Case]) -> None:
    trials = [trial_of(case, "gold", QUOTA) for case in cases]
    for name, right, sure in (("acme:good", True, 0.9), ("acme:bold", False, 0.9), ("acme:shy", False, 0.2)):
        trials += [trial_of(case, name, QUOTA) for case in cases[:2]]
        trials += [
            trial_of(case, name, QUOTA if right else AUTH, confidence=sure, usage=asked())
            for case in cases[2:]
        ]
    table = table_of(cases, trials)
    assert [r.name for r in table.rows][:4] == ["gold", "acme:good", "acme:shy", "acme:bold"]
    bold = row(table, "acme:bold")
    assert (bold.net, bold.asked_net, bold.asked) == (0, -1, 2)


def test_trials_of_a_case_tell_how_often_all_would_pass(cases: list[Case]) -> None:
    trials = [trial_of(cases[0], M, QUOTA if n < 5 else AUTH, number=n) for n in range(1, 6)]
    found = row(table_of(cases, trials), M)
    assert {k: round(rate, 2) for k, rate in found.pass_k.items()} == {1: 0.8, 2: 0.6, 3: 0.4, 4: 0.2, 5: 0}
    assert found.flaky == 1


def test_harm_that_was_never_seen_is_bounded_by_the_groups_and_only_executed_trials_can_do_it(
    tmp_path: Path,
) -> None:
    cases = [
        case_of(tmp_path, f"s-00000{n}", suite=Suite.EXECUTED, group=f"g{n // 2}", keep=("a.b",))
        for n in range(8)
    ]
    good = [trial_of(case, M, QUOTA, observed=ended()) for case in cases]
    assert row(table_of(cases, good), M, Suite.EXECUTED).harm == (0, 8, (0, 0.75))
    bad = trial_of(cases[0], M, QUOTA, observed=ended(lost=("a.b",)))
    assert row(table_of(cases, [bad, *good[1:]]), M, Suite.EXECUTED).harm[:2] == (1, 8)


def test_an_unknown_price_is_never_nothing(cases: list[Case]) -> None:
    a, b, c, d = cases
    free = [trial_of(a, M, QUOTA), trial_of(b, M, QUOTA)]
    dark = row(table_of(cases, [*free, trial_of(c, M, QUOTA, usage=asked(None))]), M)
    assert (dark.usd, dark.usd_per_case, dark.usd_per_solved, dark.unpriced) == (None, None, None, 1)
    mixed = [*free, trial_of(c, M, AUTH, usage=asked("0.006")), trial_of(d, M, QUOTA, usage=asked(None))]
    found = row(table_of(cases, mixed), M)
    assert (found.usd, found.unpriced) == (Decimal("0.006"), 1)
    assert found.usd_per_case == (Decimal(0), Decimal("0.002"), Decimal("0.006"))
    assert found.usd_per_solved == Decimal("0.003")
    assert (found.calls, found.input_tokens, found.output_tokens) == (2, 200, 20)


def test_confidence_is_held_against_what_came_true(cases: list[Case]) -> None:
    a, b, c, d = cases
    trials = [
        trial_of(a, M, QUOTA, confidence=1),
        trial_of(b, M, AUTH, confidence=0.95),
        trial_of(c, M, QUOTA, confidence=0.5),
        trial_of(d, M, AUTH, confidence=0.2),
    ]
    found = row(table_of(cases, trials), M)
    assert found.calibration == ((0.5, 0.6, 1, 1), (0.9, 1.0, 2, 1))
    assert found.brier == pytest.approx((0 + 0.95**2 + 0.25) / 3)


def test_retryable_is_told_as_precision_and_recall(tmp_path: Path) -> None:
    passing, lasting = case_of(tmp_path, "r-000001", retryable=True), case_of(tmp_path, "r-000002")
    said = [trial_of(passing, M, QUOTA), trial_of(lasting, M, QUOTA)]
    said = [_retryable(trial) for trial in said]
    found = row(table_of([passing, lasting], said), M)
    assert (found.retry_precision[:2], found.retry_recall[:2]) == ((1, 2), (1, 1))


def test_what_was_solved_without_a_call_is_free(cases: list[Case]) -> None:
    trials = [trial_of(cases[0], M, QUOTA), trial_of(cases[1], M, QUOTA, usage=asked())]
    assert row(table_of(cases, trials), M).free[:2] == (1, 2)


def test_a_red_herring_tells_who_fell_for_it(tmp_path: Path) -> None:
    case = case_of(tmp_path, surface_category=AUTH)
    assert row(table_of([case], [trial_of(case, M, AUTH)]), M).fell[:2] == (1, 1)


def test_the_header_tells_what_was_run_with_what(cases: list[Case]) -> None:
    header = table_of(cases, [trial_of(cases[0], M, QUOTA)], "planner-eval run").header
    assert header["date"] == "2026-11-20"
    assert header["commit"] == "abc1234"
    assert header["engine"] == "terraform 1.11.4"
    assert (header["prompt"], header["prices"]) == ("p1", "h1")
    assert header["command"] == "planner-eval run"
    assert table_of(cases, []).header["date"] == "n/a"


def test_no_trials_make_an_empty_table(cases: list[Case]) -> None:
    table = table_of(cases, [])
    assert not table.rows
    assert not table.invalid


def test_the_order_of_the_log_does_not_matter(cases: list[Case]) -> None:
    trials = [
        trial_of(case, m, QUOTA if n == 1 else AUTH, number=n)
        for case in cases
        for m in (M, "a:b")
        for n in (1, 2)
    ]
    assert table_of(cases, trials).rows == table_of(cases, trials[::-1]).rows


def _retryable(trial: Trial) -> Trial:
    (incident,) = trial.incidents
    return trial.model_copy(update={"incidents": (incident.model_copy(update={"retryable": True}),)})
