"""A decision is taken where the run began, and nothing secret is told or kept of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.diagnostic import Diagnostic, Severity
from contracts.errors import ModuleError, PlannerError, UnknownRunError
from contracts.fixing import StateChange
from contracts.journal import Decided, EffectEnded, EffectIntended
from contracts.remediation import Edit, EditConfig
from contracts.run import Effect, RunState, StopKind
from contracts.terraform import Ended, Engine, TerraformResult
from planner.app import App
from planner.assembly import Assembly
from planner.desk import Desk
from planner.fix_effects import FixEffects
from planner.last_shown import note_shown
from planner.resume import recorded
from planner.view import PlainView
from planner.wiring import actor
from tests.fakes.planning import CREATE_A, Bench
from tests.fakes.recording_fixer import ENGINE
from tests.fakes.scripted_fixer import Planned, ScriptedFixer, broken, mended_by

SECRET = "correct horse battery 77"
MODULE = f"""variable "conn" {{
  sensitive = true
  default   = "{SECRET}"
}}
resource "terraform_data" "a" {{
  inptu = var.conn
}}
"""
EDIT = EditConfig(summary="spell it", edits=(Edit(file="main.tf", search="inptu", replace="input"),))
LEAKS = TerraformResult(
    ended=Ended.ERRORED,
    diagnostics=(Diagnostic(severity=Severity.ERROR, summary=f"cannot reach {SECRET}"),),
)


class HereApp(App):
    """The command's objects over a bench's store; its Terraform is scripted."""

    def __init__(self, bench: Bench, fixer: ScriptedFixer) -> None:
        super().__init__(bench.rundir.path.parents[1], PlainView(sys.stderr))
        self.clock = bench.clock  # type: ignore[assignment]
        self.bench = bench
        self.fixer = fixer

    def engine(self, named: str | None) -> Engine:
        return ENGINE


class HereAssembly(Assembly):
    """One run's objects, over the same."""

    _app: HereApp

    def fix_effects(self, time_left: Callable[[], timedelta]) -> FixEffects:
        fixer, stop = self._app.fixer, self._app.bench.stop
        return FixEffects(agent=fixer, prover=fixer, journal=self._journal, stop=stop, time_left=time_left)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planner.desk.Assembly", HereAssembly)


def parked(folder: Path) -> Bench:
    bench = broken(folder, {"main.tf": MODULE}, EDIT)
    mended_by(bench, ScriptedFixer(Planned((CREATE_A,))))
    assert bench.drive().parked
    return bench


def ended(folder: Path) -> Bench:
    """A run that moved something in the state, and is over."""
    bench = broken(folder, {"main.tf": MODULE}, EDIT)
    moved = StateChange(verb="mv", source="a.b", destination="a.c")
    bench.journal.append(EffectIntended(effect=Effect.CHANGE, attempt=1, change=moved))
    bench.journal.append(EffectEnded(effect=Effect.CHANGE, ended=Ended.COMPLETED))
    mended_by(bench, ScriptedFixer(ends={"init": LEAKS}))
    bench.drive()
    assert bench.record.state in {RunState.SUCCESS, RunState.FAILED}
    return bench


def written(bench: Bench) -> str:
    """All that the journal holds, as it stands on the disk."""
    return "\n".join(line.model_dump_json() for line in bench.store.lines("run-1"))


# --- the workspace ------------------------------------------------------------------------------

DECISIONS: dict[str, Callable[[Desk], object]] = {
    "approve": lambda desk: desk.decide("run-1", approve=True, comment=""),
    "reject": lambda desk: desk.decide("run-1", approve=False, comment=""),
    "edit": lambda desk: desk.revise("run-1", {"main.tf": MODULE}, None),
    "undo": lambda desk: desk.undo("run-1", None),
}


@pytest.mark.parametrize("decision", sorted(DECISIONS.keys() - {"reject"}))
@pytest.mark.parametrize("by_name", [False, True], ids=["selected", "TF_WORKSPACE"])
def test_nothing_is_allowed_or_done_in_another_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decision: str, *, by_name: bool
) -> None:
    bench = ended(tmp_path) if decision == "undo" else parked(tmp_path)
    before = len(bench.store.lines("run-1"))
    if by_name:
        monkeypatch.setenv("TF_WORKSPACE", "prod")
    else:
        (bench.record.request.module / ".terraform").mkdir()
        (bench.record.request.module / ".terraform/environment").write_text("prod", encoding="utf-8")
    fixer = ScriptedFixer()
    with pytest.raises(ModuleError, match="TF_WORKSPACE=default") as told:
        DECISIONS[decision](Desk(HereApp(bench, fixer)))
    assert "'prod'" in str(told.value)
    assert len(bench.store.lines("run-1")) == before, "nor is one remembered"
    assert not fixer.calls


def test_a_no_may_be_said_anywhere_for_nothing_is_done_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = parked(tmp_path)
    monkeypatch.setenv("TF_WORKSPACE", "prod")
    DECISIONS["reject"](Desk(HereApp(bench, ScriptedFixer())))
    assert isinstance(bench.store.lines("run-1")[-1].entry, Decided)


def test_no_run_is_resumed_in_another_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = parked(tmp_path)
    monkeypatch.setenv("TF_WORKSPACE", "prod")
    with pytest.raises(ModuleError, match="TF_WORKSPACE=default"):
        HereApp(bench, ScriptedFixer()).resume("run-1", None)


def test_where_the_run_began_it_is_decided(tmp_path: Path) -> None:
    bench = parked(tmp_path)
    Desk(HereApp(bench, ScriptedFixer())).decide("run-1", approve=True, comment="go")
    assert isinstance(bench.store.lines("run-1")[-1].entry, Decided)


# --- secrets ------------------------------------------------------------------------------------


def test_a_secret_in_a_comment_is_masked(tmp_path: Path) -> None:
    bench = parked(tmp_path)
    Desk(HereApp(bench, ScriptedFixer())).decide("run-1", approve=True, comment=f"it is {SECRET}")
    assert SECRET not in written(bench).splitlines()[-1]
    assert "it is <secret" in written(bench)


def test_a_secret_in_a_persons_edit_is_masked_in_what_is_shown_and_kept(tmp_path: Path) -> None:
    bench = parked(tmp_path)
    before = len(written(bench))
    desk = Desk(HereApp(bench, ScriptedFixer(Planned((CREATE_A,)))))
    desk.revise("run-1", {"main.tf": MODULE.replace("inptu = var.conn", "input = [var.conn] # x")}, None)
    told = written(bench)[before:]
    assert "input = [var.conn]" in told
    assert SECRET not in told


FAILING: dict[str, Callable[[Bench], object]] = {
    "edit": lambda bench: Desk(HereApp(bench, ScriptedFixer(ends={"init": LEAKS}))).revise(
        "run-1", {"main.tf": MODULE.replace("inptu", "input")}, None
    ),
    "undo": lambda bench: Desk(HereApp(bench, ScriptedFixer(ends={"mv": LEAKS}))).undo("run-1", None),
}


@pytest.mark.parametrize("decision", FAILING)
def test_what_terraform_says_of_a_failure_is_masked_where_a_person_reads_it(
    tmp_path: Path, decision: str
) -> None:
    bench = ended(tmp_path) if decision == "undo" else parked(tmp_path)
    before = len(written(bench))
    with pytest.raises(PlannerError, match="cannot reach <secret") as told:
        FAILING[decision](bench)
    assert isinstance(told.value, UnknownRunError)
    assert SECRET not in str(told.value)
    assert SECRET not in written(bench)[before:]


def test_a_stop_of_this_run_holds_what_a_person_does_to_it_too(tmp_path: Path) -> None:
    bench = ended(tmp_path)
    app = HereApp(bench, ScriptedFixer())
    with Desk(app)._journal(bench.record):
        bench.store.switch.stop("run-1", "enough")
        with app.stop.starting() as why:
            assert why is StopKind.KILL_SWITCH


def test_of_two_answers_that_come_at_once_the_second_finds_nothing_asked(tmp_path: Path) -> None:
    bench = parked(tmp_path)
    desk = Desk(HereApp(bench, ScriptedFixer()))
    assert bench.record.pending is not None
    with pytest.raises(UnknownRunError, match="asks something else"):
        desk.decide("run-1", approve=True, comment="", seen="another digest")
    desk.decide("run-1", approve=False, comment="no!", seen=bench.record.pending.digest)
    with pytest.raises(UnknownRunError):
        desk.decide("run-1", approve=True, comment="ok")


def test_a_yes_answers_what_who_says_it_was_shown_last_and_nothing_asked_since(tmp_path: Path) -> None:
    bench = parked(tmp_path)
    app = HereApp(bench, ScriptedFixer(Planned((CREATE_A,))))
    note_shown(bench.store, actor(), bench.record)
    asked = bench.record.pending
    Desk(app).revise("run-1", {"main.tf": MODULE.replace("inptu", "input") + "# said\n"}, None)
    with pytest.raises(UnknownRunError, match="asks something else by now"):
        Desk(app).decide("run-1", approve=True, comment="")
    now, _ = recorded(bench.store, "run-1")
    assert now.pending != asked
    note_shown(bench.store, "somebody else", now)
    with pytest.raises(UnknownRunError, match="asks something else by now"):
        Desk(app).decide("run-1", approve=True, comment="")
    note_shown(bench.store, actor(), now)
    Desk(app).decide("run-1", approve=True, comment="")


def test_a_no_is_a_no_to_whatever_is_asked_by_now(tmp_path: Path) -> None:
    bench = parked(tmp_path)
    bench.store.remember(f"shown:run-1:{actor()}", "another digest")
    Desk(HereApp(bench, ScriptedFixer())).decide("run-1", approve=False, comment="")
