"""A module whose state lies in HCP Terraform: a checkout that no init has seen is driven like any other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.cloud_server import CloudServer
from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform
BOX = 'resource "terraform_data" "box" {\n  input = "box"\n}\n'


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[CloudServer]:
    with CloudServer(tmp_path).serving() as server:
        yield server


def test_the_first_run_of_a_fresh_checkout_works_in_the_workspace_that_it_names(
    planner: Run, module: Path, cloud: CloudServer
) -> None:
    write(module, cloud.block('name = "prod"') + BOX)
    first = planner("run", module, "--json", "--model", "none", **cloud.environment)
    assert result(first).state == "SUCCESS", first.stderr
    assert list(cloud.states) == ["prod"]
    shutil.rmtree(module / ".terraform")  # the next job of a CI: a checkout made anew
    again = planner("run", module, "--json", "--model", "none", **cloud.environment)
    assert result(again).state == "SUCCESS", again.stderr
    assert len(cloud.states["prod"]) == 1, "nothing was there to be done"


def test_a_run_that_waits_for_a_person_goes_on_in_the_workspace_that_it_names(
    planner: Run, module: Path, cloud: CloudServer
) -> None:
    write(module, cloud.block('name = "prod"') + BOX)
    assert planner("run", module, "--model", "none", **cloud.environment).returncode == 0
    shutil.rmtree(module / ".terraform")
    write(module, cloud.block('name = "prod"'))
    asked = result(planner("run", module, "--json", "--model", "none", **cloud.environment))
    assert asked.state == "DIAGNOSING"
    shutil.rmtree(module / ".terraform")  # approved by another job
    done = planner("approve", asked.run_id, "--json", **cloud.environment)
    assert result(done).state == "SUCCESS", done.stderr
    assert b"terraform_data" not in cloud.states["prod"][-1]
