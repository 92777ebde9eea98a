"""The crashes of a real Terraform, as often as a promise about them is claimed: `make crash-real`.

Makes every trial of `test_crash_*.py` its full number of rounds, and what other
tests of this folder prove of the same rows as often; prints a table a row.
`PLANNER_CRASH_ROUNDS=3` makes three rounds of each; arguments are pytest's.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.terraform.crash_rows import ROUNDS, rounds

_HERE = Path(__file__).parent
ELSEWHERE = {
    "test_after_a_power_cut_a_new_run_asks_before_it_creates_again": ("C-08", 20),
    "test_a_strange_state_is_asked_about_before_anything_is_planned_whatever_yes_says": ("C-09", 1),
    "test_a_backup_that_is_put_back_is_gone_on_with": ("C-09", 5),
    "test_a_state_that_the_store_refuses_is_kept_in_private_and_blocks_until_it_is_pushed": ("C-10", 5),
    "test_a_second_module_with_the_same_state_is_told_who_works_on_it": ("C-16", 5),
    "test_the_lock_of_an_earlier_run_that_is_dead_is_released_for_nothing": ("C-22", 10),
    "test_the_lock_of_another_machine_is_waited_for_then_asked_about_and_no_other_one_is_released": (
        "C-22",
        10,
    ),
    "test_a_lock_whose_holder_lets_go_in_time_is_waited_for": ("C-22", 10),
}
"""Tests of other files of this folder, the row that each belongs to, and its full number of rounds."""
_FILES = ("test_cli_runs.py", "test_locked_states.py", "test_states_that_changed.py")


class _Tally:
    """What came of the rounds of one test."""

    def __init__(self) -> None:
        self.rounds = self.passed = self.skipped = 0
        self.seconds = 0.0


class _Row(NamedTuple):
    row: str
    what: str


class Table:
    """A plugin of pytest: keeps to the rows, repeats what is proven elsewhere, counts."""

    def __init__(self) -> None:
        self._row_of: dict[str, _Row] = {}
        self.tallies: dict[_Row, _Tally] = defaultdict(_Tally)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """As many rounds of a test of another file."""
        if metafunc.definition.name in ELSEWHERE:
            _, full = ELSEWHERE[metafunc.definition.name]
            metafunc.fixturenames.append("crash_round")
            metafunc.parametrize("crash_round", range(rounds(1, full)))

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Nothing but the rows."""
        del config
        kept = []
        for item in items:
            name = getattr(item, "originalname", item.name)
            row = getattr(getattr(item, "function", None), "crash_row", None) or ELSEWHERE.get(name, ("",))[0]
            if row:
                self._row_of[item.nodeid] = _Row(row, name.removeprefix("test_").replace("_", " "))
                kept.append(item)
        items[:] = kept

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A round has passed where its call has, and nothing around it failed."""
        tally = self.tallies[self._row_of[report.nodeid]]
        tally.seconds += report.duration
        tally.rounds += report.when == "setup"
        tally.skipped += report.skipped
        tally.passed += report.when == "call" and report.passed
        tally.passed -= report.when == "teardown" and report.failed

    def lines(self) -> list[str]:
        """The table, in Markdown."""
        told = ["| row | what holds | rounds | passed | seconds |", "|---|---|---|---|---|"]
        for (row, what), tally in sorted(self.tallies.items()):
            more = f" ({tally.skipped} skipped)" if tally.skipped else ""
            told.append(f"| {row} | {what} | {tally.rounds} | {tally.passed}{more} | {tally.seconds:.0f} |")
        return told


def main(arguments: list[str]) -> int:
    """Make the rounds, print the table; the exit code is pytest's."""
    os.environ.setdefault(ROUNDS, "full")
    table = Table()
    files = [*sorted(map(str, _HERE.glob("test_crash_*.py"))), *(str(_HERE / name) for name in _FILES)]
    code = pytest.main(["-q", "-p", "no:randomly", *arguments, *files], plugins=[table])
    sys.stdout.write("\n" + "\n".join([*table.lines(), ""]))
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
