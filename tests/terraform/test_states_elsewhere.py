"""What a folder made from another state is not made again from an empty one without a question."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.terraform.cli import Run, result, write

BOXES = 'resource "terraform_data" "box" {\n  count = 2\n}\n'


def backend(module: Path, path: str) -> None:
    write(module, f'terraform {{\n  backend "local" {{\n    path = "{path}"\n  }}\n}}\n', "backend.tf")


@pytest.fixture
def applied(planner: Run, module: Path) -> Path:
    """A module whose state lies where its backend says."""
    write(module, BOXES)
    backend(module, "one/terraform.tfstate")
    assert planner("run", module).returncode == 0
    return module


def parks(planner: Run, module: Path, **extra: str) -> str:
    """The question with which a run parks, before it made anything."""
    parked = result(planner("run", module, "--model", "none", "--json", **extra))
    assert parked.exit_code == 3, parked.reason
    assert parked.pending is not None
    assert parked.pending.changes
    return parked.pending.question


def test_another_address_of_the_state_is_asked_about(planner: Run, applied: Path) -> None:
    backend(applied, "two/terraform.tfstate")
    shutil.rmtree(applied / ".terraform")  # as in a fresh checkout: Terraform itself notices nothing
    assert "lies elsewhere" in parks(planner, applied)
    assert not (applied / "two/terraform.tfstate").exists()


def test_a_backend_that_was_taken_out_is_asked_about(planner: Run, applied: Path) -> None:
    (applied / "backend.tf").unlink()
    shutil.rmtree(applied / ".terraform")
    assert "terraform_data.box[0]" in parks(planner, applied)
    assert not (applied / "terraform.tfstate").exists()


def test_falling_back_to_the_default_workspace_is_asked_about_once(planner: Run, module: Path) -> None:
    write(module, BOXES)
    assert planner("run", module, TF_WORKSPACE="green").returncode == 0
    assert "workspace" in parks(planner, module)
    run_id = result(planner("run", module, "--json")).run_id
    assert planner("approve", run_id).returncode == 0
    assert planner("run", module).returncode == 0
    assert planner("run", module, TF_WORKSPACE="green").returncode == 0


def test_a_workspace_that_somebody_names_is_meant(planner: Run, module: Path) -> None:
    write(module, BOXES)
    assert planner("run", module).returncode == 0
    assert planner("run", module, TF_WORKSPACE="green").returncode == 0


def test_what_was_destroyed_before_is_made_elsewhere_unasked(planner: Run, applied: Path) -> None:
    assert planner("run", applied, "--destroy", "--yes").returncode == 0
    backend(applied, "two/terraform.tfstate")
    shutil.rmtree(applied / ".terraform")
    assert planner("run", applied).returncode == 0


def test_other_objects_in_the_same_folder_are_nobodys_second_ones(planner: Run, applied: Path) -> None:
    backend(applied, "two/terraform.tfstate")
    shutil.rmtree(applied / ".terraform")
    write(applied, 'resource "terraform_data" "other" {}\n')
    assert planner("run", applied).returncode == 0
