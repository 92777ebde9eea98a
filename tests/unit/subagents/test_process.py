"""Processes for real: ended in order, stopped once, never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.identity import ProcessId
from contracts.ports import Command, Grace
from contracts.run import StopKind
from contracts.terraform import Ended
from subagents.clock import SystemClock
from subagents.identity import identity_of, is_alive
from subagents.process import SystemProcessRunner
from subagents.tail import LINE_CAP_BYTES, Tail

COUNTS_SIGINTS = """
    import signal, sys, time
    seen = []
    signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    print("ready", flush=True)
    until = time.monotonic() + {seconds}
    while time.monotonic() < until and len(seen) < {leaves_after}:
        time.sleep(0.02)
    time.sleep(0.3)
    print("interrupts", len(seen), flush=True)
    sys.exit(1)
"""


class AskedOnce:
    """Wants the process to end from a moment on."""

    def __init__(self) -> None:
        self.now = threading.Event()

    def requested(self) -> StopKind | None:
        return StopKind.INTERRUPT if self.now.is_set() else None

    def insisted(self) -> bool:
        return False

    def starting(self) -> AbstractContextManager[StopKind | None]:
        return nullcontext(self.requested())


def command(folder: Path, code: str, *, timeout: float = 30, grace: float = 20, second: float = 5) -> Command:
    return Command(
        argv=(sys.executable, "-c", textwrap.dedent(code)),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "ONLY": "this"},
        stdout=folder / "stdout",
        stderr=folder / "stderr",
        timeout=timedelta(seconds=timeout),
        grace=Grace(interrupt=timedelta(seconds=grace), second=timedelta(seconds=second)),
    )


def run(
    what: Command, stop: AskedOnce | None = None, stop_at: str | None = None
) -> tuple[Ended, int | None, list[str]]:
    lines: list[str] = []
    stop = stop or AskedOnce()

    def on_line(line: bytes) -> None:
        lines.append(line.decode())
        if stop_at is not None and lines[-1] == stop_at:
            stop.now.set()

    runner = SystemProcessRunner(SystemClock())
    exit_ = runner.run(what, on_start=lambda _: None, on_line=on_line, stop=stop)
    return exit_.ended, exit_.code, lines


ENDS = {
    "exit 0": ("print('a'); print('b', end='')", Ended.COMPLETED, 0, ["a", "b"]),
    "exit 3": ("import sys; sys.exit(3)", Ended.ERRORED, 3, []),
    "a signal": ("import os; os.kill(os.getpid(), 9)", Ended.KILLED, None, []),
}


@pytest.mark.parametrize(("code", "ended", "exit_code", "lines"), ENDS.values(), ids=ENDS.keys())
def test_the_end_of_a_process_is_called_by_its_name(
    tmp_path: Path, code: str, ended: Ended, exit_code: int | None, lines: list[str]
) -> None:
    assert run(command(tmp_path, code)) == (ended, exit_code, lines)


def test_the_child_sees_only_the_environment_it_is_given(tmp_path: Path) -> None:
    _, _, lines = run(command(tmp_path, "import os; print(sorted(k for k in os.environ if k != 'LC_CTYPE'))"))
    assert lines == ["['ONLY', 'PATH']"]


def test_the_child_has_its_own_session_and_does_not_ignore_sigpipe(tmp_path: Path) -> None:
    code = """
        import os, re
        print(os.getsid(0) == os.getpid())
        ignored = int(re.search(r"SigIgn:\\s+(\\w+)", open("/proc/self/status").read())[1], 16)
        print("python ignores it itself" if ignored >> 12 & 1 else "default")
    """
    _, _, lines = run(command(tmp_path, code))
    assert lines[0] == "True"


def test_output_is_private_and_whole(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        run(command(tmp_path, "import sys; print('out'); print('err', file=sys.stderr)"))
    finally:
        os.umask(old)
    for name, text in (("stdout", "out\n"), ("stderr", "err\n")):
        assert (tmp_path / name).read_text(encoding="utf-8") == text
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_stop_request_is_one_sigint(tmp_path: Path) -> None:
    code = COUNTS_SIGINTS.format(seconds=20, leaves_after=1)
    ended, code_, lines = run(command(tmp_path, code), stop_at="ready")
    assert (ended, code_) == (Ended.STOPPED, 1)
    assert lines[-1] == "interrupts 1"


def test_a_deadline_is_one_sigint_too(tmp_path: Path) -> None:
    code = COUNTS_SIGINTS.format(seconds=20, leaves_after=1)
    ended, _, lines = run(command(tmp_path, code, timeout=0.5))
    assert ended is Ended.TIMED_OUT
    assert lines[-1] == "interrupts 1"


def test_only_after_its_grace_comes_a_second_one_and_then_the_end_of_the_group(tmp_path: Path) -> None:
    code = """
        import signal, subprocess, sys, time
        signal.signal(signal.SIGINT, lambda *_: print("interrupt", flush=True))
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print(child.pid, flush=True)
        print("ready", flush=True)
        while True:
            time.sleep(0.05)
    """
    ended, _, lines = run(command(tmp_path, code, grace=0.4, second=0.4), stop_at="ready")
    assert ended is Ended.KILLED
    assert lines[2:] == ["interrupt", "interrupt"]
    assert not Path(f"/proc/{lines[0]}").exists() or "Z" in Path(f"/proc/{lines[0]}/stat").read_text("utf-8")


def test_the_death_of_planner_is_one_sigint_for_its_child(tmp_path: Path) -> None:
    """The parent is killed with SIGKILL; the child, writing to a file, ends in order."""
    child = COUNTS_SIGINTS.format(seconds=20, leaves_after=1)
    (tmp_path / "child.py").write_text(textwrap.dedent(child), encoding="utf-8")
    parent = f"""
        import sys
        from contextlib import nullcontext
        sys.path[:0] = {sys.path!r}
        from datetime import timedelta
        from pathlib import Path
        from contracts.ports import Command, Grace
        from subagents.clock import SystemClock
        from subagents.process import SystemProcessRunner
        class Never:
            def requested(self): return None
            def insisted(self): return False
            def starting(self): return nullcontext()
        folder = Path({str(tmp_path)!r})
        command = Command(argv=(sys.executable, str(folder / "child.py")), cwd=folder, env={{}},
            stdout=folder / "stdout", stderr=folder / "stderr", timeout=timedelta(seconds=60),
            grace=Grace(interrupt=timedelta(seconds=5)))
        SystemProcessRunner(SystemClock()).run(
            command, on_start=lambda p: print(p.pid, flush=True), on_line=lambda l: None, stop=Never())
    """
    planner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(parent)], stdout=subprocess.PIPE, text=True
    )
    assert planner.stdout is not None
    identity = identity_of(int(planner.stdout.readline()))
    said = tmp_path / "stdout"
    until(lambda: "ready" in said.read_text(encoding="utf-8"))
    planner.kill()
    planner.wait()
    planner.stdout.close()
    until(lambda: not is_alive(identity))
    assert said.read_text(encoding="utf-8").splitlines()[-1] == "interrupts 1"


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.02)


def test_a_program_that_is_not_there_is_an_error_before_anything_else(tmp_path: Path) -> None:
    missing = command(tmp_path, "").model_copy(update={"argv": (str(tmp_path / "no-such"),)})
    with pytest.raises(FileNotFoundError):
        run(missing)


def test_a_pid_that_was_used_again_is_another_process() -> None:
    me = identity_of(os.getpid())
    assert is_alive(me)
    assert not is_alive(ProcessId(pid=me.pid, start=str(int(me.start or 0) + 1), boot_id=me.boot_id))
    assert not is_alive(ProcessId(pid=me.pid, start=me.start, boot_id="another boot"))


def test_a_line_of_100_mb_is_cut_for_the_reader_and_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "long"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * (1 << 20))
        file.write(b"\nshort\nlast")
    lines: list[bytes] = []
    with Tail(path, lines.append) as tail:
        tail.finish()
    assert [len(line) for line in lines] == [LINE_CAP_BYTES, 5, 4]


def test_a_tail_hands_over_lines_as_they_grow(tmp_path: Path) -> None:
    path = tmp_path / "grows"
    lines: list[bytes] = []
    with path.open("wb", buffering=0) as file, Tail(path, lines.append) as tail:
        file.write(b"one\ntw")
        tail.pump()
        assert lines == [b"one"]
        file.write(b"o\n\n")
        tail.pump()
        assert lines == [b"one", b"two", b""]
        tail.finish()
        assert lines == [b"one", b"two", b""]


def test_a_process_can_be_interrupted_though_planner_runs_as_a_background_job(tmp_path: Path) -> None:
    before = signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # what a shell without job control does to `planner &`
    try:
        asked = AskedOnce()
        sleeper = command(tmp_path, "").model_copy(update={"argv": ("/bin/sleep", "20")})
        threading.Timer(0.3, asked.now.set).start()
        exit_ = SystemProcessRunner(SystemClock()).run(
            sleeper, on_start=lambda _: None, on_line=lambda _: None, stop=asked
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert (exit_.signal, exit_.duration_s < 10) == (signal.SIGINT, True)


FLOODS = """
    import signal, sys
    seen = []
    signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    while not seen:
        print("y" * 1000, file={stream})
    print("interrupts", len(seen), flush=True)
    sys.exit(1)
"""


@pytest.mark.parametrize("stream", ["sys.stdout", "sys.stderr"])
def test_what_prints_without_end_is_interrupted_once_and_told_apart(tmp_path: Path, stream: str) -> None:
    lines: list[bytes] = []
    exit_ = SystemProcessRunner(SystemClock(), most_bytes=1 << 20).run(
        command(tmp_path, FLOODS.replace("{stream}", stream)),
        on_start=lambda _: None,
        on_line=lines.append,
        stop=AskedOnce(),
    )
    assert exit_.flooded
    assert exit_.ended is Ended.ERRORED
    assert lines[-1] == b"interrupts 1"


def test_who_reads_an_output_comes_back_while_there_is_more_to_read(tmp_path: Path) -> None:
    """Else a program that prints faster than it is read would never be looked at, nor stopped."""
    path, lines = tmp_path / "stdout", 10_000
    path.write_bytes(b"%s\n" % (b"y" * 999) * lines)
    told: list[bytes] = []
    with Tail(path, told.append) as tail:
        assert tail.pump()
        assert 0 < len(told) < lines
        tail.finish()
    assert len(told) == lines


def test_an_output_that_somebody_takes_away_ends_no_command(tmp_path: Path) -> None:
    code = "import os, time; os.unlink('stdout'); os.unlink('stderr'); time.sleep(0.3); print('done')"
    assert run(command(tmp_path, code)) == (Ended.COMPLETED, 0, ["done"])
