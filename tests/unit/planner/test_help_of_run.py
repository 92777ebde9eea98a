"""What `planner run --help` says must not be taken for less than a run does."""

from __future__ import annotations

from click.testing import CliRunner

from planner.commands.run import run


def test_no_autonomy_is_a_run_that_applies_nothing_and_the_help_says_so() -> None:
    said = " ".join(CliRunner().invoke(run, ["--help"]).output.split())
    assert "How far a fix may go; the module's own plan is applied in each." in said
