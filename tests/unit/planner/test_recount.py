"""A store of an earlier planner is counted before anything is told; nothing that comes meanwhile is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from planner.database import Connection
from planner.recount import recount
from planner.schema import SCHEMA, statements
from planner.store import Store
from tests.fakes.clock import START
from tests.fakes.metrics import totals
from tests.fakes.seeded_runs import Told
from tests.fakes.seeded_stories import STORIES


def stale(path: Path, runs: int) -> dict[str, float]:
    """A store whose runs nobody counted; what they come to."""
    store = Store(path)
    for n in range(runs):
        STORIES[n](Told(store, f"run-{n}", path.parent / f"m{n}", START))
    whole = totals(store)
    with store.transaction() as db:
        db.execute("DELETE FROM totals")
        db.execute("INSERT INTO cache VALUES ('totals', 'stale')")
    store.close()
    return whole


def test_the_totals_of_a_stale_store_are_made_anew_once(tmp_path: Path) -> None:
    whole = stale(tmp_path / "planner.db", 6)
    store = Store(tmp_path / "planner.db")
    recount(store)
    assert totals(store) == pytest.approx(whole)
    with store.transaction() as db:
        db.execute("DELETE FROM totals")
    recount(store)
    assert totals(store) == {}, "it is not stale any more"


def test_a_run_that_ends_while_the_journals_are_read_is_counted_once(tmp_path: Path) -> None:
    whole = stale(tmp_path / "planner.db", 3)
    other = Store(tmp_path / "planner.db")

    class Busy(Store):
        """Another process finishes a run between what is read and what is written."""

        @contextmanager
        def transaction(self) -> Iterator[Connection]:
            STORIES[0](Told(other, "run-late", tmp_path / "late", START))
            with super().transaction() as db:
                yield db

    store = Busy.__new__(Busy)
    Store.__init__(store, tmp_path / "planner.db")
    recount(store)
    assert totals(other)["planner_runs_started_total"] == whole["planner_runs_started_total"] + 1
    ended = "planner_runs_ended_total{success}"
    assert totals(other)[ended] == whole[ended] + 1


def test_a_journal_that_cannot_be_read_is_left_out_and_the_others_are_counted(tmp_path: Path) -> None:
    stale(tmp_path / "planner.db", 3)
    database = sqlite3.connect(tmp_path / "planner.db")
    database.execute("UPDATE journal SET line = 'x' WHERE run_id = 'run-1' AND seq = 4")
    database.commit()
    database.close()
    store = Store(tmp_path / "planner.db")
    recount(store)
    assert totals(store)["planner_runs_started_total"] == 2


def test_a_store_that_an_earlier_planner_made_is_stale_if_it_has_runs(tmp_path: Path) -> None:
    for name, runs in (("empty", 0), ("used", 1)):
        path = tmp_path / f"{name}.db"
        database = sqlite3.connect(path)
        for step in SCHEMA[:2]:
            for statement in statements(step):
                database.execute(statement)
        if runs:
            database.execute("INSERT INTO runs VALUES ('r', '/m', '2026-01-01T00:00:00+00:00', 'FAILED', '')")
        database.execute("PRAGMA user_version=2")
        database.commit()
        database.close()
        store = Store(path)
        assert (store.remembered("totals") == "stale") is bool(runs)
        recount(store)
        assert store.remembered("totals") is None
        store.close()
