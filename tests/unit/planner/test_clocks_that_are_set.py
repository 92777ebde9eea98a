"""Somebody sets the machine's clock while a run goes on, or between two of its lives: no time has passed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.budget import Limits
from contracts.hypothesis import Source
from contracts.incident import Named
from contracts.journal import EffectEnded, EffectIntended, JournalLine
from contracts.ports import OnStart, Stop
from contracts.remediation import WaitAndRetry
from contracts.run import Effect, RunRequest, RunState
from contracts.terraform import ApplyRequest, ApplyResult, Ended
from planner.fold import absorb
from planner.journal import Journal
from tests.fakes.clock import ManualClock
from tests.fakes.planning import (
    CREATE_A,
    Bench,
    ScriptedDiagnoser,
    ScriptedTerraform,
    apply_of,
    hypothesis,
    plan_of,
)

HOURS = [9.0, -9.0]
WAIT = Named(
    hypothesis=hypothesis(WaitAndRetry(summary="wait", wait_s=5)), source=Source.SIGNATURE, origin="t"
)


class ClockSetInApply(ScriptedTerraform):
    """An apply takes a minute, in which somebody sets the clock."""

    clock: ManualClock
    hours: float

    def apply(self, request: ApplyRequest, stop: Stop, on_start: OnStart) -> ApplyResult:
        done = super().apply(request, stop, on_start)
        self.clock.advance(60)
        self.clock.set_to(self.hours)
        return done


def bench_of(folder: Path, hours: float, applies: list[ApplyResult]) -> Bench:
    terraform = ClockSetInApply(plans=[plan_of(CREATE_A), plan_of(CREATE_A), plan_of()], applies=applies)
    limits = Limits(timeout=timedelta(minutes=10), apply_timeout=timedelta(minutes=5))
    bench = Bench(
        folder,
        request=RunRequest(module=folder, limits=limits),
        terraform=terraform,
        diagnoser=ScriptedDiagnoser(WAIT),
    )
    terraform.clock, terraform.hours = bench.clock, hours
    return bench


@pytest.mark.parametrize("hours", HOURS)
def test_a_clock_that_is_set_while_a_run_goes_on_takes_none_of_its_time(tmp_path: Path, hours: float) -> None:
    failed, done = apply_of(CREATE_A, ended=Ended.ERRORED), apply_of(CREATE_A)
    bench = bench_of(tmp_path, hours, [failed, done])
    record = bench.drive()
    assert record.state is RunState.SUCCESS, record.reason
    assert record.duration_s == pytest.approx(125)
    assert bench.refolded().duration_s == pytest.approx(125)
    [permit] = bench.diagnoser.permits
    assert permit is not None
    assert permit.time_left_s == pytest.approx(540), "a model gets what is left of the run"


@pytest.mark.parametrize("hours", HOURS)
def test_what_lies_between_two_lives_is_nobodys_driving(tmp_path: Path, hours: float) -> None:
    bench = bench_of(tmp_path, 0, [apply_of(CREATE_A)])
    bench.journal.append(EffectIntended(effect=Effect.INIT, attempt=1))
    bench.clock.advance(30)
    bench.journal.append(EffectEnded(effect=Effect.INIT, ended="done"))
    bench.clock.set_to(hours)
    bench.clock.advance(3600)
    bench.take_up()
    assert bench.record.duration_s == pytest.approx(30)
    assert bench.drive().state is RunState.SUCCESS
    assert bench.refolded().duration_s == pytest.approx(90)


def test_what_lies_before_a_process_that_only_writes_an_answer_is_nobodys_driving(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, 0, [])
    bench.clock.advance(3600)
    record = bench.refolded()
    later = Journal(store=bench.store, clock=bench.clock, redactor=bench.redactor, record=record, written=1)
    later.append(EffectIntended(effect=Effect.PROVE, attempt=1))
    bench.clock.advance(5)
    assert later.driven_s() == 5
    later.append(EffectEnded(effect=Effect.PROVE, ended="done"))
    assert bench.refolded().duration_s == 5


def test_an_entry_of_an_older_planner_is_counted_by_the_wall_clock(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, 0, [])
    entry = EffectIntended(effect=Effect.INIT, attempt=1)
    at = bench.clock.now() + timedelta(seconds=7)
    absorb(bench.record, JournalLine(run_id="run-1", seq=1, at=at, entry=entry))
    assert bench.record.duration_s == 7


def test_parts_of_a_second_count(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, 0, [])
    bench.clock.advance(0.125)
    bench.journal.append(EffectIntended(effect=Effect.INIT, attempt=1))
    assert bench.record.duration_s == 0.125
