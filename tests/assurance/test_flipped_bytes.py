"""C-15: every byte of a 200-record journal is flipped, and of the whole file one in 61; its end is cut."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from contracts.errors import StoreError
from contracts.journal import EffectEnded, JournalLine, RunOpened
from contracts.run import Effect, RunRequest
from planner.journal import Journal
from planner.store import Store
from tests.fakes.clock import ManualClock
from tests.fakes.planning import ENGINE, PlainRedactor

RUNS, RECORDS = 20, 10
STEP = 61
"""Every so many bytes of the database's file, beginning anywhere."""
BITS = (0x01, 0x80)
"""A bit that leaves a letter a letter, and one that makes it no UTF-8."""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A store with 200 records in the journals of 20 runs, all of it in one file."""
    path = tmp_path / "planner.db"
    store = Store(path)
    store._db.execute("PRAGMA synchronous=OFF")  # the power stays on
    for number in range(RUNS):
        entry = RunOpened(request=RunRequest(module=tmp_path), engine=ENGINE, planner_version="0")
        journal = Journal.open(
            store=store, clock=ManualClock(), redactor=PlainRedactor(), run_id=f"run-{number}", entry=entry
        )
        for _ in range(RECORDS - 1):
            journal.append(EffectEnded(effect=Effect.PLAN, ended="completed"))
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path


def read(store: Store, run_id: str) -> list[JournalLine] | None:
    """The journal; None: it was refused. Whatever else is raised is a bug."""
    try:
        return store.lines(run_id)
    except StoreError:
        return None


def test_every_flip_of_every_byte_of_every_record_and_hash_is_refused(written: Path) -> None:
    store = Store(written)
    flips = 0
    for run_id, seq, line, link in list(store._db.execute("SELECT run_id, seq, line, hash FROM journal")):
        for column, text in (("line", line.encode()), ("hash", link.encode())):
            for place in range(len(text)):
                bit = BITS[place % 2]
                changed = text[:place] + bytes([text[place] ^ bit]) + text[place + 1 :]
                store._db.execute("BEGIN")
                store._db.execute(
                    f"UPDATE journal SET {column} = CAST(? AS TEXT) WHERE run_id = ? AND seq = ?",  # noqa: S608 - a column of ours
                    (changed, run_id, seq),
                )
                assert read(store, run_id) is None, f"byte {place} of {column} {seq}"
                store._db.execute("ROLLBACK")
                flips += 1
    assert read(store, "run-0") is not None
    assert flips > RUNS * RECORDS * 100
    store.close()


def test_a_flip_anywhere_in_the_file_is_refused_or_changes_nothing(written: Path, tmp_path: Path) -> None:
    store = Store(written)
    whole = {f"run-{n}": store.lines(f"run-{n}") for n in range(RUNS)}
    store.close()
    content = written.read_bytes()
    damaged = tmp_path / "damaged" / "planner.db"
    damaged.parent.mkdir()
    told: Counter[str] = Counter()
    rng = random.Random(15)
    for place in range(rng.randrange(STEP), len(content), STEP):
        bit = BITS[place // STEP % 2]
        damaged.write_bytes(content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :])
        told[_read_all(damaged, whole, rng.randrange(RUNS))] += 1
        for left in damaged.parent.glob("planner.db-*"):
            left.unlink()
    assert told["refused"] > len(content) // STEP // 3
    print(f"{sum(told.values())} flips: {dict(told)}")  # noqa: T201 - the numbers are the point


def _read_all(path: Path, whole: dict[str, list[JournalLine]], number: int) -> str:
    """What a flip did to the runs: all are read, until one is refused."""
    try:
        store = Store(path)
    except StoreError:
        return "refused"
    try:
        for run_id in sorted(whole, key=lambda name: name != f"run-{number}"):
            lines = read(store, run_id)
            if lines is None:
                return "refused"
            if lines != whole[run_id]:
                assert lines == whole[run_id][: len(lines)], f"{run_id} reads otherwise than it was written"
                return "a tail is lost"
        return "harmless"
    finally:
        store.close()


@pytest.mark.parametrize("keep", [0, 1, 100, 4095, 4096, 5000, 0.25, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_is_refused_or_loses_ends_only(written: Path, tmp_path: Path, keep: float) -> None:
    content = written.read_bytes()
    size = int(keep * len(content)) if isinstance(keep, float) else keep
    store = Store(written)
    whole = {f"run-{n}": store.lines(f"run-{n}") for n in range(RUNS)}
    store.close()
    (tmp_path / "cut").mkdir()
    cut = tmp_path / "cut" / "planner.db"
    cut.write_bytes(content[:size])
    assert _read_all(cut, whole, 0) in {"refused", "a tail is lost"}


def test_a_log_of_writes_that_is_cut_anywhere_loses_whole_entries_at_its_end(tmp_path: Path) -> None:
    """A torn last record: SQLite's own checksums drop it, whole."""
    store = Store(tmp_path / "planner.db")
    store._db.execute("PRAGMA wal_autocheckpoint=0")
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    entry = RunOpened(request=RunRequest(module=tmp_path), engine=ENGINE, planner_version="0")
    journal = Journal.open(
        store=store, clock=ManualClock(), redactor=PlainRedactor(), run_id="run-0", entry=entry
    )
    for _ in range(30):
        journal.append(EffectEnded(effect=Effect.PLAN, ended="completed"))
    whole = store.lines("run-0")
    log = (tmp_path / "planner.db-wal").read_bytes()
    lengths = set()
    for size in range(0, len(log), 3989):
        torn = tmp_path / f"torn-{size}"
        torn.mkdir()
        shutil.copy(tmp_path / "planner.db", torn / "planner.db")
        (torn / "planner.db-wal").write_bytes(log[:size])
        after = Store(torn / "planner.db")
        lines = read(after, "run-0")
        assert lines is not None
        assert lines == whole[: len(lines)]
        lengths.add(len(lines))
        after.close()
    assert lengths >= set(range(2, len(whole)))
    store.close()
