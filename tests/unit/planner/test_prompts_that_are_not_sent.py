"""`--explain-prompt` says so where no model would be asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from planner.commands.diagnose import diagnose

KNOWN = (
    "Error: Reference to undeclared resource\n\n  on main.tf line 2:\n\nA managed resource was not declared."
)


@pytest.mark.parametrize(("text", "asked"), [(KNOWN, False), ("Error: flux flat", True)])
def test_who_wants_to_see_a_prompt_is_told_where_there_is_none(
    tmp_path: Path,
    text: str,
    asked: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    words = ["--explain-prompt", "--model", "none", "--home", str(tmp_path)]
    done = CliRunner().invoke(diagnose, words, input=text)
    assert done.exit_code == 0, done.output
    assert ("no model would be asked" in done.stderr) is not asked
