"""What a person is asked about a fix, and which answers count: of this fix, this module, in time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contracts.approval import Approval
from contracts.errors import UnknownRunError
from contracts.journal import Decided, RunParked
from contracts.record import RunRecord
from contracts.result import RunResult
from planner.app import App
from planner.desk import Desk
from planner.journal import Journal
from planner.resume import recorded
from planner.view import PlainView
from subagents.clock import SystemClock
from tests.terraform.broken_modules import BOX, answer, backend, edit
from tests.terraform.cli import PLANNER, Run, result, write

pytestmark = pytest.mark.terraform

BROKEN = """
variable "colour" {
  default = "blue"
}
variable "room" {
  default = "attic"
}
resource "terraform_data" "box" {
  input = "${var.color} ${var.room}"
}
"""
MENDED = BROKEN.replace("var.color}", "var.colour}")
STATE = (
    '{"version": 4, "terraform_version": "1.11.4", "serial": 1,'
    ' "lineage": "5f0c1c9e-0000-4000-8000-0000000000aa", "outputs": {},'
    ' "resources": [], "check_results": null}'
)
OTHER = 'resource "terraform_data" "other" {\n  input = 1\n}\n'


@pytest.fixture
def broken(module: Path) -> Path:
    write(module, BROKEN)
    write(module, OTHER, "other.tf")
    return module


def run(planner: Run, module: Path, *options: str, **extra: str) -> RunResult:
    return result(planner("run", module, "--model", "none", "--json", *options, **extra))


def parked(planner: Run, module: Path, *options: str, **extra: str) -> RunResult:
    told = run(planner, module, *options, **extra)
    assert (told.exit_code, told.state) == (3, "DIAGNOSING"), told.reason
    return told


def digest(told: RunResult) -> str:
    assert told.pending is not None
    return told.pending.digest


def text(module: Path, name: str = "main.tf") -> str:
    return (module / name).read_text(encoding="utf-8")


class LaterClock(SystemClock):
    """The real clock, four days later."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=4)


@pytest.fixture
def app(tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> App:
    """The command's own objects over the same store, in this process."""
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", env["TF_CLI_CONFIG_FILE"])
    return App(tmp_path / "home", PlainView(sys.stderr))


def written(app: App, run_id: str, entry: Decided | RunParked) -> None:
    """An entry in a run's journal, past every check of the command."""
    record, count = recorded(app.store, run_id)
    Journal(store=app.store, clock=app.clock, redactor=app.redactor, record=record, written=count).append(
        entry
    )


def answered(app: App, run_id: str, given: str) -> None:
    """An approval of a digest, by somebody who can write the store."""
    approval = Approval(decision="approve", digest=given, actor="mallory", at=app.clock.now())
    written(app, run_id, Decided(approval=approval))


def record_of(app: App, run_id: str) -> RunRecord:
    return recorded(app.store, run_id)[0]


# --- suggest, approve, reject -------------------------------------------------------------------


def test_suggest_shows_a_patch_that_git_takes_changes_nothing_and_approve_finishes(
    planner: Run, broken: Path, tmp_path: Path
) -> None:
    told = parked(planner, broken)
    assert text(broken) == BROKEN
    assert not (broken / "terraform.tfstate").exists()
    copy = tmp_path / "copy"
    copy.mkdir()
    write(copy, BROKEN)
    patch = planner("show", told.run_id, "--patch").stdout
    subprocess.run(["git", "apply"], cwd=copy, input=patch, text=True, check=True)
    assert text(copy) == MENDED

    done = result(planner("approve", told.run_id, "--comment", "looks right", "--json"))
    assert (done.state, text(broken)) == ("SUCCESS", MENDED)
    assert [incident.decision for incident in done.incidents] == ["approved"]
    twice = planner("approve", told.run_id)
    assert (twice.returncode, "does not wait" in twice.stderr) == (1, True)
    assert text(broken) == MENDED


def test_the_list_of_runs_says_which_of_them_wait_for_a_person(planner: Run, broken: Path) -> None:
    told = parked(planner, broken)
    (waiting,) = planner("runs").stdout.splitlines()
    assert waiting.startswith(told.run_id)
    assert waiting.endswith("waits for a person: planner review")
    planner("reject", told.run_id)
    assert "waits" not in planner("runs").stdout


def test_a_rejected_fix_leaves_the_module_as_it_was_and_the_run_failed_for_good(
    planner: Run, broken: Path
) -> None:
    told = parked(planner, broken)
    done = result(planner("reject", told.run_id, "--comment", "it is spelt color here", "--json"))
    assert (done.exit_code, done.state, text(broken)) == (2, "FAILED", BROKEN)
    assert "it is spelt color here" in done.reason
    assert done.incidents[-1].decision == "refused"
    assert planner("approve", told.run_id).returncode == 1
    assert result(planner("resume", told.run_id, "--json")).state == "FAILED"
    assert planner("undo", told.run_id).returncode == 1, "there is nothing to put back"


def test_observe_names_the_failure_and_changes_nothing(planner: Run, broken: Path) -> None:
    write(broken, "profile: development\n", "planner.yaml")
    told = run(planner, broken, "--autonomy", "observe")
    assert (told.exit_code, told.pending, text(broken)) == (2, None, BROKEN)
    assert told.incidents[0].remediation.kind == "edit_config"
    assert told.incidents[0].decision == "none"


# --- an answer counts for what was asked, and for nothing else --------------------------------------


def _another_file(module: Path) -> None:
    write(module, OTHER.replace("1", "2"), "other.tf")


def _edited_file(module: Path) -> None:
    write(module, BROKEN.replace("attic", "cellar"))


def _new_file(module: Path) -> None:
    write(module, 'resource "terraform_data" "third" {}\n', "third.tf")


def _lock_file(module: Path) -> None:
    write(module, "# somebody ran init\n", ".terraform.lock.hcl")


def _state(module: Path) -> None:
    state = json.loads(text(module, "terraform.tfstate"))
    write(module, json.dumps(state | {"serial": state["serial"] + 1}), "terraform.tfstate")


def _values(module: Path) -> None:
    write(module.parent, 'room = "cellar"\n', "values.tfvars")


CHANGES = {
    "another file of the module": _another_file,
    "the file that is edited": _edited_file,
    "a new file": _new_file,
    "the lock file": _lock_file,
    "the state": _state,
    "a file of variables outside the module": _values,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_approval_of_what_has_changed_meanwhile_is_not_carried_out_and_asked_for_anew(
    planner: Run, broken: Path, change: Callable[[Path], None]
) -> None:
    write(broken.parent, 'room = "attic"\n', "values.tfvars")
    write(broken, STATE, "terraform.tfstate")
    first = parked(planner, broken, "--var-file", str(broken.parent / "values.tfvars"))
    change(broken)
    before = text(broken)

    again = result(planner("approve", first.run_id, "--json"))
    assert (again.exit_code, text(broken)) == (3, before), "it is asked once more"
    assert digest(again) != digest(first)
    if change is _edited_file:
        done = result(planner("approve", first.run_id, "--json"))
        assert (done.state, text(broken)) == ("SUCCESS", MENDED.replace("attic", "cellar"))


def test_in_another_environment_a_run_can_be_rejected_and_not_approved(planner: Run, broken: Path) -> None:
    first = parked(planner, broken, TF_VAR_room="attic")
    refused = planner("approve", first.run_id, "--json", TF_VAR_room="cellar")
    assert (refused.returncode, "TF_VAR_room" in refused.stderr, text(broken)) == (1, True, BROKEN)
    done = result(planner("reject", first.run_id, "--json", TF_VAR_room="cellar"))
    assert (done.state, text(broken)) == ("FAILED", BROKEN)


def test_a_fix_that_fits_the_module_no_more_is_given_up_with_the_reason(planner: Run, broken: Path) -> None:
    first = parked(planner, broken)
    write(broken, MENDED)
    done = result(planner("approve", first.run_id, "--json"))
    assert (done.exit_code, text(broken)) == (2, MENDED)
    assert "does not hold any more" in done.reason


def test_an_approval_of_another_run_does_not_count(planner: Run, broken: Path, app: App) -> None:
    mine = parked(planner, broken)
    write(broken, BROKEN.replace("attic", "cellar"))
    other = parked(planner, broken)
    assert digest(mine) != digest(other)
    answered(app, other.run_id, digest(mine))
    told = result(planner("resume", other.run_id, "--json"))
    assert (told.exit_code, digest(told)) == (3, digest(other))
    assert "var.color}" in text(broken)


def test_an_approval_that_comes_too_late_is_refused(planner: Run, broken: Path, app: App) -> None:
    told = parked(planner, broken)
    app.clock = LaterClock()
    with pytest.raises(UnknownRunError, match="has expired"):
        Desk(app).decide(told.run_id, approve=True, comment="")
    Desk(app).decide(told.run_id, approve=False, comment="nobody looked")
    assert text(broken) == BROKEN


def test_an_approval_that_nobody_acted_on_in_time_is_asked_for_anew(
    planner: Run, broken: Path, app: App
) -> None:
    told = parked(planner, broken)
    assert told.pending is not None
    record, _ = recorded(app.store, told.run_id)
    past = told.pending.model_copy(update={"expires_at": app.clock.now() - timedelta(seconds=1)})
    written(app, told.run_id, RunParked(reason="asked", incident=record.incidents[-1], pending=past))
    answered(app, told.run_id, digest(told))
    again = result(planner("resume", told.run_id, "--json"))
    assert (again.exit_code, text(broken)) == (3, BROKEN)
    assert again.pending is not None
    assert again.pending.expires_at is not None
    assert again.pending.expires_at > app.clock.now()


# --- a person's own edit --------------------------------------------------------------------------


@pytest.fixture
def review(env: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`planner review` with what a person types, and an editor that is a script of sed."""

    def walk(typed: str, sed: str = "") -> subprocess.CompletedProcess[str]:
        editor = tmp_path / "editor"
        editor.write_text(f"#!/bin/sh\nexec sed -i -e '{sed}' \"$1\"\n", encoding="utf-8")
        editor.chmod(0o700)
        return subprocess.run(
            [*PLANNER, "review"],
            env=env | {"EDITOR": str(editor), "VISUAL": str(editor)},
            input=typed,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return walk


Review = Callable[..., subprocess.CompletedProcess[str]]


def test_a_reviewed_edit_is_proven_shown_anew_and_done_as_the_person_wrote_it(
    planner: Run, broken: Path, review: Review, app: App
) -> None:
    told = parked(planner, broken)
    done = review("e\na\nmy own words\n", 's/"attic"/"cellar"/')
    assert done.returncode == 0, done.stdout + done.stderr
    assert '+  default = "cellar"' in done.stdout, "the diff is shown anew before it is approved"
    assert text(broken) == MENDED.replace("attic", "cellar")
    (approval,) = [
        line.entry.approval for line in app.store.lines(told.run_id) if isinstance(line.entry, Decided)
    ]
    assert (approval.comment, approval.digest != digest(told)) == ("my own words", True)
    record = record_of(app, told.run_id)
    assert record.incidents[-1].note.startswith("edited by ")
    assert planner("undo", told.run_id).returncode == 0
    assert text(broken) == BROKEN


def test_a_fix_that_was_taken_back_is_asked_about_where_it_was_made_unasked(
    planner: Run, broken: Path
) -> None:
    told = run(planner, broken, "--autonomy", "fix")
    assert (told.state, text(broken)) == ("SUCCESS", MENDED)
    assert planner("undo", told.run_id).returncode == 0
    again = run(planner, broken, "--autonomy", "fix")
    assert (again.exit_code, text(broken)) == (3, BROKEN)
    assert f"took this very fix back at {told.run_id[:4]}" in again.reason
    assert result(planner("approve", again.run_id, "--json")).state == "SUCCESS"
    assert text(broken) == MENDED


def test_the_approval_of_what_stood_there_before_a_persons_edit_does_not_count(
    planner: Run, broken: Path, review: Review, app: App
) -> None:
    told = parked(planner, broken)
    assert review("e\ns\n", 's/"attic"/"cellar"/').returncode == 0
    answered(app, told.run_id, digest(told))
    assert result(planner("resume", told.run_id, "--json")).exit_code == 3
    assert text(broken) == BROKEN


REFUSED = {
    "that the policy refuses": (
        's/^  input = .*/&\\n  provisioner "local-exec" {\\n    command = "true"\\n  }/',
        "refused: ",
    ),
    "that does not settle the failure": ("s/var.colour}/var.colors}/", "the failure"),
    "that is no configuration": ("s/^resource.*/resource {{/", "refused: "),
}


@pytest.mark.parametrize("edited", REFUSED.values(), ids=REFUSED)
def test_an_edit_is_not_taken(
    planner: Run, broken: Path, review: Review, app: App, edited: tuple[str, str]
) -> None:
    sed, says = edited
    told = parked(planner, broken)
    done = review("e\nq\n", sed)
    assert done.returncode == 0, done.stderr
    assert "the edit is not proven" in done.stdout
    assert says in done.stdout
    pending = record_of(app, told.run_id).pending
    assert pending is not None
    assert pending.digest == digest(told), "what was asked before is still asked"
    assert text(broken) == BROKEN


def test_the_queue_is_walked_skipped_and_rejected_from(
    planner: Run, broken: Path, review: Review, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    write(second, BROKEN)
    first = parked(planner, broken)
    parked(planner, second)
    listed = json.loads(planner("review", "--json").stdout)
    assert listed[0]["run_id"] == first.run_id, "the oldest first"
    walked = review("s\nr\nnot now\n")
    assert walked.returncode == 2
    assert "1 of 2" in walked.stdout
    assert [one["run_id"] for one in json.loads(planner("review", "--json").stdout)] == [first.run_id]
    assert review("q\n").returncode == 0
    assert (text(broken), text(second)) == (BROKEN, BROKEN)


# --- profiles -------------------------------------------------------------------------------------


OWN = "profile: mine\nprofiles:\n  mine: {autonomy: fix, approve: {edit_config: %s}}\n"
PROFILES = {
    "development": ("profile: development\n", (), 0),
    "staging": ("profile: staging\n", (), 0),
    "production": ("profile: production\n", (), 3),
    "incident": ("profile: incident\n", (), 3),
    "development, but a flag asks for less": ("profile: development\n", ("--autonomy", "suggest"), 3),
    "one's own, which does": (OWN % "auto", (), 0),
    "one's own, which never does": (OWN % "never", (), 2),
    "development, but the module asks": ("profile: development\napprove: {edit_config: ask}\n", (), 3),
}


@pytest.mark.parametrize(("settings", "flags", "code"), PROFILES.values(), ids=PROFILES)
def test_a_profile_says_how_far_an_edit_may_go(
    planner: Run, broken: Path, settings: str, flags: tuple[str, ...], code: int
) -> None:
    write(broken, settings, "planner.yaml")
    told = run(planner, broken, *flags)
    assert told.exit_code == code, told.reason
    assert text(broken) == (MENDED if code == 0 else BROKEN)


@pytest.mark.parametrize(("profile", "code"), [("development", 3), ("production", 2), ("incident", 2)])
def test_what_takes_something_away_is_asked_about_or_never_done(
    planner: Run, module: Path, tmp_path: Path, profile: str, code: int
) -> None:
    write(module, 'import {\n  to = terraform_data.box\n  id = "scratched"\n}\n' + BOX)
    assert run(planner, module).state == "SUCCESS"
    write(module, BOX + 'output "serial" {\n  value = terraform_data.box.id\n}\n')
    checks = 'checks: {outputs: [{name: serial, matches: "^[0-9a-f-]{36}$"}]}\n'
    write(module, f"profile: {profile}\n{checks}", "planner.yaml")
    said = answer("replace", "The box lost its serial number.", address="terraform_data.box")
    write(tmp_path, json.dumps([said]), "answers.json")
    told = run(planner, module, "--model", f"scripted:{tmp_path / 'answers.json'}")
    assert told.exit_code == code, told.reason
    assert "scratched" in text(module, "terraform.tfstate")


def test_a_profile_that_nobody_defined_is_an_operators_error_that_names_those_there_are(
    planner: Run, broken: Path
) -> None:
    write(broken, "profile: prod\nprofiles: {mine: {}}\n", "planner.yaml")
    done = planner("run", broken)
    assert done.returncode == 1
    assert "there is no profile 'prod'" in done.stderr
    assert "development, incident, mine, production, staging" in done.stderr


ACTIONS = {
    "ask of what is created": ("create: ask", "create terraform_data.other", 3),
    "never create": ("create: never", "create terraform_data.other", 2),
    "ask of what is updated": ("update: ask", "", 0),
}


@pytest.mark.parametrize(("says", "question", "code"), ACTIONS.values(), ids=ACTIONS)
def test_a_profile_says_what_a_plan_may_do(
    planner: Run, module: Path, says: str, question: str, code: int
) -> None:
    write(module, OTHER)
    write(module, f"profile: mine\nprofiles:\n  mine: {{plan: {{{says}}}}}\n", "planner.yaml")
    told = run(planner, module)
    assert (told.exit_code, question in told.reason) == (code, True), told.reason
    if code == 3:
        assert not (module / "terraform.tfstate").exists()
        assert result(planner("approve", told.run_id, "--json")).state == "SUCCESS"


# --- what is shown is what is done ----------------------------------------------------------------


def test_a_backend_whose_new_place_lacks_what_the_old_one_holds_is_never_taken(
    planner: Run, module: Path
) -> None:
    write(module, backend("old.tfstate") + BOX)
    assert run(planner, module).state == "SUCCESS"
    write(module, backend("new.tfstate") + BOX)
    write(module, "approve: {init_reconfigure: auto}\n", "planner.yaml")
    told = run(planner, module, "--autonomy", "fix")
    assert (told.exit_code, told.incidents[0].decision) == (2, "refused")
    assert "terraform_data.box" in told.incidents[0].note
    assert not (module / "new.tfstate").exists()


def test_an_import_of_what_is_in_the_state_already_is_refused_in_the_copy(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    fails = 'provisioner "local-exec" {\n    command = "echo crate-7 is here already; kill -9 $$"\n  }\n'
    write(module, BOX.replace("}\n", f"  {fails}}}\n"))
    said = answer("import", "The crate is there.", address="terraform_data.box", object_id="crate-7")
    write(tmp_path, json.dumps([said]), "answers.json")
    told = run(planner, module, "--autonomy", "fix", "--model", f"scripted:{tmp_path / 'answers.json'}")
    assert told.exit_code == 2
    assert told.incidents[0].decision == "refused"
    assert "it is in the state already" in told.incidents[0].note


def test_an_edit_that_takes_away_beside_its_cause_is_refused_where_all_edits_are_allowed(
    planner: Run, broken: Path, tmp_path: Path
) -> None:
    write(broken, BROKEN.replace("var.color}", "var.shade}"))  # too far off for a repair
    edits = [
        edit("main.tf", "var.shade}", "var.colour}"),
        edit("other.tf", "  input = 1\n", "  count = 0\n"),
    ]
    said = answer("edit_config", "It is misspelt, and there are too many.", edits=edits)
    write(tmp_path, json.dumps([said]), "answers.json")
    write(broken, "profile: development\n", "planner.yaml")
    told = run(planner, broken, "--model", f"scripted:{tmp_path / 'answers.json'}")
    assert (told.exit_code, told.incidents[0].decision) == (2, "refused")
    assert "everything is destroyed" in told.incidents[0].note
    assert text(broken, "other.tf") == OTHER


def test_a_yes_allows_no_other_plan_though_nothing_of_that_one_would_be_asked_about(
    planner: Run, module: Path
) -> None:
    boxes = 'variable "n" {\n  default = 2\n}\nvariable "v" {\n  default = "one"\n}\n'
    write(module, boxes + 'resource "terraform_data" "box" {\n  count = var.n\n  input = var.v\n}\n')
    run(planner, module)
    asked = parked(planner, module, "--var", "n=1")
    assert run(planner, module, "--var", "n=1", "--var", "v=two", "--yes").exit_code == 0
    again = result(planner("approve", asked.run_id, "--seen", digest(asked)[:12], "--json"))
    assert (again.exit_code, again.reason.endswith("no longer the one that was approved")) == (3, True)
    assert again.pending is not None
    assert [(c.address, c.action) for c in again.pending.changes] == [("terraform_data.box[0]", "update")]
    done = result(planner("approve", asked.run_id, "--seen", digest(again)[:12], "--json"))
    assert (done.exit_code, done.state) == (0, "SUCCESS")


def test_what_is_done_with_what_is_asked_about_is_shown_beside_it(planner: Run, module: Path) -> None:
    write(module, BOX + OTHER)
    run(planner, module)
    write(module, BOX.replace("blue", "red") + OTHER.replace('"other"', '"another"'))
    asked = parked(planner, module)
    assert asked.pending is not None
    assert [change.address for change in asked.pending.changes] == ["terraform_data.other"]
    beside = {(change.address, change.action.value) for change in asked.pending.beside}
    assert beside == {("terraform_data.another", "create"), ("terraform_data.box", "update")}
    told = planner("show", asked.run_id).stdout
    assert told.index("delete terraform_data.other") < told.index("and with it, in the same apply:")
    assert "update terraform_data.box" in told


def test_what_forces_a_replacement_is_told(planner: Run, module: Path) -> None:
    write(module, 'resource "terraform_data" "box" {\n  triggers_replace = "one"\n}\n')
    run(planner, module)
    write(module, 'resource "terraform_data" "box" {\n  triggers_replace = "two"\n}\n')
    told = planner("show", parked(planner, module).run_id).stdout
    assert "replace terraform_data.box  (triggers_replace cannot be changed in place)" in told


@pytest.mark.parametrize("seen", ["", "4"])
def test_a_digest_that_is_empty_or_guessed_answers_nothing(planner: Run, broken: Path, seen: str) -> None:
    asked = parked(planner, broken)
    refused = planner("approve", asked.run_id, "--seen", digest(asked)[:1] if seen else "", "--json")
    assert (refused.returncode, text(broken)) == (1, BROKEN)
    assert "asks something else" in refused.stderr
