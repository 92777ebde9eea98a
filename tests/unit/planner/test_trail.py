"""What the trail says of a run: each change twice, every answer, by whom, why, and whether it can go back."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.approval import Approval
from contracts.audit import Action, Reversal
from contracts.fixing import FileChange, StateChange
from contracts.hypothesis import Source
from contracts.incident import Evidence, Named, Stage
from contracts.journal import (
    Decided,
    EffectEnded,
    EffectIntended,
    EffectStarted,
    Entry,
    JournalLine,
    Moved,
    RunOpened,
    Undone,
)
from contracts.record import RunRecord
from contracts.remediation import (
    EditConfig,
    ForceUnlock,
    Import,
    InitReconfigure,
    InitUpgrade,
    Refresh,
    Remediation,
    RemediationKind,
    Replace,
    Retry,
    SetVariable,
    StateRmOrMv,
    WaitAndRetry,
)
from contracts.run import Carried, Effect, Outcome, RunEvent, RunRequest, RunState
from contracts.settings import Autonomy
from contracts.terraform import InitMode
from planner.audit import lines
from planner.incidents import incident_of
from planner.trail import NAMES, actions
from tests.fakes.planning import (
    CREATE_A,
    DESTROY_B,
    ENGINE,
    PROCESS,
    Bench,
    ScriptedTerraform,
    apply_of,
    hypothesis,
    plan_of,
)


def trail(bench: Bench) -> list[Action]:
    return [line.action for line, _ in lines(bench.store)]


def names(bench: Bench) -> list[str]:
    return [action.name for action in trail(bench)]


def told(record: RunRecord, entry: Entry, actor: str = "") -> list[Action]:
    line = JournalLine(run_id="run-1", seq=1, at=record.started_at, entry=entry)
    return list(actions(record, line, actor))


def one(record: RunRecord, entry: Entry) -> Action:
    (only,) = told(record, entry)
    return only


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    found = Bench(tmp_path).record
    found.actor = "ada"
    found.reason = "plan failed: it broke"
    return found


def change(verb: str, source: str, destination: str | None = None) -> StateChange:
    return StateChange.model_validate({"verb": verb, "source": source, "destination": destination})


def intended(effect: Effect, **facts: object) -> EffectIntended:
    return EffectIntended.model_validate({"effect": effect, "attempt": 1, **facts})


# --- runs ---------------------------------------------------------------------------------------


def test_a_clean_run_is_its_beginning_its_apply_and_its_end(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(plans=[plan_of(CREATE_A), plan_of()], applies=[apply_of(CREATE_A)])
    bench = Bench(tmp_path, terraform=terraform)
    bench.drive()
    started, begun, ended, end = trail(bench)
    assert started.name == "run.started"
    assert started.target == str(tmp_path)
    assert started.after == "terraform 1.11.4, workspace default, autonomy suggest"
    assert (begun.name, begun.before, begun.after) == (
        "apply.begun",
        "objects in the state: 0",
        "create terraform_data.a",
    )
    assert begun.reversal is Reversal.BY_HAND
    assert (ended.name, ended.after) == ("apply.ended", "completed")
    assert (end.name, end.before, end.after, end.reason) == (
        "run.ended",
        "VALIDATING",
        "SUCCESS",
        "1 checks passed",
    )


def test_a_run_that_looks_only_leaves_its_beginning_and_its_end(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.drive()
    assert names(bench) == ["run.started", "run.ended"]


def test_what_takes_something_away_is_asked_answered_and_cannot_be_taken_back(tmp_path: Path) -> None:
    terraform = ScriptedTerraform(plans=[plan_of(DESTROY_B)] * 2 + [plan_of()], applies=[apply_of(DESTROY_B)])
    bench = Bench(tmp_path, terraform=terraform)
    bench.drive()
    pending = bench.record.pending
    assert pending is not None
    given = Approval(
        decision="approve", digest=pending.digest, actor="grace", comment="we move", at=bench.clock.now()
    )
    bench.journal.append(Decided(approval=given))
    bench.take_up()
    bench.drive()
    assert names(bench) == [
        *("run.started", "approval.asked", "approval.given", "run.resumed"),
        *("apply.begun", "apply.ended", "run.ended"),
    ]
    asked, answered, resumed, begun, ended = trail(bench)[1:6]
    assert pending.digest in asked.after
    assert (answered.actor, answered.reason, answered.after) == ("grace", "we move", pending.digest)
    assert answered.before == pending.question
    assert (resumed.actor, resumed.before) == ("somebody", "DIAGNOSING")
    assert begun.after == "delete terraform_data.b"
    assert begun.reason == "approved by grace: we move"
    assert (begun.actor, begun.reversal) == ("somebody", Reversal.NEVER)
    assert ended.reversal is Reversal.NEVER


def test_a_no_is_told_with_what_it_was_about(tmp_path: Path) -> None:
    bench = Bench(tmp_path, terraform=ScriptedTerraform(plans=[plan_of(DESTROY_B)]))
    bench.drive()
    pending = bench.record.pending
    assert pending is not None
    no = Approval(decision="reject", digest=pending.digest, actor="grace", at=bench.clock.now())
    bench.journal.append(Decided(approval=no))
    bench.take_up()
    bench.drive()
    assert names(bench)[2:] == ["approval.refused", "run.resumed", "run.ended"]
    assert trail(bench)[-1].after == "FAILED, rejected"


def test_flags_that_answer_and_destroy_are_told_where_the_run_begins(tmp_path: Path) -> None:
    request = RunRequest(module=tmp_path, yes=True, destroy=True, autonomy=Autonomy.FIX)
    entry = RunOpened(request=request, engine=ENGINE, planner_version="0", actor="ada")
    (started,) = actions(None, JournalLine(run_id="r", seq=0, at=Bench(tmp_path).clock.now(), entry=entry))
    assert started.actor == "ada"
    assert "autonomy fix, destroying what it manages" in started.after
    assert "--yes" in started.after


def test_an_apply_that_yes_allowed_says_so(record: RunRecord) -> None:
    record.request = record.request.model_copy(update={"yes": True})
    assert one(record, intended(Effect.APPLY, what="create a")).reason == "--yes, and the policy"


def test_who_answers_for_a_process_is_told_and_not_who_drove_the_run_last(record: RunRecord) -> None:
    entry = intended(Effect.UNDO, what="files")
    record.state = RunState.SUCCESS
    (begun,) = told(record, entry, actor="grace")
    assert (begun.actor, begun.reason) == ("grace", "planner undo")


def test_a_run_that_was_cut_off_says_in_what(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.journal.append(
        intended(Effect.APPLY, creates=("terraform_data.a",), what="create terraform_data.a")
    )
    bench.journal.append(EffectStarted(effect=Effect.APPLY, process=PROCESS))
    bench.take_up()
    _, _, resumed, ended = trail(bench)
    assert resumed.reason == "apply was cut off"
    assert ended.after == "unknown; may exist: terraform_data.a"


# --- effects ------------------------------------------------------------------------------------

LOOKING = [Effect.PLAN, Effect.OUTPUT, Effect.VALIDATE, Effect.PROVE, Effect.INIT]


@pytest.mark.parametrize("effect", LOOKING)
def test_looking_is_not_audited(record: RunRecord, effect: Effect) -> None:
    assert told(record, intended(effect)) == []
    assert told(record, EffectEnded(effect=effect, ended="completed")) == []


@pytest.mark.parametrize(
    ("mode", "reversal"),
    [(InitMode.UPGRADE, Reversal.PLANNER), (InitMode.RECONFIGURE, Reversal.BY_HAND)],
)
def test_an_init_that_changes_what_was_settled_is(
    record: RunRecord, mode: InitMode, reversal: Reversal
) -> None:
    record.carried = Carried(changes_digest=None, init=mode)
    begun = one(record, intended(Effect.INIT))
    assert (begun.name, begun.after, begun.reversal) == ("init.begun", f"init, {mode}", reversal)
    assert one(record, EffectEnded(effect=Effect.INIT, ended="completed")).reversal is reversal


CHANGES = {
    "an import": (change("import", "a.b", "i-1"), Reversal.PLANNER, "taken back by terraform state rm a.b"),
    "a move": (change("mv", "a.b", "a.c"), Reversal.PLANNER, "taken back by terraform state mv a.c a.b"),
    "a removal": (change("rm", "a.b"), Reversal.BY_HAND, "terraform state rm a.b"),
    "an unlock": (change("unlock", "4711"), Reversal.NOTHING, "terraform force-unlock 4711"),
}


@pytest.mark.parametrize("case", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_the_state_is_told_with_what_takes_it_back(
    record: RunRecord, case: tuple[StateChange, Reversal, str]
) -> None:
    done, reversal, said = case
    begun = one(record, intended(Effect.CHANGE, what=done.command, change=done))
    assert begun.name == "state.begun"
    assert begun.reversal is reversal
    assert said in begun.after
    record.open_change = done
    ended = one(record, EffectEnded(effect=Effect.CHANGE, ended="completed"))
    assert (ended.name, ended.reason, ended.reversal) == ("state.ended", done.command, reversal)


def test_an_edit_is_told_by_the_digests_of_its_files(record: RunRecord) -> None:
    files = (FileChange(name="main.tf", before="0" * 64, after="1" * 64),)
    begun = one(record, intended(Effect.PROMOTE, what="main.tf", files=files))
    assert (begun.before, begun.after) == (f"main.tf {'0' * 64}", f"main.tf {'1' * 64}")
    assert begun.reversal is Reversal.PLANNER
    refused = one(record, EffectEnded(effect=Effect.PROMOTE, ended="refused"))
    assert (refused.after, refused.reversal) == ("refused", Reversal.NOTHING)


def test_what_left_for_a_model_is_told(record: RunRecord) -> None:
    asked = one(record, intended(Effect.MODEL, model="anthropic:m"))
    assert (asked.name, asked.target, asked.reason) == ("model.asked", "anthropic:m", record.reason)
    assert told(record, EffectEnded(effect=Effect.MODEL, ended="done")) == []


def test_an_undo_is_told_by_who_did_it(record: RunRecord) -> None:
    undone = one(record, Undone(what=("put back main.tf", "terraform state rm a.b"), actor="grace"))
    assert (undone.name, undone.actor) == ("run.undone", "grace")
    assert undone.after == "put back main.tf; terraform state rm a.b"


REMEDIES: list[tuple[Remediation, Reversal]] = [
    (EditConfig(summary="s"), Reversal.PLANNER),
    (SetVariable(summary="s", name="n", value="v"), Reversal.PLANNER),
    (InitUpgrade(summary="s"), Reversal.PLANNER),
    (InitReconfigure(summary="s"), Reversal.BY_HAND),
    (Import(summary="s", address="a.b", id="i"), Reversal.PLANNER),
    (StateRmOrMv(summary="s", source="a.b"), Reversal.BY_HAND),
    (StateRmOrMv(summary="s", source="a.b", destination="a.c"), Reversal.PLANNER),
    (ForceUnlock(summary="s", lock_id="1"), Reversal.NOTHING),
    (Replace(summary="s", address="a.b"), Reversal.NEVER),
]


def remedied(record: RunRecord, remedy: Remediation) -> list[Action]:
    named = Named(hypothesis=hypothesis(remedy), source=Source.SIGNATURE, origin="t")
    incident = incident_of(named, Evidence(stage=Stage.PLAN), attempt=1)
    outcome = Outcome(event=RunEvent.REMEDIED, reason="mended", incident=incident)
    moved = Moved(
        event=RunEvent.REMEDIED, source=RunState.DIAGNOSING, target=RunState.RUNNING, outcome=outcome
    )
    return told(record, moved)


@pytest.mark.parametrize(("remedy", "reversal"), REMEDIES, ids=lambda case: getattr(case, "kind", ""))
def test_a_fix_says_why_what_and_whether_it_can_be_taken_back(
    record: RunRecord, remedy: Remediation, reversal: Reversal
) -> None:
    (fixed,) = remedied(record, remedy)
    assert (fixed.name, fixed.actor, fixed.reversal) == ("fix.applied", "ada", reversal)
    assert fixed.reason == "network: a passing fault"
    assert fixed.after == f"{remedy.kind}: s"


def test_every_kind_of_remedy_that_changes_something_is_among_them() -> None:
    people = {"credentials", "permissions", "quota_request", "escalate"}
    assert {remedy.kind for remedy, _ in REMEDIES} | {"retry", "wait_and_retry", "refresh"} | people == {
        *RemediationKind
    }


@pytest.mark.parametrize("remedy", [Retry(summary="s"), WaitAndRetry(summary="s"), Refresh(summary="s")])
def test_another_attempt_alone_is_no_fix(record: RunRecord, remedy: Remediation) -> None:
    assert remedied(record, remedy) == []


def test_every_name_is_in_the_list_of_names() -> None:
    text = Path("planner/trail.py").read_text(encoding="utf-8")
    text += Path("planner/trail_effects.py").read_text(encoding="utf-8")
    text += Path("planner/commands/stop.py").read_text(encoding="utf-8")
    text += Path("planner/memory.py").read_text(encoding="utf-8")
    for name in NAMES:
        family, _, verb = name.partition(".")
        assert f'"{name}"' in text or (verb in {"begun", "ended"} and f'"{family}"' in text), name


def test_a_long_text_is_cut(record: RunRecord) -> None:
    said = one(record, intended(Effect.APPLY, what="create a, " * 1000))
    assert len(said.after) < 2100
    assert "characters cut" in said.after
