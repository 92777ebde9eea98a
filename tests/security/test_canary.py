"""A secret in every input of a run, and no byte of it in anything that planner wrote: R-04, R-05, R-09, R-10.

The real command on the real Terraform, failing and succeeding, with a model
that repeats what it must not.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.security.scanner import findings
from tests.security.shapes_secrets import SHAPES, made

pytestmark = pytest.mark.terraform

CANARIES = {
    "environment": "env-canary-7Qz1xV",
    "flag": "flag-canary-3Lm8pT",
    "file": "file-canary-9Rb2kW",
    "printed": "printed-canary-5Yd4nJ",
    "model": "model-canary-1Gh6sC",
    "computed": "computed-canary-8Uf0eX",
}
MODULE = """
variable "db_password" { sensitive = true }
variable "api_token" { sensitive = true }
variable "fail" { default = true }
resource "terraform_data" "leaky" {
  input = "computed: ${var.db_password}"
}
resource "terraform_data" "loud" {
  count = var.fail ? 1 : 0
  provisioner "local-exec" {
    command = "echo password=%(printed)s >&2; echo token $NPM_TOKEN; echo it is %(flag)s; kill -9 $$"
  }
}
output "leak" {
  value     = terraform_data.leaky.output
  sensitive = true
}
"""
ANSWER = {
    "evidence": [f"password={CANARIES['printed']}"],
    "root_cause": f'The password {CANARIES["flag"]} is wrong; api_key = "{CANARIES["model"]}".',
    "category": "auth",
    "retryable": False,
    "confidence": 0.9,
    "remediation": "escalate",
    "summary": f"Set password={CANARIES['model']} and token {CANARIES['environment']}.",
    "repeat": True,
}


class World(NamedTuple):
    module: Path
    home: Path
    env: dict[str, str]

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "planner", "run", str(self.module), *options],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            preexec_fn=lambda: os.umask(0),
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    module, home = tmp_path / "module", tmp_path / "home"
    module.mkdir()
    (module / "main.tf").write_text(MODULE % CANARIES, encoding="utf-8")
    (module / "secret.auto.tfvars").write_text(f'api_token = "{CANARIES["file"]}"\n', encoding="utf-8")
    script = tmp_path / "answers.json"
    script.write_text(json.dumps([ANSWER]), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "ANTHROPIC_"))}
    env = kept | {
        "PLANNER_HOME": str(home),
        "PLANNER_MODEL": f"scripted:{script}",
        "NPM_TOKEN": CANARIES["environment"],
        "TF_CLI_CONFIG_FILE": str(tmp_path / "none"),
    }
    return World(module, home, env)


def leaks(world: World, *texts: str) -> list[str]:
    """Where which canary can be read."""
    found = []
    written = {str(p): p.read_bytes() for p in world.home.rglob("*") if p.is_file()}
    said = {f"text {n}": text.encode() for n, text in enumerate(texts)}
    for name, content in {**written, **said}.items():
        found += [f"{source} in {name}" for source, value in CANARIES.items() if value.encode() in content]
    return found


@pytest.mark.parametrize("options", [(), ("--json",), ("--explain-prompt",)])
def test_no_byte_of_a_secret_is_in_what_a_failed_run_wrote_or_printed(
    world: World, options: tuple[str, ...]
) -> None:
    done = world.run("--var", f"db_password={CANARIES['flag']}", *options)
    assert done.returncode == 2, done.stderr
    assert "<secret:" in done.stdout, "the canaries never reached the output"
    assert leaks(world, done.stdout, done.stderr) == []


def test_no_byte_of_a_secret_is_in_what_a_successful_run_wrote_or_printed(world: World) -> None:
    done = world.run("--var", f"db_password={CANARIES['computed']}", "--var", "fail=false", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outputs"]["leak"] == "(sensitive)"
    assert CANARIES["computed"] in (world.module / "terraform.tfstate").read_text(encoding="utf-8")
    assert leaks(world, done.stdout, done.stderr) == []


def test_an_error_of_the_operator_repeats_no_secret_either(world: World) -> None:
    (world.module / "planner.yaml").write_text(f"password: {CANARIES['file']}\n", encoding="utf-8")
    done = world.run("--var", f"db_password={CANARIES['flag']}")
    assert done.returncode == 1
    assert leaks(world, done.stdout, done.stderr) == []


def test_nobody_else_can_read_what_was_written_whatever_the_umask(world: World) -> None:
    world.run("--var", f"db_password={CANARIES['flag']}")
    for path in world.home.rglob("*"):
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert mode & 0o077 == 0, f"{path.relative_to(world.home)} is {mode:o}"


def test_a_diagnosis_outside_a_run_repeats_no_secret_either(world: World) -> None:
    text = f'Error: strange\n\nNPM_TOKEN={CANARIES["environment"]} password = "{CANARIES["printed"]}"\n'
    done = subprocess.run(
        [sys.executable, "-m", "planner", "diagnose", "--json"],
        env=world.env,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["source"] == "model"
    assert [leak for leak in leaks(world, done.stdout, done.stderr) if not leak.startswith("flag")] == []


SHOWN = """
resource "terraform_data" "loud" {
  provisioner "local-exec" { command = "cat shapes.txt; cat shapes.txt >&2; exit 3" }
}
"""


def test_somebody_elses_scanner_finds_no_token_in_what_a_run_of_all_shapes_wrote(world: World) -> None:
    shapes = world.module / "shapes.txt"
    shapes.write_text("\n".join(made(shape, 1)[1] for shape in SHAPES), encoding="utf-8")
    (world.module / "main.tf").write_text(SHOWN, encoding="utf-8")
    assert len(findings([shapes])) >= 12, "the scanner knows few of their kinds to begin with"

    done = world.run("--json")
    assert done.returncode == 2, done.stderr
    said = world.home / "said.txt"
    said.write_text(done.stdout + done.stderr, encoding="utf-8")
    assert "<secret:" in done.stdout, "the shapes never reached the output"
    written = [path for path in world.home.rglob("*") if path.is_file()]
    assert findings(written) == {}
