"""What may exist already is known by its state: to a second clone, a renamed folder, after a wrong clock."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.state_server import StateServer, state_server
from tests.terraform.cli import Run, power_cut, result, until, write
from tests.terraform.test_fixed_scenarios import Module

pytestmark = pytest.mark.terraform
FIRST = 'resource "terraform_data" "first" {\n}\n'
ASKED = "may already have created terraform_data.slow"


@pytest.fixture
def server() -> Iterator[StateServer]:
    with state_server() as made:
        yield made


def slow(module: Path) -> str:
    """An object whose making takes its time, until the file `quick` is there; it notes that it was made."""
    made, quick = module.parent / "made", module.parent / "quick"
    command = f"echo made >>{made}; test -e {quick} || sleep 30"
    body = f'  provisioner "local-exec" {{\n    command = "{command}"\n  }}\n'
    return f'resource "terraform_data" "slow" {{\n{body}}}\n'


def cut_off(planner: Run, started: Callable[..., subprocess.Popen[str]], module: Path, backend: str) -> None:
    """A first run works; a second one dies while it makes one more object."""
    write(module, backend + FIRST)
    assert planner("run", module, "--model", "none").returncode == 0
    write(module, backend + FIRST + slow(module))
    child = started("run", module, "--model", "none")
    until((module.parent / "made").exists)
    power_cut(child)
    (module.parent / "quick").touch()


def clone_of(module: Path) -> Path:
    """A fresh clone: what Git has of a module."""
    clone = module.parent / "clone"
    clone.mkdir()
    for path in module.glob("*.tf"):
        shutil.copy(path, clone)
    return clone


def times_made(module: Path) -> int:
    return len((module.parent / "made").read_text(encoding="utf-8").splitlines())


def asked_and_answered(planner: Run, module: Path) -> None:
    """The run asks before it makes the object again; then it does, and nobody is asked any more."""
    parked = result(planner("run", module, "--model", "none", "--json"))
    assert parked.exit_code == 3, parked.reason
    assert ASKED in parked.reason
    assert times_made(module) == 1
    assert planner("approve", parked.run_id).returncode == 0
    assert times_made(module) == 2
    assert planner("run", module, "--model", "none").returncode == 0


def test_a_second_clone_of_a_module_with_a_remote_state_asks_first(
    planner: Run, started: Callable[..., subprocess.Popen[str]], module: Path, server: StateServer
) -> None:
    cut_off(planner, started, module, server.backend)
    server.locks.clear()
    asked_and_answered(planner, clone_of(module))


def test_a_second_clone_of_a_module_with_a_shared_state_file_asks_first(
    planner: Run, started: Callable[..., subprocess.Popen[str]], module: Path, tmp_path: Path
) -> None:
    backend = f'terraform {{\n  backend "local" {{\n    path = "{tmp_path}/shared.tfstate"\n  }}\n}}\n'
    cut_off(planner, started, module, backend)
    asked_and_answered(planner, clone_of(module))


def test_a_renamed_folder_asks_first(
    planner: Run, started: Callable[..., subprocess.Popen[str]], module: Path
) -> None:
    cut_off(planner, started, module, "")
    asked_and_answered(planner, module.rename(module.with_name("renamed")))


def test_a_run_of_a_day_that_never_came_hides_no_doubt(
    planner: Run, started: Callable[..., subprocess.Popen[str]], module: Path, env: dict[str, str]
) -> None:
    write(module, FIRST)
    assert planner("run", module, "--model", "none").returncode == 0
    with sqlite3.connect(Path(env["PLANNER_HOME"], "planner.db")) as db:
        db.execute("UPDATE runs SET moved_at = '2999' || substr(moved_at, 5)")
    cut_off(planner, started, module, "")
    asked_and_answered(planner, module)


def test_a_clone_that_is_made_anew_asks_before_it_makes_again_what_the_lost_state_held(
    planner: Run, module: Path
) -> None:
    write(module, FIRST)
    for _ in range(2):
        assert planner("run", module, "--model", "none").returncode == 0
    shutil.rmtree(module)
    module.mkdir()
    write(module, FIRST.replace('"first"', '"other"') + FIRST)
    parked = result(planner("run", module, "--model", "none", "--json"))
    assert parked.exit_code == 3, parked.reason
    assert "may already have created terraform_data.first," in parked.reason


def test_what_was_moved_or_found_by_a_plan_is_among_what_a_lost_state_held(
    planner: Run, module: Path, env: dict[str, str]
) -> None:
    write(module, FIRST)
    terraform = Module(module, env).terraform
    terraform("init")
    terraform("apply", "-auto-approve")
    moved = "moved {\n  from = terraform_data.first\n  to   = terraform_data.second\n}\n"
    write(module, FIRST.replace("first", "second") + moved)
    assert planner("run", module, "--model", "none").returncode == 0
    (module / "terraform.tfstate").unlink()
    (module / "terraform.tfstate.backup").unlink(missing_ok=True)
    parked = result(planner("run", module, "--model", "none", "--json"))
    assert parked.exit_code == 3, parked.reason
    assert "may already have created terraform_data.second," in parked.reason


@pytest.mark.parametrize("after", ["plan", "apply"])
def test_a_workspace_that_is_selected_meanwhile_stops_the_run_before_its_next_call(
    planner: Run, module: Path, env: dict[str, str], after: str
) -> None:
    """Terraform applies even a saved plan to whatever is selected."""
    write(module, FIRST)
    terraform = Module(module, env).terraform
    terraform("init")
    terraform("workspace", "new", "prod")
    terraform("workspace", "select", "default")
    shim = module.parent / "bin" / "terraform"
    shim.parent.mkdir()
    select = f"case $1 in {after}) printf prod >{module}/.terraform/environment ;; esac"
    shim.write_text(f'#!/bin/sh\n{shutil.which("terraform")} "$@"\ncode=$?\n{select}\nexit $code\n', "utf-8")
    shim.chmod(0o755)
    own = ("--terraform-bin", shim)
    told = planner("run", module, *own, "--model", "none")
    assert (told.returncode, "this is 'prod'" in told.stderr) == (1, True), told.stderr
    assert not (module / "terraform.tfstate.d/prod/terraform.tfstate").exists()
    assert (module / "terraform.tfstate").exists() is (after == "apply")
    terraform("workspace", "select", "default")
    with sqlite3.connect(Path(env["PLANNER_HOME"], "planner.db")) as db:
        ((run_id,),) = db.execute("SELECT run_id FROM runs")
    shim.write_text(f'#!/bin/sh\nexec {shutil.which("terraform")} "$@"\n', "utf-8")
    assert result(planner("resume", run_id, *own, "--json")).state == "SUCCESS"
