"""Which tests each mutant meets, and when it is dead.

The tests are collected once; a first round notes which of them take which line
and how long they take. One that fails there is named and not used. Each mutant is a
fork of that process, so nothing is imported again. It meets the tests that take
the statement it changed: its file's own first, then those that killed its neighbours, then the fastest,
and none is begun after `_ENOUGH` seconds of work. It is dead at the first that fails
or hangs; else it survived. What the mutants are is for `score`.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from pathlib import Path

import pytest
from coverage import Coverage
from mutmut.mutation.trampoline import set_mutant_under_test

_STUCK = 10  # seconds more than five times what it took without a mutant: a test that hangs
_ENOUGH = 10.0
_JOBS = os.cpu_count() or 1
_ANSWER = "answer.json"
_HEARD = "heard.txt"
_BROKE = 3


@dataclass(frozen=True)
class Mutant:
    """Its name, and the lines of the file that are another statement in it."""

    name: str
    path: str
    lines: range


@dataclass
class Known:
    """What the first round found: how long each test takes, and the tests that take each line."""

    seconds: dict[int, float] = field(default_factory=dict)
    computed: dict[int, float] = field(default_factory=dict)
    """Of a processor: what a mutant is worth does not depend on what else the machine does."""
    taking: dict[tuple[str, int], list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Child:
    """A mutant among the tests: its answer is a file below its folder, which all it writes goes to."""

    mutant: Mutant
    folder: Path
    until: float


class Rounds:
    """In the place of pytest's own loop over the tests: the first round, then a fork for each mutant."""

    def __init__(self, mutants: list[Mutant], tell: Callable[[Mutant, str], None]) -> None:
        """`tell` is given each mutant that has ended, and how: "killed", "survived", or "stopped"."""
        self.mutants = mutants
        self.tell = tell
        self.known = Known()
        self.killers: Counter[tuple[str, int]] = Counter()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run no test in this process: its children do."""
        self.session = session
        gc.freeze()
        self._first_round()
        waiting = self.mutants[::-1]
        running: dict[int, Child] = {}
        try:
            while waiting or running:
                while waiting and len(running) < _JOBS:
                    self._start(waiting.pop(), running)
                self._wait(running)
        finally:
            for process, child in running.items():
                _stop(process)
                shutil.rmtree(child.folder, ignore_errors=True)
        return True

    def _start(self, mutant: Mutant, running: dict[int, Child]) -> None:
        tests, folder = self._tests(mutant), Path(tempfile.mkdtemp())
        limit = 6 * _STUCK + 5 * sum(self.known.seconds[test] for test in tests)
        child = _fork(partial(self._meet, mutant.name, tests), folder)
        running[child] = Child(mutant, folder, time.monotonic() + limit)

    def _wait(self, running: dict[int, Child]) -> None:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process in running:
            child = running.pop(process)
            killer = child.folder / _ANSWER
            if killer.exists():
                self.killers[child.mutant.path, json.loads(killer.read_text())] += 1
            stopped = os.WIFSIGNALED(status)  # no test said so: a busy machine may have been slow
            self.tell(child.mutant, "killed" if killer.exists() else "stopped" if stopped else "survived")
            _stop(process)
            shutil.rmtree(child.folder, ignore_errors=True)
        elif not process:
            for late in [process for process, child in running.items() if time.monotonic() > child.until]:
                _stop(late)
            time.sleep(0.005)

    def _tests(self, mutant: Mutant) -> list[int]:
        """The tests a mutant meets, in their order."""
        own = f"test_{Path(mutant.path).stem}"

        def place(test: int) -> tuple[bool, float]:
            seconds = self.known.seconds[test] / (1 + self.killers[mutant.path, test])
            return not self.session.items[test].path.stem.startswith(own), seconds

        taking = (self.known.taking.get((mutant.path, line), ()) for line in mutant.lines)
        tests = sorted({test for tests in taking for test in tests} & self.known.seconds.keys(), key=place)
        begun = accumulate((self.known.computed[test] for test in tests), initial=0.0)
        return [test for test, before in zip(tests, begun, strict=False) if before < _ENOUGH]

    def _first_round(self) -> None:
        folders = [Path(tempfile.mkdtemp()) for _ in range(_JOBS)]
        tests = [list(range(share, len(self.session.items), _JOBS)) for share in range(_JOBS)]
        children = [
            _fork(partial(self._note, share), folder) for share, folder in zip(tests, folders, strict=True)
        ]
        for child in children:
            os.waitpid(child, 0)
        for folder in folders:
            if not (folder / _ANSWER).exists():
                pytest.exit(f"the round without mutants broke:\n{(folder / _HEARD).read_text()[-4000:]}", 3)
            answer = json.loads((folder / _ANSWER).read_text())
            for test, seconds, computed, failed in answer["tests"]:
                if failed:
                    name = self.session.items[test].nodeid
                    print("not used, for it fails without a mutant:", name, flush=True)
                    continue
                self.known.seconds[test], self.known.computed[test] = seconds, computed
            for path, line, taken_by in answer["lines"]:
                self.known.taking.setdefault((path, line), []).extend(taken_by)
            shutil.rmtree(folder, ignore_errors=True)

    def _note(self, tests: list[int], folder: Path) -> int:
        paths = sorted({mutant.path for mutant in self.mutants})
        coverage = Coverage(data_file=None, config_file=False, include=paths)
        coverage.start()
        noted = []
        for test, following in _in_turn(tests):
            coverage.switch_context(str(test))
            begun, before = time.monotonic(), sum(os.times()[:4])
            failed = self._fails(test, following)
            noted.append((test, time.monotonic() - begun, sum(os.times()[:4]) - before, failed))
        coverage.stop()
        lines = [
            (path, line, [int(test) for test in taken_by if test])
            for path in paths
            for line, taken_by in coverage.get_data().contexts_by_lineno(str(Path(path).resolve())).items()
        ]
        (folder / _ANSWER).write_text(json.dumps({"tests": noted, "lines": lines}))
        return 0

    def _meet(self, mutant: str, tests: list[int], folder: Path) -> int:
        set_mutant_under_test(mutant)
        for test, following in _in_turn(tests):
            hangs = _STUCK + 5 * self.known.seconds[test]
            self.session.items[test].add_marker(pytest.mark.timeout(hangs))
            if self._fails(test, following):
                (folder / _ANSWER).write_text(json.dumps(test))
                return 1
        return 0

    def _fails(self, test: int, following: int | None) -> bool:
        items, before = self.session.items, self.session.testsfailed
        after = None if following is None else items[following]
        self.session.config.hook.pytest_runtest_protocol(item=items[test], nextitem=after)
        return self.session.testsfailed > before


def _in_turn(tests: list[int]) -> Iterator[tuple[int, int | None]]:
    """Each test, and the one after it: pytest keeps the fixtures that both need."""
    return zip(tests, [*tests[1:], None], strict=False)


def _fork(work: Callable[[Path], int], folder: Path) -> int:
    """Start a child that is a group of its own, and keeps in a folder what it writes: temporary files too."""
    child = os.fork()
    if child:
        return child
    code = _BROKE
    try:
        os.setpgid(0, 0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        heard = os.open(folder / _HEARD, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(heard, 1)
        os.dup2(heard, 2)
        os.environ["TMPDIR"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = str(folder)
        code = work(folder)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)


def _stop(child: int) -> None:
    """End a child and whatever it started and left."""
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
