"""S-04, M19: a thousand stops at random moments, and nothing that starts after one that was acknowledged."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.approval import Proposal
from contracts.errors import StoppedError
from contracts.identity import EngineId
from contracts.incident import Evidence, Stage
from contracts.model import Fault
from contracts.permit import ModelPermit
from contracts.ports import Command, Grace
from contracts.record import RunRecord
from contracts.run import RunRequest, RunState, StopKind
from contracts.terraform import Ended
from diagnosis.asking import Silence
from planner.fix_effects import FixEffects
from planner.fixing import Fixer
from planner.proving import Proven
from planner.signals import StopRequest
from planner.switch import KillSwitch
from planner.view import PlainView
from subagents.clock import SystemClock, Wake
from subagents.process import SystemProcessRunner
from subagents.remediator.edit_config import Change
from subagents.remediator.work import Work
from tests.fakes.asking import World
from tests.fakes.clock import START, ManualClock
from tests.fakes.planning import Bench, SetStop, error
from tests.fakes.recording_fixer import RecordingFixer

RACES = 1000
PROCESSES = 50
SEED = 19
EVIDENCE = Evidence(stage=Stage.PLAN, diagnostics=(error("Invalid index"),))


def a_permit() -> ModelPermit:
    engine = EngineId(name="terraform", version="1.11.4")
    request = RunRequest(module=Path("/module"))
    state = RunState.DIAGNOSING
    return ModelPermit(
        RunRecord(run_id="r", request=request, engine=engine, started_at=START, last_at=START, state=state)
    )


def request(switch: KillSwitch | None = None, tell: Callable[[str], None] = lambda _: None) -> StopRequest:
    wake = Wake()
    return StopRequest(SystemClock(wake), wake, tell, switch)


def busy(rng: random.Random) -> None:
    """A few microseconds to a millisecond, most of them short."""
    until = time.perf_counter() + rng.random() ** 4 / 1000
    while time.perf_counter() < until:
        pass


@pytest.mark.parametrize("at_once", [1, 3])
def test_in_a_thousand_races_nothing_starts_after_the_switch_has_answered(
    tmp_path: Path, at_once: int
) -> None:
    rng, late, begun = random.Random(SEED), [], 0
    switch = KillSwitch(tmp_path / "stop")
    for number in range(RACES // 2):
        starts: list[int] = []
        switch.start(None)
        stop, over = request(switch), threading.Event()
        seeds = [rng.random() for _ in range(at_once)]

        def start(
            seed: float, stop: StopRequest = stop, starts: list[int] = starts, over: threading.Event = over
        ) -> None:
            mine = random.Random(seed)
            while not over.is_set():
                with stop.starting() as why:
                    if why is None:
                        busy(mine)
                        starts.append(time.monotonic_ns())

        threads = [threading.Thread(target=start, args=(seed,)) for seed in seeds]
        for thread in threads:
            thread.start()
        while number % 2 and not starts:  # half the stops meet effects that are under way on any machine
            time.sleep(0)
        busy(rng)
        switch.stop(None, "race")
        acknowledged = time.monotonic_ns()
        time.sleep(0.0005)
        over.set()
        for thread in threads:
            thread.join()
        begun += len(starts)
        late += [at for at in starts if at > acknowledged]
    assert not late, f"{len(late)} effects started after the stop was acknowledged"
    assert begun > RACES // 100, "a race that nobody runs proves nothing"


def test_in_a_thousand_races_nothing_starts_after_ctrl_c_was_acknowledged(tmp_path: Path) -> None:
    """In a process of its own, which is sent real signals; handlers run in its main thread."""
    runner = f"""
        import random, signal, sys, threading, time
        sys.path[:0] = {sys.path!r}
        from planner.signals import StopRequest
        from subagents.clock import SystemClock, Wake
        rng, late, begun, answered = random.Random({SEED}), 0, 0, 0
        for number in range({RACES}):
            told, wake = [], Wake()
            stop = StopRequest(SystemClock(wake), wake, lambda _: told.append(time.monotonic_ns()))
            signal.signal(signal.SIGALRM, stop._on_signal)
            starts = []
            signal.setitimer(signal.ITIMER_REAL, 2e-5 + rng.random() ** 4 / 500)
            until = time.monotonic() + 5
            while not told and time.monotonic() < until:
                try:
                    with stop.starting() as why:
                        if why is None:
                            deadline = time.perf_counter() + rng.random() / 5000
                            while time.perf_counter() < deadline:
                                pass
                            starts.append(time.monotonic_ns())
                            if number % 3 == 0:
                                raise OSError("it could not be started")
                except OSError:
                    pass
                if rng.random() < 0.1:
                    stop._clock.sleep(0.00002)
            with stop.starting() as why:
                assert why is not None
            answered, begun = answered + len(told), begun + len(starts)
            late += sum(at > told[0] for at in starts) if told else 0
        print(answered, begun, late)
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(runner)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answered, begun, late = map(int, said.stdout.split())
    assert (answered, late) == (RACES, 0)
    assert begun > RACES


class Watched:
    """The switch, when it has answered, and what `/proc` shows of our children then."""

    def __init__(self, switch: KillSwitch) -> None:
        self._switch = switch
        self.answered = 0
        self.children: list[tuple[int, str]] = []

    def stop(self, after_s: float) -> None:
        time.sleep(after_s)
        self._switch.stop(None, "race")
        self.answered = time.monotonic_ns()
        self.children = list(children())


def children() -> Iterator[tuple[int, str]]:
    """Pid and command line of every child of this process that is no zombie."""
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text(encoding="ascii").split():
            try:
                line = Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ")
            except OSError:
                continue
            if line:
                yield int(pid), line


def command(folder: Path, *argv: str, timeout: float = 30) -> Command:
    folder.mkdir()
    return Command(
        argv=argv,
        cwd=folder,
        env={},
        stdout=folder / "stdout",
        stderr=folder / "stderr",
        timeout=timedelta(seconds=timeout),
        grace=Grace(interrupt=timedelta(seconds=5)),
    )


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_with_real_processes_none_appears_or_becomes_the_program_after_the_switch_has_answered(
    tmp_path: Path,
) -> None:
    rng = random.Random(SEED)
    switch = KillSwitch(tmp_path / "stop")
    started = refused = 0
    for number in range(PROCESSES):
        switch.start(None)
        stop, seen = request(switch), Watched(switch)
        starts: list[int] = []
        racer = threading.Thread(target=seen.stop, args=(rng.random() * 0.03,))
        racer.start()
        for turn in range(3):
            exit_ = SystemProcessRunner(SystemClock()).run(
                command(tmp_path / f"{number}-{turn}", "/bin/sleep", "9"),
                on_start=lambda _, starts=starts: starts.append(time.monotonic_ns()),  # type: ignore[misc]
                on_line=lambda _: None,
                stop=stop,
            )
            refused += exit_.code is None and exit_.signal is None and exit_.ended is Ended.STOPPED
        racer.join()
        alive = [line for _, line in seen.children]
        assert max(starts, default=0) <= seen.answered, "a process appeared after the stop was acknowledged"
        assert not [line for line in alive if "launch.py" in line], "one was not the program yet"
        started += len(starts)
    assert started > PROCESSES // 5
    assert refused == 3 * PROCESSES - started


def test_what_has_no_time_left_is_not_started(tmp_path: Path) -> None:
    told: list[object] = []
    exit_ = SystemProcessRunner(SystemClock()).run(
        command(tmp_path / "x", "/usr/bin/touch", str(tmp_path / "touched"), timeout=0),
        on_start=told.append,
        on_line=told.append,
        stop=request(),
    )
    assert (exit_.ended, exit_.code, told) == (Ended.TIMED_OUT, None, [])
    assert not (tmp_path / "touched").exists()


def test_a_stop_that_comes_while_a_start_fails_still_counts() -> None:
    """The failure of one effect is no reason to begin the next one."""
    told: list[str] = []
    stop = request(tell=told.append)

    def start() -> None:
        with stop.starting():
            stop._on_signal(signal.SIGINT, None)
            assert not told, "nothing is acknowledged in the middle of a start"
            raise OSError("it cannot be started")

    with pytest.raises(OSError, match="cannot be started"):
        start()
    assert stop.requested() is StopKind.INTERRUPT
    assert len(told) == 1


def test_a_signal_in_the_middle_of_a_message_is_a_stop_like_any_other() -> None:
    """The terminal is held (Ctrl-S, a full pipe) while we write, and then Ctrl-C comes."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as terminal, os.fdopen(reader, "rb") as held:
        view = PlainView(terminal)
        stop = request(tell=view.say)
        before = signal.signal(signal.SIGUSR1, stop._on_signal)
        try:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            release = threading.Timer(0.3, lambda: held.read(1 << 20))
            release.start()
            view.say("x" * (1 << 20))
            release.join()
        finally:
            signal.signal(signal.SIGUSR1, before)
    assert stop.requested() is StopKind.INTERRUPT


def test_ten_thousand_signals_in_the_middle_of_waits_never_hang() -> None:
    """An Event's lock would wait for itself sooner or later; that ends as a process that has to be killed."""
    runner = f"""
        import random, signal, sys, time
        sys.path[:0] = {sys.path!r}
        from planner.signals import StopRequest
        from subagents.clock import SystemClock, Wake
        rng, taken = random.Random({SEED}), 0
        while taken < 10_000:
            wake = Wake()
            clock = SystemClock(wake)
            stop = StopRequest(clock, wake, lambda _: None)
            signal.signal(signal.SIGALRM, stop._on_signal)
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.00002, 0.0002))
            while stop.requested() is None:
                clock.sleep(0.00002)
            taken += 1
        print(taken)
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(runner)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert said.stdout == "10000\n"


def fixer(bench: Bench, agent: RecordingFixer) -> Fixer:
    effects = FixEffects(
        agent=agent, prover=agent, journal=bench.journal, stop=bench.stop, time_left=lambda: timedelta(1)
    )
    return Fixer(journal=bench.journal, effects=effects, rundir=bench.rundir)


def proven(tmp_path: Path) -> Proven:
    (tmp_path / "main.tf").write_text("a = 1\n", encoding="utf-8")
    files = {"main.tf": Change("a = 1\n", "a = 2\n")}
    return Proven(Proposal(remediations=()), "d", Work(files=files, moves=(("x.a", "x.b"),)), None)


def test_no_promotion_and_no_change_of_the_state_is_begun_once_the_switch_is_on(tmp_path: Path) -> None:
    bench, agent = Bench(tmp_path), RecordingFixer()
    fix = proven(tmp_path)
    bench.store.switch_off(None, "now")
    with pytest.raises(StoppedError, match="now"):
        fixer(bench, agent).carry_out(fix)
    assert not agent.asked
    assert (tmp_path / "main.tf").read_text(encoding="utf-8") == "a = 1\n"


@pytest.mark.parametrize("kind", list(StopKind))
def test_a_promotion_whose_intention_is_written_does_not_begin_after_a_stop(
    tmp_path: Path, kind: StopKind
) -> None:
    bench = Bench(tmp_path)
    fix = proven(tmp_path)
    bench.stop.kind = kind
    with pytest.raises(StoppedError, match=kind):
        fixer(bench, RecordingFixer()).carry_out(fix._replace(work=fix.work._replace(moves=())))
    assert (tmp_path / "main.tf").read_text(encoding="utf-8") == "a = 1\n"
    assert bench.record.open_effect is None, "that nothing was done is known"
    assert bench.record.promotions == 0


class WakefulClock(ManualClock):
    """While it sleeps, somebody stops the run."""

    def __init__(self, stop: SetStop) -> None:
        super().__init__()
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._stop.kind = StopKind.INTERRUPT


@pytest.mark.parametrize("moment", ["before it", "while it waits for its turn", "at the last look"])
def test_no_model_is_asked_once_a_stop_was_acknowledged(moment: str) -> None:
    world = World(wait_s=3)
    begins = world.stop.starting

    def ending() -> AbstractContextManager[StopKind | None]:
        world.stop.kind = StopKind.KILL_SWITCH
        return begins()

    if moment == "before it":
        world.stop.kind = StopKind.KILL_SWITCH
    elif moment == "at the last look":
        world.stop.starting = ending  # type: ignore[method-assign]
    else:
        world.clock = WakefulClock(world.stop)
    said = world.asker().ask(EVIDENCE, a_permit, (), fix_failed=False)
    assert isinstance(said, Silence)
    assert not [did for did in world.did if did.startswith("ask")]
    assert [reply.fault for reply in world.settled] == [Fault.STOPPED], "what was set aside is settled"
