"""planner dies before and after every journal entry of a run that edits two files, and is resumed.

The real promotion, journal and store; only Terraform and the proof are played.
After any death the resumed run mends the module, both files or none, and
creates nothing twice; and `undo` gives back every byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from contracts.approval import Proposal
from contracts.hypothesis import Source
from contracts.incident import Named
from contracts.journal import EffectIntended
from contracts.ports import OnStart, Stop
from contracts.remediation import Edit, EditConfig, Remediation
from contracts.run import Carried, Effect, RunRequest, RunState, StopKind
from contracts.settings import Autonomy
from contracts.terraform import Ended, PlanRequest, PlanResult
from planner.fixing import Fixer
from planner.proving import Proof, Proven
from planner.settling import Failure
from planner.undoing import undo
from subagents.remediator.edit_config import changed
from subagents.remediator.work import Work
from subagents.workspace import read_inside
from tests.crash.test_every_entry import Died, MortalStore, World, WorldTerraform
from tests.fakes.planning import PROCESS, Bench, CredulousMender, ScriptedDiagnoser, error, hypothesis

NAMES = ("a.tf", "b.tf")
REMEDY = EditConfig(
    summary="spell it right", edits=tuple(Edit(file=n, search="inptu", replace="input") for n in NAMES)
)


class Misspelt(WorldTerraform):
    """Plans only once both files are right."""

    def __init__(self, world: World, module: Path) -> None:
        super().__init__(world)
        self.module = module

    def plan(self, request: PlanRequest, stop: Stop, on_start: OnStart) -> PlanResult:
        if texts(self.module) == ["input", "input"]:
            return super().plan(request, stop, on_start)
        on_start(PROCESS)
        return PlanResult(ended=Ended.ERRORED, diagnostics=(error("Unsupported argument"),))


class NoEffects:
    """Starts nothing; an effect may always begin."""

    def starting(self) -> AbstractContextManager[StopKind | None]:
        return nullcontext()


class RealPromotion(CredulousMender):
    """Proves the edit by its text, and carries it out for real."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._fixer = Fixer(journal=bench.journal, effects=NoEffects(), rundir=bench.rundir)  # type: ignore[arg-type]
        self._module = bench.record.request.module

    def prove(self, remedies: Sequence[Remediation], failure: Failure) -> Proof:
        files = changed(REMEDY.edits, lambda name: read_inside(self._module, name))
        return Proven(Proposal(remediations=tuple(remedies)), "digest", Work(files=files), None)

    def carry_out(self, proven: Proven) -> Carried:
        return self._fixer.carry_out(proven)


def texts(module: Path) -> list[str]:
    return [(module / name).read_text(encoding="utf-8") for name in NAMES]


def bench_of(folder: Path, world: World) -> Bench:
    module = folder / "module"
    module.mkdir(parents=True)
    for name in NAMES:
        (module / name).write_text("inptu", encoding="utf-8")
    named = Named(hypothesis=hypothesis(REMEDY, retryable=False), source=Source.SIGNATURE, origin="t")
    bench = Bench(
        folder,
        request=RunRequest(module=module, autonomy=Autonomy.FIX),
        terraform=Misspelt(world, module),  # type: ignore[arg-type]
        diagnoser=ScriptedDiagnoser(named),
    )
    bench.mender = RealPromotion(bench)
    return bench


def resumed(bench: Bench) -> None:
    bench.take_up()
    bench.mender = RealPromotion(bench)


def test_a_run_that_nobody_kills_mends_the_module_and_undo_gives_it_back(tmp_path: Path) -> None:
    world = World()
    bench = bench_of(tmp_path, world)
    record = bench.drive()
    assert record.state is RunState.SUCCESS
    assert bench.refolded() == record
    assert record.promotions == 1
    assert undo(bench.journal, NoEffects(), bench.rundir, "ada")  # type: ignore[arg-type]
    assert texts(record.request.module) == ["inptu", "inptu"]
    assert bench.record.undone


@pytest.mark.parametrize("after", [False, True], ids=["before it is durable", "after it is durable"])
def test_a_death_at_any_entry_leaves_both_files_old_or_both_new(tmp_path: Path, *, after: bool) -> None:
    whole = bench_of(tmp_path / "whole", World())
    whole.drive()
    lines = whole.store.lines("run-1")
    assert [line for line in lines if getattr(line.entry, "effect", None) is Effect.PROMOTE]
    assert any(isinstance(line.entry, EffectIntended) for line in lines)
    for n in range(1, len(lines)):
        folder = tmp_path / f"death-{n}"
        world = World()
        bench = bench_of(folder, world)
        module = bench.record.request.module
        mortal = MortalStore(folder / "planner.db", dies_at=n, after=after)
        bench.journal._store = mortal
        with pytest.raises(Died):
            bench.drive()
        assert texts(module) in (["inptu", "inptu"], ["input", "input"]), f"death at entry {n}"
        resumed(bench)
        record = bench.drive()
        assert record.state is RunState.SUCCESS or record.parked, f"death at entry {n}: {record.reason}"
        assert texts(module) == ["input", "input"]
        assert sorted(world.created) == sorted(set(world.created)), f"created twice after death at entry {n}"
