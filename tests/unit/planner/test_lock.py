"""One run a module at a time."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.errors import BusyError, ModuleError, StoreError
from planner.lock import Holder, ModuleLock, StateLock
from subagents.identity import identity_of
from tests.fakes.clock import ManualClock

CLOCK = ManualClock()
ME = Holder(run_id="run-1", host="here", process=identity_of(os.getpid()))


def test_whoever_comes_second_is_told_who_was_first(tmp_path: Path) -> None:
    module, holders = tmp_path / "m", tmp_path / "home/locks"
    module.mkdir()
    lock = ModuleLock(module, holders, CLOCK).acquire(ME)
    with pytest.raises(BusyError, match=f"run-1, pid {os.getpid()} on here"):
        ModuleLock(module, holders, CLOCK).acquire(ME)
    lock.release()
    ModuleLock(module, holders, CLOCK).acquire(ME).release()


class _Writes(ManualClock):
    """A clock in whose first sleep another planner writes its note."""

    def __init__(self, note: Path, text: str) -> None:
        super().__init__()
        self._note, self._text = note, text

    def sleep(self, seconds: float) -> None:
        self._note.write_text(self._text)
        super().sleep(seconds)


@pytest.mark.parametrize("before", ["", ME.model_dump_json()[:20], "of the dead"])
def test_whoever_comes_before_the_note_is_written_waits_for_it(tmp_path: Path, before: str) -> None:
    module, holders = tmp_path / "m", tmp_path / "locks"
    module.mkdir()
    lock = ModuleLock(module, holders, CLOCK).acquire(ME)
    (note,) = holders.iterdir()
    if before == "of the dead":
        dead = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        was = identity_of(dead.pid)
        dead.communicate()
        before = Holder(run_id="run-0", host=socket.gethostname(), process=was).model_dump_json()
    note.write_text(before)
    late = _Writes(note, ME.model_dump_json())
    with pytest.raises(BusyError, match="planner run run-1"):
        ModuleLock(module, holders, late).acquire(ME)
    assert len(late.sleeps) == 1
    lock.release()


def test_another_path_to_the_same_folder_is_the_same_module(tmp_path: Path) -> None:
    module, link = tmp_path / "m", tmp_path / "link"
    module.mkdir()
    link.symlink_to(module)
    lock = ModuleLock(module, tmp_path / "locks", CLOCK).acquire(ME)
    with pytest.raises(BusyError):
        ModuleLock(link, tmp_path / "locks", CLOCK).acquire(ME)
    lock.release()


def test_another_home_is_held_off_too(tmp_path: Path) -> None:
    module = tmp_path / "m"
    module.mkdir()
    lock = ModuleLock(module, tmp_path / "one", CLOCK).acquire(ME)
    with pytest.raises(BusyError, match="another --home"):
        ModuleLock(module, tmp_path / "two", CLOCK).acquire(ME)
    lock.release()


def test_two_modules_do_not_mind_each_other(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a = ModuleLock(tmp_path / "a", tmp_path / "locks", CLOCK).acquire(ME)
    ModuleLock(tmp_path / "b", tmp_path / "locks", CLOCK).acquire(ME).release()
    a.release()


def test_a_module_that_went_away_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModuleError, match="is not there any more") as told:
        ModuleLock(tmp_path / "gone", tmp_path / "locks", CLOCK).acquire(ME)
    assert "put it back" in told.value.remedy


def test_what_cannot_be_locked_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ModuleError, match="cannot be locked") as told:
        ModuleLock(tmp_path / "file", tmp_path / "locks", CLOCK).acquire(ME)
    assert "read permission" in told.value.remedy


def test_a_note_that_cannot_be_removed_holds_nobody_up(tmp_path: Path) -> None:
    lock = ModuleLock(tmp_path, tmp_path / "locks", CLOCK).acquire(ME)
    (note,) = (tmp_path / "locks").iterdir()
    note.unlink()
    note.mkdir()
    lock.release()
    ModuleLock(tmp_path, tmp_path / "locks", CLOCK).acquire(ME).release()


def test_a_file_in_the_place_of_the_folder_of_locks_is_told(tmp_path: Path) -> None:
    (tmp_path / "locks").touch()
    with pytest.raises(StoreError, match="cannot be written") as told:
        StateLock(tmp_path / "locks", ME, CLOCK).hold("key")
    assert "--home" in told.value.remedy
