"""A fix that a person rejected or took back has no free way any more: told is who said so, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.approval import Approval, Proposal
from contracts.fixing import StateChange
from contracts.incident import Decision
from contracts.journal import Decided, EffectEnded, EffectIntended, Undone
from contracts.record import RunRecord
from contracts.remediation import Edit, EditConfig, Remediation
from contracts.run import Effect, RunRequest, RunState
from contracts.settings import Autonomy
from planner.declined import declined_before
from planner.proving import Proven
from planner.undoing import undo
from subagents.remediator.work import Work
from tests.fakes.planning import CREATE_A, Bench, ScriptedDiagnoser, ScriptedTerraform, error, plan_of
from tests.fakes.scripted_fixer import (
    BROKEN_PLAN,
    Planned,
    ScriptedFixer,
    broken,
    effects_of,
    mended_by,
    named,
)

WRONG = 'resource "terraform_data" "a" {\n  inptu = 1\n}\n'
EDIT = EditConfig(summary="spell it", edits=(Edit(file="main.tf", search="inptu", replace="input"),))
OTHER = EditConfig(summary="drop it", edits=(Edit(file="main.tf", search="inptu = 1", replace="input = 2"),))


MISSPELT = BROKEN_PLAN.model_copy(
    update={"diagnostics": (error('terraform_data.a: an argument named "inptu" is not expected here'),)}
)


def rejected(folder: Path) -> Path:
    """The module of a run whose fix a person has rejected."""
    bench = broken(folder, {"main.tf": WRONG}, EDIT)
    mended_by(bench, ScriptedFixer(Planned((CREATE_A,))))
    bench.drive()
    assert bench.record.pending is not None
    said = Approval(
        decision="reject", digest=bench.record.pending.digest, actor="ada", at=bench.clock.now(), comment="no"
    )
    bench.journal.append(Decided(approval=said))
    assert bench.drive().state is RunState.FAILED
    return folder / "module"


def run_again(folder: Path, *remedies: Remediation, workspace: str = "default") -> RunRecord:
    bench = Bench(
        folder,
        run_id="run-2",
        request=RunRequest(module=folder / "module", workspace=workspace, autonomy=Autonomy.FIX),
        terraform=ScriptedTerraform(plans=(MISSPELT, plan_of())),
        diagnoser=ScriptedDiagnoser(*map(named, remedies)),
    )
    mended_by(bench, ScriptedFixer(Planned((CREATE_A,))), environment={"TF_WORKSPACE": workspace})
    return bench.drive()


def test_a_fix_that_was_rejected_is_not_made_again(tmp_path: Path) -> None:
    module = rejected(tmp_path)
    record = run_again(tmp_path, EDIT)
    assert (module / "main.tf").read_text() == WRONG
    assert record.state is RunState.FAILED
    assert record.incidents[-1].decision is Decision.REFUSED
    assert "ada rejected this very fix at " in record.reason
    assert "in run run-1" in record.reason


def test_other_words_make_no_other_fix(tmp_path: Path) -> None:
    rejected(tmp_path)
    record = run_again(tmp_path, EDIT.model_copy(update={"summary": "write input"}))
    assert record.state is RunState.FAILED


def test_another_fix_for_the_same_failure_may_still_be_made(tmp_path: Path) -> None:
    rejected(tmp_path)
    assert run_again(tmp_path, OTHER).state is RunState.SUCCESS


@pytest.mark.parametrize(("file", "workspace"), [("other.tf", "default"), ("", "prod")])
def test_a_rejection_says_nothing_of_other_files_or_another_workspace(
    tmp_path: Path, file: str, workspace: str
) -> None:
    module = rejected(tmp_path)
    if file:
        (module / file).write_text("locals {}\n", encoding="utf-8")
    assert run_again(tmp_path, EDIT, workspace=workspace).state is RunState.SUCCESS


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE journal SET hash = 'x' WHERE run_id = 'run-1' AND seq = 2",
        "UPDATE journal SET line = 'x' WHERE run_id = 'run-1' AND seq = 2",
        "UPDATE runs SET reason = 'x' WHERE run_id = 'run-1'; UPDATE journal SET line = 'x'",
    ],
)
def test_a_journal_that_is_damaged_keeps_no_fix_from_being_made(tmp_path: Path, damage: str) -> None:
    rejected(tmp_path)
    bench = Bench(tmp_path, run_id="run-3")
    bench.store._db.executescript(damage)
    assert run_again(tmp_path, EDIT).state is RunState.SUCCESS


# --- taken back ---------------------------------------------------------------------------------


def taken_back(folder: Path, remedy: Remediation = EDIT) -> Path:
    """The module of a run whose fix was made unasked, and undone by a person."""
    bench = broken(folder, {"main.tf": WRONG}, remedy, plans=(MISSPELT, plan_of()), autonomy=Autonomy.FIX)
    agent = ScriptedFixer(Planned((CREATE_A,)))
    mended_by(bench, agent)
    assert bench.drive().state is RunState.SUCCESS
    undo(bench.journal, effects_of(bench, agent), bench.rundir, "ada")
    assert (folder / "module" / "main.tf").read_text() == WRONG
    return folder / "module"


MOVED = StateChange(verb="mv", source="terraform_data.a", destination="terraform_data.b")
SAME = EditConfig(summary="spell it", edits=(Edit(file="main.tf", search="inptu = 1", replace="input = 1"),))


@pytest.mark.parametrize("remedy", [EDIT, SAME], ids=["as it was said then", "said otherwise"])
def test_a_fix_that_was_taken_back_is_asked_about(tmp_path: Path, remedy: Remediation) -> None:
    module = taken_back(tmp_path)
    record = run_again(tmp_path, remedy)
    assert ((module / "main.tf").read_text(), record.state) == (WRONG, RunState.DIAGNOSING)
    assert record.pending
    assert record.reason.startswith("ada took this very fix back at ")


@pytest.mark.parametrize("remedy", [EDIT, OTHER])
def test_what_was_taken_back_of_another_text_says_nothing_of_this_one(
    tmp_path: Path, remedy: Remediation
) -> None:
    module = taken_back(tmp_path)
    if remedy is EDIT:
        (module / "main.tf").write_text(f"# as it should be\n{WRONG}", encoding="utf-8")
    assert run_again(tmp_path, remedy).state is RunState.SUCCESS


def test_what_was_taken_back_of_the_state_is_asked_about(tmp_path: Path) -> None:
    bench = broken(tmp_path, {"main.tf": WRONG})
    bench.journal.append(EffectIntended(effect=Effect.CHANGE, attempt=1, change=MOVED))
    bench.journal.append(EffectEnded(effect=Effect.CHANGE, ended="completed"))
    again = Proven(
        Proposal(remediations=()), "d", Work(moves=((MOVED.source, MOVED.destination or ""),)), None
    )
    assert declined_before(bench.store, bench.record, again) is None
    bench.journal.append(Undone(what=(), actor="ada"))
    no = declined_before(bench.store, bench.record, again)
    assert no is not None
    assert (no.told.startswith("ada took this very fix back at "), no.asks) == (True, True)
    other = Proven(Proposal(remediations=()), "d", Work(imports=((MOVED.source, "i-1"),)), None)
    assert declined_before(bench.store, bench.record, other) is None
