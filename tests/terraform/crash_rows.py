"""How often each trial of a crash is made: a few rounds for every change, many where somebody asks for them.

`PLANNER_CRASH_ROUNDS=full` (what `make crash-real` sets) makes the number of
rounds that a promise is claimed with; a number makes so many.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

ROUNDS = "PLANNER_CRASH_ROUNDS"


def rounds(few: int, full: int) -> int:
    """How many rounds of a trial are made now."""
    said = os.environ.get(ROUNDS, "")
    return full if said == "full" else int(said or few)


def trial(row: str, *, few: int, full: int) -> Callable[[Any], Any]:
    """A test that is made once for each `seed`, as one of the rounds of a row."""

    def of(test: Any) -> Any:
        test.crash_row = row
        return pytest.mark.parametrize("seed", range(rounds(few, full)))(test)

    return of
