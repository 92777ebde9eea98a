"""A stop in the middle of a proof or a fix ends the run as a stop; a proof that fails refutes the fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.approval import Approval, Proposal
from contracts.incident import Decision
from contracts.journal import Decided
from contracts.remediation import Edit, EditConfig, Remediation
from contracts.run import Carried, RunState, StopKind
from contracts.settings import Approve, Autonomy
from contracts.terraform import Ended, TerraformResult
from planner.proving import Proven
from planner.result import exit_code_of
from subagents.remediator.edit_config import Change
from subagents.remediator.work import Work
from tests.fakes.planning import CREATE_A, Bench, CredulousMender, error
from tests.fakes.scripted_fixer import Planned, ScriptedFixer, broken, mended_by

WRONG = 'resource "terraform_data" "a" {\n  inptu = 1\n}\n'
RIGHT = WRONG.replace("inptu", "input")
EDIT = EditConfig(summary="spell it", edits=(Edit(file="main.tf", search="inptu", replace="input"),))
CREATES = Planned((CREATE_A,))
CALLS = ("init", "validate", "plan", "show")
HOW = [
    (StopKind.INTERRUPT, Ended.STOPPED, 130),
    (StopKind.INTERRUPT, Ended.KILLED, 130),
    (StopKind.KILL_SWITCH, Ended.STOPPED, 4),
    (StopKind.TIMEOUT, Ended.TIMED_OUT, 4),
]


def a_run(folder: Path, remedy: Remediation, **asked: Any) -> Bench:
    return broken(folder, {"main.tf": WRONG}, remedy, autonomy=Autonomy.FIX, **asked)


def stopped_in(bench: Bench, call: str, kind: StopKind, ended: Ended, *plans: Planned) -> ScriptedFixer:
    """A Terraform that somebody stops while it does this."""

    def happens(what: str) -> None:
        if what == call:
            bench.stop.kind = kind

    return ScriptedFixer(*plans or (CREATES,), ends={call: TerraformResult(ended=ended)}, happens=happens)


class ProvenAlready(CredulousMender):
    """Takes an edit and an import for proven, and has them carried out for real."""

    def __init__(self, real: CredulousMender) -> None:
        files = {"main.tf": Change(WRONG, RIGHT)}
        work = Work(files=files, imports=(("terraform_data.b", "i-1"),))
        super().__init__(Proven(Proposal(remediations=(EDIT,)), "digest", work, None))
        self._real = real

    def carry_out(self, proven: Proven) -> Carried:
        return self._real.carry_out(proven)


def text(bench: Bench) -> str:
    return (bench.record.request.module / "main.tf").read_text(encoding="utf-8")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("kind", "ended", "code"), HOW)
def test_a_stop_during_a_proof_ends_the_run_as_a_stop_and_says_nothing_of_the_fix(
    tmp_path: Path, call: str, kind: StopKind, ended: Ended, code: int
) -> None:
    bench = a_run(tmp_path, EDIT)
    mended_by(bench, ScriptedFixer(), stopped_in(bench, call, kind, ended))
    record = bench.drive()
    assert (record.state, record.stop, exit_code_of(record)) == (RunState.FAILED, kind, code)
    assert all(incident.decision is not Decision.REFUSED for incident in record.incidents)
    assert text(bench) == WRONG
    assert not bench.rundir.sandbox.exists()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("kind", "ended", "code"), HOW)
def test_a_stop_during_the_proof_after_an_approval_is_no_reason_to_give_the_fix_up(
    tmp_path: Path, call: str, kind: StopKind, ended: Ended, code: int
) -> None:
    bench = a_run(tmp_path, EDIT, approve={"edit_config": Approve.ASK})
    mended_by(bench, ScriptedFixer(), ScriptedFixer(CREATES))
    record = bench.drive()
    assert record.parked
    assert record.pending is not None
    bench.journal.append(
        Decided(
            approval=Approval(
                decision="approve", digest=record.pending.digest, actor="ada", at=bench.clock.now()
            )
        )
    )
    mended_by(bench, ScriptedFixer(), stopped_in(bench, call, kind, ended))
    record = bench.drive()
    assert (record.state, record.stop, exit_code_of(record)) == (RunState.FAILED, kind, code)
    assert "does not hold" not in record.reason
    assert text(bench) == WRONG


@pytest.mark.parametrize(("kind", "ended", "code"), HOW)
def test_a_stop_while_a_fix_is_carried_out_ends_the_run_as_a_stop_and_leaves_no_half_of_it(
    tmp_path: Path, kind: StopKind, ended: Ended, code: int
) -> None:
    bench = a_run(tmp_path, EDIT)
    module = stopped_in(bench, "import", kind, ended)
    mended_by(bench, module)
    bench.mender = ProvenAlready(bench.mender)
    record = bench.drive()
    assert module.calls == ["import"], "it came so far"
    assert (record.state, record.stop, exit_code_of(record)) == (RunState.FAILED, kind, code)
    assert (text(bench), record.promotions, record.state_changes) == (WRONG, 0, ())


@pytest.mark.parametrize("ended", [Ended.ERRORED, Ended.KILLED])
@pytest.mark.parametrize("call", CALLS)
def test_a_proof_that_fails_without_a_word_refutes_the_fix(tmp_path: Path, call: str, ended: Ended) -> None:
    bench = a_run(tmp_path, EDIT)
    mended_by(bench, ScriptedFixer(), ScriptedFixer(CREATES, ends={call: TerraformResult(ended=ended)}))
    record = bench.drive()
    assert (record.state, exit_code_of(record), text(bench)) == (RunState.FAILED, 2, WRONG)
    assert record.incidents[0].decision is Decision.REFUSED
    assert not record.kept


def test_a_stop_that_nobody_wanted_is_told_by_what_terraform_said_of_it(tmp_path: Path) -> None:
    bench = a_run(tmp_path, EDIT)
    late = TerraformResult(ended=Ended.TIMED_OUT, diagnostics=(error("context deadline exceeded"),))
    mended_by(bench, ScriptedFixer(), ScriptedFixer(CREATES, ends={"plan": late}))
    assert (bench.drive().stop, exit_code_of(bench.record)) == (StopKind.TIMEOUT, 4)
