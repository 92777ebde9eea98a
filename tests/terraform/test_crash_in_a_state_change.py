"""planner dies in an import or a move: it is made once, and not believed to be made for what others did."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.fakes.this_machine import engine
from tests.terraform.broken_modules import BY_MODEL
from tests.terraform.cli import Run, result
from tests.terraform.test_fixed_scenarios import Module, broken

pytestmark = pytest.mark.terraform
KILLER = """#!/bin/sh
changes() { case "$1 $2" in "import "*|"state mv") [ ! -e '%(died)s' ];; *) false;; esac; }
if changes "$@"; then
  touch '%(died)s'
  [ '%(when)s' = before ] || '%(engine)s' "$@"
  exec kill -9 $PPID
fi
case "$1 $2" in "import "*|"state mv") echo made >>'%(again)s';; esac
exec '%(engine)s' "$@"
"""
CHANGES = {s.kind: s for s in BY_MODEL if s.kind in {"import", "state_rm_or_mv"}}
Dies = Callable[[str, str], str]


@pytest.fixture
def again(module: Path) -> Path:
    """Is there once the state was changed after the death."""
    return module.parent / "again"


@pytest.fixture
def here(module: Path, env: dict[str, str]) -> Module:
    return Module(module, env.copy())


@pytest.fixture
def dies(planner: Run, here: Module, env: dict[str, str], again: Path) -> Dies:
    """A run in whose change of the state planner dies, before it was made or after it; its id."""

    def run(kind: str, when: str) -> str:
        scenario = CHANGES[kind]
        module = here.folder
        broken(scenario, here)
        script, answers = module.parent / "killer", module.parent / "answers.json"
        places = {"died": module.parent / "died", "again": again, "engine": shutil.which(engine())}
        script.write_text(KILLER % (places | {"when": when}), encoding="utf-8")
        script.chmod(0o700)
        env["PLANNER_TERRAFORM"] = str(script)
        answers.write_text(json.dumps([*scenario.answers] * 3), encoding="utf-8")
        asks = planner("run", module, "--autonomy", "fix", "--model", f"scripted:{answers}", "--json")
        assert asks.returncode == 3, asks.stdout
        run_id = result(asks).run_id
        assert planner("approve", run_id, "--json").returncode == -9
        return run_id

    return run


def taken_up(planner: Run, run_id: str) -> RunResult:
    """The end, once a person has allowed what is asked about anew where the state is another by now."""
    told = result(planner("resume", run_id, "--json"))
    return result(planner("approve", run_id, "--json")) if told.exit_code == 3 else told


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_of_the_state_in_which_planner_died_is_made_once(
    planner: Run, here: Module, dies: Dies, again: Path, *, kind: str, when: str
) -> None:
    told = taken_up(planner, dies(kind, when))
    assert told.state == "SUCCESS", told.reason
    assert again.exists() is (when == "before")
    assert sorted(here.terraform("state", "list").stdout.split()) == sorted(CHANGES[kind].present)


def test_a_move_of_what_left_the_state_meanwhile_is_not_taken_for_made(
    planner: Run, here: Module, dies: Dies, again: Path
) -> None:
    run_id = dies("state_rm_or_mv", "before")
    here.terraform("state", "rm", "terraform_data.box")
    told = taken_up(planner, run_id)
    assert told.state == "FAILED"
    assert not again.exists()
    assert not here.terraform("state", "show", "terraform_data.crate").stdout


def test_an_import_that_somebody_made_of_another_object_is_asked_about(
    planner: Run, here: Module, dies: Dies, again: Path
) -> None:
    run_id = dies("import", "before")
    by_hand = here.terraform("import", "terraform_data.box", "crate-8")
    assert by_hand.returncode == 0, by_hand.stderr
    asks = result(planner("resume", run_id, "--json"))
    assert asks.exit_code == 3, asks.reason
    assert asks.pending is not None
    assert "crate-8" in str(asks.pending.proposal)
    assert planner("reject", run_id, "--json").returncode == 2
    assert not again.exists()
