"""Random runs: what was counted entry by entry is what their journals and records amount to."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.hypothesis import Category, Source
from contracts.incident import APPROVAL_PREFIX, Decision, Incident, Stage
from contracts.journal import EffectEnded, EffectIntended, RunResumed, Tried
from contracts.remediation import EditConfig, Escalate, Refresh, Retry
from contracts.run import TERMINAL, Effect, GaveUp, RunEvent, RunState, StopKind
from contracts.validation import CheckKind
from planner.fold import fold
from planner.memory import Result, outcomes_of
from planner.recount import recount, totals_of
from planner.store import Store
from tests.fakes.clock import START
from tests.fakes.metrics import strangers
from tests.fakes.planning import ENGINE
from tests.fakes.seeded_runs import HAIKU, OPENAI, SCRIPTED, Told

REMEDIES = (EditConfig(summary="e"), Retry(summary="r"), Refresh(summary="f"), Escalate(summary="x"))


def a_failure(run: Told, random: Random) -> Incident:
    source = random.choice([None, *Source])
    usage = run.ask(random.choice([HAIKU, OPENAI, SCRIPTED])) if random.random() < 0.4 else None
    incident = run.incident(
        random.choice([Category.QUOTA, Category.NETWORK]),
        source,
        random.choice(REMEDIES),
        decision=random.choice([Decision.NONE, Decision.APPLIED]),
        fingerprint=random.choice(["f1:a", "f1:b"]),
    )
    return incident if usage is None else incident.model_copy(update={"usage": usage})


def running(run: Told, random: Random) -> None:
    match random.randrange(6):
        case 0 | 1:
            run.fails(random.choice([Stage.INIT, Stage.PLAN, Stage.APPLY]))
        case 2:
            plan_of_its_own(run, random)
        case 3:
            run.journal.append(EffectIntended(effect=Effect.APPLY, attempt=1))
            run.clock.advance(500)
            run.journal.append(RunResumed(engine=ENGINE))
            run.journal.append(EffectEnded(effect=Effect.APPLY, ended="unknown"))
        case _:
            run.applies()


def plan_of_its_own(run: Told, random: Random) -> None:
    run.fails(Stage.PLAN, pending={"digest": "d", "question": "?", "changes": ()})
    plan = run.incident(
        Category.OTHER, Source.SIGNATURE, REMEDIES[3], fingerprint=f"{APPROVAL_PREFIX}{random.randrange(2)}"
    )
    for _ in range(random.randrange(3)):
        plan = run.parks(plan, fix=False)
    if random.random() < 0.7:
        run.move(RunEvent.APPROVED, incident=plan.model_copy(update={"decision": Decision.APPROVED}))
    else:
        run.gives_up(plan.model_copy(update={"decision": Decision.REFUSED}), GaveUp.REJECTED)


def diagnosing(run: Told, random: Random) -> None:
    failure = a_failure(run, random)
    while random.random() < 0.3:
        kept = random.random() < 0.5
        decision = Decision.NONE if kept else Decision.REFUSED
        run.journal.append(Tried(incident=failure.model_copy(update={"decision": decision}), kept=kept))
        failure = a_failure(run, random)
    if random.random() < 0.4:
        for _ in range(random.randrange(1, 3)):
            failure = run.parks(failure, fix=True)
        run.answered(random.choice(["approve", "reject"]), random.randrange(1000))
        failure = failure.model_copy(
            update={"decision": random.choice([Decision.APPROVED, Decision.REFUSED])}
        )
    if random.random() < 0.7:
        run.mends(failure)
    else:
        run.gives_up(failure, random.choice(list(GaveUp)))


def drive(run: Told, random: Random) -> None:
    record = run.journal.record
    for _ in range(random.randrange(12)):
        if record.state in TERMINAL:
            break
        if random.random() < 0.05:
            run.move(RunEvent.KILLED, stop=random.choice(list(StopKind)))
        elif record.state is RunState.RUNNING:
            running(run, random)
        elif record.state is RunState.VALIDATING:
            run.checks(random.choice([None, *CheckKind]))
        else:
            diagnosing(run, random)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_was_counted_is_what_the_journals_amount_to(seed: int) -> None:
    random = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "planner.db")
        store.rows("PRAGMA synchronous=OFF", ())
        runs = [Told(store, f"run-{n}", Path(folder), START) for n in range(2)]
        for run in runs:
            drive(run, random)
        kept = Counter(
            {(name, labels): value for name, labels, value in store.rows("SELECT * FROM totals", ())}
        )
        again: Counter[tuple[str, str]] = Counter()
        for run in runs:
            run_id = run.journal.record.run_id
            again.update(totals_of(run_id, store.lines(run_id)))
        assert kept == pytest.approx(dict(again))
        assert strangers(store) == []
        agrees_with_the_records(kept, store, runs)
        store.remember("totals", "stale")
        recount(store)
        assert kept == pytest.approx({(n, s): v for n, s, v in store.rows("SELECT * FROM totals", ())})
        store.close()


def agrees_with_the_records(kept: Counter[tuple[str, str]], store: Store, runs: list[Told]) -> None:
    records = [fold(r.journal.record.run_id, store.lines(r.journal.record.run_id)) for r in runs]
    failures = [
        i for record in records for i in record.incidents if not i.fingerprint.startswith(APPROVAL_PREFIX)
    ]
    outcomes = [pair for record in records for pair in outcomes_of(record) if pair[1] is not Result.OPEN]
    decided = [i for i in failures if i.decision not in {Decision.NONE, Decision.PARKED}]

    def counted(name: str) -> dict[str, float]:
        return {labels: value for (total, labels), value in kept.items() if total == name and value}

    assert counted("planner_incidents_total") == Counter(
        f"{i.category},{i.source or 'none'}" for i in failures
    )
    assert counted("planner_fixes_total") == Counter(f"{i.remediation.kind},{i.decision}" for i in decided)
    assert counted("planner_fix_outcomes_total") == Counter(f"{i.source},{result}" for i, result in outcomes)
    assert sum(counted("planner_retries_total").values()) == sum(record.retries for record in records)
    ended = [record for record in records if record.state in TERMINAL]
    assert sum(counted("planner_runs_ended_total").values()) == len(ended)
    driven = sum(counted("planner_run_duration_seconds_sum").values())
    assert driven == pytest.approx(sum(record.duration_s for record in ended))
    if len(ended) == len(records):
        assert sum(counted("planner_state_duration_seconds_sum").values()) == pytest.approx(driven)
