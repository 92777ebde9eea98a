"""A run that began where the environment chose nothing is not gone on with where it chooses something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform.cli import Run, result, write

ONE = 'variable "size" {\n  default = "small"\n}\nresource "terraform_data" "a" { input = var.size }\n'


@pytest.mark.parametrize("name", ["TF_VAR_size", "KUBECONFIG"])
def test_a_value_that_came_into_the_environment_later_is_another_environment(
    planner: Run, module: Path, name: str
) -> None:
    write(module, ONE)
    assert planner("run", module).returncode == 0
    asked = result(planner("run", module, "--destroy", "--json"))
    for answer in ("approve", "resume"):
        refused = planner(answer, asked.run_id, **{name: "other"})
        assert (refused.returncode, name in refused.stderr) == (1, True)
    assert planner("approve", asked.run_id).returncode == 0
