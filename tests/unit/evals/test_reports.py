"""Renderings: each says what was measured, and none of them obeys a foreign text."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from contracts.budget import Usage
from contracts.hypothesis import Category
from evals.reports import csv_table, junit, markdown, prometheus, terminal
from evals.reports.words import dollars, failures, one_line
from evals.scenario import Case, Suite, Tier
from evals.table import Table, table_of
from evals.trials import Ran, Trial
from tests.fakes.trial_log import case_of, ended, trial_of

QUOTA, AUTH = Category.QUOTA, Category.AUTH
M = "acme:small"
NASTY = (
    "=cmd() [bold]x[/bold] a|b `tick\n# head\n<script>alert(1)</script> @team \x1b[31mred\x00\x07 ]]> ﷐\ufffe"
)
COMMAND = "planner-eval run --models acme:small"


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    return [
        case_of(tmp_path, "r-000001"),
        case_of(tmp_path, "r-000002", family="locks", title=NASTY, tier=Tier.MUST_PASS),
        case_of(tmp_path, "s-000003", suite=Suite.EXECUTED, family="aws"),
        case_of(tmp_path, "s-000004", suite=Suite.EXECUTED, family="network"),
    ]


@pytest.fixture
def trials(cases: list[Case]) -> list[Trial]:
    a, b, c, d = cases
    usage = Usage(calls=1, input_tokens=100, cost_usd=Decimal("0.0012"))
    return [
        trial_of(a, "signature-only", QUOTA),
        trial_of(b, "signature-only"),
        trial_of(c, "signature-only", QUOTA, observed=ended()),
        trial_of(d, "signature-only", observed=ended("FAILED", 2)),
        trial_of(a, M, QUOTA, usage=usage, alone=True),
        trial_of(b, M, AUTH, usage=usage, alone=True, detail=NASTY),
        trial_of(c, M, QUOTA, observed=ended(), usage=Usage(calls=1, cost_usd=None)),
        trial_of(d, M, observed=ended("FAILED", 2, reason=NASTY)),
        trial_of(d, M, number=2, ran=Ran.SETUP_FAILED, detail=NASTY),
        trial_of(d, "adversarial", observed=ended("FAILED", 2)),
    ]


@pytest.fixture
def table(cases: list[Case], trials: list[Trial]) -> Table:
    return table_of(cases, trials, COMMAND)


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def printed(table: Table, width: int) -> str:
    out = io.StringIO()
    terminal.render(table, Console(file=out, width=width, force_terminal=False))
    return out.getvalue()


@pytest.mark.parametrize("width", [100, 140])
def test_the_terminal_shows_every_row_within_its_width(table: Table, width: int) -> None:
    text = printed(table, width)
    assert max(map(len, text.splitlines())) <= width
    for word in (M, "signature-only", "nearest neighbour", "echo", "majority", "n/a", COMMAND):
        assert word in text
    assert ("keywords" in text) is (width == 140)


def test_the_terminal_reads_no_markup_and_sends_no_escape(table: Table) -> None:
    text = printed(table, 400)
    assert text.count("[bold]x[/bold]") == 3, "a title and two reasons"
    assert "\x1b" not in text
    assert "\x07" not in text


@pytest.mark.parametrize("name", ["terminal", "markdown", "prometheus", "junit"])
def test_every_rendering_tells_n_exclusions_and_how_it_was_made(table: Table, name: str) -> None:
    text = {
        "terminal": lambda: printed(table, 120),
        "markdown": lambda: markdown.render(table),
        "prometheus": lambda: prometheus.render(table),
        "junit": lambda: junit.render(table),
    }[name]()
    for told in ("2026-11-20", "abc1234", "terraform 1.11.4", "p1", "h1", COMMAND, "1 (1 setup_failed)"):
        assert told in text


def test_a_run_that_is_not_valid_says_so(table: Table) -> None:
    assert table.invalid
    assert "NOT VALID" in printed(table, 100)
    assert markdown.render(table).startswith("**NOT VALID")
    assert "planner_eval_valid 0.0" in prometheus.render(table)


def test_markdown_has_a_row_a_model_and_suite_with_its_interval(table: Table) -> None:
    main = markdown.main_table(table).splitlines()
    assert len(main) == 2 + len(table.rows)
    assert {line.count("|") for line in main} == {9}
    assert f"| `{M}, alone` | recorded | 1/2 = 50 % [9, 91] | 1/2 = 50 % [9, 91] | 0/0 |" in "\n".join(main)


def test_markdown_keeps_foreign_text_in_code_spans_on_one_line(table: Table) -> None:
    text = markdown.render(table)
    for line in text.splitlines():
        outside = "".join(line.split("`")[::2])
        assert line.count("`") % 2 == 0
        assert "<script" not in outside
        assert "@team" not in outside
    assert "\n# head" not in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert not any("a|b" in line for line in tables)


def test_a_models_name_cannot_break_a_table(cases: list[Case]) -> None:
    main = markdown.main_table(table_of(cases, [trial_of(cases[0], "a:|x`\n| y |\\", QUOTA)]))
    assert {line.count("|") for line in main.splitlines()} == {9}


def test_what_must_pass_is_told_first_and_what_is_meant_to_fail_not_at_all(table: Table) -> None:
    found = failures(table)
    assert found[0].must_pass
    assert {failed.label for failed in found} == {"signature-only", M, f"{M}, alone"}


def test_junit_has_a_suite_a_model_and_is_xml_whatever_the_texts_hold(table: Table) -> None:
    root = parsed(junit.render(table))
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"signature-only", M, f"{M}, alone", "adversarial"}
    counts = {
        name: [s.get(k) for k in ("tests", "failures", "errors", "skipped")] for name, s in suites.items()
    }
    assert counts[f"{M}, alone"] == ["2", "1", "0", "0"]
    assert counts["adversarial"] == ["1", "0", "0", "1"]
    assert root.get("failures") == "4"
    names = {case.get("classname") for case in root.iter("testcase")}
    assert names == {"limits", "locks", "aws", "network"}
    assert any("<script>" in (failure.text or "") for failure in root.iter("failure"))


def test_what_the_environment_spoilt_altogether_is_an_error_or_skipped(cases: list[Case]) -> None:
    a, b, *_ = cases
    trials = [trial_of(a, M, ran=Ran.SETUP_FAILED, detail=NASTY), trial_of(b, M, ran=Ran.STALE_CASSETTE)]
    (suite,) = parsed(junit.render(table_of(cases, trials)))
    assert (suite.get("errors"), suite.get("skipped"), suite.get("failures")) == ("1", "1", "0")


def test_csv_has_a_line_a_trial_and_no_formula(table: Table, trials: list[Trial]) -> None:
    lines = list(csv.DictReader(io.StringIO(csv_table.render(table))))
    assert len(lines) == len(trials)
    cells = [value for line in lines for key, value in line.items() if key != "net"]
    assert not any(value.startswith(("=", "+", "-", "@")) for value in cells)
    assert any(line["title"].startswith("'=cmd()") for line in lines)
    assert {line["net"] for line in lines} == {"1", "0", "-1", ""}
    assert "n/a" in {line["usd"] for line in lines}
    assert csv_table.render(table_of([], [])) == ""


def test_prometheus_has_the_labels_model_and_suite_alone(table: Table) -> None:
    families = list(text_string_to_metric_families(prometheus.render(table)))
    samples = [sample for family in families for sample in family.samples]
    assert {frozenset(s.labels) for s in samples if s.labels} == {frozenset({"model", "suite"})}
    values = {(s.name, s.labels.get("model"), s.labels.get("suite")): s.value for s in samples}
    assert values["planner_eval_solved_ratio", f"{M}, alone", "recorded"] == 0.5
    assert values["planner_eval_solved_ratio_low", f"{M}, alone", "recorded"] == pytest.approx(
        0.095, abs=0.001
    )
    assert values["planner_eval_usd_per_case", f"{M}, alone", "recorded"] == pytest.approx(0.0012)
    assert ("planner_eval_usd", M, "executed") not in values
    assert values["planner_eval_excluded_trials", M, "executed"] == 1


def test_money_is_said_with_the_digits_it_needs_and_unknown_is_not_nothing() -> None:
    assert [
        dollars(usd) for usd in (None, Decimal(0), Decimal("0.00012"), Decimal("0.00002"), Decimal("1.5"))
    ] == [
        "n/a",
        "$0",
        "$0.0001",
        "$0.000020",
        "$1.50",
    ]


def test_foreign_text_is_one_clean_line() -> None:
    assert one_line("a\x1b[2J\n\tb\u202e c", 5) == "a b c"
    assert one_line("x" * 10, 5) == "xxxx…"


def test_an_empty_table_is_rendered_too() -> None:
    empty = table_of([], [])
    assert "n/a" in printed(empty, 100)
    assert "Nothing." in markdown.render(empty)
    assert parsed(junit.render(empty)).get("tests") == "0"
    assert "planner_eval_valid 1.0" in prometheus.render(empty)
