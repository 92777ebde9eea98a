"""Memory: what worked is proposed again for nothing, what failed never is, and all can be forgotten."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from contracts.hypothesis import Category, Source
from contracts.incident import Decision, Incident, Stage
from contracts.record import RunRecord
from contracts.remediation import Refresh, Remediation, Retry, WaitAndRetry
from contracts.run import Attempt, RunState
from planner.audit import lines
from planner.memory import IncidentMemory, Result, outcomes_of
from tests.fakes.planning import Bench, error

THIS, OTHER = "f2:0000000000000001", "f2:0000000000000002"
RETRY = Retry(summary="run it again")
WAIT = WaitAndRetry(summary="wait for the proxy", wait_s=30)


def incident(
    fingerprint: str = THIS,
    *,
    attempt: int = 1,
    fix: Remediation = RETRY,
    decision: Decision = Decision.APPLIED,
    cause: str = "the proxy was restarting",
) -> Incident:
    return Incident(
        attempt=attempt,
        fingerprint=fingerprint,
        stage=Stage.APPLY,
        category=Category.NETWORK,
        retryable=True,
        root_cause=cause,
        evidence=("502 Bad Gateway",),
        confidence=0.8,
        source=Source.MODEL,
        remediation=fix,
        decision=decision,
    )


class Past:
    """A memory that is told of one run after the other."""

    def __init__(self, folder: Path) -> None:
        self._bench = Bench(folder)
        self.store = self._bench.store
        self.memory = IncidentMemory(self.store)
        self._runs = 0

    def run(
        self,
        *incidents: Incident,
        state: RunState = RunState.SUCCESS,
        attempts: tuple[Attempt, ...] = (),
    ) -> RunRecord:
        self._runs += 1
        record = self._bench.record.model_copy(
            update={
                "run_id": f"run-{self._runs}",
                "incidents": incidents,
                "attempts": attempts,
                "state": state,
                "last_at": self._bench.clock.now() + timedelta(hours=self._runs),
            }
        )
        self.memory.keep(record)
        return record

    def forget(self, which: str | None) -> int:
        return self.memory.forget(which, at=self._bench.clock.now(), actor="ada")


def test_a_remedy_worked_where_the_run_succeeded_or_failed_of_something_else(tmp_path: Path) -> None:
    past = Past(tmp_path)
    two = past.run(incident(THIS), incident(OTHER, attempt=2))
    assert [outcome for _, outcome in outcomes_of(two)] == [Result.WORKED, Result.WORKED]
    lost = past.run(incident(THIS), incident(THIS, attempt=2), state=RunState.FAILED)
    assert [outcome for _, outcome in outcomes_of(lost)] == [Result.FAILED, Result.OPEN]
    alone = past.run(incident(decision=Decision.NONE), state=RunState.FAILED)
    assert [outcome for _, outcome in outcomes_of(alone)] == [Result.OPEN]


def test_what_worked_is_proposed_for_nothing_with_the_run_it_comes_from(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.run(incident(fix=RETRY))
    past.run(incident(fix=WAIT))
    found = past.memory.worked(THIS)
    assert found is not None
    assert (found.source, found.origin, found.usage.calls) == (Source.MEMORY, "run-2", 0)
    assert found.hypothesis.remediation == WAIT
    assert past.memory.worked(OTHER) is None


def test_what_failed_once_is_never_proposed_again_even_if_it_worked_at_another_time(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.run(incident(fix=RETRY))
    past.run(incident(fix=RETRY), incident(attempt=2, fix=WAIT), state=RunState.FAILED)
    assert past.memory.worked(THIS) is None
    assert [h.remediation for h in past.memory.failed(THIS)] == [RETRY]
    past.run(incident(fix=WAIT))
    found = past.memory.worked(THIS)
    assert found is not None
    assert found.hypothesis.remediation == WAIT


def test_a_plan_that_waited_for_a_person_is_no_incident(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.run(incident("plan:0123456789abcdef", decision=Decision.APPROVED))
    assert past.memory.latest(10) == []


def test_telling_it_of_a_run_again_replaces_what_it_knew(tmp_path: Path) -> None:
    past = Past(tmp_path)
    record = past.run(incident())
    past.memory.keep(record)
    assert len(past.memory.latest(10)) == 1


def test_it_is_searched_by_fingerprint_and_then_by_words(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.run(incident(THIS, cause="the proxy was restarting"), incident(OTHER, cause="quota of addresses"))
    assert [found.fingerprint for found in past.memory.search("f2:", 10)] != []
    assert [found.fingerprint for found in past.memory.search(OTHER[:18] + "2", 10)] == [OTHER]
    assert [found.fingerprint for found in past.memory.search("proxies restarted", 10)] == [THIS]
    assert past.memory.search('") OR (1 "', 10) == []


def test_it_forgets_one_a_fingerprint_or_all(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.run(incident(THIS), incident(OTHER, attempt=2))
    past.run(incident(THIS, fix=Refresh(summary="refresh")))
    newest = past.memory.latest(1)[0]
    assert past.forget(str(newest.id)) == 1
    assert past.forget(THIS) == 1
    assert past.forget(THIS) == 0
    assert past.memory.search("restarting", 10)[0].fingerprint == OTHER
    assert past.forget(None) == 1
    assert past.memory.search("restarting", 10) == []
    told = [(line.action.actor, line.action.target, line.action.before) for line, _ in lines(past.store)]
    assert told[-3:] == [
        ("ada", str(newest.id), "incidents: 1"),
        ("ada", THIS, "incidents: 1"),
        ("ada", "every incident, and the answers of models", "incidents: 1"),
    ]


def test_it_is_found_by_the_words_in_which_it_failed_too(tmp_path: Path) -> None:
    past = Past(tmp_path)
    said = error("the flux capacitor is flat")
    past.run(
        incident(THIS),
        attempts=(Attempt(n=1, stage=Stage.APPLY, ok=False, duration_s=1, diagnostics=(said,)),),
    )
    past.run(incident(OTHER))
    assert [found.fingerprint for found in past.memory.search("flux flat", 10)] == [THIS]
