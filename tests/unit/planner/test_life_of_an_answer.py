"""An answer serves for what was asked, once, in time and in its place; a fix serves for one apply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.approval import Approval, Proposal
from contracts.hypothesis import Source
from contracts.incident import Named
from contracts.journal import Decided, EffectEnded, EffectIntended, Moved, RunParked
from contracts.record import RunRecord
from contracts.remediation import Edit, EditConfig, Replace
from contracts.run import Carried, Effect, RunEvent, RunRequest, RunState
from contracts.settings import Autonomy
from contracts.terraform import (
    AppliedChange,
    ApplyResult,
    ChangeAction,
    Ended,
    PlannedChange,
    PlanRequest,
    ShowResult,
)
from planner.approvals import APPROVAL_LIVES
from planner.baseline import world_of
from planner.plan_policy import changes_digest
from planner.proving import Proven
from subagents.remediator.work import Work
from tests.crash.test_every_entry import Died, MortalStore
from tests.fakes.planning import (
    CREATE_A,
    DESTROY_B,
    INIT_BROKEN,
    INIT_OK,
    RETRY,
    AgreeableValidator,
    Bench,
    CredulousMender,
    ScriptedDiagnoser,
    ScriptedTerraform,
    apply_of,
    plan_of,
)
from tests.fakes.scripted_fixer import BROKEN_PLAN, Planned, ScriptedFixer, broken, mended_by, named

REPLACE = Replace(summary="make it anew", address="terraform_data.a")
AGAIN = Named(hypothesis=RETRY, source=Source.SIGNATURE, origin="t")
WRONG = 'resource "terraform_data" "a" {\n  inptu = 1\n}\n'
EDIT = EditConfig(summary="spell it", edits=(Edit(file="main.tf", search="inptu", replace="input"),))
DESTROY_C = PlannedChange(address="terraform_data.c", action=ChangeAction.DELETE)


class Replacing(CredulousMender):
    """Finds a replacement proven, and leaves it to the apply; `digest` is of the plan it was proven with."""

    def __init__(self, digest: str | None = None) -> None:
        super().__init__()
        self._digest = digest

    def carry_out(self, proven: Proven) -> Carried:
        return Carried(changes_digest=self._digest, replace=("terraform_data.a",))


def answered(bench: Bench, decision: str = "approve") -> None:
    record = bench.record
    assert record.parked, record.reason
    assert record.pending is not None
    given = {"decision": decision, "digest": record.pending.digest, "actor": "ada", "at": bench.clock.now()}
    bench.journal.append(Decided(approval=Approval.model_validate(given)))


def resumed(bench: Bench) -> RunRecord:
    bench.take_up()
    return bench.drive()


def replaced(bench: Bench) -> list[bool]:
    """Of each plan that was to be applied, whether it replaced something."""
    asked = bench.terraform.asked
    return [bool(r.replace) for r in asked if isinstance(r, PlanRequest) and r.plan_file is not None]


def asked(bench: Bench) -> int:
    """How often a person was asked."""
    return sum(isinstance(line.entry, RunParked) for line in bench.store.lines("run-1"))


# --- a fix serves for one apply -----------------------------------------------------------------


def replacing(folder: Path, second: Ended = Ended.COMPLETED, **scripts: Any) -> Bench:
    """A run whose check fails once; a person has allowed the replacement that is to mend it."""
    bench = Bench(
        folder,
        terraform=ScriptedTerraform(
            plans=[plan_of(CREATE_A)],
            applies=[apply_of(CREATE_A), apply_of(CREATE_A, ended=second), apply_of(CREATE_A)],
            **scripts,
        ),
        diagnoser=ScriptedDiagnoser(named(REPLACE), AGAIN),
        validator=AgreeableValidator(fails=1),
        mender=Replacing(),
    )
    bench.drive()
    answered(bench)
    return bench


@pytest.mark.parametrize("ended", [Ended.COMPLETED, Ended.ERRORED])
def test_an_approved_replacement_is_planned_for_one_apply_whatever_came_of_it(
    tmp_path: Path, ended: Ended
) -> None:
    bench = replacing(tmp_path, ended)
    record = bench.drive()
    assert record.state is RunState.SUCCESS
    assert replaced(bench) == [False, True] + [False] * (ended is Ended.ERRORED)
    assert record.approval is None, "nor does the approval count again"


def test_an_approved_replacement_is_not_made_again_after_a_death_at_any_entry(tmp_path: Path) -> None:
    whole = replacing(tmp_path / "whole")
    before = len(whole.store.lines("run-1"))
    whole.drive()
    lines = whole.store.lines("run-1")[before:]
    over = next(n for n, line in enumerate(lines) if _is_end_of_apply(line.entry))
    for n in range(1, len(lines) + 1):
        folder = tmp_path / f"death-{n}"
        bench = replacing(folder)
        bench.journal._store = MortalStore(folder / "planner.db", dies_at=n, after=True)
        with pytest.raises(Died):
            bench.drive()
        applied = bench.terraform.calls().count("apply")
        seen = len(replaced(bench))
        resumed(bench)
        if n > over:
            assert not any(replaced(bench)[seen:]), f"death after entry {n}: {lines[n - 1].entry}"
        assert applied <= 2


def _is_end_of_apply(entry: object) -> bool:
    return isinstance(entry, EffectEnded) and entry.effect is Effect.APPLY


def test_a_failure_that_passes_between_a_fix_and_its_apply_does_not_lose_the_fix(tmp_path: Path) -> None:
    bench = replacing(tmp_path, inits=[INIT_OK, INIT_BROKEN, INIT_OK])
    record = bench.drive()
    assert record.state is RunState.SUCCESS
    assert replaced(bench) == [False, True]


def test_the_plan_after_such_a_failure_is_still_held_against_the_proven_one(tmp_path: Path) -> None:
    bench = replacing(tmp_path, inits=[INIT_OK, INIT_BROKEN, INIT_OK])
    bench.mender = Replacing(changes_digest((DESTROY_C,)))
    record = bench.drive()
    assert record.parked
    assert "no longer the one" in record.reason
    assert bench.terraform.calls().count("apply") == 1


# --- who has answered is not asked again --------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [{}, {"autonomy": Autonomy.FIX}, {"autonomy": Autonomy.FIX, "destroy": True, "yes": True}],
    ids=["suggest", "fix", "--destroy --yes"],
)
def test_who_allowed_a_fix_with_what_it_takes_away_is_not_asked_about_the_same_plan(
    tmp_path: Path, request_: dict[str, Any]
) -> None:
    bench = broken(
        tmp_path,
        {"main.tf": WRONG},
        EDIT,
        plans=(BROKEN_PLAN, plan_of(DESTROY_B), plan_of()),
        **request_,
    )
    bench.terraform._applies = [apply_of(DESTROY_B)]
    bench.terraform._shows = [shown(Planned((DESTROY_B,)))]
    mended_by(bench, ScriptedFixer(Planned((DESTROY_B,))))
    bench.drive()
    answered(bench)
    record = bench.drive()
    assert (record.state, asked(bench)) == (RunState.SUCCESS, 1), record.reason


def shown(planned: Planned) -> ShowResult:
    """What is read of a plan of the module itself."""
    return ShowResult(ended=Ended.COMPLETED, plan=planned.document)


@pytest.mark.parametrize("more", [{}, {"destroy": True, "yes": True}], ids=["suggest", "--destroy --yes"])
def test_the_same_changes_with_other_values_than_the_fix_was_allowed_with_are_asked_about(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    plans = (BROKEN_PLAN, plan_of(DESTROY_B), plan_of(DESTROY_B), plan_of())
    bench = broken(tmp_path, {"main.tf": WRONG}, EDIT, plans=plans, **more)
    bench.terraform._applies = [apply_of(DESTROY_B)]
    bench.terraform._shows = [shown(Planned((DESTROY_B,), parts={"variables": {"v": {"value": 9}}}))]
    mended_by(bench, ScriptedFixer(Planned((DESTROY_B,))))
    bench.drive()
    answered(bench)
    record = bench.drive()
    assert record.parked
    assert (asked(bench), bench.terraform.calls().count("apply")) == (2, 0)
    answered(bench)
    assert bench.drive().state is RunState.SUCCESS


def test_a_plan_that_became_another_one_after_the_fix_is_asked_about(tmp_path: Path) -> None:
    plans = (BROKEN_PLAN, plan_of(DESTROY_B, DESTROY_C))
    bench = broken(tmp_path, {"main.tf": WRONG}, EDIT, plans=plans, yes=True)
    mended_by(bench, ScriptedFixer(Planned((DESTROY_B,))))
    bench.drive()
    answered(bench)
    record = bench.drive()
    assert record.parked
    assert asked(bench) == 2
    assert "apply" not in bench.terraform.calls()


# --- in time ------------------------------------------------------------------------------------


def waiting(folder: Path, *plans: tuple[PlannedChange, ...]) -> Bench:
    """A run whose own plan waits for a person."""
    terraform = ScriptedTerraform(plans=[plan_of(*one) for one in plans], applies=[apply_of(DESTROY_B)])
    bench = Bench(folder, terraform=terraform)
    assert bench.drive().parked
    return bench


@pytest.mark.parametrize(("late_s", "code"), [(0, RunState.SUCCESS), (1, RunState.DIAGNOSING)])
def test_the_approval_of_a_plan_counts_for_three_days(tmp_path: Path, late_s: float, code: RunState) -> None:
    bench = waiting(tmp_path, (DESTROY_B,), (DESTROY_B,), ())
    answered(bench)
    bench.clock.advance(APPROVAL_LIVES.total_seconds() + late_s)
    record = resumed(bench)
    assert record.state is code
    assert ("too much time has passed" in record.reason) is bool(late_s)


@pytest.mark.parametrize(
    ("ended", "stays"),
    [
        (Ended.ERRORED, True),
        (Ended.STOPPED, True),
        (Ended.TIMED_OUT, True),
        (Ended.COMPLETED, False),
        (Ended.KILLED, False),
        ("unknown", False),
    ],
)
def test_an_approval_outlives_only_an_apply_that_failed_in_order(
    tmp_path: Path, ended: str, *, stays: bool
) -> None:
    bench = waiting(tmp_path, (DESTROY_B,))
    answered(bench)
    bench.journal.append(EffectIntended(effect=Effect.APPLY, attempt=1))
    bench.journal.append(EffectEnded(effect=Effect.APPLY, ended=ended))
    assert (bench.record.approval is not None) is stays
    assert (bench.refolded().approval is not None) is stays


# --- an approval that does not count says so ----------------------------------------------------


def test_the_approval_of_another_plan_is_told_not_to_count(tmp_path: Path) -> None:
    bench = waiting(tmp_path, (DESTROY_B,), (DESTROY_B, DESTROY_C))
    assert "does not count" not in bench.record.reason
    answered(bench)
    record = bench.drive()
    assert record.parked
    assert record.reason.startswith("the approval does not count, for what was approved has changed since")
    assert "apply" not in bench.terraform.calls()


def test_the_approval_of_another_fix_is_told_not_to_count(tmp_path: Path) -> None:
    proposal = Proposal(remediations=(EDIT,))
    proofs = [Proven(proposal, digest, Work(), None) for digest in ("one", "two")]
    bench = broken(tmp_path, {"main.tf": WRONG}, EDIT)
    bench.mender = CredulousMender(*proofs)
    bench.drive()
    answered(bench)
    bench.clock.advance(1)
    record = bench.drive()
    assert record.parked
    assert record.reason.startswith("the approval does not count, for what was approved has changed since")
    again = resumed(bench)
    assert "does not count" not in again.reason, "nobody has answered since it was asked anew"


# --- all that a plan did is counted -------------------------------------------------------------

MOVED = PlannedChange(address="a.b", action=ChangeAction.MOVE, previous_address="a.a")
FORGOTTEN = PlannedChange(address="a.c", action=ChangeAction.REMOVE)
REPLACED = PlannedChange(address="a.d", action=ChangeAction.REPLACE)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ((CREATE_A,), (ChangeAction.CREATE,)),
        ((REPLACED,), (ChangeAction.DELETE, ChangeAction.CREATE)),
        ((MOVED, FORGOTTEN), ()),
    ],
    ids=["create", "replace", "what an apply says nothing of"],
)
def test_what_was_applied_is_told_as_all_of_all(
    tmp_path: Path, changes: tuple[PlannedChange, ...], told: tuple[ChangeAction, ...]
) -> None:
    done = tuple(AppliedChange(address=changes[0].address, action=a, ok=True) for a in told)
    bench = Bench(
        tmp_path,
        request=RunRequest(module=tmp_path, yes=True),
        terraform=ScriptedTerraform(
            plans=[plan_of(*changes), plan_of()],
            applies=[ApplyResult(ended=Ended.COMPLETED, applied=done, duration_s=1)],
        ),
    )
    bench.drive()
    moves = [line.entry for line in bench.store.lines("run-1") if isinstance(line.entry, Moved)]
    reason = next(m.outcome.reason for m in moves if m.event is RunEvent.APPLIED)
    assert reason.partition(";")[0] == f"applied {len(changes)} of {len(changes)} changes"


# --- in its place -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["TF_WORKSPACE", "TF_VAR_size", "AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ROLE_ARN"]
)
def test_another_place_is_another_world_and_another_secret_is_not(tmp_path: Path, name: str) -> None:
    here = world_of(tmp_path, {})
    assert world_of(tmp_path, {name: "other"}).place != here.place
    assert world_of(tmp_path, {"AWS_SECRET_ACCESS_KEY": "new", "PATH": "/bin"}) == here


def test_the_workspace_that_is_selected_and_its_own_state_belong_to_the_place(tmp_path: Path) -> None:
    (tmp_path / ".terraform").mkdir()
    here = world_of(tmp_path, {})
    (tmp_path / ".terraform/environment").write_text("prod", encoding="utf-8")
    there = world_of(tmp_path, {})
    assert there.place != here.place
    state = tmp_path / "terraform.tfstate.d/prod/terraform.tfstate"
    state.parent.mkdir(parents=True)
    for serial in (1, 2):
        before = world_of(tmp_path, {}).state
        state.write_text(json.dumps({"lineage": "l", "serial": serial}), encoding="utf-8")
        assert world_of(tmp_path, {}).state != before
