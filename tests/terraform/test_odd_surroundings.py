"""What a caller leaves out, or what lies where a state should: told, and never waited for without end."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.terraform.cli import PLANNER, Run, result, write

pytestmark = pytest.mark.terraform

BOX = 'resource "terraform_data" "box" {}\n'


@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", ">&- 2>&-", "<&- 2>&-"])
def test_a_run_whose_caller_closed_its_streams_is_a_run_like_any_other(
    env: dict[str, str], module: Path, closed: str
) -> None:
    write(module, BOX)
    done = subprocess.run(
        ["bash", "-c", f'exec "$@" {closed}', "-", *PLANNER, "run", module], env=env, check=False, timeout=90
    )
    assert done.returncode == 0
    assert (module / "terraform.tfstate").stat().st_size
