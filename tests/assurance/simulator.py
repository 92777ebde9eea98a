"""Simulated runs from seeds (C-20): storms first, then a calm in which each must come to its end.

python -m tests.assurance.simulator SEED...     replays seeds; says what happened, and what broke
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from contracts.run import TERMINAL
from tests.assurance.fate import Fate, Seeded
from tests.assurance.invariants import broken, edges
from tests.assurance.sim_mender import staged
from tests.assurance.sim_run import RUN, Ending, Simulation

STORMY, CALM = 6, 24
"""Sessions with faults, and then without, in which a run must come to its end."""
_WEATHER = (1.0, 0.0, 1.0, 2.0, 4.0)
_SHELF = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
_ANSWERS = ("approves", "approves", "rejects", "is late", "answers another question", "does not answer")


class Lived(NamedTuple):
    """What became of one seed."""

    broken: list[str]
    digest: str
    """Of every byte of its journal, and of all that happened."""


def lived(fate: Seeded, home: Path) -> Lived:
    """One run to its end in a folder that is empty."""
    sim = Simulation(fate, home)
    weather = fate.choice("weather", _WEATHER)
    last = None
    with staged(sim.world, sim.seen):
        for number in range(STORMY + CALM):
            fate.storm = weather if number < STORMY else 0.0
            if sim.off and (not fate.storm or fate.choice("the switch stays off", (False, True, False))):
                sim.start()
            ending = Ending("refused", None) if sim.off else sim.session()
            sim.endings.append(ending.how)
            fate.sometimes[f"a session ends: {ending.how}"] += 1
            last = ending.record or last
            if ending.record is not None and ending.record.state in TERMINAL:
                break
            if ending.how == "parked":
                _answered(sim, fate)
        found = broken(sim, last)
    for edge in edges(sim.store.lines(RUN)):
        fate.sometimes[edge] += 1
    told = "".join(line for (line,) in sim.disk.execute("SELECT line FROM journal ORDER BY seq"))
    told = told.replace(str(home), "HOME") + repr(sim.world.log)
    return Lived(found, hashlib.sha256(told.encode()).hexdigest())


def _answered(sim: Simulation, fate: Fate) -> None:
    calm = isinstance(fate, Seeded) and not fate.storm
    says = "approves" if calm else fate.choice("a person", _ANSWERS)
    if says == "is late":
        sim.world.clock.elapsed_s += 80 * 3600
    elif says != "does not answer":
        sim.command(approve=says != "rejects", old=says == "answers another question")


def simulated(seeds: Iterable[int]) -> tuple[dict[int, list[str]], Counter[str]]:
    """What each seed broke, where it broke anything, and how often everything happened."""
    failed: dict[int, list[str]] = {}
    sometimes: Counter[str] = Counter()
    for seed in seeds:
        found, _, counts = _one(seed)
        sometimes += counts
        if found:
            failed[seed] = found
    return failed, sometimes


def _one(seed: int) -> tuple[list[str], str, Counter[str]]:
    home = Path(tempfile.mkdtemp(prefix="planner-sim-", dir=_SHELF))
    fate = Seeded(seed)
    try:
        found, digest = lived(fate, home)
    except Exception as error:  # noqa: BLE001 - whatever it is, its seed must be told
        found, digest = ["".join(traceback.format_exception(error)[-3:])], ""
    finally:
        shutil.rmtree(home)
    return found, digest, fate.sometimes


def replay(seed: int) -> str:
    """The command that makes this seed's run again."""
    return f"python -m tests.assurance.simulator {seed}"


def main(seeds: list[int], *, digests: bool) -> int:
    failed = 0
    for seed in seeds:
        found, digest, sometimes = _one(seed)
        failed += bool(found)
        faults = [what for what in sometimes if ":" not in what and not what.isupper()]
        told = digest if digests else f"{', '.join(faults)}"
        print(f"seed {seed}: {told}", *found, sep="\n  ")  # noqa: T201 - what a replay tells
    return failed


if __name__ == "__main__":
    named = [int(seed) for seed in sys.argv[1:] if seed.isdigit()]
    sys.exit(main(named, digests="--digests" in sys.argv))
