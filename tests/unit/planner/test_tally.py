"""What a run adds to the totals: each thing once, and nothing that did not happen."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from contracts.approval import Proposal
from contracts.budget import Limits, Usage
from contracts.hypothesis import Category, Source
from contracts.incident import Decision, Named, Stage
from contracts.journal import EffectEnded, EffectIntended, RunResumed
from contracts.remediation import Edit, EditConfig, Retry
from contracts.run import Effect, GaveUp, RunEvent, RunRequest, StopKind
from contracts.settings import Autonomy
from planner.proving import Proven
from planner.settling import Failure, Progress
from planner.store import Store
from subagents.remediator.work import Work
from tests.fakes.clock import START
from tests.fakes.metrics import strangers, totals
from tests.fakes.planning import (
    CREATE_A,
    DESTROY_B,
    ENGINE,
    INIT_BROKEN,
    INIT_OK,
    Bench,
    CredulousMender,
    ScriptedDiagnoser,
    ScriptedTerraform,
    apply_of,
    error,
    hypothesis,
    plan_of,
)
from tests.fakes.seeded_runs import HAIKU, Told
from tests.fakes.seeded_stories import STORIES, UNFINISHED

EDIT = EditConfig(summary="Mend the name.")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "planner.db")


@pytest.fixture
def run(store: Store, tmp_path: Path) -> Told:
    return Told(store, "run-1", tmp_path, START)


def about(store: Store, word: str) -> dict[str, float]:
    return {name: value for name, value in totals(store).items() if word in name}


def seconds(store: Store, metric: str) -> float:
    rows = store.rows("SELECT sum(value) FROM totals WHERE name = ?", (f"{metric}_sum",))
    return float(rows[0][0] or 0)


def test_a_clean_run_is_counted_as_what_it_did_and_as_nothing_else(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(plans=[plan_of(CREATE_A), plan_of()], applies=[apply_of(CREATE_A)])
    bench = Bench(tmp_path, terraform=terraform)
    bench.drive()
    assert totals(bench.store) == {
        "planner_runs_started_total": 1,
        "planner_runs_ended_total{success}": 1,
        "planner_transitions_total{begin}": 1,
        "planner_transitions_total{applied}": 1,
        "planner_transitions_total{verified}": 1,
        "planner_attempts_total{validate,ok}": 1,
        "planner_checks_total{health,passed}": 1,
    }
    assert seconds(bench.store, "planner_terraform_duration_seconds") == 4


def test_a_fault_that_does_not_pass_is_an_incident_and_a_fix_for_each_attempt(tmp_path: Path) -> None:
    request = RunRequest(module=tmp_path, limits=Limits(max_retries=2))
    bench = Bench(tmp_path, terraform=ScriptedTerraform(inits=[INIT_BROKEN]), request=request)
    bench.drive()
    told = totals(bench.store)
    assert told["planner_attempts_total{init,failed}"] == 3
    assert told["planner_retries_total"] == 2
    assert told["planner_incidents_total{network,signature}"] == 3
    assert told["planner_fixes_total{retry,applied}"] == 2
    assert told["planner_fix_outcomes_total{signature,failed}"] == 2
    assert told["planner_gave_up_total{retry_cap}"] == 1
    assert told["planner_runs_ended_total{failed}"] == 1
    assert "planner_dedup_stops_total" not in told


def test_an_incident_that_is_told_again_is_counted_once(store: Store, run: Told) -> None:
    run.fails(Stage.PLAN)
    usage = run.ask(HAIKU)
    waiting = run.parks(run.incident(Category.TYPE_MISMATCH, Source.MODEL, EDIT, usage=usage), fix=True)
    for _ in range(3):
        run.parks(waiting, fix=True)  # asked anew: what was asked had expired
    assert about(store, "fixes") == {}
    run.answered("approve", 60)
    run.mends(waiting.model_copy(update={"decision": Decision.APPROVED}))
    run.succeeds()
    assert about(store, "incident") == {
        "planner_incidents_total{type_mismatch,model}": 1,
        "planner_incidents_paid_total": 1,
    }
    assert about(store, "fix") == {
        "planner_fixes_total{edit_config,approved}": 1,
        "planner_fix_outcomes_total{model,worked}": 1,
    }
    cost = float(usage.cost_usd or 0)
    assert seconds(store, "planner_incident_cost_usd") == pytest.approx(cost)
    assert totals(store)["planner_category_cost_usd_total{type_mismatch}"] == pytest.approx(cost)
    assert totals(store)["planner_run_cost_usd_total{success}"] == pytest.approx(cost)
    assert totals(store)["planner_runs_paid_total{success}"] == 1


def test_a_fix_of_two_parts_is_decided_on_when_both_are_in_place(tmp_path: Path) -> None:
    parts = [EditConfig(summary=s, edits=(Edit(file="a", search=s, replace="x"),)) for s in ("one", "two")]
    named = [
        Named(hypothesis=hypothesis(part, cause=part.summary), source=Source.SIGNATURE, origin="t")
        for part in parts
    ]
    left = Failure(Stage.INIT, (error("the other"),))
    proven = Proven(Proposal(remediations=tuple(parts)), "d", Work(), None)
    bench = Bench(
        tmp_path,
        request=RunRequest(module=tmp_path, autonomy=Autonomy.FIX),
        terraform=ScriptedTerraform(inits=[INIT_BROKEN, INIT_OK], plans=[plan_of()]),
        diagnoser=ScriptedDiagnoser(*named),
        mender=CredulousMender(Progress("a part", left), proven),
    )
    bench.drive()
    told = totals(bench.store)
    assert [i.decision for i in bench.record.incidents] == [Decision.APPLIED, Decision.APPLIED]
    assert told["planner_fixes_total{edit_config,applied}"] == 2
    assert told["planner_incidents_total{network,signature}"] == 2


def test_a_plan_that_waits_for_a_person_is_neither_a_failure_nor_a_fix(tmp_path: Path) -> None:
    bench = Bench(tmp_path, terraform=ScriptedTerraform(plans=[plan_of(DESTROY_B)]))
    bench.drive()
    assert bench.record.parked
    told = totals(bench.store)
    assert not [name for name in told if "incident" in name or "fix" in name or "attempt" in name]


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_an_answer_is_counted_as_what_it_was(store: Store, run: Told, decision: str) -> None:
    UNFINISHED[0](run)
    run.answered(decision, 10)
    assert about(store, "approvals") == {f"planner_approvals_total{{{decision}}}": 1}


def test_an_unknown_price_is_a_call_and_no_money(store: Store, run: Told) -> None:
    run.fails(Stage.PLAN)
    unknown = Usage(calls=1, input_tokens=10, cost_usd=None)
    run.gives_up(run.incident(Category.QUOTA, Source.MODEL, EDIT, usage=unknown), GaveUp.PERSON_MUST_ACT)
    assert about(store, "paid") == {"planner_incidents_paid_total": 1}
    assert about(store, "usd") == {}


def test_an_answer_that_was_kept_costs_nothing_and_is_told_apart(store: Store, run: Told) -> None:
    run.fails(Stage.PLAN)
    run.gives_up(run.incident(Category.QUOTA, Source.MODEL, EDIT), GaveUp.PERSON_MUST_ACT)
    told = totals(store)
    assert told["planner_answer_cache_hits_total"] == 1
    assert not [name for name in told if "paid" in name or "usd" in name]


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        (StopKind.INTERRUPT, "interrupted"),
        (StopKind.TIMEOUT, "stopped"),
        (StopKind.KILL_SWITCH, "stopped"),
    ],
)
def test_a_run_that_was_stopped_did_not_fail(store: Store, run: Told, kind: StopKind, result: str) -> None:
    run.move(RunEvent.KILLED, stop=kind)
    assert about(store, "runs_ended") == {f"planner_runs_ended_total{{{result}}}": 1}
    assert about(store, "attempts") == {}


def test_a_run_killed_while_it_validates_ended_its_attempt_where_it_stood(store: Store, run: Told) -> None:
    run.applies()
    run.move(RunEvent.KILLED, stop=StopKind.INTERRUPT)
    assert about(store, "attempts") == {"planner_attempts_total{apply,ok}": 1}


def test_time_that_nobody_drove_is_in_no_duration(store: Store, run: Told) -> None:
    run.fails(Stage.PLAN)
    waiting = run.parks(run.incident(Category.QUOTA, Source.SIGNATURE, EDIT), fix=True)
    run.answered("approve", 86_400)
    run.clock.advance(86_400)
    run.journal.append(RunResumed(engine=ENGINE))
    run.mends(waiting.model_copy(update={"decision": Decision.APPROVED}))
    run.journal.append(EffectIntended(effect=Effect.APPLY, attempt=2))
    run.clock.advance(86_400)  # cut off, and taken up a day later
    run.journal.append(RunResumed(engine=ENGINE))
    run.journal.append(EffectEnded(effect=Effect.APPLY, ended="unknown"))
    run.succeeds()
    assert seconds(store, "planner_run_duration_seconds") == pytest.approx(run.journal.record.duration_s)
    assert seconds(store, "planner_run_duration_seconds") < 200
    assert seconds(store, "planner_state_duration_seconds") == pytest.approx(run.journal.record.duration_s)
    applied = store.rows(
        "SELECT sum(value) FROM totals WHERE labels LIKE 'apply,%' AND name LIKE '%_bucket'", ()
    )
    assert applied == [(1,)], "an end that nobody saw has no duration"


def test_a_remedy_that_the_machines_own_cap_refuses_is_the_cap(store: Store, run: Told) -> None:
    for _ in range(run.journal.record.max_retries + 1):
        run.fails(Stage.INIT)
        run.mends(run.incident(Category.NETWORK, Source.SIGNATURE, Retry(summary="again")))
    assert about(store, "gave_up") == {"planner_gave_up_total{retry_cap}": 1}
    assert about(store, "retries") == {"planner_retries_total": run.journal.record.max_retries}


def test_drift_is_found_once_an_attempt_whatever_else_failed(store: Store, run: Told) -> None:
    STORIES[11](run)
    assert about(store, "drift_found") == {"planner_drift_found_total": 1}
    assert about(store, "checks")["planner_checks_total{drift,failed}"] == 1


def test_the_same_hypothesis_twice_is_told_as_why_it_gave_up(store: Store, run: Told) -> None:
    STORIES[15](run)
    assert about(store, "dedup") == {"planner_dedup_stops_total": 1}
    assert about(store, "gave_up") == {"planner_gave_up_total{same_hypothesis}": 1}
    assert about(store, "outcomes") == {"planner_fix_outcomes_total{model,failed}": 1}


def test_money_of_a_model_is_what_the_ledger_booked(store: Store, run: Told) -> None:
    STORIES[5](run)
    booked = store.rows("SELECT sum(settled) / 1e9 FROM calls", ())[0][0]
    assert Decimal(str(booked)) > 0
    assert totals(store)["planner_run_cost_usd_total{success}"] == pytest.approx(booked)


def test_every_total_of_every_story_is_in_the_catalogue(store: Store, tmp_path: Path) -> None:
    for n, story in enumerate((*STORIES, *UNFINISHED)):
        story(Told(store, f"run-{n}", tmp_path / f"m-{n}", START))
    assert strangers(store) == []
    assert len(totals(store)) > 60
