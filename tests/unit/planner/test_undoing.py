"""Undo takes back what the journal says was changed, last first, and goes on where it was cut off."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.approval import Proposal
from contracts.errors import StoppedError, UnknownRunError
from contracts.fixing import ImportRequest, StateChange, StateRequest
from contracts.journal import EffectEnded, EffectIntended, Undone
from contracts.run import Carried, Effect, RunState, StopKind
from contracts.terraform import Ended, TerraformResult
from planner.fixing import Fixer
from planner.proving import Proven
from planner.undoing import refuse_if_nothing, undo
from planner.wiring import actor
from subagents.remediator.edit_config import Change
from subagents.remediator.work import Work
from subagents.workspace import RefusedError
from tests.fakes.planning import Bench, SetStop, error
from tests.fakes.scripted_fixer import ScriptedFixer, broken, effects_of

OLD, NEW = "a = 1\n", "a = 2\n"
FILES = {"main.tf": Change(OLD, NEW)}
IMPORT = ("terraform_data.a", "i-1")
FAILS = TerraformResult(ended=Ended.ERRORED, diagnostics=(error("Cannot import non-existent object"),))
GONE = TerraformResult(ended=Ended.ERRORED, diagnostics=(error("Invalid target address"),))


def ended(folder: Path) -> Bench:
    """A run that is over; what its fixes do is still to be told."""
    bench = broken(folder, {"main.tf": OLD})
    bench.record.state = RunState.FAILED
    return bench


def carried_out(bench: Bench, agent: ScriptedFixer, work: Work) -> Carried:
    fixer = Fixer(journal=bench.journal, effects=effects_of(bench, agent), rundir=bench.rundir)
    return fixer.carry_out(Proven(Proposal(remediations=()), "d", work, None))


def changed(bench: Bench, change: StateChange, effect: Effect = Effect.CHANGE) -> None:
    bench.journal.append(EffectIntended(effect=effect, attempt=1, change=change))
    bench.journal.append(EffectEnded(effect=effect, ended=Ended.COMPLETED))


def settled(bench: Bench) -> None:
    """The run has moved on with its fix."""
    bench.record.unsettled = False


def undone(bench: Bench, agent: ScriptedFixer) -> tuple[str, ...]:
    return undo(bench.journal, effects_of(bench, agent), bench.rundir, "ada")


def text(bench: Bench) -> str:
    return (bench.record.request.module / "main.tf").read_text(encoding="utf-8")


# --- the two halves of a fix --------------------------------------------------------------------


def test_files_come_before_the_import_that_may_need_them(tmp_path: Path) -> None:
    bench, seen = ended(tmp_path), []
    agent = ScriptedFixer(happens=lambda _: seen.append(text(bench)))
    carried_out(bench, agent, Work(files=FILES, imports=(IMPORT,)))
    assert seen == [NEW]
    assert isinstance(agent.asked[0], ImportRequest)


def test_files_are_put_back_where_the_import_fails(tmp_path: Path) -> None:
    bench = ended(tmp_path)
    with pytest.raises(RefusedError, match="non-existent object"):
        carried_out(bench, ScriptedFixer(ends={"import": FAILS}), Work(files=FILES, imports=(IMPORT,)))
    assert (text(bench), bench.record.promotions, bench.record.state_changes) == (OLD, 0, ())
    with pytest.raises(UnknownRunError, match="changed neither"):
        refuse_if_nothing(bench.record)


def test_a_file_that_somebody_changed_meanwhile_is_not_taken_from_them(tmp_path: Path) -> None:
    bench = ended(tmp_path)
    mine = "a = 3\n"

    def happens(what: str) -> None:
        (bench.record.request.module / "main.tf").write_text(mine, encoding="utf-8")

    agent = ScriptedFixer(ends={"import": FAILS}, happens=happens)
    with pytest.raises(RefusedError, match="no longer holds"):
        carried_out(bench, agent, Work(files=FILES, imports=(IMPORT,)))
    assert (text(bench), bench.record.open_effect) == (mine, None)


# --- what undo takes back -----------------------------------------------------------------------


def test_what_was_imported_before_another_change_failed_is_taken_back(tmp_path: Path) -> None:
    bench = ended(tmp_path)
    with pytest.raises(RefusedError):
        carried_out(
            bench, ScriptedFixer(ends={"mv": FAILS}), Work(imports=(IMPORT,), moves=(("a.b", "a.c"),))
        )
    agent = ScriptedFixer()
    assert undone(bench, agent) == ("terraform state rm terraform_data.a",)
    assert agent.calls == ["rm"]
    assert bench.record.undone


def test_the_last_change_is_taken_back_first(tmp_path: Path) -> None:
    bench, agent = ended(tmp_path), ScriptedFixer()
    for source, destination in (("a.b", "a.c"), ("a.c", "a.d")):
        changed(bench, StateChange(verb="mv", source=source, destination=destination))
    undone(bench, agent)
    moves = [(r.source, r.destination) for r in agent.asked if isinstance(r, StateRequest)]
    assert moves == [("a.d", "a.c"), ("a.c", "a.b")]


def test_a_move_of_what_a_journal_names_with_a_mask_is_left_to_a_person(tmp_path: Path) -> None:
    bench, agent = ended(tmp_path), ScriptedFixer()
    changed(bench, StateChange(verb="mv", source='a.b["<secret:0a1b>"]', destination="a.c"))
    (told,) = undone(bench, agent)
    assert (told.startswith("not put back: "), "by hand" in told, agent.asked) == (True, True, [])


@pytest.mark.parametrize("last", ["rm", "unlock"])
def test_an_undo_that_was_cut_off_goes_on_with_what_is_left(tmp_path: Path, last: str) -> None:
    bench = ended(tmp_path)
    changed(bench, StateChange(verb="mv", source="a.b", destination="a.c"))
    changed(bench, StateChange(verb="import", source="a.e", destination="i-1"))
    changed(bench, StateChange.model_validate({"verb": last, "source": "a.f"}))
    with pytest.raises(UnknownRunError, match="Invalid target address"):
        undone(bench, ScriptedFixer(ends={"mv": GONE}))
    again = ScriptedFixer()
    told = undone(bench, again)
    assert again.calls == ["mv"], "what was taken back is not taken back twice"
    assert [line for line in told if "not put back" not in line] == ["terraform state mv a.c a.b"]
    assert bench.refolded().state_changes == bench.record.state_changes


def test_files_that_were_put_back_are_not_looked_for_again_after_a_death(tmp_path: Path) -> None:
    bench = ended(tmp_path)
    for files in (FILES, {"main.tf": Change(NEW, "a = 3\n")}):
        carried_out(bench, ScriptedFixer(), Work(files=files))
        settled(bench)
    undone(bench, ScriptedFixer())
    lines = bench.store.lines("run-1")
    assert isinstance(lines[-1].entry, Undone)
    bench.record.undone = False  # planner died before that entry
    with pytest.raises(UnknownRunError, match="changed neither"):
        undone(bench, ScriptedFixer())
    assert text(bench) == OLD


def test_what_was_put_back_is_not_put_back_twice(tmp_path: Path) -> None:
    bench = ended(tmp_path)
    carried_out(bench, ScriptedFixer(), Work(files=FILES))
    settled(bench)
    assert undone(bench, ScriptedFixer()) == ("put back main.tf",)
    with pytest.raises(UnknownRunError, match="already"):
        undone(bench, ScriptedFixer())


# --- when, and by whom --------------------------------------------------------------------------


class Watched(SetStop):
    """Tells whether an effect is being started."""

    def __init__(self) -> None:
        super().__init__()
        self.held = False

    @contextmanager
    def starting(self) -> Iterator[StopKind | None]:
        self.held = True
        with nullcontext():
            yield self.requested()
        self.held = False


def test_files_are_put_back_only_under_the_lock_of_every_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = ended(tmp_path)
    carried_out(bench, ScriptedFixer(), Work(files=FILES))
    settled(bench)
    watched = bench.stop = Watched()
    held: list[bool] = []

    def restored(module: Path, backup: Path) -> tuple[str, ...]:
        held.append(watched.held)
        return ()

    monkeypatch.setattr("planner.undoing.restore", restored)
    undone(bench, ScriptedFixer())
    assert held == [True]


@pytest.mark.parametrize("kind", list(StopKind))
def test_nothing_is_put_back_once_a_stop_was_wanted_and_it_can_be_tried_again(
    tmp_path: Path, kind: StopKind
) -> None:
    bench = ended(tmp_path)
    carried_out(bench, ScriptedFixer(), Work(files=FILES))
    settled(bench)
    bench.stop.kind = kind
    with pytest.raises(StoppedError):
        undone(bench, ScriptedFixer())
    assert (text(bench), bench.record.undone) == (NEW, False)
    bench.stop.kind = None
    undone(bench, ScriptedFixer())
    assert text(bench) == OLD


def test_who_did_it_is_the_user_of_the_process_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    assert actor() == pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize(("parked", "command"), [(False, "resume"), (True, "reject")])
def test_a_run_that_has_not_ended_says_which_command_ends_it(
    tmp_path: Path, *, parked: bool, command: str
) -> None:
    bench = broken(tmp_path, {"main.tf": OLD})
    carried_out(bench, ScriptedFixer(), Work(files=FILES))
    bench.record.parked = parked
    with pytest.raises(UnknownRunError, match=f"planner {command} run-1"):
        refuse_if_nothing(bench.record)


def test_an_undo_takes_no_longer_than_a_run_may(tmp_path: Path) -> None:
    bench, agent = ended(tmp_path), ScriptedFixer()
    changed(bench, StateChange(verb="mv", source="a.b", destination="a.c"))
    undone(bench, agent)
    assert [getattr(request, "timeout", None) for request in agent.asked] == [timedelta(minutes=5)]
