"""planner dies around and within every write: the trail says just what the journal says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from contracts.audit import Action
from contracts.journal import JournalLine, Moved
from contracts.record import RunRecord
from planner.audit import lines, verify
from planner.fold import absorb, opened
from planner.machine import RunMachine
from planner.store import Aside, Store
from planner.trail import actions
from tests.crash.test_every_entry import Died, MortalStore, World, WorldTerraform, entries_of_a_whole_run
from tests.fakes.planning import Bench


class HalfMortalStore(Store):
    """Lets planner die in the middle of its n-th write: the entry is in, what is beside it is not."""

    def __init__(self, path: Path, *, dies_at: int) -> None:
        super().__init__(path)
        self._left = dies_at

    def _note(
        self, at: datetime, run_id: str | None, aside: Aside, entry: tuple[int, str] | None = None
    ) -> None:
        self._left -= 1
        if self._left == 0:
            raise Died
        super()._note(at, run_id, aside, entry)


Make = Callable[[Path, int], Store]
DEATHS: dict[str, Make] = {
    "before the entry": lambda path, n: MortalStore(path, dies_at=n, after=False),
    "between the entry and the trail": lambda path, n: HalfMortalStore(path, dies_at=n),
    "after both": lambda path, n: MortalStore(path, dies_at=n, after=True),
}


@pytest.mark.parametrize("make", DEATHS.values(), ids=DEATHS.keys())
def test_a_death_at_any_entry_leaves_a_trail_that_says_what_the_journal_says(
    tmp_path: Path, make: Make
) -> None:
    for n in range(1, entries_of_a_whole_run(tmp_path / "whole") + 1):
        folder = tmp_path / f"death-{n}"
        bench = Bench(folder, terraform=WorldTerraform(World()))  # type: ignore[arg-type]
        bench.store.close()
        bench.store = make(folder / "planner.db", n)
        bench.journal._store = bench.store
        with pytest.raises(Died):
            bench.drive()
        bench.store.close()

        bench.store = Store(folder / "planner.db")
        assert told(bench.store) == implied(bench.store.lines("run-1")), f"death at entry {n}"
        bench.take_up()
        bench.drive()

        assert told(bench.store) == implied(bench.store.lines("run-1")), f"resumed after death at entry {n}"
        assert verify(bench.store).damage == ()
        bench.store.close()


def told(store: Store) -> list[tuple[int | None, Action]]:
    return [(line.entry, line.action) for line, _ in lines(store)]


def implied(journal: list[JournalLine]) -> list[tuple[int | None, Action]]:
    """What the trail of a run must hold, by its journal alone."""
    found: list[tuple[int | None, Action]] = []
    record: RunRecord | None = None
    machine: RunMachine | None = None
    for line in journal:
        found += [(line.seq, action) for action in actions(record, line)]
        if record is None or machine is None:
            record = opened(line.run_id, line)
            machine = RunMachine(model=record)
            continue
        if isinstance(line.entry, Moved):
            machine.send(line.entry.event)
        absorb(record, line)
    return found
