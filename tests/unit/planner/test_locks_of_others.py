"""Whose lock it is, by journals: only what was killed may be its dead holder, of its kind and in its time."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.diagnostic import Diagnostic, Severity
from contracts.identity import ProcessId
from contracts.journal import EffectEnded, EffectIntended, EffectStarted
from contracts.run import Effect
from contracts.terraform import Ended
from planner.holders import machine_of
from subagents.identity import identity_of, oldest_of
from subagents.remediator.unlock import Machine, unlocking
from subagents.workspace import RefusedError
from tests.fakes.clock import START
from tests.fakes.planning import PROCESS, Bench

ID = "5f0c1c9e-0000-4000-8000-000000000001"
APPLY, PLAN = "OperationTypeApply", "OperationTypePlan"


def lock(after_s: float, operation: str = APPLY, host: str | None = None) -> tuple[Diagnostic]:
    """What Terraform says of a lock that was taken so long after the clock's start."""
    taken = START + timedelta(seconds=after_s)
    detail = (
        f"Lock Info:\n  ID:        {ID}\n  Path:      p\n  Operation: {operation}\n"
        f"  Who:       ada@{host or socket.gethostname()}\n"
        f"  Created:   {taken:%Y-%m-%d %H:%M:%S}.12 +0000 UTC\n"
    )
    return (Diagnostic(severity=Severity.ERROR, summary="Error acquiring the state lock", detail=detail),)


def started(
    folder: Path,
    ended: str | None,
    *,
    effect: Effect = Effect.APPLY,
    process: ProcessId = PROCESS,
    lasted_s: float = 5,
) -> Machine:
    """This machine after a run that started one process; `ended` None: planner died with it."""
    bench = Bench(folder)
    bench.journal.append(EffectIntended(effect=effect, attempt=1))
    bench.journal.append(EffectStarted(effect=effect, process=process))
    bench.clock.advance(lasted_s)
    if ended is not None:
        bench.journal.append(EffectEnded(effect=effect, ended=ended))
    known = machine_of(bench.store, bench.record.request.module)
    return known._replace(oldest_engine=None)


def is_asked(diagnostics: tuple[Diagnostic], known: Machine) -> bool:
    return bool(unlocking(ID, diagnostics, known)[1])


@pytest.mark.parametrize("ended", [Ended.KILLED, "unknown", None])
def test_a_process_of_ours_that_was_killed_frees_its_lock_for_nothing(
    tmp_path: Path, ended: str | None
) -> None:
    assert not is_asked(lock(2), started(tmp_path, ended))


@pytest.mark.parametrize("ended", [Ended.COMPLETED, Ended.ERRORED, Ended.STOPPED, Ended.TIMED_OUT])
def test_a_process_that_ended_in_order_freed_its_lock_so_this_one_is_somebody_elses(
    tmp_path: Path, ended: Ended
) -> None:
    assert is_asked(lock(2), started(tmp_path, ended))


@pytest.mark.parametrize(
    ("effect", "operation"),
    [(Effect.PLAN, APPLY), (Effect.APPLY, PLAN), (Effect.INIT, APPLY), (Effect.CHANGE, APPLY)],
)
def test_a_lock_of_another_operation_is_not_that_of_our_process(
    tmp_path: Path, effect: Effect, operation: str
) -> None:
    assert is_asked(lock(2, operation), started(tmp_path, Ended.KILLED, effect=effect))


@pytest.mark.parametrize(("after_s", "asked"), [(-1, True), (0, False), (5, False), (6, True), (3600, True)])
def test_a_lock_counts_as_that_of_a_killed_process_only_while_it_lived(
    tmp_path: Path, after_s: float, *, asked: bool
) -> None:
    assert is_asked(lock(after_s), started(tmp_path, Ended.KILLED)) is asked


@pytest.mark.parametrize(("after_s", "asked"), [(60, False), (61, True)])
def test_where_nobody_saw_the_end_a_lock_counts_for_a_minute(
    tmp_path: Path, after_s: float, *, asked: bool
) -> None:
    assert is_asked(lock(after_s), started(tmp_path, None, lasted_s=7200)) is asked


def test_while_a_terraform_as_old_as_the_lock_runs_here_nobody_is_taken_for_dead(tmp_path: Path) -> None:
    known = started(tmp_path, Ended.KILLED)
    assert is_asked(lock(2), known._replace(oldest_engine=START))


def test_the_lock_of_another_host_is_asked_about_whatever_died_here(tmp_path: Path) -> None:
    known = started(tmp_path, Ended.KILLED)
    assert is_asked(lock(2, host="elsewhere"), known)


def test_a_lock_of_a_host_of_this_name_is_asked_about_where_planner_started_nothing() -> None:
    """Two machines may have one name: images, runners and containers do."""
    assert is_asked(lock(2), Machine(socket.gethostname(), (), None))


def test_the_lock_of_a_process_of_ours_that_lives_is_refused(tmp_path: Path) -> None:
    known = started(tmp_path, None, process=identity_of(os.getpid()))
    with pytest.raises(RefusedError, match="still runs"):
        unlocking(ID, lock(2), known)


@contextmanager
def running(program: Path) -> Iterator[None]:
    with subprocess.Popen([program, "30"]) as child:
        try:
            named = Path(f"/proc/{child.pid}/comm")
            while named.read_text(encoding="ascii").strip() != program.name:
                time.sleep(0.001)  # the kernel names a process a moment after it has become the program
            yield
        finally:
            child.kill()


def test_a_terraform_that_somebody_else_started_is_seen(tmp_path: Path) -> None:
    program = tmp_path / f"tf-{os.getpid()}"  # nobody else's, and short: the kernel keeps fifteen characters
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    assert oldest_of((program.name,)) is None
    with running(program):
        assert oldest_of((program.name,)) is not None


def test_a_terraform_that_has_ended_holds_nothing_though_nobody_buried_it(tmp_path: Path) -> None:
    program = tmp_path / f"tf-{os.getpid()}"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    with subprocess.Popen([program, "0"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and still there: a zombie
        assert Path(f"/proc/{child.pid}/comm").exists()
        assert oldest_of((program.name,)) is None
