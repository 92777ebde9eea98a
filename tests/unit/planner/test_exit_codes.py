"""What the exit code of a run that was stopped means, and that its words say no more than that."""

from __future__ import annotations

from pathlib import Path

from contracts.identity import EngineId
from contracts.record import RunRecord
from contracts.result import RunResult
from contracts.run import RunRequest, RunState, StopKind
from planner.result import EXIT_CODES, STOPPED, exit_code_of
from tests.fakes.clock import START

_WORDS = {StopKind.TIMEOUT: "the time limit", StopKind.KILL_SWITCH: "the kill switch"}


def _stopped_by(kind: StopKind) -> RunRecord:
    return RunRecord(
        run_id="run-1",
        request=RunRequest(module=Path("/m")),
        engine=EngineId(name="t", version="1"),
        started_at=START,
        last_at=START,
        state=RunState.FAILED,
        stop=kind,
    )


def test_exit_code_4_is_of_what_stops_a_run_and_not_of_a_budget_that_leaves_a_failure_unnamed() -> None:
    stops = {kind for kind in StopKind if exit_code_of(_stopped_by(kind)) == STOPPED}
    assert stops == set(_WORDS)
    told = str(RunResult.model_json_schema()["properties"]["exit_code"]["description"])
    for said in (EXIT_CODES[STOPPED], told):
        assert all(word in said for word in _WORDS.values())
        assert "a limit" not in said
