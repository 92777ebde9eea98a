"""What was tried, kept and put back: the record says it, and says the same when it is read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import StoreError
from contracts.fixing import StateChange
from contracts.hypothesis import Category, Source
from contracts.identity import EngineId
from contracts.incident import Decision, Incident, Stage
from contracts.journal import (
    EffectEnded,
    EffectIntended,
    EffectStarted,
    JournalLine,
    RunOpened,
    RunParked,
    RunResumed,
    Tried,
    Undone,
)
from contracts.remediation import Escalate, Replace, SetVariable
from contracts.run import Attempt, Carried, Effect, Outcome, RunEvent, RunRequest
from contracts.terraform import Ended, StateMark
from planner.fold import fold, opened
from planner.machine import RunMachine
from tests.fakes.clock import ManualClock
from tests.fakes.planning import ENGINE, PROCESS, Bench

SUMMARY = "Do it."


def incident(name: str, decision: Decision = Decision.NONE) -> Incident:
    return Incident(
        attempt=1,
        fingerprint="f1:0",
        stage=Stage.PLAN,
        category=Category.OTHER,
        retryable=True,
        root_cause=name,
        evidence=(),
        confidence=1,
        source=Source.MODEL,
        remediation=SetVariable(summary=SUMMARY, name=name, value="1"),
        decision=decision,
    )


class Failed(Bench):
    """A run in DIAGNOSING; moves as the loop would."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._machine = RunMachine(model=self.record, listeners=[self.journal])
        self.move(RunEvent.BEGIN)
        self.move(RunEvent.ERRORED, attempt=Attempt(n=1, stage=Stage.PLAN, ok=False, duration_s=1))

    def move(self, event: RunEvent, **facts: object) -> None:
        outcome = Outcome.model_validate({"event": event, "reason": "because", **facts})
        self._machine.send(event, outcome=outcome)

    def tried(self, name: str, *, kept: bool) -> None:
        decision = Decision.NONE if kept else Decision.REFUSED
        self.journal.append(Tried(incident=incident(name, decision), kept=kept))

    def told(self) -> list[tuple[str, Decision]]:
        assert self.refolded() == self.record, "read again, it is another record"
        return [(one.root_cause, one.decision) for one in self.record.incidents]


def test_what_was_refused_is_remembered_and_not_kept(tmp_path: Path) -> None:
    run = Failed(tmp_path)
    run.tried("a", kept=False)
    assert run.told() == [("a", Decision.REFUSED)]
    assert not run.record.kept


def test_what_settled_a_part_is_applied_with_the_rest(tmp_path: Path) -> None:
    run = Failed(tmp_path)
    run.tried("first", kept=True)
    run.tried("wrong", kept=False)
    run.tried("second", kept=True)
    assert list(run.record.kept) == [0, 2]
    run.move(
        RunEvent.REMEDIED,
        carried=Carried(changes_digest="d"),
        incident=incident("third", Decision.APPLIED),
    )
    applied, refused = Decision.APPLIED, Decision.REFUSED
    assert run.told() == [("first", applied), ("wrong", refused), ("second", applied), ("third", applied)]
    assert not run.record.kept


@pytest.mark.parametrize("event", [RunEvent.EXHAUSTED, RunEvent.REMEDIED])
def test_what_settled_a_part_was_not_applied_where_the_rest_never_came(
    tmp_path: Path, event: RunEvent
) -> None:
    run = Failed(tmp_path)
    run.tried("first", kept=True)
    run.move(event, incident=incident("last"))  # it gives up, or tries again as it is
    assert run.told() == [("first", Decision.NONE), ("last", Decision.NONE)]
    assert not run.record.kept


def test_a_parked_incident_is_replaced_by_what_became_of_it(tmp_path: Path) -> None:
    run = Failed(tmp_path)
    run.journal.append(RunParked(reason="asked", incident=incident("a", Decision.PARKED)))
    assert run.record.parked
    run.tried("b", kept=False)
    assert run.told() == [("b", Decision.REFUSED)]


def promoted(run: Failed, ended: str) -> None:
    run.journal.append(EffectIntended(effect=Effect.PROMOTE, attempt=1, what="main.tf", patch="-a\n+b\n"))
    assert run.record.open_effect is Effect.PROMOTE
    run.journal.append(EffectEnded(effect=Effect.PROMOTE, ended=ended))


def test_a_promotion_counts_once_it_is_done(tmp_path: Path) -> None:
    run = Failed(tmp_path)
    promoted(run, "done")
    promoted(run, "refused")
    promoted(run, "unknown")
    assert (run.record.promotions, run.record.patch) == (1, "-a\n+b\n")
    assert run.told() == []


def test_what_is_put_back_is_put_back_though_the_run_has_ended(tmp_path: Path) -> None:
    run = Failed(tmp_path)
    promoted(run, "done")
    run.move(RunEvent.EXHAUSTED, incident=incident("a"))
    before = run.record.duration_s
    run.clock.advance(3600)
    run.journal.append(Undone(what=("put back main.tf",), actor="ada"))
    assert run.record.undone
    assert run.record.duration_s == before, "nobody drove it meanwhile"
    assert run.told() == [("a", Decision.NONE)]


@pytest.mark.parametrize("ended", list(Ended))
def test_a_fix_serves_for_one_apply_whatever_comes_of_it(tmp_path: Path, ended: Ended) -> None:
    run = Failed(tmp_path)
    run.move(RunEvent.REMEDIED, carried=Carried(changes_digest="d"), incident=incident("a"))
    assert run.record.carried is not None
    run.journal.append(EffectIntended(effect=Effect.APPLY, attempt=2))
    run.journal.append(EffectEnded(effect=Effect.APPLY, ended=ended))
    assert run.record.carried is None
    run.told()


def test_a_change_of_the_state_counts_once_it_is_done_and_until_it_is_undone(tmp_path: Path) -> None:
    run = Failed(tmp_path)
    moved = StateChange(verb="mv", source="a.b", destination="a.c")
    for ended, expected in ((Ended.ERRORED, ()), (Ended.COMPLETED, (moved,))):
        run.journal.append(EffectIntended(effect=Effect.CHANGE, attempt=1, change=moved))
        run.journal.append(EffectEnded(effect=Effect.CHANGE, ended=ended))
        assert run.record.state_changes == expected
    run.journal.append(EffectIntended(effect=Effect.UNDO, attempt=1, change=moved.back))
    run.journal.append(EffectEnded(effect=Effect.UNDO, ended=Ended.COMPLETED))
    assert run.record.state_changes == ()
    run.told()


@pytest.mark.parametrize("ended", ["unknown", *Ended])
@pytest.mark.parametrize("began", [True, False])
def test_a_change_is_doubtful_where_its_command_ran_and_did_not_come_to_an_end_of_its_own(
    tmp_path: Path, ended: str, *, began: bool
) -> None:
    run = Failed(tmp_path)
    moved = StateChange(verb="mv", source="a.b", destination="a.c")
    run.journal.append(EffectIntended(effect=Effect.CHANGE, attempt=1, change=moved))
    if began:
        run.journal.append(EffectStarted(effect=Effect.CHANGE, process=PROCESS))
    run.journal.append(EffectEnded(effect=Effect.CHANGE, ended=ended))
    doubtful = began and ended not in {Ended.COMPLETED, Ended.ERRORED}
    assert run.record.doubtful_changes == ((moved,) if doubtful else ())
    assert run.record.state_changes == ((moved,) if ended == Ended.COMPLETED else ())
    run.told()
    run.journal.append(EffectIntended(effect=Effect.CHANGE, attempt=1, change=moved))
    run.journal.append(EffectEnded(effect=Effect.CHANGE, ended=Ended.COMPLETED))
    assert not run.record.doubtful_changes, "it is known by now"
    run.told()


def test_any_order_of_trials_is_read_again_as_it_was_lived(tmp_path: Path) -> None:
    for number in range(16):
        run = Failed(tmp_path / str(number))
        for place in range(4):
            run.tried(f"t{place}", kept=bool(number >> place & 1))
        mended = {"carried": Carried(changes_digest="d")} if number % 3 else {}
        run.move(RunEvent.REMEDIED if mended else RunEvent.EXHAUSTED, incident=incident("end"), **mended)
        done = Decision.APPLIED if number % 3 else Decision.NONE
        expected = [done if number >> place & 1 else Decision.REFUSED for place in range(4)]
        assert [decision for _, decision in run.told()][:4] == expected


def test_remedies_of_every_shape_survive_the_journal(tmp_path: Path) -> None:
    run = Failed(tmp_path)
    for remedy in (Replace(summary=SUMMARY, address='a.b["k"]'), Escalate(summary="Look.")):
        one = incident("x").model_copy(update={"remediation": remedy})
        run.journal.append(Tried(incident=one, kept=True))
    run.told()
    assert [one.remediation.kind for one in run.record.incidents] == ["replace", "escalate"]


def test_the_days_until_an_undo_are_not_time_that_somebody_drove_the_run(tmp_path: Path) -> None:
    run = Failed(tmp_path)
    run.clock.sleep(2)
    run.move(RunEvent.EXHAUSTED)
    driven = run.record.duration_s
    assert driven >= 2
    run.clock.sleep(86_400)
    run.journal.append(EffectIntended(effect=Effect.UNDO, attempt=1, what="files"))
    run.journal.append(EffectEnded(effect=Effect.UNDO, ended="done"))
    run.journal.append(Undone(what=("files",), actor="somebody"))
    assert run.record.duration_s == driven
    assert run.refolded() == run.record


def test_a_run_begins_with_who_drives_it_and_what_an_earlier_one_left(tmp_path: Path) -> None:
    at, mark = ManualClock().now(), StateMark(lineage="l", serial=3, instances=2)
    entry = RunOpened(
        request=RunRequest(module=tmp_path),
        engine=ENGINE,
        planner_version="0",
        maybe_created=("terraform_data.a",),
        actor="ada",
        state=mark,
    )
    record = opened("run-1", JournalLine(run_id="run-1", seq=0, at=at, entry=entry))
    assert (record.actor, record.engine, record.state_mark) == ("ada", ENGINE, mark)
    assert record.maybe_created == {"terraform_data.a"}
    assert record.started_at == record.last_at == at


def test_whoever_takes_a_run_up_drives_it_and_adds_what_may_exist_by_now(tmp_path: Path) -> None:
    run, other = Failed(tmp_path), EngineId(name="tofu", version="1.9.0")
    for address in ("terraform_data.a", "terraform_data.b"):
        run.journal.append(RunResumed(engine=other, actor="ada", maybe_created=(address,)))
    assert (run.record.actor, run.record.engine) == ("ada", other)
    assert run.record.maybe_created == {"terraform_data.a", "terraform_data.b"}
    assert run.refolded() == run.record


def test_a_journal_without_its_beginning_is_refused_by_its_run_and_what_is_wrong() -> None:
    undone = Undone(what=("files",), actor="ada")
    line = JournalLine(run_id="run-1", seq=0, at=ManualClock().now(), entry=undone)
    with pytest.raises(StoreError, match="run run-1 is damaged: it is empty"):
        fold("run-1", [])
    with pytest.raises(StoreError, match="run run-1 is damaged: it does not begin with its opening entry"):
        fold("run-1", [line])
