"""What a summary counts, which runs belong to it, and what a person may call a window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.errors import SettingsError
from contracts.summary import Summary
from planner.reporting.build import report_of
from planner.reporting.summary import Window, summary_of
from planner.reporting.summary_markdown import summary_markdown
from planner.reporting.summary_page import summary_html
from planner.reporting.window import since_of, window_of
from planner.store import Aside, Store
from tests.fakes.told_runs import START, Told, clean_run, failed_run, fixed_run, hostile_run, parked_run

NOW = START + timedelta(days=1)
SINCE = NOW - timedelta(days=7)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "planner.db")
    yield made
    made.close()


def keep(store: Store, told: Told, length: int | None = None) -> None:
    """The run as its journal would stand in a store; only the first `length` entries, where given."""
    state = "INIT"
    for line in told.lines[:length]:
        if not line.seq:
            store.open_run(line, Path("/srv/fleet"), Aside())
            continue
        if line.entry.kind == "moved":
            state = line.entry.target.value
        store.append(line, state=state, reason="", aside=Aside())


def summed(store: Store, since: datetime = SINCE, until: datetime = NOW) -> Summary:
    return summary_of(window_of(store, since, until))


def test_runs_are_counted_by_what_became_of_them(store: Store) -> None:
    keep(store, clean_run("r-1"))
    keep(store, fixed_run("r-2"))
    keep(store, failed_run("r-3"))
    keep(store, parked_run("r-4"))
    keep(store, fixed_run("r-5"), 8)
    now = summed(store).now
    assert (now.runs, now.succeeded, now.failed, now.stopped, now.waiting, now.unfinished) == (
        5,
        2,
        1,
        0,
        1,
        1,
    )
    assert now.success_share == pytest.approx(2 / 3)
    assert now.retries == 2
    assert now.incidents == 5
    assert now.free_share == pytest.approx(4 / 5)
    assert now.cost_usd == Decimal("0.0123")
    assert now.cost_per_incident_usd == Decimal("0.0123") / 5
    assert now.cost_per_success_usd == Decimal("0.0123") / 2


def test_a_run_belongs_to_the_window_it_began_in(store: Store) -> None:
    keep(store, clean_run("r-1"))
    keep(store, clean_run("r-2", start=START - timedelta(days=8)))
    keep(store, failed_run("r-3", start=START - timedelta(days=9)))
    keep(store, clean_run("r-4", start=START - timedelta(days=30)))
    told = summed(store)
    assert (told.now.runs, told.before.runs, told.before.succeeded) == (1, 2, 1)
    assert "| Succeeded | 100 % | 50 % |" in summary_markdown(told)


def test_a_failure_recurs_when_it_comes_in_more_than_one_run(store: Store) -> None:
    keep(store, failed_run("r-1"))
    assert summed(store).recurring == ()
    keep(store, fixed_run("r-2", module="/srv/other"))
    [again] = summed(store).recurring
    assert (again.fingerprint, again.runs, again.incidents, again.worked) == ("f2:0011223344556677", 2, 3, 2)
    assert again.modules == ("/srv/fleet", "/srv/other")


def test_fixes_and_causes_are_told_by_kind_and_source(store: Store) -> None:
    keep(store, failed_run("r-1"))
    keep(store, parked_run("r-2"))
    told = summed(store)
    [edits, advice] = told.fixes
    assert (edits.kind, edits.proposed, edits.applied, edits.refused, edits.waiting) == (
        "edit_config",
        3,
        1,
        1,
        1,
    )
    assert (advice.kind, advice.proposed, advice.worked) == ("escalate", 1, 0)
    assert {(c.category.value, c.source, c.incidents) for c in told.categories} == {
        ("invalid_reference", "signature", 2),
        ("invalid_reference", "model", 1),
        ("other", None, 1),
    }


def test_what_waits_or_stands_still_is_told_whenever_it_began(store: Store) -> None:
    keep(store, parked_run("r-1", start=START - timedelta(days=40)))
    keep(store, fixed_run("r-2", start=START - timedelta(days=40)), 6)
    keep(store, fixed_run("r-3", start=NOW - timedelta(minutes=5)), 6)
    told = summed(store)
    assert told.now.runs == 1
    assert [run.run_id for run in told.waiting] == ["r-1"]
    assert [(run.run_id, run.stands_still) for run in told.standing] == [("r-2", True), ("r-3", False)]
    assert "stands still" in summary_markdown(told)


def test_a_journal_that_cannot_be_read_is_named_and_the_others_are_told(store: Store) -> None:
    keep(store, clean_run("r-1"))
    keep(store, clean_run("r-2"))
    with store.transaction() as db:
        db.execute("UPDATE journal SET line = '{}' WHERE run_id = 'r-2' AND seq = 3")
    told = summed(store)
    assert (told.now.runs, told.unreadable) == (1, ("r-2",))


def test_an_unknown_price_makes_the_total_unknown() -> None:
    run = failed_run()
    lines = [
        line.model_validate_json(line.model_dump_json().replace('"cost_usd":0.0123', '"cost_usd":null'))
        for line in run.lines
    ]
    reports = [report_of("x", lines)]
    told = summary_of(Window(SINCE, NOW, reports, [], [], ()))
    assert told.now.cost_usd is None
    assert "| Cost | unknown |" in summary_markdown(told)


def test_an_empty_window_says_so() -> None:
    told = summary_of(Window(SINCE, NOW, [], [], [], ()))
    assert "No runs." in summary_markdown(told)
    assert "No runs." in summary_html(told)


def test_a_hostile_run_stays_text_in_a_summary() -> None:
    text = "</style><script>window.owned = 1</script>|[x](y)"
    reports = [report_of("x", hostile_run(text, 3).lines) for _ in range(2)]
    told = summary_of(Window(SINCE, NOW, reports, [], reports, ()))
    assert "<script" not in summary_html(told)
    assert "<script" not in summary_markdown(told)


@pytest.mark.parametrize(
    ("said", "since"),
    [
        ("7d", NOW - timedelta(days=7)),
        ("24h", NOW - timedelta(hours=24)),
        ("2W", NOW - timedelta(weeks=2)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T12:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_window_begins_so_long_ago_or_on_a_day(said: str, since: datetime) -> None:
    assert since_of(said, NOW) == since


@pytest.mark.parametrize("said", ["", "0d", "7", "yesterday", "9999w", "2027-01-01", "0001-01-01", "-7d"])
def test_what_is_no_time_before_now_is_refused(said: str) -> None:
    with pytest.raises(SettingsError, match="no time before now"):
        since_of(said, NOW)
