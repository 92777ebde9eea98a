"""Where nobody answers, or a run cannot be answered, `review` shows what waits and ends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

from planner.commands.fixes import review
from tests.fakes.seeded_store import seed


def test_an_input_that_ends_is_a_quit_and_no_interrupt(tmp_path: Path) -> None:
    home = seed(tmp_path, runs=10, now=datetime(2026, 3, 4, 12, tzinfo=UTC))
    done = CliRunner().invoke(review, ["--home", str(home)], input="", standalone_mode=False)
    assert done.exception is None
    assert done.return_value == 0
    assert "1 of 2" in done.output
    assert "standard input has ended, and nothing more is asked" in done.output


def test_a_run_that_cannot_be_answered_is_told_and_the_next_one_is_shown(tmp_path: Path) -> None:
    home = seed(tmp_path / "home", runs=30, now=datetime(2026, 3, 4, 12, tzinfo=UTC))
    done = CliRunner().invoke(review, ["--home", str(home)], input="a\nwhy\na\nwhy\n", standalone_mode=False)
    assert done.exception is None, done.output
    assert done.output.count("is not there any more") == 2, "their modules were removed"
    assert "2 of 2" in done.output
    assert done.return_value == 1
