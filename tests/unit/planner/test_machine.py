"""The transition table, whole: every (state, event) pair, the forbidden ones included."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statemachine.exceptions import TransitionNotAllowed

from contracts.budget import Limits
from contracts.identity import EngineId
from contracts.permit import ModelPermit, PermitMisuseError
from contracts.record import RunRecord
from contracts.run import TERMINAL, RunEvent, RunRequest, RunState
from planner.machine import RunMachine

S, E = RunState, RunEvent
TABLE = {
    (S.INIT, E.BEGIN): S.RUNNING,
    (S.INIT, E.KILLED): S.FAILED,
    (S.RUNNING, E.APPLIED): S.VALIDATING,
    (S.RUNNING, E.ERRORED): S.DIAGNOSING,
    (S.RUNNING, E.KILLED): S.FAILED,
    (S.VALIDATING, E.VERIFIED): S.SUCCESS,
    (S.VALIDATING, E.REJECTED): S.DIAGNOSING,
    (S.VALIDATING, E.KILLED): S.FAILED,
    (S.DIAGNOSING, E.REMEDIED): S.RUNNING,
    (S.DIAGNOSING, E.APPROVED): S.RUNNING,
    (S.DIAGNOSING, E.EXHAUSTED): S.FAILED,
    (S.DIAGNOSING, E.KILLED): S.FAILED,
}


def record(state: RunState = S.INIT, *, retries: int = 0, max_retries: int = 3) -> RunRecord:
    return RunRecord(
        run_id="r",
        request=RunRequest(module=Path("/m"), limits=Limits(max_retries=max_retries)),
        engine=EngineId(name="terraform", version="1"),
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        last_at=datetime(2026, 1, 1, tzinfo=UTC),
        state=state,
        retries=retries,
    )


def test_states_and_events_of_the_machine_are_those_of_the_contracts() -> None:
    assert {state.value for state in RunMachine.states} == set(RunState)
    events = {event.id for event in RunMachine.events}  # type: ignore[attr-defined]
    assert events == set(RunEvent)


@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("event", RunEvent)
def test_every_pair_leads_where_the_table_says_or_is_refused(state: RunState, event: RunEvent) -> None:
    run = record(state)
    machine = RunMachine(model=run)
    if (state, event) in TABLE:
        machine.send(event)
        assert run.state is TABLE[state, event]
    else:
        with pytest.raises(TransitionNotAllowed):
            machine.send(event)
        assert run.state is state


def test_an_unknown_event_is_a_bug_and_raises() -> None:
    with pytest.raises(TransitionNotAllowed):
        RunMachine(model=record()).send("nonsense")


def test_a_remedy_at_the_cap_ends_the_run() -> None:
    run = record(S.DIAGNOSING, retries=3)
    RunMachine(model=run).send(E.REMEDIED)
    assert (run.state, run.retries) == (S.FAILED, 3)


def test_a_remedy_is_spent_on_one_retry_more() -> None:
    run = record(S.DIAGNOSING, retries=1)
    RunMachine(model=run).send(E.REMEDIED)
    assert (run.state, run.retries) == (S.RUNNING, 2)


@given(st.lists(st.sampled_from(list(RunEvent)), max_size=60), st.integers(0, 4))
def test_no_sequence_of_events_passes_the_cap_or_leaves_a_terminal_state(
    events: list[RunEvent], cap: int
) -> None:
    run = record(max_retries=cap)
    machine = RunMachine(model=run)
    ended: RunState | None = None
    for event in events:
        try:
            machine.send(event)
        except TransitionNotAllowed:
            continue
        assert run.retries <= cap
        assert ended is None
        ended = run.state if run.state in TERMINAL else None


def test_every_cycle_of_the_graph_passes_diagnosing() -> None:
    """So a run that goes on for ever would have to be remedied or approved for ever."""
    edges: dict[RunState, set[RunState]] = {}
    for (source, _), target in TABLE.items():
        if S.DIAGNOSING not in {source, target}:
            edges.setdefault(source, set()).add(target)
    reached: set[RunState] = set()
    frontier = [S.INIT]
    while frontier:
        state = frontier.pop()
        assert state not in reached or state in TERMINAL
        reached.add(state)
        frontier += edges.get(state, set()) - TERMINAL


@pytest.mark.parametrize("state", set(RunState) - {S.DIAGNOSING})
def test_a_model_permit_cannot_be_minted_outside_diagnosing(state: RunState) -> None:
    with pytest.raises(PermitMisuseError):
        ModelPermit(record(state))


def test_a_model_permit_cannot_be_minted_beyond_the_cap_nor_spent_twice() -> None:
    with pytest.raises(PermitMisuseError):
        ModelPermit(record(S.DIAGNOSING, max_retries=0))
    permit = ModelPermit(record(S.DIAGNOSING))
    permit.spend()
    with pytest.raises(PermitMisuseError):
        permit.spend()
