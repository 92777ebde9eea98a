"""The audit trail is what was written, or verifying it says what is not: attacks on a real store."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from contracts.audit import Action
from contracts.errors import StoreError
from planner.audit import lines, stored, verify
from planner.store import Store
from tests.fakes.planning import CREATE_A, Bench, ScriptedTerraform, apply_of, plan_of

ACTION = Action(name="switch.stopped", actor="ada", target="every run")
UNGUARDED = "DROP TRIGGER audit_kept; DROP TRIGGER audit_fixed;"
GUARDS = """
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'it only grows'); END;
CREATE TRIGGER audit_fixed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'it only grows'); END;
"""


def filled(folder: Path) -> Store:
    """A run of four lines, and four that belong to none."""
    terraform = ScriptedTerraform(plans=[plan_of(CREATE_A), plan_of()], applies=[apply_of(CREATE_A)])
    bench = Bench(folder, terraform=terraform)
    bench.drive()
    for _ in range(4):
        bench.store.audit(bench.clock.now(), None, ACTION)
    return bench.store


def damage(store: Store, head: str | None = None) -> list[str]:
    return [f"{place.where}: {place.what}" for place in verify(store, head).damage]


def attack(folder: Path, script: str) -> None:
    """As somebody who owns the file: the triggers go first, and come back last."""
    database = sqlite3.connect(folder / "planner.db", isolation_level=None)
    database.create_function("chained", 2, chained)
    database.executescript(f"{UNGUARDED}{script};{GUARDS}")
    database.close()


def chained(previous: str, line: str) -> str:
    return sha256(f"{previous}\n{line}".encode()).hexdigest()


def rehashed(folder: Path, table: str) -> None:
    """The whole chain made anew, as somebody does who has read this code."""
    database = sqlite3.connect(folder / "planner.db", isolation_level=None)
    database.executescript(UNGUARDED)
    previous = ""
    rows = database.execute(f"SELECT seq, line FROM {table} ORDER BY seq").fetchall()  # noqa: S608
    for seq, line in rows:
        previous = chained(previous, line)
        database.execute(f"UPDATE {table} SET hash = ? WHERE seq = ?", (previous, seq))  # noqa: S608
    database.executescript(GUARDS)
    database.close()


def test_what_was_done_to_a_run_is_told_as_that_runs(tmp_path: Path) -> None:
    store = Bench(tmp_path).store
    store.audit(datetime.now(UTC), "run-1", ACTION)
    store.audit(datetime.now(UTC), None, ACTION)
    assert [line.run_id for line, _ in lines(store) if line.action == ACTION] == ["run-1", None]


def test_what_was_written_holds(tmp_path: Path) -> None:
    store = filled(tmp_path)
    found = verify(store)
    assert found.damage == ()
    assert (found.lines, found.runs, found.older) == (8, 1, 0)
    assert found.entries == len(store.lines("run-1"))
    assert verify(store, found.head).damage == ()
    store.audit(store.lines("run-1")[0].at, None, ACTION)
    assert verify(store, found.head).damage == (), "an earlier head is still contained"


def test_an_empty_trail_holds_and_contains_no_head(tmp_path: Path) -> None:
    store = Store(tmp_path / "planner.db")
    assert verify(store) == (0, "", 0, 0, 0, ())
    assert len(verify(store, "0" * 64).damage) == 1


@pytest.mark.parametrize("sql", ["UPDATE audit SET line = '{}' WHERE seq = 2", "DELETE FROM audit"])
def test_the_store_itself_refuses_to_change_or_remove_a_line(tmp_path: Path, sql: str) -> None:
    filled(tmp_path)
    database = sqlite3.connect(tmp_path / "planner.db")
    with pytest.raises(sqlite3.IntegrityError, match="it only grows"):
        database.execute(sql)
    database.close()


ATTACKS = {
    "a changed line": (
        "UPDATE audit SET line = replace(line, 'ada', 'bob') WHERE seq = 6",
        "line 6: does not",
    ),
    "a changed hash": ("UPDATE audit SET hash = 'x' WHERE seq = 6", "line 6: does not follow"),
    "a changed line with its own hash": (
        (
            "UPDATE audit SET line = replace(line, 'ada', 'bob') WHERE seq = 6;"
            "UPDATE audit SET hash = chained((SELECT hash FROM audit WHERE seq = 5), line) WHERE seq = 6"
        ),
        "line 7: does not follow",
    ),
    "a line removed in the middle": ("DELETE FROM audit WHERE seq = 6", "line 6: is missing"),
    "two removed": ("DELETE FROM audit WHERE seq IN (5, 6)", "line 5 to 6: is missing"),
    "one removed and the rest moved up": (
        (
            "DELETE FROM audit WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = 7;"
            "UPDATE audit SET seq = 7 WHERE seq = 8"
        ),
        "line 6: does not follow",
    ),
    "the first removed": ("DELETE FROM audit WHERE seq = 1", "line 1: is missing"),
    "two lines swapped": (
        (
            "UPDATE audit SET seq = 100 WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = 7;"
            "UPDATE audit SET seq = 7 WHERE seq = 100"
        ),
        "line 6: does not follow",
    ),
    "a line put in": (
        (
            "UPDATE audit SET seq = 9 WHERE seq = 8; UPDATE audit SET seq = 8 WHERE seq = 7;"
            "INSERT INTO audit SELECT 7, line, chained(hash, line) FROM audit WHERE seq = 6"
        ),
        "line 7: was written as line 6",
    ),
    "a line put before the first": (
        "INSERT INTO audit SELECT 0, line, hash FROM audit WHERE seq = 6",
        "line 0: was put in before the first one",
    ),
    "a line that is no line": ("UPDATE audit SET line = 'gone' WHERE seq = 3", "line 3: does not follow"),
    "a changed entry of a journal": (
        "UPDATE journal SET line = replace(line, 'terraform', 'tofu') WHERE seq = 0",
        "entry 0 of run run-1: does not follow",
    ),
    "a removed entry of a journal": ("DELETE FROM journal WHERE seq = 3", "entry 3 of run run-1: is missing"),
    "a cut journal": ("DELETE FROM journal WHERE seq > 8", "of the trail names it, and it is gone"),
    "a removed journal": ("DELETE FROM journal", "run run-1: the trail names it, and its journal is gone"),
    "a removed run": (
        "DELETE FROM journal; DELETE FROM runs",
        "run run-1: the trail names it, and its journal is gone",
    ),
    "an invented run": (
        (
            "INSERT INTO runs (run_id, module, started_at, state)"
            " SELECT 'run-0', module, started_at, state FROM runs;"
            "INSERT INTO journal SELECT 'run-0', seq, replace(line, 'run-1', 'run-0'), hash FROM journal"
        ),
        "run run-0: has a journal, and the trail does not name it",
    ),
}


@pytest.mark.parametrize(("script", "said"), ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_on_the_rows_is_found_where_it_was_made(tmp_path: Path, script: str, said: str) -> None:
    store = filled(tmp_path)
    attack(tmp_path, script)
    found = damage(store)
    assert any(said in place for place in found), found


def test_a_trail_without_its_triggers_is_told(tmp_path: Path) -> None:
    store = filled(tmp_path)
    database = sqlite3.connect(tmp_path / "planner.db")
    database.executescript("DROP TRIGGER audit_kept")
    database.close()
    assert damage(store) == ["trail: the trigger audit_kept, which keeps lines from being changed, is gone"]


def test_an_end_that_was_cut_off_is_found_by_a_head_kept_elsewhere(tmp_path: Path) -> None:
    store = filled(tmp_path)
    head = verify(store).head
    attack(tmp_path, "DELETE FROM audit WHERE seq > 6")
    assert damage(store) == []
    (found,) = damage(store, head)
    assert "its end was cut off" in found


def test_a_trail_that_was_written_anew_from_a_line_on_is_found_by_the_head(tmp_path: Path) -> None:
    store = filled(tmp_path)
    head = verify(store).head
    attack(tmp_path, "UPDATE audit SET line = replace(line, 'ada', 'bob') WHERE seq = 6")
    rehashed(tmp_path, "audit")
    assert damage(store) == []
    (found,) = damage(store, head)
    assert "written anew" in found


def test_a_journal_that_was_written_anew_is_found_by_the_trail(tmp_path: Path) -> None:
    store = filled(tmp_path)
    attack(tmp_path, "UPDATE journal SET line = replace(line, '1.11.4', '1.11.5')")
    rehashed(tmp_path, "journal")
    store.lines("run-1")  # the journal alone holds
    assert any("is not the one that line 1 of the trail was written with" in place for place in damage(store))


def test_a_trail_that_is_gone_as_a_whole_is_found_by_the_head(tmp_path: Path) -> None:
    store = filled(tmp_path)
    head = verify(store).head
    attack(tmp_path, "DELETE FROM audit")
    assert verify(store).older == 1
    assert len(damage(store, head)) == 1


def test_a_run_from_before_there_was_a_trail_is_no_damage(tmp_path: Path) -> None:
    store = filled(tmp_path)
    at = store.lines("run-1")[-1].at
    attack(tmp_path, "DELETE FROM audit")
    store.audit(at.replace(year=at.year + 1), None, ACTION)
    assert verify(store).older == 1
    assert damage(store) == []


def test_a_line_that_cannot_be_read_ends_an_export_with_a_remedy(tmp_path: Path) -> None:
    store = filled(tmp_path)
    attack(tmp_path, "UPDATE audit SET line = '{' WHERE seq = 3")
    with pytest.raises(StoreError, match="line 3 of the audit trail"):
        list(lines(store))


def test_a_file_that_was_damaged_as_a_file_is_an_operators_error(tmp_path: Path) -> None:
    filled(tmp_path).close()
    path = tmp_path / "planner.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'audit'").fetchone()[0]
    database.close()
    content = bytearray(path.read_bytes())
    content[(pages - 1) * 4096 : pages * 4096] = b"\xff" * 4096
    path.write_bytes(bytes(content))
    with pytest.raises(StoreError, match="cannot be read"):
        verify(Store(path))


# --- one chain, whoever writes ------------------------------------------------------------------

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from contracts.audit import Action
from planner.store import Store
store = Store(Path(sys.argv[1]))
print("ready", flush=True)
for n in range(int(sys.argv[3])):
    action = Action(name="switch.stopped", actor=sys.argv[2], target=str(n))
    store.audit(datetime.now(UTC), None, action)
"""


def writer(folder: Path, actor: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder / "planner.db"), actor, str(count)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_several_processes_keep_one_chain(tmp_path: Path) -> None:
    store = filled(tmp_path)
    writers = [writer(tmp_path, f"writer-{n}", 40) for n in range(4)]
    assert [child.wait(60) for child in writers] == [0] * 4
    for child in writers:
        assert child.stdout is not None
        child.stdout.close()
    found = verify(store)
    assert found.damage == ()
    assert found.lines == 8 + 4 * 40
    for n in range(4):
        mine = [line.action.target for line, _ in lines(store) if line.action.actor == f"writer-{n}"]
        assert mine == [str(place) for place in range(40)], "each one's lines are in its order"


def test_a_writer_that_is_killed_leaves_whole_lines(tmp_path: Path) -> None:
    store = filled(tmp_path)
    for n in range(4):
        child = writer(tmp_path, f"victim-{n}", 100_000)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.05 * (n + 1))
        child.kill()
        child.wait()
        child.stdout.close()
        assert verify(store).damage == ()
    assert sum(1 for _ in stored(store)) > 8


def test_an_export_alone_can_be_verified(tmp_path: Path) -> None:
    from planner.commands.audit import _json  # noqa: PLC0415 - as `planner audit export` prints a line

    store = filled(tmp_path)
    previous = ""
    for text in [_json(row) for row in stored(store)]:
        told = json.loads(text)["hash"]
        line = text.removesuffix(f',"hash":"{told}"}}') + "}"
        assert told == chained(previous, line)
        previous = told
    assert previous == verify(store).head
