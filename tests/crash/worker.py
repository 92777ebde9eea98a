"""A process that runs cases one after the other, with planner loaded and warm, so that a case costs forks.

`python -m tests.crash.worker FOLDER` reads tasks from its standard input, a line each, and answers with a
line of JSON each. It is a process of its own, for it takes over the doors of its process.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.crash.bugs import BUGS
from tests.crash.cases import Trunk, run, trunk_of
from tests.crash.deaths import Fate, Shared
from tests.crash.doors import install
from tests.crash.points import EFFECTS, Case, cases, deep
from tests.crash.runs import planner_process, settle
from tests.crash.scenarios import arguments, laid_out
from tests.crash.world import World

_CHILD_SUBREAPER = 36
_AFTER_A_DEATH = (
    *("planner.diagnosing", "planner.mending", "planner.resume", "planner.desk", "planner.holders"),
    *("subagents.promotion", "subagents.terraform.fixing", "subagents.terraform.recovery"),
)
"""What a run that nobody kills may not load."""


def begun(folder: Path) -> Fate:
    """Make this process a worker: the fate that all of its cases share."""
    _adopts()
    for name in _AFTER_A_DEATH:
        importlib.import_module(name)
    fate = Fate(World(folder), Shared())
    install(fate)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # it is waited for
    gc.disable()  # its marks would copy every page into every fork
    return fate


def _adopts() -> None:
    """A Terraform that outlives its planner is this process's to reap."""
    ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)


def warmed(fate: Fate, scenario: str) -> Trunk:
    """Run a scenario here, so that all it needs is loaded; then as it is run: its uninterrupted run."""
    with _quiet():
        laid_out(fate.world.root, scenario)
        fate.begin((), record=False)
        fate.shared.set("planner", os.getpid())
        planner_process(fate.world, arguments(fate.world), 0)
    settle()
    gc.collect()
    gc.freeze()
    return trunk_of(fate, scenario)


@contextmanager
def _quiet() -> Iterator[None]:
    """What a planner process does to its process, taken back."""
    kept = [os.dup(1), os.dup(2)]
    streams, environment, argv = (sys.stdout, sys.stderr), dict(os.environ), sys.argv
    signals = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)}
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
        for number, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.environ.clear()
        os.environ |= environment
        sys.argv = argv
        for number, handler in signals.items():
            signal.signal(number, handler)


def _with_bug(bug: str, told: Callable[[], str]) -> str:
    """What is told of a product with this fault in it: a fork's, so that no other task meets the fault."""
    end, start = os.pipe()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.close(end)
            _adopts()
            BUGS[bug]()
            with os.fdopen(start, "w", encoding="utf-8") as answer:
                answer.write(told())
            code = 0
        except BaseException:  # noqa: BLE001 - told where somebody looks; no answer is one too
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(start)
    with os.fdopen(end, encoding="utf-8") as answer:
        found = answer.read()
    os.waitpid(child, 0)
    return found


def main(folder: Path) -> None:
    """Serve tasks: the effect, the first and the last of its cases (that one not), perhaps a bug's name.

    An effect's number beyond the effects means deaths in five resumes, one after the other. A bug is one of
    `tests.crash.bugs` that is in the product for this task alone.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    fate = begun(folder)
    trunks: dict[str, Trunk] = {}
    for line in sys.stdin:
        effect, first, end, *bug = line.rstrip("\n").split(maxsplit=3)
        number = int(effect)
        deeper = deep(number - len(EFFECTS)) if number >= len(EFFECTS) else None
        scenario = deeper.scenario if deeper else EFFECTS[number].scenario
        if scenario not in trunks:
            trunks[scenario] = warmed(fate, scenario)
        trunk = trunks[scenario]
        due = [deeper] if deeper else cases(EFFECTS[number], trunk.passed)[int(first) : int(end)]
        told = partial(_told, fate, due, trunk)
        answers.write((_with_bug(bug[0], told) if bug else told()) + "\n")
        answers.flush()
        gc.collect()


def _told(fate: Fate, due: list[Case], trunk: Trunk) -> str:
    return json.dumps([run(fate, case, trunk)._asdict() for case in due])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
