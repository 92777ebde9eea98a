"""The store: durable, chained, private, and safe for several processes."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from contracts.errors import StoreError
from contracts.journal import EffectEnded
from contracts.run import Effect
from planner.run_list import ids_like
from planner.schema import SCHEMA
from planner.store import Store, link_of
from tests.fakes.planning import Bench


def filled(folder: Path) -> Bench:
    bench = Bench(folder)
    for _ in range(5):
        bench.journal.append(EffectEnded(effect=Effect.PLAN, ended="completed"))
    return bench


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    lines = filled(tmp_path).store.lines("run-1")
    assert [line.seq for line in lines] == list(range(6))


TAMPERING = {
    "a changed line": "UPDATE journal SET line = replace(line, 'completed', 'errored') WHERE seq = 3",
    "a missing line": "DELETE FROM journal WHERE seq = 2",
    "two lines swapped": "UPDATE journal SET seq = CASE seq WHEN 2 THEN 30 ELSE 20 END WHERE seq IN (2, 3)",
    "a changed link": "UPDATE journal SET hash = 'x' WHERE seq = 4",
}


def tampered(folder: Path, sql: str, *values: str) -> None:
    database = sqlite3.connect(folder / "planner.db")
    database.execute(sql, values)
    database.commit()
    database.close()


@pytest.mark.parametrize("sql", TAMPERING.values(), ids=TAMPERING.keys())
def test_a_damaged_journal_is_refused(tmp_path: Path, sql: str) -> None:
    bench = filled(tmp_path)
    tampered(tmp_path, sql)
    with pytest.raises(StoreError, match="damaged"):
        bench.store.lines("run-1")


def test_a_journal_that_lost_its_end_takes_nothing_more(tmp_path: Path) -> None:
    bench = filled(tmp_path)
    tampered(tmp_path, "DELETE FROM journal WHERE seq = 5")
    with pytest.raises(StoreError, match="gap before entry 6"):
        bench.journal.append(EffectEnded(effect=Effect.PLAN, ended="completed"))
    assert [line.seq for line in bench.store.lines("run-1")] == list(range(5))


def test_a_journal_of_another_version_is_not_called_damaged(tmp_path: Path) -> None:
    bench = filled(tmp_path)
    ((previous,),) = bench.store.rows("SELECT hash FROM journal WHERE seq = 4", ())
    text = '{"kind": "of a later version"}'
    tampered(
        tmp_path, "UPDATE journal SET line = ?, hash = ? WHERE seq = 5", text, link_of(str(previous), text)
    )
    with pytest.raises(StoreError, match="another version") as refused:
        bench.store.lines("run-1")
    assert refused.value.remedy == "resume it with the version that wrote it, or start a new run"


def test_a_store_of_today_is_opened_while_somebody_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("planner.database._BUSY_S", 0.01)
    with filled(tmp_path).store.transaction():
        assert Store(tmp_path / "planner.db").lines("run-1")


def test_a_run_is_found_by_how_its_id_begins_and_no_character_of_it_is_a_wildcard(tmp_path: Path) -> None:
    store = filled(tmp_path).store
    assert ids_like(store, "ru") == ["run-1"]
    assert ids_like(store, "") == ["run-1"]
    assert ids_like(store, "run-1-and-more") == ids_like(store, "%") == ids_like(store, "r_n") == []


def test_what_is_written_meanwhile_is_not_seen_in_a_snapshot_and_is_afterwards(tmp_path: Path) -> None:
    bench, other = filled(tmp_path), Store(tmp_path / "planner.db")
    with other.snapshot():
        assert len(other.lines("run-1")) == 6
        bench.journal.append(EffectEnded(effect=Effect.PLAN, ended="completed"))
        assert len(other.lines("run-1")) == 6
    assert len(other.lines("run-1")) == 7


def test_a_snapshot_of_a_store_that_cannot_be_read_is_an_operators_error_and_leaves_it_usable(
    tmp_path: Path,
) -> None:
    store = filled(tmp_path).store
    tampered(tmp_path, "ALTER TABLE journal RENAME TO aside")
    with pytest.raises(StoreError, match="cannot be read"), store.snapshot():
        store.lines("run-1")
    tampered(tmp_path, "ALTER TABLE aside RENAME TO journal")
    with store.snapshot():
        assert len(store.lines("run-1")) == 6


def test_a_file_that_is_no_database_is_an_operators_error(tmp_path: Path) -> None:
    (tmp_path / "planner.db").write_text("not a database at all, whatever it is called", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path / "planner.db")


def test_a_store_of_a_newer_planner_is_left_alone(tmp_path: Path) -> None:
    Store(tmp_path / "planner.db").close()
    database = sqlite3.connect(tmp_path / "planner.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match="newer"):
        Store(tmp_path / "planner.db")


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    filled(tmp_path / "home")
    for path in (tmp_path / "home").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, f"{path} is {mode:o}"


def test_a_store_of_the_first_version_is_taken_over_with_what_was_spent(tmp_path: Path) -> None:
    path = tmp_path / "planner.db"
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(SCHEMA[0])
    database.execute("INSERT INTO spending (run_id, reserved, settled) VALUES ('r', '0.03', NULL)")
    database.execute("INSERT INTO spending (run_id, reserved, settled) VALUES ('r', '0.03', '0.01')")
    database.execute("PRAGMA user_version = 1")
    database.close()
    rows = Store(path).rows("SELECT reserved, settled FROM calls ORDER BY id", ())
    assert rows == [(30_000_001, None), (30_000_001, 10_000_001)]
    assert Store(path).rows("PRAGMA user_version", ()) == [(len(SCHEMA),)]


def test_a_file_that_is_no_store_is_not_told_as_a_folder_without_rights(tmp_path: Path) -> None:
    (tmp_path / "planner.db").write_bytes(b"\x07" * 5_000)
    with pytest.raises(StoreError, match="cannot be opened") as refused:
        Store(tmp_path / "planner.db")
    assert "move it away" in refused.value.remedy
