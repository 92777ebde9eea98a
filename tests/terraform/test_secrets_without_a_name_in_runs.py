"""A secret that nothing names where it is printed is in nothing planner wrote or printed all the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.terraform.cli import PLANNER, Run, write

pytestmark = pytest.mark.terraform

CANARIES = ("Code-canary-77aQ", "Block-canary-88bW", "Vars-canary-99cE")
MODULE = """
variable "conf" { type = any }
locals { conf = { db_password = "Code-canary-77aQ" } }
resource "terraform_data" "loud" {
  provisioner "local-exec" {
    command     = "echo login with $(cat said.txt) refused >&2; exit 3"
    environment = { API_TOKEN = "Block-canary-88bW" }
  }
}
"""


def test_a_value_that_the_code_spells_out_is_masked_wherever_it_is_printed(
    planner: Run, module: Path, tmp_path: Path
) -> None:
    write(module, MODULE)
    write(module, " ".join(CANARIES), "said.txt")
    write(module, 'conf = { password = "Vars-canary-99cE" }\n', "x.auto.tfvars")
    done = planner("run", module, "--model", "none", "--json")
    assert done.returncode == 2, done.stderr
    assert "login with <secret:" in done.stdout
    written = [path.read_text(errors="replace") for path in (tmp_path / "home").rglob("*") if path.is_file()]
    for canary in CANARIES:
        assert not [text for text in (*written, done.stdout, done.stderr) if canary in text]


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "{module}", "db_password=Kf7-brass-91"),
        ("run", "{module}", "--var", "db_password Kf7-brass-91"),
        ("show", "ghp_Kf7-brass-91".replace("-", "") + "0" * 30),
    ],
    ids=["an argument too many", "a variable without a sign", "a token for a run"],
)
def test_an_error_of_the_command_line_repeats_no_secret(
    module: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [*PLANNER, *(said.format(module=module) for said in arguments)],
        env={**os.environ, "PLANNER_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "error" in done.stderr.lower()
    assert "brass" not in done.stdout + done.stderr


def test_a_fault_of_planners_own_is_told_without_secrets(tmp_path: Path) -> None:
    fault = "import planner.cli as c; c.cli.main = lambda **_: 1 / int('password=Kf7-brass-91'); c.main()"
    done = subprocess.run(
        [PLANNER[0], "-c", fault],
        env={**os.environ, "PLANNER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ValueError" in done.stderr
    assert "brass" not in done.stderr.replace("int('password=", "")
