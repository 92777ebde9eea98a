"""C-16: many planners at once, on one module and on one budget."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.terraform.cli import until, write
from tests.terraform.crash_rows import trial
from tests.terraform.crash_world import SLOW, World

pytestmark = pytest.mark.terraform


@trial("C-16", few=1, full=100)
def test_of_sixteen_planners_on_one_module_one_runs_and_fifteen_are_told_who(
    started: Callable[..., subprocess.Popen[str]], module: Path, env: dict[str, str], seed: int
) -> None:
    world = World(module, env)
    write(module, SLOW)
    planners = [started("run", module, "--json") for _ in range(16)]
    until(lambda: sum(one.poll() is not None for one in planners) == 15, 90)
    (runs,) = [one for one in planners if one.poll() is None]
    until(world.begun, 60)
    held = f"is being run by planner run {world.run_id()}, pid {runs.pid} on "
    for one in planners:
        if one is not runs:
            out, err = one.communicate()
            assert (one.returncode, out) == (1, "")
            assert held in err
    world.let_go()
    out, _ = runs.communicate(timeout=60)
    assert RunResult.model_validate_json(out).state == "SUCCESS"
    assert [len(world.told(command)) for command in ("init", "apply")] == [1, 1]


FAILS = """
data "terraform_remote_state" "other%d" {
  backend = "local"
  config  = { path = "../module-%d" }
}
resource "terraform_data" "a" { input = data.terraform_remote_state.other%d.outputs.x }
"""
COST = Decimal("0.0002")
ANSWER = {
    "category": "not_found",
    "retryable": False,
    "root_cause": "The other state is no file.",
    "evidence": ["Failed to read state file"],
    "confidence": 0.8,
    "remediation": "escalate",
    "summary": "Name the file of the other state.",
    "usage": {"input_tokens": 900, "output_tokens": 200, "cost_usd": float(COST)},
}


@trial("C-16", few=1, full=100)
def test_of_eight_planners_on_one_budget_as_many_ask_as_it_pays_for(
    started: Callable[..., subprocess.Popen[str]], tmp_path: Path, env: dict[str, str], seed: int
) -> None:
    affords = random.Random(seed).randrange(1, 6)
    env["PLANNER_MAX_USD_PER_DAY"] = str(affords * COST + COST / 2)
    write(tmp_path, json.dumps([ANSWER]), "answers.json")
    planners = []
    for n in range(8):
        folder = tmp_path / f"module-{n}"
        folder.mkdir()
        write(folder, FAILS % (n, n, n))
        planners.append(started("run", folder, "--json", "--model", f"scripted:{tmp_path / 'answers.json'}"))
    told = [RunResult.model_validate_json(one.communicate(timeout=90)[0]) for one in planners]
    assert [one.exit_code for one in told] == [2] * 8
    assert sum(one.usage.model_calls for one in told) == affords
    with sqlite3.connect(tmp_path / "home/planner.db") as db:
        ((spent,),) = db.execute("SELECT sum(coalesce(settled, reserved)) FROM calls")
    assert Decimal(spent) / 10**9 == affords * COST
    refused = [one for one in told if not one.usage.model_calls]
    assert all("max_usd_per_day_everywhere" in one.reason for one in refused), refused[0].reason
