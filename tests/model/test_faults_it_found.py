"""What the models found in the code, and the code has closed since: each was seen to fail before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.identity import ProcessId
from contracts.journal import EffectEnded, EffectIntended, RunOpened
from contracts.ports import Command, Grace
from contracts.run import Effect
from contracts.terraform import Ended
from planner.journal import Journal
from subagents.clock import SystemClock
from subagents.process import SystemProcessRunner
from tests.fakes.planning import CREATE_A, ENGINE, Bench, SetStop

ENOUGH_S = 10.0


def test_a_program_does_not_run_before_its_start_is_recorded(tmp_path: Path) -> None:
    touched, seen = tmp_path / "touched", []

    def on_start(_: ProcessId) -> None:
        time.sleep(0.5)  # a disk that is slow to sync, or another process that writes to the store
        seen.append(touched.exists())

    command = Command(
        argv=("/usr/bin/touch", str(touched)),
        cwd=tmp_path,
        env={},
        stdout=tmp_path / "stdout",
        stderr=tmp_path / "stderr",
        timeout=timedelta(seconds=ENOUGH_S),
        grace=Grace(interrupt=timedelta(seconds=5)),
    )
    SystemProcessRunner(SystemClock()).run(command, on_start=on_start, on_line=lambda _: None, stop=SetStop())
    assert touched.exists()
    assert seen == [False]


def test_a_resumed_run_asks_about_what_another_run_may_have_made_since(tmp_path: Path) -> None:
    bench = Bench(tmp_path)  # it waits for a person, or was cut off; meanwhile another run is begun
    other = Journal.open(
        store=bench.store,
        clock=bench.clock,
        redactor=bench.redactor,
        run_id="run-2",
        entry=RunOpened(request=bench.record.request, engine=ENGINE, planner_version="0"),
    )
    made = (CREATE_A.address,)
    other.append(EffectIntended(effect=Effect.APPLY, attempt=1, creates=made))
    other.append(EffectEnded(effect=Effect.APPLY, ended=Ended.KILLED, maybe_created=made))
    bench.take_up()
    assert bench.record.maybe_created == set(made)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_program_is_interrupted_once_though_planner_dies_after_a_stop(tmp_path: Path) -> None:
    interrupts, running = tmp_path / "interrupts", tmp_path / "running"
    patient = textwrap.dedent(f"""
        import signal, time
        from pathlib import Path
        def count(*_):
            with open({str(interrupts)!r}, "a") as file:
                file.write("x")
        signal.signal(signal.SIGINT, count)
        Path({str(running)!r}).touch()
        until = time.monotonic() + {ENOUGH_S}
        while time.monotonic() < until and not Path({str(tmp_path / "over")!r}).exists():
            time.sleep(0.02)
    """)
    planner = textwrap.dedent(f"""
        import sys
        sys.path[:0] = {sys.path!r}
        from datetime import timedelta
        from pathlib import Path
        from contracts.ports import Command, Grace
        from contracts.run import StopKind
        from subagents.clock import SystemClock
        from subagents.process import SystemProcessRunner
        from tests.fakes.planning import SetStop
        class Stopping(SetStop):
            def requested(self):
                return StopKind.INTERRUPT if Path({str(running)!r}).exists() else None
        here = Path({str(tmp_path)!r})
        command = Command(argv=(sys.executable, "-c", {patient!r}), cwd=here, env={{}},
            stdout=here / "stdout", stderr=here / "stderr", timeout=timedelta(seconds={ENOUGH_S}),
            grace=Grace(interrupt=timedelta(seconds={ENOUGH_S})))
        SystemProcessRunner(SystemClock()).run(
            command, on_start=lambda _: None, on_line=lambda _: None, stop=Stopping())
    """)
    child = subprocess.Popen([sys.executable, "-c", planner])
    try:
        _until(interrupts.exists)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        time.sleep(0.5)
        assert interrupts.read_text() == "x"
    finally:
        (tmp_path / "over").touch()
        child.kill()
        child.wait()


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ENOUGH_S
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)
