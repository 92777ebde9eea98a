"""planner dies before and after every single journal entry of a run, and is resumed.

A small world stands for Terraform: what is created exists in the world, and is
in the state only if the apply came to its end. After any death a resumed run
must come to SUCCESS or ask; it may never create twice what exists.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.journal import JournalLine
from contracts.ports import OnStart, Stop
from contracts.run import RunState
from contracts.terraform import (
    AppliedChange,
    ApplyRequest,
    ApplyResult,
    ChangeAction,
    Ended,
    InitRequest,
    InitResult,
    OutputRequest,
    OutputResult,
    PlannedChange,
    PlanRequest,
    PlanResult,
    ShowRequest,
    ShowResult,
)
from planner.fold import fold
from planner.store import Aside, Store
from tests.fakes.planning import INIT_OK, PROCESS, SHOWN, Bench

ADDRESSES = ("terraform_data.a", "terraform_data.b")


class Died(BaseException):
    """planner is gone at this very point."""


class World:
    """What exists, what the state knows, and every creation that ever happened."""

    def __init__(self) -> None:
        self.state: set[str] = set()
        self.created: list[str] = []
        self.applies = 0


class WorldTerraform:
    """Plans from the state, creates in the world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def init(self, request: InitRequest, stop: Stop, on_start: OnStart) -> InitResult:
        on_start(PROCESS)
        return INIT_OK

    def plan(self, request: PlanRequest, stop: Stop, on_start: OnStart) -> PlanResult:
        on_start(PROCESS)
        missing = [address for address in ADDRESSES if address not in self.world.state]
        return PlanResult(
            ended=Ended.COMPLETED,
            changes=tuple(PlannedChange(address=a, action=ChangeAction.CREATE) for a in missing),
            state_addresses=tuple(sorted(self.world.state)),
        )

    def apply(self, request: ApplyRequest, stop: Stop, on_start: OnStart) -> ApplyResult:
        on_start(PROCESS)
        self.world.applies += 1
        missing = [address for address in ADDRESSES if address not in self.world.state]
        for address in missing:
            self.world.created.append(address)
            self.world.state.add(
                address
            )  # Terraform, asked to stop by its parent's death, saves what it made
        return ApplyResult(
            ended=Ended.COMPLETED,
            applied=tuple(AppliedChange(address=a, action=ChangeAction.CREATE, ok=True) for a in missing),
        )

    def output(self, request: OutputRequest, stop: Stop, on_start: OnStart) -> OutputResult:
        on_start(PROCESS)
        return OutputResult(ended=Ended.COMPLETED)

    def show(self, request: ShowRequest, stop: Stop, on_start: OnStart) -> ShowResult:
        on_start(PROCESS)
        return SHOWN


class MortalStore(Store):
    """Lets planner die at its n-th write (one-based), before or after the entry is durable."""

    def __init__(self, path: Path, *, dies_at: int, after: bool) -> None:
        super().__init__(path)
        self._left = dies_at
        self._after = after

    def append(self, line: JournalLine, *, state: str, reason: str, aside: Aside) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Died
        super().append(line, state=state, reason=reason, aside=aside)
        if self._left == 0:
            raise Died


def entries_of_a_whole_run(folder: Path) -> int:
    bench = Bench(folder, terraform=WorldTerraform(World()))  # type: ignore[arg-type]
    bench.drive()
    return len(bench.store.lines("run-1")) - 1


@pytest.mark.parametrize("after", [False, True], ids=["before it is durable", "after it is durable"])
def test_a_death_at_any_entry_is_survived(tmp_path: Path, *, after: bool) -> None:
    deaths = entries_of_a_whole_run(tmp_path / "whole")
    assert deaths > 12
    for n in range(1, deaths + 1):
        folder = tmp_path / f"death-{n}"
        world = World()
        bench = Bench(folder, terraform=WorldTerraform(world))  # type: ignore[arg-type]
        bench.store.close()
        bench.store = MortalStore(folder / "planner.db", dies_at=n, after=after)
        bench.journal._store = bench.store
        with pytest.raises(Died):
            bench.drive()
        bench.store.close()

        _resume(bench, folder)

        record = bench.record
        assert record.state is RunState.SUCCESS or record.parked, f"death at entry {n}"
        assert sorted(world.created) == sorted(set(world.created)), f"created twice after death at entry {n}"
        assert world.applies <= 1, f"applied twice after death at entry {n}"
        assert fold("run-1", bench.store.lines("run-1")) == record
        bench.store.close()


def test_two_resumes_of_one_run_cannot_both_write(tmp_path: Path) -> None:
    from contracts.errors import StoreError  # noqa: PLC0415 - only here
    from contracts.journal import RunResumed  # noqa: PLC0415

    bench = Bench(tmp_path)
    other = Store(tmp_path / "planner.db")
    entry = RunResumed(engine=bench.record.engine)
    bench.journal.append(entry)
    late = Bench.__new__(Bench)
    late.__dict__.update(bench.__dict__)
    late.journal = type(bench.journal)(
        store=other, clock=bench.clock, redactor=bench.redactor, record=bench.refolded(), written=1
    )
    with pytest.raises(StoreError):
        late.journal.append(entry)
    other.close()


def _resume(bench: Bench, folder: Path) -> None:
    bench.store = Store(folder / "planner.db")
    bench.take_up()
    bench.drive()
