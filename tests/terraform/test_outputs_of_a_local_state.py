"""Outputs of a local state are read without a process, and are what `output -json` prints."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from subagents.terraform.state_guard import outputs_in
from subagents.terraform.stream import outputs_of, values_of
from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform

OUTPUTS = """
resource "terraform_data" "box" { input = "a" }
output "text" { value = "ä \\u0007 \\" ${terraform_data.box.output}" }
output "number" { value = 12345678901234567890 }
output "fraction" { value = 0.1 }
output "nothing" { value = null }
output "empty" { value = [] }
output "nested" { value = { list = [1, "two", { three = null }], flag = true } }
output "secret" {
  value     = "hush"
  sensitive = true
}
"""


@pytest.mark.parametrize("workspace", [None, "other"])
def test_they_are_what_the_engine_prints(
    planner: Run, module: Path, env: dict[str, str], workspace: str | None
) -> None:
    write(module, OUTPUTS)
    if workspace:
        subprocess.run(
            ["terraform", "workspace", "new", workspace], cwd=module, env=env, check=True, capture_output=True
        )
    assert result(planner("run", module, "--json")).state == "SUCCESS"
    printed = subprocess.run(
        ["terraform", "output", "-json"], cwd=module, env=env, check=True, capture_output=True
    ).stdout
    kept = outputs_in(module, None)
    assert kept is not None
    assert values_of(kept) == outputs_of(printed)
    assert values_of(kept)["secret"].value is None


def test_a_run_with_nothing_to_do_checks_them(planner: Run, module: Path) -> None:
    write(module, OUTPUTS)
    write(module, "checks:\n  outputs: [{name: number, equals: 7}]\n", "planner.yaml")
    assert result(planner("run", module, "--json")).exit_code == 2
    again = result(planner("run", module, "--json"))
    assert again.exit_code == 2
    assert not again.attempts[-1].diagnostics
    write(module, "checks:\n  outputs: [{name: fraction, equals: 0.1}]\n", "planner.yaml")
    assert result(planner("run", module, "--json")).state == "SUCCESS"


OTHERS = {
    "none": None,
    "an encrypted one": '{"serial": 1, "lineage": "x", "encrypted_data": "…", "encryption_version": "v0"}',
    "an older format": '{"version": 3, "serial": 1, "lineage": "x", "modules": []}',
    "a damaged one": '{"version": 4, "outputs": {"a"',
    "one whose outputs are no object": '{"version": 4, "outputs": []}',
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS.keys())
def test_of_any_other_state_the_engine_is_asked(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "terraform.tfstate").write_text(text, encoding="utf-8")
    assert outputs_in(tmp_path) is None
