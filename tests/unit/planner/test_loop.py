"""One run through the real machine, journal and store, with scripted sub-agents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import JsonValue

from contracts.approval import Approval
from contracts.budget import Limits, Usage
from contracts.diagnostic import Diagnostic
from contracts.hypothesis import Category, Hypothesis, Source
from contracts.incident import Decision, Diagnosis, Evidence, Named, Unknown
from contracts.journal import Decided, Moved
from contracts.ports import OnStart, Permits, Stop
from contracts.remediation import Credentials, EditConfig, Refresh, Retry, WaitAndRetry
from contracts.run import RunRequest, RunState, StopKind
from contracts.settings import Answer, Policy
from contracts.terraform import (
    ChangeAction,
    Ended,
    InitRequest,
    InitResult,
    PlannedChange,
    PlanResult,
    ShowResult,
)
from contracts.validation import Checks, DriftPolicy
from planner.result import result_of
from tests.fakes.clock import ManualClock
from tests.fakes.planning import (
    CREATE_A,
    DESTROY_B,
    INIT_BROKEN,
    INIT_OK,
    AgreeableValidator,
    Bench,
    PlainRedactor,
    ScriptedDiagnoser,
    ScriptedTerraform,
    apply_of,
    error,
    hypothesis,
    plan_of,
)


def named(
    remedy: Retry | WaitAndRetry | Refresh | EditConfig | Credentials,
    *,
    model: bool = False,
    retryable: bool = True,
) -> Named:
    return Named(
        hypothesis=hypothesis(remedy, retryable=retryable),
        source=Source.MODEL if model else Source.SIGNATURE,
        origin="x",
        usage=Usage(calls=1, cost_usd=Decimal("0.001")) if model else Usage(),
    )


def request(folder: Path, **fields: object) -> RunRequest:
    return RunRequest.model_validate({"module": folder, **fields})


def test_a_clean_run_makes_four_terraform_calls_and_asks_nobody(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(plans=[plan_of(CREATE_A), plan_of()], applies=[apply_of(CREATE_A)])
    bench = Bench(tmp_path, terraform=terraform)
    record = bench.drive()
    assert record.state is RunState.SUCCESS
    assert terraform.calls() == ["init", "plan", "apply", "plan"]
    assert bench.diagnoser.permits == []
    assert result_of(record).usage.model_calls == 0
    assert result_of(record).exit_code == 0


def test_an_empty_plan_is_its_own_drift_check_and_is_not_applied(tmp_path: Path) -> None:
    bench = Bench(tmp_path, terraform=ScriptedTerraform(plans=[plan_of()]))
    assert bench.drive().state is RunState.SUCCESS
    assert bench.terraform.calls() == ["init", "plan"]
    assert bench.validator.requests[0].observed.pending == ()


def test_no_replan_is_made_where_the_module_ignores_drift(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(plans=[plan_of(CREATE_A)], applies=[apply_of(CREATE_A)])
    bench = Bench(
        tmp_path, terraform=terraform, request=request(tmp_path, checks=Checks(drift=DriftPolicy.IGNORE))
    )
    assert bench.drive().state is RunState.SUCCESS
    assert terraform.calls() == ["init", "plan", "apply"]
    observed = bench.validator.requests[0].observed
    assert observed.pending is None
    assert observed.state_addresses == observed.expected_addresses == ("terraform_data.a",)


def test_what_is_changed_while_a_deposed_object_of_it_goes_is_looked_for_in_the_state(tmp_path: Path) -> None:
    address = CREATE_A.address
    update = CREATE_A.model_copy(update={"action": ChangeAction.UPDATE})
    delete = CREATE_A.model_copy(update={"action": ChangeAction.DELETE})
    plan = plan_of(delete, update).model_copy(update={"state_addresses": (address,)})
    terraform = ScriptedTerraform(plans=[plan], applies=[apply_of(update)])
    asked = request(tmp_path, yes=True, checks=Checks(drift=DriftPolicy.IGNORE))
    bench = Bench(tmp_path, terraform=terraform, request=asked)
    bench.drive()
    assert bench.validator.requests[0].observed.expected_addresses == (address,)


def test_a_passing_fault_is_retried_with_growing_waits_at_no_cost(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(inits=[INIT_BROKEN, INIT_BROKEN, INIT_OK], plans=[plan_of()])
    diagnoser = ScriptedDiagnoser(named(WaitAndRetry(summary="wait", wait_s=10)))
    bench = Bench(tmp_path, terraform=terraform, diagnoser=diagnoser)
    record = bench.drive()
    assert record.state is RunState.SUCCESS
    assert [attempt.ok for attempt in record.attempts] == [False, False, True]
    assert sum(bench.clock.sleeps) == pytest.approx(10 + 20)
    assert [incident.decision for incident in record.incidents] == [Decision.APPLIED, Decision.APPLIED]


@pytest.mark.parametrize("cap", range(4))
def test_a_fault_that_does_not_pass_ends_after_the_cap(tmp_path: Path, cap: int) -> None:
    bench = Bench(
        tmp_path,
        terraform=ScriptedTerraform(inits=[INIT_BROKEN]),
        request=request(tmp_path, limits=Limits(max_retries=cap)),
    )
    record = bench.drive()
    assert record.state is RunState.FAILED
    assert len(record.attempts) == cap + 1
    assert f"the cap of {cap} retr" in record.reason
    assert result_of(record).exit_code == 2


@pytest.mark.parametrize(
    "remedy", [EditConfig(summary="rename it"), Credentials(summary="log in")], ids=lambda r: r.kind
)
def test_what_needs_a_person_is_shown_and_not_retried(
    tmp_path: Path, remedy: EditConfig | Credentials
) -> None:
    bench = Bench(
        tmp_path,
        terraform=ScriptedTerraform(inits=[INIT_BROKEN]),
        diagnoser=ScriptedDiagnoser(named(remedy, retryable=False)),
    )
    record = bench.drive()
    assert (record.state, len(record.attempts)) == (RunState.FAILED, 1)
    assert record.incidents[0].decision is Decision.NONE
    assert record.incidents[0].remediation == remedy


def test_an_unknown_cause_is_never_retried_and_says_what_to_look_at(tmp_path: Path) -> None:
    unknown = Unknown(why="no signature matches; no model is configured", next_step="Look at main.tf:3.")
    bench = Bench(
        tmp_path, terraform=ScriptedTerraform(inits=[INIT_BROKEN]), diagnoser=ScriptedDiagnoser(unknown)
    )
    incident = bench.drive().incidents[0]
    assert (incident.category, incident.source, incident.confidence) == (Category.OTHER, None, 0)
    assert incident.remediation.summary == "Look at main.tf:3."
    assert incident.evidence == ("it broke",)


def test_the_same_hypothesis_of_a_model_twice_ends_the_run(tmp_path: Path) -> None:
    again = named(Retry(summary="once more"), model=True)
    bench = Bench(
        tmp_path, terraform=ScriptedTerraform(inits=[INIT_BROKEN]), diagnoser=ScriptedDiagnoser(again)
    )
    record = bench.drive()
    assert record.state is RunState.FAILED
    assert record.reason.startswith("the same hypothesis came twice")
    assert len(record.attempts) == 2


def test_a_stale_plan_is_planned_afresh(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(inits=[INIT_BROKEN, INIT_OK], plans=[plan_of()])
    bench = Bench(
        tmp_path, terraform=terraform, diagnoser=ScriptedDiagnoser(named(Refresh(summary="plan anew")))
    )
    assert bench.drive().state is RunState.SUCCESS


def test_a_failed_check_is_diagnosed_and_may_be_tried_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, validator=AgreeableValidator(fails=1))
    record = bench.drive()
    assert record.state is RunState.SUCCESS
    assert [(a.stage, a.ok) for a in record.attempts] == [("validate", False), ("validate", True)]


def test_a_plan_that_destroys_parks_until_a_person_approves_it(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(
        plans=[plan_of(DESTROY_B), plan_of(DESTROY_B), plan_of()], applies=[apply_of(DESTROY_B)]
    )
    bench = Bench(tmp_path, terraform=terraform)
    record = bench.drive()
    assert (record.state, record.parked) == (RunState.DIAGNOSING, True)
    assert result_of(record).exit_code == 3
    assert record.incidents[0].decision is Decision.PARKED
    assert "apply" not in terraform.calls()
    answer(bench, "approve")
    record = bench.drive()
    assert record.state is RunState.SUCCESS
    assert [incident.decision for incident in record.incidents] == [Decision.APPROVED]
    assert record.retries == 0


def test_time_spent_waiting_for_a_person_is_not_the_runs(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(
        plans=[plan_of(DESTROY_B), plan_of(DESTROY_B), plan_of()], applies=[apply_of(DESTROY_B)]
    )
    bench = Bench(tmp_path, terraform=terraform)
    bench.drive()
    bench.clock.advance(2 * 24 * 3600)
    answer(bench, "approve")
    record = bench.drive()
    assert record.state is RunState.SUCCESS
    assert record.duration_s < 60


def test_a_rejected_plan_ends_the_run_without_an_apply(tmp_path: Path) -> None:
    bench = Bench(tmp_path, terraform=ScriptedTerraform(plans=[plan_of(DESTROY_B)]))
    bench.drive()
    answer(bench, "reject")
    record = bench.drive()
    assert record.state is RunState.FAILED
    assert record.incidents[0].decision is Decision.REFUSED
    assert "apply" not in bench.terraform.calls()


def test_an_approval_of_another_plan_does_not_count(tmp_path: Path) -> None:
    worse = PlannedChange(address="terraform_data.c", action=ChangeAction.DELETE)
    bench = Bench(
        tmp_path, terraform=ScriptedTerraform(plans=[plan_of(DESTROY_B), plan_of(DESTROY_B, worse)])
    )
    bench.drive()
    answer(bench, "approve")
    record = bench.drive()
    assert record.parked
    assert "terraform_data.c" in record.reason
    assert "apply" not in bench.terraform.calls()


def shown(value: str) -> ShowResult:
    change = {"actions": ["delete"], "before": {"input": value}}
    plan = {"resource_changes": [{"address": DESTROY_B.address, "change": change}]}
    return ShowResult(ended=Ended.COMPLETED, plan=plan)


def test_an_approval_of_other_values_does_not_count(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(
        plans=[plan_of(DESTROY_B)], shows=[shown("a"), shown("b")], applies=[apply_of(DESTROY_B)]
    )
    bench = Bench(tmp_path, terraform=terraform)
    bench.drive()
    answer(bench, "approve")
    record = bench.drive()
    assert record.parked
    assert "has changed since" in record.reason
    assert "apply" not in terraform.calls()
    answer(bench, "approve")
    bench.drive()
    assert "apply" in terraform.calls()


def test_a_plan_that_cannot_be_read_is_a_failure_and_no_question(tmp_path: Path) -> None:
    unread = ShowResult(ended=Ended.ERRORED, diagnostics=(error("Failed to read plan"),))
    terraform = ScriptedTerraform(plans=[plan_of(DESTROY_B)], shows=[unread])
    record = Bench(tmp_path, terraform=terraform).drive()
    assert record.state is RunState.FAILED
    assert record.attempts[0].diagnostics == unread.diagnostics
    assert "apply" not in terraform.calls()


def test_where_the_answer_was_given_beforehand_no_values_are_read(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(plans=[plan_of(DESTROY_B), plan_of()], applies=[apply_of(DESTROY_B)])
    Bench(tmp_path, terraform=terraform, request=request(tmp_path, yes=True)).drive()
    assert terraform.calls() == ["init", "plan", "apply", "plan"]


DESTRUCTIVE = {
    "delete": ChangeAction.DELETE,
    "replace": ChangeAction.REPLACE,
    "forget": ChangeAction.REMOVE,
    "a word Terraform may add one day": ChangeAction.UNKNOWN,
}


@pytest.mark.parametrize("action", DESTRUCTIVE.values(), ids=DESTRUCTIVE.keys())
@pytest.mark.parametrize("answer", Answer)
def test_policy_decides_about_every_destructive_action(
    tmp_path: Path, action: ChangeAction, answer: Answer
) -> None:
    change = PlannedChange(address="terraform_data.b", action=action)
    terraform = ScriptedTerraform(plans=[plan_of(change), plan_of()], applies=[apply_of(change)])
    bench = Bench(tmp_path, terraform=terraform, request=request(tmp_path, policy=Policy(destroy=answer)))
    expected = {Answer.ASK: 3, Answer.ALLOW: 0, Answer.NEVER: 2}[answer]
    assert result_of(bench.drive()).exit_code == expected
    assert ("apply" in terraform.calls()) is (answer is Answer.ALLOW)


def test_yes_answers_a_question_but_never_stays_never(tmp_path: Path) -> None:
    for answer, code in ((Answer.ASK, 0), (Answer.NEVER, 2)):
        folder = tmp_path / answer
        terraform = ScriptedTerraform(plans=[plan_of(DESTROY_B), plan_of()], applies=[apply_of(DESTROY_B)])
        asked = request(tmp_path, policy=Policy(destroy=answer), yes=True)
        assert result_of(Bench(folder, terraform=terraform, request=asked).drive()).exit_code == code


def test_what_this_run_created_and_tainted_may_be_replaced_unasked(tmp_path: Path) -> None:
    tainted = PlannedChange(address="terraform_data.a", action=ChangeAction.REPLACE, reason="tainted")
    terraform = ScriptedTerraform(
        plans=[plan_of(CREATE_A), plan_of(tainted), plan_of()],
        applies=[apply_of(CREATE_A, ended=Ended.ERRORED), apply_of(tainted)],
    )
    bench = Bench(tmp_path, terraform=terraform)
    assert bench.drive().state is RunState.SUCCESS


def test_a_tainted_object_of_an_earlier_run_is_asked_about(tmp_path: Path) -> None:
    tainted = PlannedChange(address="terraform_data.a", action=ChangeAction.REPLACE, reason="tainted")
    bench = Bench(tmp_path, terraform=ScriptedTerraform(plans=[plan_of(tainted)]))
    assert bench.drive().parked


def test_a_killed_apply_is_never_repeated_without_asking(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(
        plans=[plan_of(CREATE_A)], applies=[apply_of(CREATE_A, ended=Ended.KILLED), apply_of(CREATE_A)]
    )
    bench = Bench(tmp_path, terraform=terraform)
    record = bench.drive()
    assert record.parked
    assert "may already have created terraform_data.a" in record.reason
    assert terraform.calls().count("apply") == 1


STOPS = {
    "a person, during init": (StopKind.INTERRUPT, 130),
    "the kill switch": (StopKind.KILL_SWITCH, 4),
    "the clock": (StopKind.TIMEOUT, 4),
}


@pytest.mark.parametrize(("kind", "code"), STOPS.values(), ids=STOPS.keys())
def test_a_stop_starts_nothing_more(tmp_path: Path, kind: StopKind, code: int) -> None:
    bench = Bench(tmp_path)
    bench.stop.kind = kind
    record = bench.drive()
    assert result_of(record).exit_code == code
    assert bench.terraform.calls() == []


def test_the_time_limit_ends_the_run_before_the_next_step(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        terraform=ScriptedTerraform(inits=[INIT_BROKEN]),
        diagnoser=ScriptedDiagnoser(named(WaitAndRetry(summary="wait", wait_s=600))),
        request=request(tmp_path, limits=Limits(timeout=timedelta(minutes=1))),
    )
    record = bench.drive()
    assert (record.stop, result_of(record).exit_code) == (StopKind.TIMEOUT, 4)
    assert len(bench.terraform.calls()) == 1


class Slow(ScriptedDiagnoser):
    """Names nothing, and takes longer for it than the run has."""

    clock: ManualClock

    def diagnose(self, evidence: Evidence, permits: Permits, tried: Sequence[Hypothesis]) -> Diagnosis:
        self.clock.advance(120)
        return Unknown(why="it was not asked: the run is ending", next_step="look")


def test_a_time_limit_that_passes_while_a_cause_is_sought_ends_the_run_as_one(tmp_path: Path) -> None:
    slow = Slow()
    bench = Bench(
        tmp_path,
        terraform=ScriptedTerraform(inits=[INIT_BROKEN]),
        diagnoser=slow,
        request=request(tmp_path, limits=Limits(timeout=timedelta(minutes=1))),
    )
    slow.clock = bench.clock
    record = bench.drive()
    assert (record.stop, result_of(record).exit_code) == (StopKind.TIMEOUT, 4)
    assert "time limit" in record.reason
    assert len(record.incidents) == 1


def test_what_yes_allowed_is_told(tmp_path: Path) -> None:
    gone = PlannedChange(address="a_b.gone", action=ChangeAction.DELETE)
    bench = Bench(
        tmp_path,
        terraform=ScriptedTerraform(plans=[plan_of(gone), plan_of()], applies=[apply_of(gone)]),
        request=request(tmp_path, yes=True),
    )
    bench.drive()
    lines = bench.store.lines("run-1")
    told = [line.entry.outcome.reason for line in lines if isinstance(line.entry, Moved)]
    assert any("--yes allowed it: the plan would destroy a_b.gone" in reason for reason in told)


def test_an_apply_that_told_nothing_before_it_was_stopped_is_not_said_to_have_saved(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(plans=[plan_of(CREATE_A)], applies=[apply_of(ended=Ended.STOPPED)])
    record = Bench(tmp_path, terraform=terraform).drive()
    assert "nothing tells whether the state was saved" in record.reason


def test_an_apply_that_told_nothing_before_it_was_killed_leaves_all_in_doubt(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(plans=[plan_of(CREATE_A)], applies=[apply_of(ended=Ended.KILLED)])
    record = Bench(tmp_path, terraform=terraform).drive()
    assert record.maybe_created == {CREATE_A.address}


def test_an_interrupted_apply_ends_the_run_and_says_that_the_state_is_saved(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(
        plans=[plan_of(CREATE_A)], applies=[apply_of(CREATE_A, ended=Ended.STOPPED)]
    )
    record = Bench(tmp_path, terraform=terraform).drive()
    assert record.state is RunState.FAILED
    assert "the state is saved" in record.reason
    assert record.attempts[-1].stage == "apply"


class Hanging(ScriptedTerraform):
    """Its init ends when it is killed, an hour later."""

    clock: ManualClock

    def init(self, request: InitRequest, stop: Stop, on_start: OnStart) -> InitResult:
        self.clock.advance(3600)
        return super().init(request, stop, on_start)


def test_a_call_that_hung_past_the_limit_is_named_as_what_took_the_time(tmp_path: Path) -> None:
    terraform = Hanging(inits=[InitResult(ended=Ended.KILLED)])
    bench = Bench(tmp_path, terraform=terraform)
    terraform.clock = bench.clock
    record = bench.drive()
    assert (record.stop, result_of(record).exit_code) == (StopKind.TIMEOUT, 4)
    assert record.reason == "the time limit is reached (during init, which hung and had to be killed)"


def test_no_more_than_the_cap_of_model_permits_is_ever_given(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        terraform=ScriptedTerraform(inits=[INIT_BROKEN]),
        request=request(tmp_path, limits=Limits(max_retries=0)),
    )
    bench.drive()
    assert bench.diagnoser.permits == [None]


def test_the_record_is_the_fold_of_the_journal_after_every_kind_of_run(tmp_path: Path) -> None:
    runs = {
        "clean": Bench(tmp_path / "1", terraform=ScriptedTerraform(plans=[plan_of()])),
        "parked": Bench(tmp_path / "2", terraform=ScriptedTerraform(plans=[plan_of(DESTROY_B)])),
        "exhausted": Bench(tmp_path / "3", terraform=ScriptedTerraform(inits=[INIT_BROKEN])),
        "retried": Bench(tmp_path / "4", validator=AgreeableValidator(fails=1)),
    }
    for bench in runs.values():
        assert bench.drive() == bench.refolded()


def test_a_secret_that_terraform_prints_is_not_in_the_store(tmp_path: Path) -> None:
    secret = "hunter2-canary"
    leaking = PlanResult(
        ended=Ended.ERRORED,
        diagnostics=(Diagnostic(severity="error", summary=f"bad key {secret}", detail=secret),),
        text=secret,
    )
    bench = Bench(tmp_path, terraform=ScriptedTerraform(plans=[leaking]), redactor=PlainRedactor(secret))
    bench.drive()
    bench.store.close()
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert secret.encode() not in written


def answer(bench: Bench, decision: str) -> None:
    pending = bench.record.pending
    assert pending is not None
    approval = Approval.model_validate(
        {"decision": decision, "digest": pending.digest, "actor": "ada", "at": bench.clock.now()}
    )
    bench.journal.append(Decided(approval=approval))


class BreakingRedactor(PlainRedactor):
    """Fails once it is told to."""

    broken = False

    def redact_json(self, value: JsonValue) -> JsonValue:
        if self.broken:
            raise RecursionError
        return super().redact_json(value)


def test_where_a_redactor_fails_nothing_is_written_and_the_run_stops(tmp_path: Path) -> None:
    redactor = BreakingRedactor()
    bench = Bench(tmp_path, redactor=redactor)
    before = len(bench.store.lines("run-1"))
    redactor.broken = True
    with pytest.raises(RecursionError):
        bench.drive()
    assert len(bench.store.lines("run-1")) == before
    assert bench.terraform.calls() == []
