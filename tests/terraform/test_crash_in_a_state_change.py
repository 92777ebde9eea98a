"""planner dies when an import or a move has just been made: whoever resumes does not make it again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.fakes.this_machine import engine
from tests.terraform.broken_modules import BY_MODEL
from tests.terraform.cli import Run, result
from tests.terraform.test_fixed_scenarios import Module, broken

pytestmark = pytest.mark.terraform
KILLER = """#!/bin/sh
'%s' "$@"; code=$?
case "$1 $2" in "import "*|"state mv"|"state rm") echo "$1" >>'%s'; [ $code != 0 ] || kill -9 $PPID;; esac
exit $code
"""
CHANGES = {s.kind: s for s in BY_MODEL if s.kind in {"import", "state_rm_or_mv"}}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_state_that_was_changed_before_planner_died_is_not_changed_again(
    planner: Run, module: Path, env: dict[str, str], kind: str
) -> None:
    scenario, here, made = CHANGES[kind], Module(module, env), module.parent / "made"
    broken(scenario, here)
    kills = module.parent / "kills"
    kills.write_text(KILLER % (shutil.which(engine()), made), encoding="utf-8")
    kills.chmod(0o700)
    env["PLANNER_TERRAFORM"] = str(kills)
    answers = module.parent / "answers.json"
    answers.write_text(json.dumps([*scenario.answers] * 3), encoding="utf-8")

    asks = planner("run", module, "--autonomy", "fix", "--model", f"scripted:{answers}", "--json")
    assert asks.returncode == 3, asks.stdout
    run_id = result(asks).run_id
    assert planner("approve", run_id, "--json").returncode == -9, "it died with the change"
    assert len(made.read_text(encoding="utf-8").split()) == 1

    done = planner("resume", run_id, "--json")
    if done.returncode == 3:  # the state is another by now: what was approved is asked about again
        done = planner("approve", run_id, "--json")
    told = result(done)
    assert (done.returncode, told.state) == (0, "SUCCESS"), told.reason
    assert len(made.read_text(encoding="utf-8").split()) == 1, "it was made once"
    assert sorted(here.terraform("state", "list").stdout.split()) == sorted(scenario.present)
