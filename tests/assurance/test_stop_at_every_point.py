"""S-04, I8: the kill switch, an interrupt or a death at every point of a run with every kind of effect.

The points between the last look at the switch and the start of an effect are
raced with real threads and processes in tests/unit/planner/test_starting.py.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from contracts.journal import EffectIntended
from contracts.run import Effect, RunState
from contracts.settings import Approve, PlanAction
from tests.assurance.fate import Told
from tests.assurance.invariants import broken
from tests.assurance.sim_mender import staged
from tests.assurance.sim_naming import known
from tests.assurance.sim_run import RUN, Simulation
from tests.assurance.sim_world import WANTED

SESSIONS = 12
ALL = {*Effect} - {Effect.OUTPUT, Effect.UNDO}


class Nth(Told):
    """One thing happens at its n-th chance (one-based), whatever else was said."""

    def __init__(self, what: str, n: int) -> None:
        super().__init__()
        self._what = what
        self._left = n

    def happens(self, what: str, often: float) -> bool:
        if what.startswith(self._what):
            self._left -= 1
            if not self._left:
                self.sometimes["it"] += 1
                return True
        return super().happens(what, often)


def lived(what: str, n: int, home: Path) -> tuple[Simulation, bool, list[str]]:
    """A run whose module is misspelt, which only a model knows, and one of whose objects is there already.

    Whatever it creates is asked about.
    """
    home.mkdir()
    fate = Nth(what, n)
    fate.say("the module is misspelt", answer=True)
    sim = Simulation(fate, home)
    sim.match = lambda evidence: known(evidence) if "exists" in evidence.diagnostics[0].summary else None
    sim.world.cloud.objects[WANTED[0]] = 1
    sim.request = sim.request.model_copy(update={"plan": {PlanAction.CREATE: Approve.ASK}})
    last = None
    with staged(sim.world, sim.seen):
        for _ in range(SESSIONS):
            if sim.off:
                sim.start()
            ending = sim.session()
            last = ending.record or last
            sim.endings.append(ending.how)
            if ending.record is not None and ending.record.state in {RunState.SUCCESS, RunState.FAILED}:
                break
            if ending.how == "parked":
                sim.command(approve=True)
    return sim, bool(fate.sometimes["it"]), broken(sim, last)


def test_the_run_has_every_kind_of_effect_and_succeeds(tmp_path: Path) -> None:
    sim, happened, wrong = lived("nothing", 1, tmp_path / "run")
    begun = {line.entry.effect for line in sim.store.lines(RUN) if isinstance(line.entry, EffectIntended)}
    assert (happened, wrong, sim.endings[-1]) == (False, [], "SUCCESS")
    assert begun == ALL


@pytest.mark.parametrize("what", ["kill switch", "interrupt", "death", "disk full"])
def test_wherever_it_comes_every_promise_holds(tmp_path: Path, what: str) -> None:
    ends: Counter[str] = Counter()
    n = 0
    while True:
        n += 1
        sim, happened, wrong = lived(what, n, tmp_path / str(n))
        assert not wrong, f"{what} at point {n}: {wrong}"
        if not happened:
            break
        reason = sim.store.lines(RUN)[-1].entry.outcome.reason  # type: ignore[union-attr]
        ends["import" if "import" in reason else sim.endings[-1]] += 1  # it was done, and nobody saw its end
    assert n > 30, "a run has more points than that"
    if what in {"death", "disk full"}:
        assert sum(ends.values()) == ends["SUCCESS"] + ends["import"], (
            f"resumed, it ends as it would have: {ends}"
        )
    print(f"{what}: {n - 1} points, {dict(ends)}")  # noqa: T201 - the number is the point
