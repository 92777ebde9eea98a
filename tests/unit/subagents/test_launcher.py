"""The process that waits to be told what to become: made ahead of need, and it runs nothing by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from contracts.identity import ProcessId
from contracts.ports import Command, Exit, Grace
from contracts.run import StopKind
from contracts.terraform import Ended
from planner.cli import cli
from subagents.clock import SystemClock
from subagents.identity import is_alive
from subagents.launcher import prepare
from subagents.process import SystemProcessRunner

SAYS = "import sys; print(sys.argv[1:])"


class Never:
    def requested(self) -> StopKind | None:
        return None

    def insisted(self) -> bool:
        return False

    def starting(self) -> AbstractContextManager[StopKind | None]:
        return nullcontext()


def command(folder: Path, name: str, *arguments: str, env: dict[str, str] | None = None) -> Command:
    return Command(
        argv=(sys.executable, "-c", SAYS, *arguments),
        cwd=folder,
        env=env or {},
        stdout=folder / f"{name}.out",
        stderr=folder / f"{name}.err",
        timeout=timedelta(seconds=30),
        grace=Grace(interrupt=timedelta(seconds=5)),
    )


def ran(runner: SystemProcessRunner, what: Command) -> tuple[Exit, ProcessId]:
    seen: list[ProcessId] = []
    exit_ = runner.run(what, on_start=seen.append, on_line=lambda _: None, stop=Never())
    return exit_, seen[0]


def children() -> set[int]:
    """Pids of this process's children."""
    mine = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            mine.add(int(path.parent.name))
    return mine


def test_within_the_context_the_next_process_waits_already_and_after_it_none_is_left(tmp_path: Path) -> None:
    before = children()
    with SystemProcessRunner(SystemClock()) as runner:
        [first] = children() - before
        assert ran(runner, command(tmp_path, "a"))[1].pid == first
        [second] = children() - before
        assert ran(runner, command(tmp_path, "b"))[1].pid == second != first
    assert children() == before


def test_one_that_was_prepared_is_the_first_that_waits_and_ends_unused_with_its_process(
    tmp_path: Path,
) -> None:
    before = children()
    prepare()
    prepare()
    [first] = children() - before
    with SystemProcessRunner(SystemClock()) as runner:
        assert ran(runner, command(tmp_path, "a"))[1].pid == first
    assert children() == before
    unused = "from subagents.launcher import prepare, _prepared; prepare(); print(_prepared[0].pid)"
    done = subprocess.run([sys.executable, "-c", unused], capture_output=True, text=True, check=True)
    deadline = time.monotonic() + 20
    while Path("/proc", done.stdout.strip(), "exe").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_command_that_starts_nothing_leaves_none_behind(tmp_path: Path) -> None:
    before = children()
    done = CliRunner().invoke(cli, ["run", str(tmp_path / "nothing")])
    assert (done.exit_code != 0, children()) == (True, before)


def test_outside_it_nothing_is_started_ahead(tmp_path: Path) -> None:
    before = children()
    exit_, process = ran(SystemProcessRunner(SystemClock()), command(tmp_path, "a"))
    assert (exit_.ended, children(), is_alive(process)) == (Ended.COMPLETED, before, False)


def test_one_that_somebody_killed_is_replaced(tmp_path: Path) -> None:
    before = children()
    with SystemProcessRunner(SystemClock()) as runner:
        [waiting] = children() - before
        os.kill(waiting, signal.SIGKILL)
        os.waitid(os.P_PID, waiting, os.WEXITED | os.WNOWAIT)
        exit_, process = ran(runner, command(tmp_path, "a"))
    assert (exit_.ended, process.pid != waiting) == (Ended.COMPLETED, True)


def test_arguments_and_an_environment_of_any_size_arrive_as_they_are(tmp_path: Path) -> None:
    odd = ("", "two words", "a\nb", "\udcff", "é")
    large = {f"NAME_{number}": "x" * 4000 for number in range(100)}  # more than a pipe holds
    with SystemProcessRunner(SystemClock()) as runner:
        what = command(tmp_path, "a", *odd, env={"PYTHONUTF8": "1", **large})
        assert ran(runner, what)[0].ended is Ended.COMPLETED
    assert (tmp_path / "a.out").read_text(encoding="utf-8").strip() == str(list(odd))


def test_where_its_start_cannot_be_recorded_nothing_runs(tmp_path: Path) -> None:
    before = children()

    def full_disk(_: ProcessId) -> None:
        raise OSError(28, "No space left on device")

    with SystemProcessRunner(SystemClock()) as runner:
        with pytest.raises(OSError, match="No space"):
            runner.run(command(tmp_path, "a"), on_start=full_disk, on_line=lambda _: None, stop=Never())
        assert (tmp_path / "a.out").read_bytes() == b""
        assert ran(runner, command(tmp_path, "b"))[0].ended is Ended.COMPLETED
    assert children() == before


def test_a_folder_that_is_gone_is_an_error_before_anything_else(tmp_path: Path) -> None:
    what = command(tmp_path, "a").model_copy(update={"cwd": tmp_path / "gone"})
    with pytest.raises(FileNotFoundError, match="gone"):
        ran(SystemProcessRunner(SystemClock()), what)
