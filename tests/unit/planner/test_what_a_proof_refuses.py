"""What is refused or asked while a fix is still a copy: of values, backends, and what nobody may do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.diagnostic import Diagnostic, Severity
from contracts.errors import UnknownRunError
from contracts.incident import Stage
from contracts.proposal import Verdict
from contracts.remediation import (
    Edit,
    EditConfig,
    ForceUnlock,
    Import,
    InitReconfigure,
    Remediation,
    SetVariable,
)
from contracts.run import RunState
from contracts.settings import Answer, Approve, Autonomy, PlanAction, Policy
from contracts.terraform import Ended, InitMode, TerraformResult
from planner.proving import Proof, Proven
from planner.revising import revise
from planner.settling import Disproved, Failure
from subagents.remediator.edit_config import Change
from subagents.remediator.work import LOCK_FILE, Work
from tests.fakes.plan_json import change
from tests.fakes.planning import CREATE_A, DESTROY_B, Bench, error
from tests.fakes.scripted_fixer import Planned, ScriptedFixer, broken, mended_by

CREATES = Planned((CREATE_A,))
WRONG = 'resource "terraform_data" "a" {\n  inptu = 1\n}\n'
EDIT = EditConfig(summary="spell it", edits=(Edit(file="main.tf", search="inptu", replace="input"),))
LOCAL = {"version": 3, "backend": {"type": "local", "config": {"path": "old.tfstate"}, "hash": 1}}
REMOTE = {"version": 3, "backend": {"type": "s3", "config": {"bucket": "b"}, "hash": 1}}


def proof(
    bench: Bench,
    agent: ScriptedFixer,
    remedy: Remediation,
    stage: Stage = Stage.PLAN,
    said: str = "it broke",
    **environment: str,
) -> Proof:
    mended_by(bench, agent, environment=environment)
    return bench.mender.prove((remedy,), Failure(stage, (error(said),)))


def rules(told: Proof) -> dict[str, Verdict]:
    assert isinstance(told, Proven), told.why
    return {finding.rule: finding.verdict for finding in told.proposal.findings}


# --- what a copy is given --------------------------------------------------------------------------


def test_a_copy_is_given_its_blocks_through_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine", encoding="utf-8")
    bench = broken(tmp_path, {"main.tf": WRONG})
    (bench.record.request.module / "planner_proof.tf").symlink_to(outside)
    told = proof(bench, ScriptedFixer(), Import(summary="adopt it", address="terraform_data.a", id="i-1"))
    assert isinstance(told, Disproved)
    assert "planner_proof.tf" in told.why
    assert outside.read_text(encoding="utf-8") == "mine"


# --- a lock that is to be released ---------------------------------------------------------------


def locked_by(lock_id: str) -> TerraformResult:
    said = Diagnostic(
        severity=Severity.ERROR,
        summary="Error acquiring the state lock",
        detail=f"HTTP remote state already locked: ID={lock_id}\n\nLock Info:\n  ID: 0\n",
    )
    return TerraformResult(ended=Ended.ERRORED, diagnostics=(said,))


def release(folder: Path, agent: ScriptedFixer, backend: dict[str, Any] = REMOTE) -> Proof:
    """The proof of the release of the lock `a1`, which stood in the way."""
    bench = broken(folder, {"main.tf": WRONG})
    mended_by(bench, agent)
    kept = bench.record.request.module / ".terraform/terraform.tfstate"
    kept.parent.mkdir()
    kept.write_text(json.dumps(backend), encoding="utf-8")
    remedy = ForceUnlock(summary="release it", lock_id="a1")
    return bench.mender.prove((remedy,), Failure(Stage.PLAN, locked_by("a1").diagnostics))


def test_a_lock_that_still_stands_is_released(tmp_path: Path) -> None:
    agent = ScriptedFixer(ends={"plan": locked_by("a1")})
    told = release(tmp_path, agent)
    assert isinstance(told, Proven)
    assert (told.work.unlock, agent.calls) == ("a1", ["init", "plan"])


def test_another_lock_that_came_since_is_not_released(tmp_path: Path) -> None:
    told = release(tmp_path, ScriptedFixer(ends={"plan": locked_by("b2")}))
    assert isinstance(told, Disproved)
    assert "another lock stands in the way by now: b2" in told.why


def test_a_lock_that_is_held_no_more_needs_no_release_and_the_answer_counts(tmp_path: Path) -> None:
    stood = release(tmp_path / "1", ScriptedFixer(ends={"plan": locked_by("a1")}))
    gone = release(tmp_path / "2", ScriptedFixer(CREATES))
    assert isinstance(stood, Proven)
    assert isinstance(gone, Proven)
    assert (gone.work.unlock, list(gone.work.changes)) == (None, [])
    assert gone.digest == stood.digest


def test_a_lock_that_cannot_be_looked_at_is_not_released(tmp_path: Path) -> None:
    broken_init = TerraformResult(ended=Ended.ERRORED, diagnostics=(error("no network"),))
    told = release(tmp_path, ScriptedFixer(ends={"init": broken_init}))
    assert isinstance(told, Disproved)
    assert "cannot be seen: no network" in told.why


def test_the_lock_of_a_local_state_is_left_to_terraform(tmp_path: Path) -> None:
    agent = ScriptedFixer()
    told = release(tmp_path, agent, LOCAL)
    assert isinstance(told, Proven)
    assert (told.work.unlock, agent.calls) == ("a1", [])


# --- a value that is given to the run alone -----------------------------------------------------


def variables(**default: str) -> dict[str, str]:
    used = "".join(f"  {name} = var.{name}\n" for name in default)
    declared = "".join(f'variable "{name}" {{\n  type = {kind}\n}}\n' for name, kind in default.items())
    return {"main.tf": f'{declared}resource "terraform_data" "a" {{\n{used}}}\n'}


@pytest.mark.parametrize("with_file", [False, True], ids=["for the run alone", "in terraform.tfvars"])
def test_a_network_that_is_everybody_is_asked_about_wherever_the_value_goes(
    tmp_path: Path, *, with_file: bool
) -> None:
    files = variables(admin_cidr="string") | ({"terraform.tfvars": "x = 1\n"} if with_file else {})
    told = proof(
        broken(tmp_path, files),
        ScriptedFixer(CREATES),
        SetVariable(summary="open", name="admin_cidr", value="0.0.0.0/0"),
    )
    assert Verdict.ASK in rules(told).values()


@pytest.mark.parametrize("with_file", [False, True], ids=["for the run alone", "in terraform.tfvars"])
def test_a_host_that_the_module_never_named_is_refused_wherever_the_value_goes(
    tmp_path: Path, *, with_file: bool
) -> None:
    files = variables(endpoint="string") | ({"terraform.tfvars": "x = 1\n"} if with_file else {})
    agent = ScriptedFixer(CREATES)
    value = "https://collect.evil.example/in"
    told = proof(broken(tmp_path, files), agent, SetVariable(summary="send", name="endpoint", value=value))
    assert isinstance(told, Disproved), "it was proven"
    assert not agent.calls, "and nothing was started with it"


def test_a_harmless_value_for_the_run_alone_is_not_asked_about(tmp_path: Path) -> None:
    told = proof(
        broken(tmp_path, variables(size="number")),
        ScriptedFixer(CREATES),
        SetVariable(summary="set it", name="size", value="3"),
        said='No value for the variable "size"',
    )
    assert rules(told) == {}


# --- another backend ----------------------------------------------------------------------------


def state(*addresses: str) -> str:
    held = [
        {"mode": "managed", "type": kind, "name": name, "instances": [{}]}
        for kind, name in (address.split(".") for address in addresses)
    ]
    return json.dumps({"version": 4, "lineage": "l", "serial": 3, "resources": held})


def initialised(folder: Path, backend: dict[str, Any] | None, **files: str) -> Bench:
    bench = broken(folder, {"main.tf": "", "terraform.tfstate": ""})
    module = bench.record.request.module
    (module / "terraform.tfstate").unlink()
    (module / ".terraform").mkdir()
    if backend is not None:
        (module / ".terraform/terraform.tfstate").write_text(json.dumps(backend), encoding="utf-8")
    for name, text in files.items():
        path = module / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.name}.tfstate").write_text(text, encoding="utf-8")
    return bench


RECONFIGURE = InitReconfigure(summary="take the new settings")
BOTH = ("terraform_data.a", "terraform_data.b")


@pytest.mark.parametrize(
    ("backend", "name"), [(None, "terraform"), (LOCAL, "old")], ids=["no backend", "a path"]
)
def test_new_settings_whose_state_lacks_what_the_old_one_holds_are_refused(
    tmp_path: Path, backend: dict[str, Any] | None, name: str
) -> None:
    bench = initialised(tmp_path, backend, **{name: state(*BOTH)})
    told = proof(bench, ScriptedFixer(Planned(state=BOTH[:1])), RECONFIGURE)
    assert isinstance(told, Disproved)
    assert "(G5)" in told.why
    assert "lacks 1 object " in told.why


def test_what_is_held_is_looked_for_in_the_workspace_that_counts(tmp_path: Path) -> None:
    held = {"terraform.tfstate.d__prod__terraform": state(*BOTH)}
    bench = initialised(tmp_path, None, **held)
    told = proof(bench, ScriptedFixer(), RECONFIGURE, TF_WORKSPACE="prod")
    assert isinstance(told, Disproved), "the state of another workspace was looked at"
    assert "lacks 2 objects" in told.why


def test_new_settings_whose_state_holds_it_all_are_taken(tmp_path: Path) -> None:
    bench = initialised(tmp_path, LOCAL, old=state(*BOTH))
    told = proof(bench, ScriptedFixer(Planned(state=(*BOTH, "terraform_data.c"))), RECONFIGURE)
    assert rules(told) == {}


def test_a_module_that_never_held_anything_loses_nothing(tmp_path: Path) -> None:
    assert rules(proof(initialised(tmp_path, LOCAL), ScriptedFixer(), RECONFIGURE)) == {}


@pytest.mark.parametrize(
    ("backend", "old"), [(REMOTE, None), (LOCAL, "{"), (LOCAL, "[]")], ids=["remote", "damaged", "no object"]
)
def test_an_old_state_that_cannot_be_looked_at_is_asked_about(
    tmp_path: Path, backend: dict[str, Any], old: str | None
) -> None:
    bench = initialised(tmp_path, backend, **({} if old is None else {"old": old}))
    assert rules(proof(bench, ScriptedFixer(), RECONFIGURE)) == {"G5": Verdict.ASK}


def test_an_upgrade_is_done_once_it_stands_in_the_lock_file_but_new_settings_are_still_to_be_taken() -> None:
    lock = {LOCK_FILE: Change("", "new")}
    assert Work(init=InitMode.UPGRADE).with_files(lock).init is InitMode.PLAIN
    assert Work(init=InitMode.RECONFIGURE).with_files(lock).init is InitMode.RECONFIGURE
    assert Work(init=InitMode.UPGRADE).with_files({}).init is InitMode.UPGRADE


# --- what nobody may do -------------------------------------------------------------------------

NEVER: list[dict[str, Any]] = [
    {"policy": Policy(destroy=Answer.NEVER)},
    {"plan": {PlanAction.DESTROY: Approve.NEVER}},
]
DESTROYS = Planned((DESTROY_B,))


@pytest.mark.parametrize("asked", NEVER, ids=["destroy: never", "plan: destroy: never"])
def test_a_fix_that_does_what_the_policy_says_never_of_is_refused_before_a_file_is_changed(
    tmp_path: Path, asked: dict[str, Any]
) -> None:
    approve = {"edit_config": Approve.AUTO}
    bench = broken(tmp_path, {"main.tf": WRONG}, EDIT, autonomy=Autonomy.FIX, approve=approve, **asked)
    mended_by(bench, ScriptedFixer(DESTROYS))
    record = bench.drive()
    assert (record.state, record.promotions) == (RunState.FAILED, 0)
    assert "the policy says never" in record.reason
    assert (record.request.module / "main.tf").read_text(encoding="utf-8") == WRONG


@pytest.mark.parametrize("asked", NEVER, ids=["destroy: never", "plan: destroy: never"])
def test_a_persons_own_edit_may_do_no_more(tmp_path: Path, asked: dict[str, Any]) -> None:
    bench = broken(tmp_path, {"main.tf": WRONG}, EDIT, **asked)
    mended_by(bench, ScriptedFixer(CREATES))
    assert bench.drive().parked
    mended_by(bench, ScriptedFixer(DESTROYS))
    mine = WRONG.replace("inptu = 1", "input = 2")
    with pytest.raises(UnknownRunError, match="the policy says never"):
        revise(bench.journal, bench.mender, bench.clock, {"main.tf": mine}, "ada")
    assert bench.refolded().pending == bench.record.pending


# --- what a check could not see -----------------------------------------------------------------


def test_a_fix_for_a_failed_check_that_changes_nothing_is_refused(tmp_path: Path) -> None:
    told = proof(broken(tmp_path, {"main.tf": WRONG}), ScriptedFixer(), EDIT, Stage.VALIDATE)
    assert isinstance(told, Disproved)
    assert "nothing that a check could see" in told.why


def test_the_same_fix_for_a_plan_that_failed_is_proven(tmp_path: Path) -> None:
    told = proof(broken(tmp_path, {"main.tf": WRONG}), ScriptedFixer(), EDIT)
    assert isinstance(told, Proven), told.why


def test_a_fix_that_ends_a_plan_that_was_never_empty_is_seen_by_the_check_for_drift(tmp_path: Path) -> None:
    drifts = Planned(parts={"resource_changes": [change("terraform_data.a", "update")]})
    told = proof(broken(tmp_path, {"main.tf": WRONG}), ScriptedFixer(drifts, Planned()), EDIT, Stage.VALIDATE)
    assert isinstance(told, Proven), told.why
