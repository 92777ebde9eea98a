"""What the person who takes a failed run over is told."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from contracts.approval import Approval
from contracts.handover import Handover
from contracts.hypothesis import Category, Source
from contracts.identity import EngineId
from contracts.incident import Decision, Incident, Stage
from contracts.record import RunRecord
from contracts.remediation import Escalate, Permissions, Remediation
from contracts.run import Attempt, RunRequest, RunState, StopKind
from contracts.terraform import Variable
from planner.handover import handover_of
from tests.fakes.clock import START
from tests.fakes.planning import error


def incident(remedy: Remediation, **fields: object) -> Incident:
    return Incident(
        attempt=1,
        fingerprint="f1:0",
        stage=Stage.APPLY,
        category=Category.PERMISSION,
        retryable=False,
        root_cause="It may not.",
        evidence=("AccessDenied: s3:CreateBucket",),
        confidence=0.9,
        source=Source.SIGNATURE,
        remediation=remedy,
    ).model_copy(update=fields)


def record(*incidents: Incident, **fields: object) -> RunRecord:
    attempt = Attempt(n=1, stage=Stage.APPLY, ok=False, duration_s=1, diagnostics=(error("AccessDenied"),))
    return RunRecord(
        run_id="run-1",
        request=RunRequest(module=Path("/m")),
        engine=EngineId(name="t", version="1"),
        started_at=START,
        last_at=START,
        state=RunState.FAILED,
        reason="a person must act (permissions): permission",
        attempts=(attempt,),
        incidents=incidents,
    ).model_copy(update=fields)


def test_it_says_what_is_known_what_was_tried_why_it_stopped_and_what_comes_next() -> None:
    remedy = Permissions(summary="Let it make buckets.", actions=("s3:CreateBucket",))
    assert handover_of(record(incident(remedy))) == Handover(
        known=("attempt 1 ended in apply", "permission (signature, confidence 0.90): It may not."),
        tried=(),
        stopped="a person must act (permissions): permission",
        next=(
            "Grant s3:CreateBucket to the identity that runs Terraform here.",
            "Let it make buckets.",
            "“AccessDenied: s3:CreateBucket”",
            "Run again: planner run /m",
        ),
    )


def test_the_command_that_comes_next_names_a_path_as_a_shell_takes_it() -> None:
    told = handover_of(record(request=RunRequest(module=Path("/srv/my fleet/it's"), destroy=True)))
    assert shlex.split(told.next[-1].removeprefix("Run again: "))[2:] == ["/srv/my fleet/it's", "--destroy"]


def test_what_exists_by_now_and_what_may_exist_is_told_and_long_lists_are_cut() -> None:
    made = frozenset(f"a.r{n:02}" for n in range(12))
    known = handover_of(record(created=made, maybe_created=frozenset({"a.maybe"}))).known
    assert "this run created, or tried to: " + ", ".join(sorted(made)[:10]) + " and 2 more" in known
    assert "it may have created a.maybe, which the state does not tell" in known


def test_what_was_changed_can_be_looked_at_and_put_back() -> None:
    told = handover_of(record(promotions=1))
    assert "it changed the module's files: planner show run-1 --patch" in told.known
    assert told.next == ("To put the module's files back: planner undo run-1", "Run again: planner run /m")


def test_a_remedy_that_was_refused_is_what_to_look_at_and_how_it_was_refused_is_told() -> None:
    refused = incident(
        Escalate(summary="Open it."), decision=Decision.REFUSED, note="refused: 0.0.0.0/0 (G11)"
    )
    told = handover_of(record(refused))
    assert told.next[0] == "Look at what was refused: Open it."
    assert told.tried == ("tried on a copy, escalate: Open it. — refused: 0.0.0.0/0 (G11)",)


def test_a_run_that_was_rejected_asks_for_no_approval_any_more() -> None:
    asked = incident(Escalate(summary="`planner approve run-1` or reject"), decision=Decision.REFUSED)
    said = Approval(digest="d" * 64, decision="reject", actor="ada", at=START)
    told = handover_of(record(asked, approval=said))
    assert told.next == (
        "A person said no, and nothing of it was done: change what was not wanted",
        "Run again: planner run /m",
    )


def test_nobody_being_sure_is_said() -> None:
    unsure = incident(Escalate(summary="Look."), source=None, confidence=0)
    assert "permission (nobody is sure): It may not." in handover_of(record(unsure)).known


def test_a_run_that_was_stopped_says_that_nothing_is_wrong_as_far_as_is_known() -> None:
    told = handover_of(record(incident(Escalate(summary="Look.")), stop=StopKind.INTERRUPT))
    assert told.next == ("Nothing is wrong with the module as far as is known. Run again: planner run /m",)


def test_a_run_that_took_too_long_says_how_long_it_may_take_and_where_that_is_set() -> None:
    told = handover_of(record(stop=StopKind.TIMEOUT))
    assert told.next[0].startswith("It took longer than it may (30m, an apply 20m)")
    assert "--timeout" in told.next[0]
    assert told.next[1] == "Run again: planner run /m"


def test_a_switch_that_stopped_a_run_is_put_right_first() -> None:
    off = handover_of(record(stop=StopKind.KILL_SWITCH)).next
    assert off[0] == "Where every run is stopped, let them begin again: planner start"
    assert off[-1] == "Nothing is wrong with the module as far as is known. Run again: planner run /m"


def test_a_run_that_never_began_has_little_to_say() -> None:
    assert handover_of(record(attempts=())).known == ()


def test_a_plan_that_was_refused_is_no_diagnosis_that_somebody_is_sure_of() -> None:
    refused = incident(
        Escalate(summary="Run again."), decision=Decision.REFUSED, fingerprint="plan:0123456789abcdef"
    )
    told = handover_of(record(refused))
    assert told.next[0] == "Run again."
    assert "It may not." in told.known


@pytest.mark.parametrize("stop", [None, StopKind.TIMEOUT, StopKind.INTERRUPT])
def test_a_run_that_destroys_is_told_to_be_run_again_as_one_that_destroys(stop: StopKind | None) -> None:
    asked = RunRequest(module=Path("/m"), destroy=True)
    assert handover_of(record(request=asked, stop=stop)).next[-1].endswith("planner run /m --destroy")


def test_the_command_that_runs_again_names_the_files_that_the_run_was_given() -> None:
    asked = RunRequest(module=Path("/m"), var_files=(Path("/v/prod.tfvars"),), config=Path("/c/p.yaml"))
    again = "Run again: planner run /m --var-file /v/prod.tfvars --config /c/p.yaml"
    assert handover_of(record(request=asked)).next[-1] == again


def test_a_folder_with_a_blank_in_its_name_is_quoted_for_the_shell() -> None:
    asked = RunRequest(module=Path("/my fleet"))
    assert handover_of(record(request=asked)).next[-1] == "Run again: planner run '/my fleet'"


def test_values_of_the_command_line_are_named_and_not_made_up() -> None:
    asked = RunRequest(module=Path("/m"), variables=(Variable(name="region", value=""),))
    told = handover_of(record(request=asked)).next[-1]
    assert told == "Run again, with its --var region: planner run /m"
