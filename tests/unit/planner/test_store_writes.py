"""What the store writes in one transaction, and what it tells a person where it cannot."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.approval import Approval
from contracts.audit import Action, AuditLine
from contracts.errors import StoppedError, StoreError
from contracts.journal import (
    Decided,
    EffectEnded,
    EffectIntended,
    Entry,
    JournalLine,
    RunOpened,
    RunParked,
    RunResumed,
)
from contracts.run import Effect, RunRequest
from planner.store import Aside, Store, link_of
from tests.fakes.planning import ENGINE
from tests.fakes.told_runs import incident

START = datetime(2026, 1, 1, tzinfo=UTC)
ENDED = EffectEnded(effect=Effect.PLAN, ended="completed")
RAN_OUT = "do not resume this run; start a new one with `planner run`"


def line(seq: int, entry: Entry) -> JournalLine:
    return JournalLine(run_id="r", seq=seq, at=START + timedelta(minutes=seq), entry=entry)


def begun(folder: Path, aside: Aside | None = None) -> Store:
    """A store with one run in it."""
    store = Store(folder / "planner.db")
    opened = RunOpened(request=RunRequest(module=folder), engine=ENGINE, planner_version="0")
    store.open_run(line(0, opened), Path("/m"), aside or Aside())
    return store


def what(error: BaseException) -> str:
    """What happened, without what to do about it."""
    return str(error).partition("\n")[0]


def listed(store: Store) -> tuple[object, ...]:
    (row,) = store.rows("SELECT run_id, module, state, reason, started_at, moved_at, asked_at FROM runs", ())
    return row


def test_its_folder_is_made_for_its_owner_only_and_what_is_written_survives_a_power_cut(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "a" / "b" / "planner.db")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    told = [store.rows(f"PRAGMA {name}", ()) for name in ("journal_mode", "synchronous", "busy_timeout")]
    assert told == [[("wal",)], [(2,)], [(30_000,)]]


def test_a_run_is_listed_by_what_was_last_written_of_it(tmp_path: Path) -> None:
    store, at = begun(tmp_path), START.isoformat()
    assert listed(store) == ("r", "/m", "INIT", "", at, at, None)
    with store.transaction() as db:
        db.execute("UPDATE runs SET asked_at = 'then'")
    store.append(line(1, ENDED), state="PLAN", reason="why", aside=Aside())
    assert listed(store) == ("r", "/m", "PLAN", "why", at, at, "then")
    store.append(line(2, RunResumed(engine=ENGINE)), state="APPLY", reason="", aside=Aside())
    later = (START + timedelta(minutes=2)).isoformat()
    assert listed(store) == ("r", "/m", "APPLY", "", at, later, None)


def test_a_run_waits_since_it_was_first_asked_until_it_is_answered_or_driven(tmp_path: Path) -> None:
    store = begun(tmp_path)
    parked = RunParked(reason="ask", incident=incident())
    answer = Decided(approval=Approval(decision="approve", digest="d", actor="ada", at=START))
    minutes = [(START + timedelta(minutes=seq)).isoformat() for seq in range(7)]
    seen = []
    entries: tuple[Entry, ...] = (parked, parked, answer, parked, RunResumed(engine=ENGINE))
    for seq, entry in enumerate(entries, start=1):
        store.append(line(seq, entry), state="BLOCKED", reason="", aside=Aside())
        seen.append(listed(store)[-2:])
    assert seen == [
        (minutes[0], minutes[1]),
        (minutes[0], minutes[1]),
        (minutes[0], None),
        (minutes[0], minutes[4]),
        (minutes[5], None),
    ]


def test_totals_are_added_up(tmp_path: Path) -> None:
    store = begun(tmp_path, Aside(totals={("a", "x"): 1, ("b", ""): 5}))
    store.append(
        line(1, ENDED), state="PLAN", reason="", aside=Aside(totals={("a", "x"): 2.5, ("a", "y"): 1})
    )
    assert store.rows("SELECT name, labels, value FROM totals ORDER BY name, labels", ()) == [
        ("a", "x", 3.5),
        ("a", "y", 1),
        ("b", "", 5),
    ]


def test_the_trail_is_one_chain_and_names_the_entry_it_was_written_with(tmp_path: Path) -> None:
    first, second, third = (
        Action(name=name, actor="ada", target="/m") for name in ("run.begun", "apply.begun", "switch.stopped")
    )
    store = begun(tmp_path, Aside(actions=(first, second)))
    store.audit(START, None, third)
    ((entry_hash,),) = store.rows("SELECT hash FROM journal", ())
    rows = store.rows("SELECT seq, line, hash FROM audit ORDER BY seq", ())
    audited = [AuditLine.model_validate_json(text) for _, text, _ in rows]
    assert [(one.seq, one.run_id, one.entry, one.entry_hash, one.action) for one in audited] == [
        (1, "r", 0, entry_hash, first),
        (2, "r", 0, entry_hash, second),
        (3, None, None, None, third),
    ]
    assert [one.at for one in audited] == [START] * 3
    previous = ""
    for seq, text, link in rows:
        assert (seq, link) == (seq, link_of(previous, text))
        previous = link


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt("mine")])
def test_what_fails_halfway_leaves_nothing_behind(tmp_path: Path, error: BaseException) -> None:
    store = begun(tmp_path)

    def fail() -> None:
        with store.audited(START, "r") as (db, done):
            db.execute("UPDATE runs SET state = 'FAILED'")
            done.append(Action(name="x.y", actor="ada", target="r"))
            raise error

    with pytest.raises(type(error), match="mine"):
        fail()
    assert listed(store)[2] == "INIT"
    assert not store.rows("SELECT * FROM audit", ())


def test_an_entry_that_is_refused_is_written_by_no_half(tmp_path: Path) -> None:
    store = begun(tmp_path)
    store.switch_off("r", "enough")
    intent = EffectIntended(effect=Effect.APPLY, attempt=1)
    with pytest.raises(StoppedError, match="enough") as stopped:
        store.append(line(1, intent), state="APPLY", reason="", aside=Aside(totals={("a", ""): 1}))
    assert stopped.value.remedy == "`planner start r` lets it go on"
    assert (len(store.lines("r")), listed(store)[2]) == (1, "INIT")
    assert not store.rows("SELECT * FROM totals", ())


def test_an_entry_that_another_process_wrote_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    store = begun(tmp_path)
    store.append(line(1, ENDED), state="PLAN", reason="", aside=Aside())
    with pytest.raises(StoreError) as refused:
        Store(tmp_path / "planner.db").append(line(1, ENDED), state="X", reason="", aside=Aside())
    assert what(refused.value).startswith(f"the store {tmp_path / 'planner.db'} cannot be written: ")
    assert refused.value.remedy == "free disk space or make the folder writable, then `planner resume`"
    assert listed(store)[2] == "PLAN"


def test_a_value_is_remembered_until_another_one_is(tmp_path: Path) -> None:
    store = Store(tmp_path / "planner.db")
    assert store.remembered("key") is None
    store.remember("key", "one")
    store.remember("other", "x")
    store.remember("key", "two")
    assert (store.remembered("key"), store.remembered("other")) == ("two", "x")


def test_a_person_is_told_what_to_do_about_a_journal_that_cannot_be_gone_on_with(tmp_path: Path) -> None:
    store = begun(tmp_path)
    with pytest.raises(StoreError) as gap:
        store.append(line(3, ENDED), state="PLAN", reason="", aside=Aside())
    assert (what(gap.value), gap.value.remedy) == ("the journal of run r has a gap before entry 3", RAN_OUT)
    with pytest.raises(StoreError, match="gap before entry 1"):
        Store(tmp_path / "other.db").append(line(1, ENDED), state="PLAN", reason="", aside=Aside())
    with store.transaction() as db:
        db.execute("UPDATE journal SET hash = 'x'")
    with pytest.raises(StoreError) as damaged:
        store.lines("r")
    assert (what(damaged.value), damaged.value.remedy) == (
        "the journal of run r is damaged at entry 0",
        RAN_OUT,
    )


def test_a_person_is_told_what_to_do_about_a_store_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError) as folder:
        Store(tmp_path / "file" / "planner.db")
    assert what(folder.value).startswith(f"the store {tmp_path / 'file' / 'planner.db'} cannot be opened: ")
    assert folder.value.remedy == "name a writable folder with --home or PLANNER_HOME"
    (tmp_path / "planner.db").write_bytes(b"\x07" * 5_000)
    with pytest.raises(StoreError) as damaged:
        Store(tmp_path / "planner.db")
    remedy = "put a copy of it back, or move it away, and with it what is known of earlier runs"
    assert damaged.value.remedy == remedy
    newer = sqlite3.connect(tmp_path / "newer.db")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StoreError) as refused:
        Store(tmp_path / "newer.db")
    assert what(refused.value) == f"the store {tmp_path / 'newer.db'} was written by a newer planner"
    assert refused.value.remedy == "upgrade planner, or name another folder with --home"


def test_what_sqlite_says_of_a_query_is_told_in_short(tmp_path: Path) -> None:
    store = Store(tmp_path / "planner.db")
    with pytest.raises(StoreError) as refused:
        store.rows(f"SELECT {'x' * 500}", ())
    told = f"the store {tmp_path / 'planner.db'} cannot be read: "
    assert what(refused.value) == told + f"no such column: {'x' * 500}"[:200]
    assert refused.value.remedy.startswith("look whether its folder is there and readable")


def test_a_switch_that_cannot_be_set_is_an_operators_error(tmp_path: Path) -> None:
    store = Store(tmp_path / "planner.db")
    (tmp_path / "stop").write_text("no folder", encoding="utf-8")
    with pytest.raises(StoreError, match="the kill switch cannot be set") as refused:
        store.switch_off(None, "x")
    assert refused.value.remedy == "make the folder writable or free disk space, and try again"
