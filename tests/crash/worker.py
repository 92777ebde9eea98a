"""A process that runs cases one after the other, with planner loaded and warm, so that a case costs forks.

`python -m tests.crash.worker FOLDER [BUG]` reads tasks from its standard input, a line each, and answers
with a line of JSON each; `BUG` names one of `tests.crash.bugs` that is put into the product before. It is a
process of its own, for it takes over the doors of its process.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crash.bugs import BUGS
from tests.crash.cases import Trunk, run, trunk_of
from tests.crash.deaths import Fate, Shared
from tests.crash.doors import install
from tests.crash.points import EFFECTS, cases, deep
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
    ctypes.CDLL(None).prctl(
        _CHILD_SUBREAPER, 1, 0, 0, 0
    )  # a Terraform that outlives its planner is ours to reap
    for name in _AFTER_A_DEATH:
        importlib.import_module(name)
    fate = Fate(World(folder), Shared())
    install(fate)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # it is waited for
    gc.disable()  # its marks would copy every page into every fork
    return fate


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


def main(folder: Path, bug: str | None) -> None:
    """Serve tasks: three numbers, the effect, and the first and the last of its cases (that one not).

    A number beyond the effects means deaths in five resumes, one after the other.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    fate = begun(folder)
    trunks: dict[str, Trunk] = {}
    for line in sys.stdin:
        number, first, end = map(int, line.split())
        deeper = deep(number - len(EFFECTS)) if number >= len(EFFECTS) else None
        scenario = deeper.scenario if deeper else EFFECTS[number].scenario
        if scenario not in trunks:
            trunks[scenario] = warmed(fate, scenario)
        trunk = trunks[scenario]
        if bug:
            BUGS[bug]()
            bug = None  # it is in
        due = [deeper] if deeper else cases(EFFECTS[number], trunk.passed)[first:end]
        found = [run(fate, case, trunk) for case in due]
        answers.write(json.dumps([one._asdict() for one in found]) + "\n")
        answers.flush()
        gc.collect()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if sys.argv[2:] else None)
