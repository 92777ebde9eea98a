"""What the report of a run says, and that it can be told of a run that was cut off anywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.errors import StoreError
from contracts.report import MomentKind, RemedyOutcome, RunReport
from contracts.run import RunRequest, RunState, StopKind
from planner.fold import fold
from planner.reporting.build import report_of
from planner.reporting.markdown import markdown
from planner.reporting.page import html
from planner.reporting.postmortem import failed_at_all, postmortem_of
from planner.reporting.summary import figures_of
from planner.result import result_of
from tests.fakes.planning import (
    CREATE_A,
    DESTROY_B,
    INIT_BROKEN,
    INIT_OK,
    Bench,
    ScriptedTerraform,
    apply_of,
    plan_of,
)
from tests.fakes.told_runs import EVERY, START, Told, clean_run, failed_run, fixed_run, parked_run, undone_run


def told(run: Told) -> RunReport:
    return report_of(run.lines[0].run_id, run.lines)


def test_the_result_is_the_one_that_show_prints() -> None:
    for make in (clean_run, parked_run, fixed_run, failed_run):
        run = make()
        record = fold(run.lines[0].run_id, run.lines)
        assert told(run).result == result_of(record).model_copy(
            update={"duration_s": pytest.approx(record.duration_s, abs=0.002)}
        )


def test_time_is_driven_or_waited_and_both_together_are_the_whole() -> None:
    report = told(fixed_run())
    assert report.waited_s == 7200.5
    assert report.ended_at is not None
    whole = (report.ended_at - report.started_at).total_seconds()
    assert report.result.duration_s + report.waited_s == pytest.approx(whole)
    [diagnosing] = [stay for stay in report.path if stay.state is RunState.DIAGNOSING]
    assert diagnosing.waited_s == 7200.5
    assert sum(stay.waited_s for stay in report.path) == 7200.5


def test_the_path_has_every_state_with_the_event_that_ended_it() -> None:
    assert [(stay.state.value, stay.event) for stay in told(fixed_run()).path] == [
        ("INIT", "begin"),
        ("RUNNING", "errored"),
        ("DIAGNOSING", "remedied"),
        ("RUNNING", "applied"),
        ("VALIDATING", "verified"),
        ("SUCCESS", None),
    ]


def test_a_proof_is_one_line_of_the_timeline_and_every_other_effect_one_each() -> None:
    lines = told(fixed_run()).timeline
    proofs = [moment for moment in lines if moment.kind is MomentKind.PROOF]
    assert [moment.what for moment in proofs] == [
        "tried on a copy of the module: fmt, init, validate, plan, show",
        "tried on a copy of the module: plan",
    ]
    assert proofs[0].duration_s == pytest.approx(1.9)
    assert [moment.what for moment in lines if moment.kind is MomentKind.FIX] == ["wrote the fix to main.tf"]
    assert [moment.at for moment in lines] == sorted(moment.at for moment in lines)


def test_a_remedy_has_its_proof_its_answers_and_what_came_of_it() -> None:
    [remedy] = told(fixed_run()).remedies
    assert remedy.outcome is RemedyOutcome.WORKED
    assert remedy.proposal is not None
    assert remedy.proposal.proof[0].startswith("terraform validate")
    assert [(answer.decision, answer.actor) for answer in remedy.answers] == [("approve", "grace")]


def test_what_was_refused_and_what_did_not_help_are_told_apart() -> None:
    report = told(failed_run())
    assert [(r.incident, r.outcome.value) for r in report.remedies] == [
        (0, "open"),
        (1, "worked"),
        (2, "open"),
    ]
    assert [i.decision.value for i in report.result.incidents] == ["refused", "applied", "none"]


def test_a_model_call_has_its_cost_and_an_apply_that_was_killed_what_may_exist() -> None:
    report = told(failed_run())
    [call] = report.calls
    assert call.usage is not None
    assert call.usage.cost_usd == Decimal("0.0123")
    assert call.duration_s == 2.5
    assert report.maybe_created == ("aws_sqs_queue.dead",)
    assert [change.command for change in report.state_changes] == ["terraform import aws_sqs_queue.q jobs"]


def test_changes_are_told_by_attempt() -> None:
    assert [(c.n, c.planned, c.created) for c in told(fixed_run()).changes] == [
        (2, None, ("terraform_data.box[0]", "terraform_data.box[1]"))
    ]
    [killed] = told(failed_run()).changes
    assert killed.planned is not None
    assert [change.address for change in killed.planned] == ["aws_sqs_queue.dead[0]"]


def test_an_apply_that_did_more_than_create_is_told_in_words(tmp_path: Path) -> None:
    both = plan_of(CREATE_A, DESTROY_B)
    request = RunRequest(module=tmp_path, yes=True)
    terraform = ScriptedTerraform(plans=[both, plan_of()], applies=[apply_of(CREATE_A, DESTROY_B)])
    bench = Bench(tmp_path, terraform=terraform, request=request)
    bench.drive()
    report = report_of("run-1", bench.store.lines("run-1"))
    assert [(c.created, c.told) for c in report.changes] == [
        (("terraform_data.a",), "create terraform_data.a, delete terraform_data.b")
    ]
    assert "it was to create terraform_data.a, delete terraform_data.b" in markdown(report)
    assert "takes something away" in html(report)


def test_an_edit_that_was_put_back_is_told_so_and_the_days_between_are_nobodys_work() -> None:
    fixed, undone = told(fixed_run()), told(undone_run())
    assert [edit.put_back for edit in fixed.edits] == [False]
    assert [edit.put_back for edit in undone.edits] == [True]
    assert undone.undone
    assert undone.result.duration_s == fixed.result.duration_s
    assert undone.ended_at == fixed.ended_at
    assert undone.last_at - START > timedelta(days=3)


def test_sensitive_outputs_are_masked() -> None:
    assert told(clean_run()).result.outputs == {"names": ["a", "b"], "token": "(sensitive)"}


def test_a_journal_without_entries_is_no_run() -> None:
    with pytest.raises(StoreError):
        report_of("x", [])


@pytest.mark.parametrize("make", EVERY)
def test_a_run_that_was_cut_off_at_any_entry_can_be_told(make: Callable[[], Told]) -> None:
    run = make()
    for length in range(1, len(run.lines) + 1):
        report = report_of("x", run.lines[:length])
        assert RunReport.model_validate_json(report.model_dump_json()) == report
        assert sum(stay.seconds for stay in report.path) == pytest.approx(
            report.result.duration_s + report.waited_s, abs=0.01
        )
        assert len(report.remedies) == len(report.result.incidents)
        assert markdown(report).startswith("# ")
        assert html(report).endswith("</html>\n")
        if failed_at_all(report):
            assert "## Follow-ups" in postmortem_of(report)
        assert figures_of([report]).runs == 1


@pytest.mark.parametrize(
    "terraform",
    [
        ScriptedTerraform(plans=[plan_of()]),
        ScriptedTerraform(
            inits=[INIT_BROKEN, INIT_OK], plans=[plan_of(CREATE_A)], applies=[apply_of(CREATE_A)]
        ),
        ScriptedTerraform(inits=[INIT_BROKEN]),
        ScriptedTerraform(plans=[plan_of(DESTROY_B)], applies=[apply_of(DESTROY_B)]),
    ],
    ids=["clean", "retried", "given-up", "asks"],
)
def test_a_run_that_really_was_driven_can_be_told_at_every_entry(
    tmp_path: Path, terraform: ScriptedTerraform
) -> None:
    bench = Bench(tmp_path, terraform=terraform)
    record = bench.drive()
    lines = bench.store.lines("run-1")
    for length in range(1, len(lines) + 1):
        assert html(report_of("run-1", lines[:length]))
    report = report_of("run-1", lines)
    assert report.path[-1].state is record.state
    assert report.retries == record.retries
    assert [stay.state for stay in report.path].count(RunState.RUNNING) == record.retries + 1


def test_a_stopped_run_is_not_called_failed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.stop.kind = StopKind.INTERRUPT
    bench.drive()
    report = report_of("run-1", bench.store.lines("run-1"))
    assert "was stopped" in markdown(report).splitlines()[0]
