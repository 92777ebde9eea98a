"""What the output of an apply tells that nobody saw to its end. Starts nothing.

The files are there because `agent` removes them only after an orderly end.
"""

from __future__ import annotations

from pathlib import Path

from contracts.terraform import AppliedChange
from subagents.tail import Tail
from subagents.terraform.rescue import rescue
from subagents.terraform.stream import Stream


def applied_in(out_dir: Path) -> tuple[AppliedChange, ...]:
    """What the applies left in a run's output folder had worked on; empty where there is none."""
    stream = Stream()
    for path in sorted(out_dir.glob("apply-*/stdout")):
        with Tail(path, stream.feed) as tail:
            tail.finish()
    return stream.applied


def rescued_in(out_dir: Path, module: Path) -> None:
    """Keep what these applies could not save, where the next plan stops at it."""
    for path in sorted(out_dir.glob("apply-*")):
        rescue(module, path)
