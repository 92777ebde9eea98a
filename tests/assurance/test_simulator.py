"""C-20, C-21, S-07, S-08: ten thousand simulated runs, and every kind of fault among them."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from tests.assurance.fate import Fate
from tests.assurance.simulator import replay, simulated

SEEDS = int(os.environ.get("PLANNER_SEEDS", "10000"))
FIRST = int(os.environ.get("PLANNER_FIRST_SEED", "0"))
PROCESSES = 2
CHUNK = 250
ROOT = Path(__file__).parents[2]
EDGES = (
    *("INIT begin RUNNING", "INIT killed FAILED", "RUNNING applied VALIDATING", "RUNNING errored DIAGNOSING"),
    *("RUNNING killed FAILED", "VALIDATING verified SUCCESS", "VALIDATING rejected DIAGNOSING"),
    *("VALIDATING killed FAILED", "DIAGNOSING remedied RUNNING", "DIAGNOSING approved RUNNING"),
    *("DIAGNOSING exhausted FAILED", "DIAGNOSING killed FAILED"),
)
FAULTS = (
    *("death before a write", "death after a write", "death in the middle of a write", "disk full"),
    *("death before a process starts", "death while Terraform runs", "death before an object is made"),
    *("death after an object is made", "death after Terraform has told of an object"),
    *("death after the state is saved", "death while a model is asked", "death while it is validated"),
    *("death before a file is replaced", "death after a file is replaced", "death after an import"),
    *("kill switch", "interrupt", "clock set back a day", "clock set on a day", "another resume", "drift"),
    *("init fails", "plan fails", "prove fails", "apply fails", "apply is killed", "Terraform is killed"),
    *("a check fails", "a fix settles a part", "a person's command fails"),
    *(f"a person: {says}" for says in ("approves", "rejects", "is late", "answers another question")),
    *("a person: does not answer", "a session ends: refused", "a session ends: BusyError"),
    *("a session ends: StoreError", "a session ends: died", "a session ends: parked"),
    *(f"Terraform, its parent dead,: {fate}" for fate in ("saves and ends", "works on", "is killed too")),
    *("Terraform, its parent dead,: power cut", "the model: garbled", "the model: the same once more"),
    *("the model: throttled", "the model: down", "the model: cut off", "the model: refuses"),
    *("the model: has no price", "the model: nothing", "the model: its limit is spent", "dollars: 0"),
)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_ten_thousand_simulated_runs_keep_every_promise_and_every_fault_was_among_them() -> None:
    chunks = [range(first, min(first + CHUNK, FIRST + SEEDS)) for first in range(FIRST, FIRST + SEEDS, CHUNK)]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        told = pool.map(simulated, chunks, chunksize=1)
    failed = dict(chain.from_iterable(failures.items() for failures, _ in told))
    said = "".join(f"\n{replay(seed)}\n  " + "\n  ".join(found) for seed, found in [*failed.items()][:5])
    assert not failed, f"{len(failed)} of {SEEDS} seeds break a promise:{said}"
    sometimes = sum((counts for _, counts in told), Counter[str]())
    never = [what for what in (*EDGES, *FAULTS) if not sometimes[what]]
    assert not never, f"never happened in {SEEDS} runs, so nothing is known of it: {never}"
    unknown = {what for what in sometimes if what.split(" ")[-1] in {"FAILED", "RUNNING", "SUCCESS"}} - {
        *EDGES
    }
    assert not {what for what in unknown if not what.startswith("a session")}, "an edge that the table lacks"


def test_a_seed_is_the_same_run_byte_by_byte_whatever_hashes_and_time_zone() -> None:
    """S-08, and what makes a failing seed worth printing."""
    told = {
        subprocess.run(
            [sys.executable, "-m", "tests.assurance.simulator", *map(str, range(40, 60)), "--digests"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": hashes, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for hashes, zone in (("1", "Asia/Tokyo"), ("77", "America/Lima"))
    }
    assert len(told) == 1
    assert len(told.pop().splitlines()) == 20


def test_a_fate_is_asked_and_counts() -> None:
    """The two kinds of fate are one port."""
    from tests.assurance.fate import Seeded, Told  # noqa: PLC0415 - only here

    fates: tuple[Fate, ...] = (Seeded(1), Told())
    for fate in fates:
        assert fate.choice("x", (7, 7)) == 7
        assert not fate.happens("y", 1.0), "a calm day, and nothing armed"
        assert fate.sometimes == {"x: 7": 1}
