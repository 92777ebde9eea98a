"""After a kill no secret stays lying about, and no half of a fix stays in the module, whoever comes next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.approval import Approval, Proposal
from contracts.journal import Decided, EffectEnded, EffectIntended, RunOpened, RunParked, RunResumed
from contracts.record import RunRecord
from contracts.run import Effect, RunState
from contracts.terraform import ApplyResult, Ended
from planner.effects import TerraformEffects
from planner.fixing import Fixer
from planner.journal import Journal
from planner.proving import Proven
from planner.resume import left_behind
from subagents.promotion import promote
from subagents.remediator.edit_config import Change
from subagents.remediator.work import Work
from tests.fakes.clock import ManualClock
from tests.fakes.planning import Bench, PlainRedactor, ScriptedTerraform, plan_of
from tests.fakes.scripted_fixer import ScriptedFixer, broken, effects_of
from tests.unit.planner.test_fold import incident

OLD, NEW = "a = 1\n", "a = 2\n"
NAMES = ("a.tf", "b.tf")
FILES = dict.fromkeys(NAMES, Change(OLD, NEW))


class Refusing(ScriptedTerraform):
    """Somebody pulls the switch between the last look and the start."""

    def __init__(self) -> None:
        super().__init__(plans=[])

    def apply(self, *_: object) -> ApplyResult:
        return ApplyResult(ended=Ended.STOPPED)


def a_run(folder: Path) -> Bench:
    return broken(folder, dict.fromkeys(NAMES, OLD))


def littered(bench: Bench) -> Path:
    """What a process that is killed in a proof leaves; the output of an apply, which is to stay."""
    secret = "the state in the clear"
    for place in ("sandbox/at/module", "out/plan-1", "out/output-1", "out/apply-1"):
        (bench.rundir.path / place).mkdir(parents=True)
        (bench.rundir.path / place / "stdout").write_text(secret, encoding="utf-8")
    bench.rundir.plan_file.write_text(secret, encoding="utf-8")
    return bench.rundir.path


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def new_run(bench: Bench, taken_up: RunRecord | None = None) -> tuple[str, ...]:
    """What the next run on the module does before anything else, or one that is taken up."""
    return left_behind(
        store=bench.store,
        clock=bench.clock,
        stop=bench.stop,
        home=bench.rundir.path.parents[1],
        request=bench.record.request,
        taken_up=taken_up,
    )


def another(bench: Bench, after: timedelta) -> Journal:
    """A run on the same module, begun so long after the first by the clock of its day."""
    return Journal.open(
        store=bench.store,
        clock=ManualClock(bench.clock.now() + after),
        redactor=PlainRedactor(),
        run_id="run-2",
        entry=RunOpened(request=bench.record.request, engine=bench.record.engine, planner_version="0"),
    )


def resumed(bench: Bench) -> None:
    bench.take_up()


def texts(bench: Bench) -> list[str]:
    return [(bench.record.request.module / name).read_text(encoding="utf-8") for name in NAMES]


# --- secrets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [None, Effect.PROVE, Effect.PLAN, Effect.APPLY])
@pytest.mark.parametrize("comes", [new_run, resumed], ids=["a new run", "a resume"])
def test_who_comes_next_sweeps_what_a_killed_planner_left(
    tmp_path: Path, comes: object, effect: Effect | None
) -> None:
    bench = a_run(tmp_path)
    folder = littered(bench)
    if effect is not None:
        bench.journal.append(EffectIntended(effect=effect, attempt=1))
    assert callable(comes)
    comes(bench)
    assert left(folder) == ["out/apply-1/stdout"]


def test_the_end_of_a_run_sweeps_too_and_forgets_its_variables(tmp_path: Path) -> None:
    bench = a_run(tmp_path)
    folder = littered(bench)
    (folder / "variables.json").write_text("[]", encoding="utf-8")
    bench.rundir.forget()
    assert left(folder) == ["out/apply-1/stdout"]


def test_a_new_run_takes_nothing_from_a_run_that_waits_for_a_person(tmp_path: Path) -> None:
    bench = a_run(tmp_path)
    (bench.rundir.path / "variables.json").write_text("[]", encoding="utf-8")
    bench.journal.append(RunParked(reason="asked", incident=incident("a")))
    assert new_run(bench) == ()
    assert left(bench.rundir.path) == ["variables.json"]


# --- halves -------------------------------------------------------------------------------------


def cut_off(bench: Bench, done: int) -> None:
    """planner died in a promotion when so many of its files were written."""
    module, backup = bench.record.request.module, bench.rundir.backup(0)
    bench.journal.append(EffectIntended(effect=Effect.PROMOTE, attempt=1, what="a.tf, b.tf"))
    promote(module, FILES, backup)
    for name in NAMES[done:]:
        (module / name).write_text(OLD, encoding="utf-8")


@pytest.mark.parametrize("done", [0, 1, 2])
@pytest.mark.parametrize("comes", [new_run, resumed], ids=["a new run", "a resume"])
def test_a_promotion_that_was_cut_off_is_put_back(tmp_path: Path, comes: object, done: int) -> None:
    bench = a_run(tmp_path)
    cut_off(bench, done)
    assert callable(comes)
    comes(bench)
    assert texts(bench) == [OLD, OLD]


@pytest.mark.parametrize("comes", [new_run, resumed], ids=["a new run", "a resume"])
def test_a_promotion_that_the_run_never_moved_on_with_is_put_back(tmp_path: Path, comes: object) -> None:
    bench = a_run(tmp_path)
    fixer = Fixer(journal=bench.journal, effects=effects_of(bench, ScriptedFixer()), rundir=bench.rundir)
    fixer.carry_out(Proven(Proposal(remediations=()), "d", Work(files=FILES), None))
    assert texts(bench) == [NEW, NEW]
    assert callable(comes)
    comes(bench)
    assert texts(bench) == [OLD, OLD]


def test_the_run_that_died_can_be_resumed_after_a_new_one_has_put_its_files_back(tmp_path: Path) -> None:
    bench = a_run(tmp_path)
    cut_off(bench, 1)
    new_run(bench)
    new_run(bench)
    resumed(bench)
    assert texts(bench) == [OLD, OLD]
    assert (bench.record.open_effect, bench.record.promotions) == (None, 0)


def test_a_fix_that_a_run_ended_with_stays(tmp_path: Path) -> None:
    bench = a_run(tmp_path)
    fixer = Fixer(journal=bench.journal, effects=effects_of(bench, ScriptedFixer()), rundir=bench.rundir)
    fixer.carry_out(Proven(Proposal(remediations=()), "d", Work(files=FILES), None))
    record = bench.drive()
    assert record.state is RunState.SUCCESS
    new_run(bench)
    assert texts(bench) == [NEW, NEW]


def test_an_apply_that_was_refused_at_its_start_leaves_the_doubt_of_an_earlier_one(tmp_path: Path) -> None:
    bench = a_run(tmp_path)
    bench.journal.append(EffectIntended(effect=Effect.APPLY, attempt=1, creates=("a.b",)))
    bench.journal.append(EffectEnded(effect=Effect.APPLY, ended=Ended.KILLED, maybe_created=("a.b",)))
    terraform = TerraformEffects(
        agent=Refusing(), journal=bench.journal, rundir=bench.rundir, stop=bench.stop
    )
    terraform.apply(plan_of(), timedelta(seconds=1))
    assert bench.record.maybe_created == {"a.b"}


def test_what_an_apply_that_was_cut_off_may_have_made_is_told_to_the_next_run(tmp_path: Path) -> None:
    bench = a_run(tmp_path)
    bench.journal.append(EffectIntended(effect=Effect.APPLY, attempt=1, creates=("a.b",)))
    bench.journal.append(EffectEnded(effect=Effect.APPLY, ended=Ended.KILLED, maybe_created=("a.b",)))
    assert new_run(bench) == ("a.b",)


def test_a_clock_that_was_set_back_hides_no_half_of_a_fix(tmp_path: Path) -> None:
    bench = a_run(tmp_path)
    another(bench, after=timedelta(days=1))
    bench.journal.append(RunResumed(engine=bench.record.engine))
    cut_off(bench, 1)
    new_run(bench)
    assert texts(bench) == [OLD, OLD]


def test_a_run_that_waited_hears_of_what_was_driven_meanwhile_however_late_it_is_answered(
    tmp_path: Path,
) -> None:
    bench = a_run(tmp_path)
    bench.journal.append(RunParked(reason="asked", incident=incident("a")))
    meanwhile = another(bench, after=timedelta(minutes=9))
    meanwhile.append(EffectIntended(effect=Effect.APPLY, attempt=1, creates=("a.b",)))
    meanwhile.append(EffectEnded(effect=Effect.APPLY, ended=Ended.KILLED, maybe_created=("a.b",)))
    bench.clock.advance(3600)
    said = Approval(digest="d" * 64, decision="approve", actor="ada", at=bench.clock.now())
    bench.journal.append(Decided(approval=said))
    assert new_run(bench, taken_up=bench.record) == ("a.b",)


def test_a_run_that_is_taken_up_was_told_of_what_came_before_it(tmp_path: Path) -> None:
    bench = a_run(tmp_path)
    earlier = another(bench, after=timedelta(days=1))
    earlier.append(EffectIntended(effect=Effect.APPLY, attempt=1, creates=("a.b",)))
    earlier.append(EffectEnded(effect=Effect.APPLY, ended=Ended.KILLED, maybe_created=("a.b",)))
    bench.journal.append(RunResumed(engine=bench.record.engine))
    assert new_run(bench, taken_up=bench.record) == ()
