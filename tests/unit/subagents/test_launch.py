"""What ties a child to planner: one interrupt at planner's death, none where planner has asked already."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from subagents.identity import identity_of, is_alive

COUNTS = """
    import signal, sys, time
    seen = []
    signal.signal(signal.SIGINT, lambda *_: (seen.append(time.monotonic()), print("asked", flush=True)))
    print("ready", flush=True)
    until = time.monotonic() + 30
    while time.monotonic() < until and not (seen and time.monotonic() > seen[-1] + 1):
        time.sleep(0.01)
    print("interrupts", len(seen), flush=True)
"""
PLANNER = """
    import sys, threading
    from contextlib import nullcontext
    sys.path[:0] = {path!r}
    from datetime import timedelta
    from pathlib import Path
    from contracts.ports import Command, Grace
    from contracts.run import StopKind
    from subagents.clock import SystemClock
    from subagents.process import SystemProcessRunner
    for _ in range({threads}):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    folder = Path({folder!r})
    class Stop:
        def requested(self): return StopKind.INTERRUPT if (folder / "stop").exists() else None
        def insisted(self): return False
        def starting(self): return nullcontext()
    command = Command(argv=(sys.executable, str(folder / "child.py")), cwd=folder, env={{}},
        stdout=folder / "stdout", stderr=folder / "stderr", timeout=timedelta(seconds=60),
        grace=Grace(interrupt=timedelta(seconds=30)))
    SystemProcessRunner(SystemClock()).run(
        command, on_start=lambda p: print(p.pid, flush=True), on_line=lambda l: None, stop=Stop())
"""


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.01)


def interrupts(folder: Path, *, threads: int, asked: bool) -> str:
    """What a child has counted whose planner was killed, after it had `asked` the child to stop or before."""
    (folder / "child.py").write_text(textwrap.dedent(COUNTS), encoding="utf-8")
    code = textwrap.dedent(PLANNER.format(path=sys.path, threads=threads, folder=str(folder)))
    said = folder / "stdout"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as planner:
        assert planner.stdout is not None
        child = identity_of(int(planner.stdout.readline()))
        until(lambda: "ready" in said.read_text(encoding="utf-8"))
        if asked:
            (folder / "stop").touch()
            until(lambda: "asked" in said.read_text(encoding="utf-8"))
        planner.kill()
    until(lambda: not is_alive(child))
    return said.read_text(encoding="utf-8").splitlines()[-1]


@pytest.mark.parametrize("round_", range(3))
def test_a_planner_of_many_threads_that_is_killed_is_one_interrupt(tmp_path: Path, round_: int) -> None:
    """The kernel's own signal at a parent's death comes once for each thread that inherits the child."""
    assert interrupts(tmp_path, threads=16, asked=False) == "interrupts 1"


def test_a_planner_that_is_killed_after_it_asked_its_child_to_stop_is_no_second_interrupt(
    tmp_path: Path,
) -> None:
    assert interrupts(tmp_path, threads=0, asked=True) == "interrupts 1"
