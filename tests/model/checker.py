"""Spin over the models: every variant, what spin has to find in it, and what it found.

Decides what counts as verified: the whole state space was seen, within the depth and the
memory given. What is claimed is said in the models; `make model` prints the table.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
MOST_MB = 2000
_DEPTH = 50_000
_ENDS_S = 100
_JOBS = 2
_CUT_SHORT = (
    "max search depth too small",
    "out of memory",
    "not completed",
    "memory limit",
    "Bit statespace",
)
_UNREACHED = re.compile(r'^\t\S+:(\d+), state \d+, "(.*)"$', re.MULTILINE)

MONEY = ("budget.pml",)
SWITCH = ("run.pml", "DEATHS=1", "SWITCH")
CRASHES = ("run.pml", "DEATHS=2")
OTHERS = ("run.pml", "DEATHS=1", "OTHERS")
ENDS = ("run.pml", "DEATHS=1", "LIVE")
STOPS = ("run.pml", "DEATHS=1", "LIVE", "SWITCH", "NO_DEADLINE")


class Variant(NamedTuple):
    """One model to check."""

    file: str
    defines: tuple[str, ...]
    expected: str | None
    """The claim that has to be violated; None: everything holds."""

    @property
    def seeded(self) -> str | None:
        """The name of its bug, or of its gap."""
        return next((name for name in self.defines if name.startswith("BUG_")), None)

    @property
    def name(self) -> str:
        """What tests and tables call it."""
        return self.seeded or " ".join((self.file, *self.defines))


class Found(NamedTuple):
    """What spin said."""

    violated: str | None
    """The name of a claim, or spin's own words where it has none."""
    whole: bool
    """Whether it saw the whole state space."""
    states: int
    memory_mb: float
    seconds: float
    unreached: frozenset[tuple[int, str]]
    """Line and text of what no state reached."""


def _variants() -> Iterator[Variant]:
    for clean in (SWITCH, CRASHES, OTHERS, ENDS, STOPS, MONEY):
        yield Variant(clean[0], clean[1:], None)
    for (file, *defines), expected, seeded in (
        (CRASHES, "I13_one_terraform", "BUG_NO_LOCK"),
        (CRASHES, "I5_lock_only_of_the_dead", "BUG_TAKE_OVER_LIVE_HOLDER"),
        (OTHERS, "I5_lock_only_of_the_dead", "BUG_UNLOCK_LIVE_HOLDER"),
        (SWITCH, "P8_nothing_starts_after_stop", "BUG_SWITCH_NO_BARRIER"),
        (SWITCH, "P8_nothing_intended_after_stop", "BUG_SWITCH_NO_TRANSACTION"),
        (SWITCH, "P8_nothing_starts_after_stop", "BUG_CHECK_THEN_START"),
        (SWITCH, "P12_one_interrupt", "BUG_EVERY_LOOK_INTERRUPTS"),
        (STOPS, "P8_a_stop_ends_what_runs", "BUG_STOP_INTERRUPTS_NOBODY"),
        (STOPS, "P8_a_stop_ends_what_runs", "BUG_NO_DEATH_SIGNAL"),
        (CRASHES, "I1_intended_before_started", "BUG_EFFECT_BEFORE_INTENT"),
        (CRASHES, "P1_no_plan_applied_twice", "BUG_REPEAT_APPLY"),
        (CRASHES, "P1_nothing_made_twice", "BUG_UNKNOWN_IS_FORGOTTEN"),
        (CRASHES, "P1_nothing_made_twice", "BUG_DONE_IS_TAKEN_FOR_SAVED"),
        (CRASHES, "I13_one_terraform", "BUG_ORPHAN_IS_NOT_AWAITED"),
        (CRASHES, "P6_retries_within_cap", "BUG_NO_RETRY_CAP"),
        (ENDS, "S2_a_run_ends_or_waits", "BUG_RETRY_NOT_COUNTED"),
        (MONEY, "P5_wire_within_cap", "BUG_LOOKED_BEFORE_THE_TRANSACTION"),
        (MONEY, "P5_booked_covers_wire", "BUG_BOOKED_AFTER_THE_CALL"),
        (MONEY, "P5_booked_covers_wire", "BUG_SETTLE_REFUNDS_ON_CRASH"),
        (MONEY, "P5_booked_covers_wire", "BUG_UNPRICED_IS_FREE"),
        (MONEY, "P6_calls_within_cap", "BUG_CALL_COUNTED_AFTERWARDS"),
        (CRASHES, "I13_one_terraform", "BUG_STARTED_IS_NOT_YET_RECORDED"),
        (CRASHES, "I13_one_terraform", "BUG_RESUME_SEES_ITS_OWN_RUN_ALONE"),
        (SWITCH, "P12_one_interrupt", "BUG_DEATH_SIGNAL_AFTER_A_STOP"),
    ):
        yield Variant(file, (*defines, seeded), expected)


VARIANTS = tuple(_variants())


def check(variant: Variant, folder: Path) -> Found:
    """What spin finds in a variant, in an empty folder. Raises `CalledProcessError`."""
    live = "LIVE" in variant.defines
    defines = [f"-D{name}" for name in variant.defines]
    _run(folder, "spin", "-a", *defines, str(HERE / variant.file))
    kind = ["-DNFAIR=3"] if live else ["-DSAFETY"]
    # An escape of `unless` by rendezvous is not for partial order reduction.
    how = ["-DNOREDUCE", "-DVECTORSZ=2048", f"-DMEMLIM={MOST_MB}", *kind]
    speed = (
        "-O0" if variant.seeded else "-O1"
    )  # a search that ends early is shorter than the optimiser's work
    _run(folder, "gcc", speed, "-w", *how, "-o", "pan", "pan.c")
    began = time.monotonic()
    said = _run(folder, "./pan", f"-m{_DEPTH}", *(["-a", "-f"] if live else []))
    return _found(said, time.monotonic() - began)


def _found(said: str, seconds: float) -> Found:
    wrong = re.search(r"^pan:1: (.*)", said, re.MULTILINE)
    claims = re.findall(r"\b[A-Z]\d+_\w+", wrong[0] if wrong else "")
    if wrong and "acceptance cycle" in wrong[0]:
        claims = re.findall(r"never claim\s+\+ \((\w+)\)", said)
    errors = int(_number(r"errors: (\d+)", said))
    return Found(
        violated=(claims[0] if claims else wrong[1] if wrong else said[:200]) if errors else None,
        whole=not any(words in said for words in _CUT_SHORT) and "Full statespace search for:" in said,
        states=int(_number(r"(\d+) states, stored", said)),
        memory_mb=_number(r"([\d.]+)\s+total actual memory usage", said),
        seconds=seconds,
        unreached=frozenset((int(line), text) for line, text in _UNREACHED.findall(said)),
    )


def _number(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    if found is None:
        raise AssertionError(f"spin said something else than expected:\n{said[:2000]}")
    return float(found[1])


def _run(folder: Path, *argv: str) -> str:
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=_ENDS_S, check=True)
    return done.stdout + done.stderr


def _line(variant: Variant) -> tuple[str, bool]:
    with tempfile.TemporaryDirectory() as folder:
        found = check(variant, Path(folder))
    right = found.violated == variant.expected and (found.whole or variant.expected is not None)
    said = found.violated or "everything holds"
    where = "" if variant.seeded else f" {found.memory_mb:.0f} MB, {found.seconds:.1f} s"
    mark = "" if right else f"  WRONG, expected {variant.expected or 'everything to hold'}"
    return f"| `{variant.name}` | {said} | {found.states:,}{where} |{mark}", right


def main() -> int:
    """Print what spin finds in every variant; 1 where that is not what it has to find."""
    print("| variant | spin finds | states |\n|---|---|---|")
    right = True
    with ThreadPoolExecutor(_JOBS) as pool:
        for line, as_expected in pool.map(_line, VARIANTS):
            print(line, flush=True)
            right &= as_expected
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
