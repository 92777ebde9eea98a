"""The real command after its end, a kill or an answer: what lies about, what it says, what still counts."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.this_machine import engine
from tests.terraform.cli import Run, power_cut, result, write

pytestmark = pytest.mark.terraform

BROKEN = """
variable "colour" {
  default = "blue"
}
resource "terraform_data" "box" {
  input = var.color
}
"""
MENDED = BROKEN.replace("var.color\n", "var.colour\n")
APPLY_OUTPUT = "apply-"


def left(home: Path) -> list[str]:
    """What lies in the folders of runs beside their logs, their backups and the output of applies."""
    found = [path for path in (home / "runs").rglob("*") if path.is_file()]
    names = {path.relative_to(home / "runs"): path for path in found}
    kept = ("log.jsonl", "backup")
    return [
        str(name)
        for name in names
        if name.parts[1] not in kept and not any(part.startswith(APPLY_OUTPUT) for part in name.parts)
    ]


def test_a_run_that_mended_its_module_leaves_no_copy_no_plan_and_no_values(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, BROKEN)
    told = result(
        planner("run", module, "--model", "none", "--autonomy", "fix", "--var", "colour=red", "--json")
    )
    assert told.exit_code == 0, told.reason
    assert (module / "main.tf").read_text(encoding="utf-8") == MENDED
    assert left(tmp_path / "home") == []


def hanging(folder: Path) -> Path:
    """A Terraform that never ends planning a copy."""
    program = folder / "hanging"
    program.write_text(
        f'#!/bin/sh\ncase "$PWD:$1" in *sandbox*:plan) touch {folder}/hangs; exec sleep 60;; esac\n'
        f'exec {shutil.which(engine())} "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o700)
    return program


def test_a_planner_killed_in_a_proof_leaves_a_copy_that_the_next_run_sweeps(
    planner: Run, started: Callable[..., subprocess.Popen[str]], module: Path, tmp_path: Path
) -> None:
    write(module, BROKEN)
    home, hangs = tmp_path / "home", tmp_path / "hangs"
    options = ("--model", "none", "--autonomy", "fix", "--json")
    child = started("run", module, *options, "--terraform-bin", hanging(tmp_path))
    deadline = time.monotonic() + 30
    while not hangs.exists():
        assert time.monotonic() < deadline, "it came to no proof"
        time.sleep(0.02)
    power_cut(child)
    assert any("sandbox" in name for name in left(home)), "there is something to sweep"
    assert result(planner("run", module, *options)).exit_code == 0
    assert [Path(name).name for name in left(home)] == ["environment.json"], (
        "the killed run may be gone on with"
    )


def test_what_an_apply_moves_and_forgets_is_counted_too(planner: Run, module: Path) -> None:
    write(module, 'resource "terraform_data" "a" {}\nresource "terraform_data" "b" {}\n')
    assert result(planner("run", module, "--json")).exit_code == 0
    moved = "moved {\n  from = terraform_data.a\n  to   = terraform_data.c\n}\n"
    gone = "removed {\n  from = terraform_data.b\n  lifecycle {\n    destroy = false\n  }\n}\n"
    write(module, f'resource "terraform_data" "c" {{}}\n{moved}{gone}')
    done = planner("run", module, "--yes")
    assert done.returncode == 0, done.stdout
    assert "applied 2 of 2 changes" in done.stdout + done.stderr


def test_another_command_in_a_module_that_is_called_makes_an_approval_void(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    calls = 'module "shared" {\n  source = "../shared"\n}\n'
    runs = 'resource "terraform_data" "door" {\n  provisioner "local-exec" {\n    command = "true"\n  }\n}\n'
    write(shared, runs)
    write(module, f'{calls}resource "terraform_data" "a" {{}}\n')
    assert result(planner("run", module, "--json")).exit_code == 0
    write(module, calls)
    told = result(planner("run", module, "--json"))
    assert told.exit_code == 3, told.reason
    write(shared, runs.replace('"true"', '"touch stolen"'))
    again = result(planner("approve", told.run_id, "--json"))
    assert again.exit_code == 3, again.reason
    assert "the approval does not count" in again.reason
    assert result(planner("approve", told.run_id, "--json")).exit_code == 0


def test_a_run_is_approved_only_in_the_workspace_it_began_in(planner: Run, module: Path) -> None:
    write(module, BROKEN)
    told = result(planner("run", module, "--model", "none", "--json"))
    assert told.exit_code == 3, told.reason
    for command in ("approve", "resume"):
        refused = planner(command, told.run_id, "--json", TF_WORKSPACE="prod")
        assert refused.returncode == 1
        assert "TF_WORKSPACE=default" in refused.stderr
    assert (module / "main.tf").read_text(encoding="utf-8") == BROKEN
    assert result(planner("approve", told.run_id, "--json")).exit_code == 0
