"""What a cause asks for: of two that are put in place together it holds for both."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from contracts.approval import Proposal
from contracts.hypothesis import Source
from contracts.incident import Decision, Named, Stage
from contracts.remediation import Edit, EditConfig, Import, Remediation, Retry
from contracts.run import Carried, RunRequest, RunState
from contracts.settings import Approve, Autonomy
from contracts.terraform import Ended, PlanResult
from planner.proving import Proven
from planner.settling import Failure, Progress
from subagents.remediator.work import Work
from tests.fakes.planning import (
    Bench,
    CredulousMender,
    ScriptedDiagnoser,
    ScriptedTerraform,
    error,
    hypothesis,
    plan_of,
)

EDIT = EditConfig(summary="spell it", edits=(Edit(file="main.tf", search="a", replace="b"),))
IMPORT = Import(summary="adopt it", address="terraform_data.a", id="i-1")
PROVEN = Proven(Proposal(remediations=(IMPORT, EDIT)), "digest", Work(), None)
PART = Progress("a part", Failure(Stage.PLAN, (error("the other"),)))


def named(remedy: Remediation) -> Named:
    said = hypothesis(remedy, cause=remedy.summary)
    return Named(hypothesis=said, source=Source.SIGNATURE, origin="t")


def run_of(folder: Path, mender: CredulousMender, approve: dict[str, Approve], *causes: Remediation) -> Bench:
    return Bench(
        folder,
        request=RunRequest.model_validate({"module": folder, "autonomy": Autonomy.FIX, "approve": approve}),
        terraform=ScriptedTerraform(
            plans=[PlanResult(ended=Ended.ERRORED, diagnostics=(error(),)), plan_of()]
        ),
        diagnoser=ScriptedDiagnoser(*map(named, causes)),
        mender=mender,
    )


@pytest.mark.parametrize(
    ("causes", "edits", "imports"),
    list(product([(EDIT, IMPORT), (IMPORT, EDIT)], [Approve.AUTO, Approve.ASK], [Approve.AUTO, Approve.ASK])),
)
def test_what_one_cause_asks_for_is_asked_whichever_comes_first(
    tmp_path: Path, causes: tuple[Remediation, ...], edits: Approve, imports: Approve
) -> None:
    mender = CredulousMender(PART, PROVEN)
    bench = run_of(tmp_path, mender, {"edit_config": edits, "import": imports}, *causes)
    record = bench.drive()
    assert mender.proved == [causes[:1], causes]
    asks = Approve.ASK in {edits, imports}
    assert (record.parked, len(mender.done)) == (asks, 0 if asks else 1)


class DiesError(Exception):
    """What ends planner in these tests."""


class Dies(CredulousMender):
    """Planner dies while the fix is put in place."""

    def carry_out(self, proven: Proven) -> Carried:
        raise DiesError


def test_a_first_cause_that_alone_is_left_after_a_death_is_settled_as_both_would_have_been(
    tmp_path: Path,
) -> None:
    bench = run_of(tmp_path, Dies(PART, PROVEN), {"import": Approve.AUTO}, EDIT, IMPORT)
    with pytest.raises(DiesError):
        bench.drive()
    bench.mender = mender = CredulousMender(PROVEN)  # the import was made
    record = bench.drive()
    assert mender.proved == [(EDIT,)]
    assert (record.state, len(mender.done)) == (RunState.SUCCESS, 1)
    assert record.incidents[-1].decision is Decision.APPLIED


@pytest.mark.parametrize(
    ("said", "retried"),
    [
        (None, True),
        (Approve.AUTO, True),
        (Approve.NOTIFY, True),
        (Approve.ASK, False),
        (Approve.NEVER, False),
    ],
)
def test_a_retry_that_is_not_left_to_planner_is_left_to_a_person(
    tmp_path: Path, said: Approve | None, *, retried: bool
) -> None:
    approve = {} if said is None else {"retry": said}
    record = run_of(tmp_path, CredulousMender(), approve, Retry(summary="again")).drive()
    assert (record.state is RunState.SUCCESS, len(record.attempts)) == (retried, 2 if retried else 1)
    assert ("a person must act (retry)" in record.reason) is not retried
