"""C-13, C-12: the n-th file call fails, for n = 1, 2, 3 … until a run sees no fault; once, and for good."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from contracts.errors import BusyError, PlannerError, StoreError
from contracts.identity import ProcessId
from contracts.terraform import Variable
from observability.listeners import RunLog
from planner.lock import Holder, ModuleLock
from planner.rundir import RunDir
from planner.store import Store
from planner.switch import KillSwitch
from subagents.promotion import interrupted, promote, roll_back
from subagents.remediator.edit_config import Change
from subagents.sandbox import Sandbox
from subagents.workspace import RefusedError
from tests.assurance.fate import Told
from tests.assurance.file_faults import KINDS, Disk, faulty
from tests.assurance.invariants import broken
from tests.assurance.sim_mender import staged
from tests.assurance.sim_run import Simulation
from tests.fakes.clock import ManualClock
from tests.fakes.planning import Bench

OLD, NEW = "a = 1\n", "a = 2\n"
NAMES = ("main.tf", "sub/more.tf")
VALUES = (Variable(name="v", value="1"),), (Variable(name="v", value="2"), Variable(name="w", value="3"))
HOLDER = Holder(run_id="r", host="h", process=ProcessId(pid=1, start="1", boot_id="b"))

Attempt = Callable[[Disk], None]
ONCE_AND_FOR_GOOD = pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])


def every_call(attempt: Callable[[int, Disk], None], *, for_good: bool) -> int:
    """How many calls can fail; `attempt` is made with each of them failing."""
    n = 0
    while True:
        n += 1
        disk = Disk(n, KINDS[n % len(KINDS)], for_good=for_good)
        attempt(n, disk)
        if not disk.failed:
            return n - 1


def module_of(folder: Path) -> Path:
    (folder / "sub").mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_text(OLD, encoding="utf-8")
    return folder


def texts(module: Path) -> set[str]:
    return {(module / name).read_text(encoding="utf-8") for name in NAMES}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[[], Path]]:
    made = 0

    def new() -> Path:
        nonlocal made
        made += 1
        folder = tmp_path / str(made)
        folder.mkdir()
        return folder

    return new  # type: ignore[return-value]


@ONCE_AND_FOR_GOOD
def test_a_promotion_is_whole_or_undone_or_can_be_taken_back(
    fresh: Callable[[], Path], *, for_good: bool
) -> None:
    def attempt(n: int, disk: Disk) -> None:
        folder = fresh()
        module, backup = module_of(folder / "module"), folder / "backup" / "0"
        changes = {name: Change(OLD, NEW) for name in NAMES}
        where = f"call {n}: {disk.failed}"
        done = False
        with faulty(disk), suppress(RefusedError):
            promote(module, changes, backup)
            done = True
        if done:
            assert texts(module) == {NEW}, where
            return
        roll_back(module, backup)  # as a resume does, on a disk that works again
        assert texts(module) == {OLD}, where
        assert not interrupted(module, backup)
        assert sorted(p.name for p in module.rglob("*") if p.is_file()) == ["main.tf", "more.tf"], where

    assert every_call(attempt, for_good=for_good) > 25


@ONCE_AND_FOR_GOOD
def test_taking_back_can_be_done_again(fresh: Callable[[], Path], *, for_good: bool) -> None:
    def attempt(n: int, disk: Disk) -> None:
        folder = fresh()
        module, backup = module_of(folder / "module"), folder / "backup"
        promote(module, {name: Change(OLD, NEW) for name in NAMES}, backup)
        with faulty(disk), suppress(RefusedError):
            roll_back(module, backup)
            assert texts(module) == {OLD}, f"call {n}: {disk.failed}"
        roll_back(module, backup)
        assert texts(module) == {OLD}, f"call {n}: {disk.failed}"

    assert every_call(attempt, for_good=for_good) > 15


@ONCE_AND_FOR_GOOD
def test_the_values_of_a_run_are_the_old_ones_or_the_new_ones(
    fresh: Callable[[], Path], *, for_good: bool
) -> None:
    def attempt(n: int, disk: Disk) -> None:
        home = fresh()
        rundir = RunDir(home, "r")
        rundir.create()
        rundir.keep_variables(VALUES[0])
        done = False
        with faulty(disk), suppress(StoreError):
            rundir.add_variables(VALUES[1])
            done = True
        assert rundir.variables() == VALUES[1] if done else rundir.variables() in VALUES, f"call {n}"
        rundir.add_variables(VALUES[1])
        assert rundir.variables() == VALUES[1]

    assert every_call(attempt, for_good=for_good) >= 5


@ONCE_AND_FOR_GOOD
def test_a_run_whose_folder_cannot_be_made_does_not_begin(
    fresh: Callable[[], Path], *, for_good: bool
) -> None:
    def attempt(n: int, disk: Disk) -> None:
        home = fresh()
        rundir = RunDir(home, "r")
        done = False
        with faulty(disk), suppress(StoreError):
            rundir.create()
            rundir.keep_variables(VALUES[0])
            done = True
        if done:
            assert rundir.variables() == VALUES[0], f"call {n}: {disk.failed}"

    assert every_call(attempt, for_good=for_good) >= 3


@ONCE_AND_FOR_GOOD
def test_a_kill_switch_that_cannot_be_set_says_so(fresh: Callable[[], Path], *, for_good: bool) -> None:
    def attempt(n: int, disk: Disk) -> None:
        home = fresh()
        store = Store(home / "planner.db")
        done = False
        with faulty(disk), suppress(StoreError):
            store.switch_off(None, "now")
            done = True
        if done:
            assert KillSwitch(home / "stop").why("r"), f"call {n}: {disk.failed}"
        store.close()

    assert every_call(attempt, for_good=for_good) >= 4


@ONCE_AND_FOR_GOOD
def test_a_lock_that_could_not_be_taken_is_nobodys(fresh: Callable[[], Path], *, for_good: bool) -> None:
    def attempt(n: int, disk: Disk) -> None:
        home = fresh()
        module = module_of(home / "module")
        lock = ModuleLock(module, home / "locks", ManualClock())
        held = False
        with faulty(disk), suppress(PlannerError):
            lock.acquire(HOLDER)
            held = True
        if held:
            with pytest.raises(BusyError):
                ModuleLock(module, home / "locks", ManualClock()).acquire(HOLDER)
            lock.release()
        ModuleLock(module, home / "locks", ManualClock()).acquire(HOLDER).release()

    assert every_call(attempt, for_good=for_good) >= 3


@ONCE_AND_FOR_GOOD
def test_a_sandbox_that_cannot_be_made_is_refused_and_leaves_the_module_alone(
    fresh: Callable[[], Path], *, for_good: bool
) -> None:
    def attempt(n: int, disk: Disk) -> None:
        home = fresh()
        module = module_of(home / "around" / "it" / "module")  # what is around a module is linked
        with (
            faulty(disk),
            suppress(RefusedError),
            Sandbox.create(module, home / "sandbox") as sandbox,
        ):
            assert sandbox.read("main.tf") == OLD
        assert texts(module) == {OLD}, f"call {n}: {disk.failed}"
        Sandbox.sweep(home / "sandbox")
        assert not (home / "sandbox").exists(), f"call {n}: {disk.failed}"

    assert every_call(attempt, for_good=for_good) > 10


@ONCE_AND_FOR_GOOD
def test_a_log_that_cannot_be_written_stops_no_run(fresh: Callable[[], Path], *, for_good: bool) -> None:
    def attempt(n: int, disk: Disk) -> None:
        home = fresh()
        bench = Bench(home)
        disk.doors = ("observability",)
        with faulty(disk):
            log = RunLog(home / "log.jsonl", bench.redactor, bench.record)
            bench.journal.watch(log)
            assert bench.drive().state == "SUCCESS", f"call {n}: {disk.failed}"
            log.close()
        bench.store.close()

    assert every_call(attempt, for_good=for_good) >= 1


@ONCE_AND_FOR_GOOD
def test_a_whole_run_whose_nth_file_call_fails_is_resumed_to_its_end(
    fresh: Callable[[], Path], *, for_good: bool
) -> None:
    """With every invariant; no effect without a durable intention is among them."""

    def attempt(n: int, disk: Disk) -> None:
        fate = Told()
        fate.say("the module is misspelt", answer=True)
        sim = Simulation(fate, fresh())
        with staged(sim.world, sim.seen):
            with faulty(disk):
                ending = sim.session()  # no error of the system comes through: a person is told
            for _ in range(6):
                if ending.how in {"SUCCESS", "FAILED"}:
                    break
                sim.command(approve=True)
                ending = sim.session()
            wrong = broken(sim, ending.record)
        assert not wrong, f"call {n}, {disk.failed}: {wrong}"

    assert every_call(attempt, for_good=for_good) > 40


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_database_that_can_grow_no_further_stops_the_run_before_its_next_effect(tmp_path: Path) -> None:
    """C-12 with SQLite's own writes, at every size up to that of a whole run."""
    whole = Bench(tmp_path)
    begin = (tmp_path / "planner.db-wal").stat().st_size
    whole.drive()
    end = (tmp_path / "planner.db-wal").stat().st_size
    whole.store.close()
    stopped = 0
    for size in range(begin, end + 4096, 4096):
        folder = tmp_path / str(size)
        folder.mkdir()
        bench = Bench(folder)
        asked = bench.terraform.asked
        try:
            with files_no_larger_than(size):
                bench.drive()
        except StoreError:
            stopped += 1
        lines = bench.store.lines("run-1")
        begun = sum(
            line.entry.kind == "effect_intended" and line.entry.effect != "validate" for line in lines
        )
        assert len(asked) <= begun, f"an effect without a durable intention at {size} bytes"
        bench.take_up()
        assert bench.drive().state == "SUCCESS" or bench.record.parked
        bench.store.close()
    assert stopped > 5
    assert StoreError.exit_code == 1
