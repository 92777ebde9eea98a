"""A second run begins with `plan`; whatever `init` would have to mend brings it back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform

CALLS = 'module "near" {\n  source = "./near"\n}\n'
NEAR = 'resource "terraform_data" "a" {\n}\n'


@pytest.fixture
def ready(planner: Run, module: Path) -> Path:
    (module / "near").mkdir()
    write(module / "near", NEAR)
    write(module, CALLS)
    assert result(planner("run", module, "--json")).exit_code == 0
    return module


def effects(env: dict[str, str], run_id: str) -> list[str]:
    with sqlite3.connect(Path(env["PLANNER_HOME"], "planner.db")) as store:
        query = "SELECT line FROM journal WHERE run_id = ? ORDER BY seq"
        entries = [json.loads(line)["entry"] for (line,) in store.execute(query, (run_id,))]
    return [entry["effect"] for entry in entries if entry["kind"] == "effect_intended"]


def test_a_second_run_with_nothing_to_do_is_one_plan(planner: Run, env: dict[str, str], ready: Path) -> None:
    done = result(planner("run", ready, "--json"))
    assert done.exit_code == 0
    assert effects(env, done.run_id) == ["plan", "validate"]


def far(module: Path) -> None:
    write(module, CALLS + CALLS.replace('"near"', '"more"'))


def gone(module: Path) -> None:
    (module / ".terraform/modules/modules.json").unlink()


BREAKS: dict[str, Callable[[Path], None]] = {
    "another module is called": far,
    "what init installed is gone": gone,
    "a called module changed": lambda module: write(module / "near", NEAR + "# more\n"),
}


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS.keys())
def test_what_init_must_see_brings_it_back(
    planner: Run, env: dict[str, str], ready: Path, change: Callable[[Path], None]
) -> None:
    change(ready)
    done = result(planner("run", ready, "--json"))
    assert done.exit_code == 0
    assert effects(env, done.run_id)[0] == "init"


def test_after_a_plan_that_failed_the_next_run_begins_with_init(
    planner: Run, env: dict[str, str], ready: Path
) -> None:
    write(ready / "near", "resource {\n")
    assert result(planner("run", ready, "--json")).exit_code == 2
    write(ready / "near", NEAR)
    done = result(planner("run", ready, "--json"))
    assert (done.exit_code, effects(env, done.run_id)[0]) == (0, "init")
