"""In a sandbox Terraform finds what it finds in the module, and the module never learns of it."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from subagents.sandbox import Sandbox
from tests.fakes.this_machine import engine
from tests.terraform.cli import write

pytestmark = pytest.mark.terraform
Terraform = Callable[..., str]
BOX = 'resource "terraform_data" "box" { input = "x" }\n'
PROVIDER = """
terraform {
  required_providers {
    fake = {
      source  = "example.com/acme/fake"
      version = "%s"
    }
  }
}
"""


@pytest.fixture
def terraform(env: dict[str, str], tmp_path: Path) -> Terraform:
    env |= {"TF_CLI_CONFIG_FILE": str(rc(tmp_path)), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    env.pop("TF_PLUGIN_CACHE_DIR", None)

    def run(place: Path, *argv: str, **extra: str) -> str:
        done = subprocess.run(
            [engine(), *argv, "-no-color"],
            cwd=place,
            env=env | extra,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sandbox"


def rc(tmp_path: Path) -> Path:
    """A mirror of two versions of a provider, packed as a registry serves them; it need never start."""
    place = tmp_path / "mirror" / "example.com" / "acme" / "fake"
    place.mkdir(parents=True)
    for version in ("1.0.0", "1.1.0"):
        for platform in ("linux_amd64", "linux_arm64", "darwin_arm64"):
            with zipfile.ZipFile(place / f"terraform-provider-fake_{version}_{platform}.zip", "w") as file:
                program = zipfile.ZipInfo(f"terraform-provider-fake_v{version}")
                program.external_attr = 0o755 << 16
                file.writestr(program, f"#!/bin/sh\nexit 1 # {version}\n")
    config = tmp_path / "rc"
    config.write_text(
        f'provider_installation {{ \n filesystem_mirror {{ \n path = "{tmp_path}/mirror" \n }} \n }}\n',
        encoding="utf-8",
    )
    return config


def seen(place: Path) -> dict[str, tuple[int, str]]:
    """Mode and content of all there is below a place, links as such."""

    def walk() -> Iterator[Path]:
        for folder, folders, names in os.walk(place):
            yield from (Path(folder, name) for name in (*folders, *names))

    def content(path: Path) -> str:
        if path.is_symlink():
            return str(path.readlink())
        return "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()

    return {
        str(path.relative_to(place)): (stat.S_IMODE(path.lstat().st_mode), content(path)) for path in walk()
    }


def test_a_plan_sees_the_state_and_an_edit_in_the_sandbox_stays_there(
    terraform: Terraform, module: Path, folder: Path
) -> None:
    write(module, BOX)
    terraform(module, "init")
    terraform(module, "apply", "-auto-approve")
    before = seen(module)
    with Sandbox.create(module, folder) as sandbox:
        assert "No changes" in terraform(sandbox.module, "plan")
        sandbox.read("main.tf")
        sandbox.edit("main.tf", '"x"', '"y"')
        terraform(sandbox.module, "init")
        terraform(sandbox.module, "validate")
        assert "1 to change" in terraform(sandbox.module, "plan", "-out=tfplan")
        assert seen(module) == before
    assert seen(module) == before
    assert "No changes" in terraform(module, "plan")


@pytest.mark.parametrize("initialised", [False, True])
def test_modules_and_templates_beside_the_module_are_found(
    terraform: Terraform, module: Path, folder: Path, *, initialised: bool
) -> None:
    for name, text in {
        "shared/main.tf": 'module "far" { source = "../far" }\n' + BOX,
        "far/main.tf": BOX + 'output "text" { value = templatefile("${path.module}/../x.tpl", {}) }',
        "x.tpl": "beside",
    }.items():
        (module.parent / name).parent.mkdir(exist_ok=True)
        write(module.parent, text, name)
    write(module, 'module "s" { source = "../shared" }\noutput "x" { value = templatefile("../x.tpl", {}) }')
    if initialised:
        terraform(module, "init")
        terraform(module, "apply", "-auto-approve")
    before = seen(module)
    with Sandbox.create(module, folder) as sandbox:
        if initialised:
            assert "No changes" in terraform(sandbox.module, "plan")
        terraform(sandbox.module, "init")
        assert ("No changes" if initialised else "2 to add") in terraform(sandbox.module, "plan")
    assert seen(module) == before


def test_a_linked_file_of_variables_is_read(terraform: Terraform, module: Path, folder: Path) -> None:
    write(module.parent, 'variable "x" { default = "shared" }', "variables.tf")
    (module / "variables.tf").symlink_to("../variables.tf")
    write(module, 'output "x" { value = var.x }')
    with Sandbox.create(module, folder) as sandbox:
        terraform(sandbox.module, "init")
        assert '"shared"' in terraform(sandbox.module, "plan")


def test_a_workspace_made_in_the_sandbox_is_the_sandboxs(
    terraform: Terraform, module: Path, folder: Path
) -> None:
    write(module, BOX)
    terraform(module, "init")
    terraform(module, "workspace", "new", "mine")
    terraform(module, "apply", "-auto-approve")
    before = seen(module)
    with Sandbox.create(module, folder) as sandbox:
        assert "* mine" in terraform(sandbox.module, "workspace", "list")
        assert "No changes" in terraform(sandbox.module, "plan")
        terraform(sandbox.module, "workspace", "new", "other")
        assert "1 to add" in terraform(sandbox.module, "plan")
    assert seen(module) == before


def test_an_upgrade_in_the_sandbox_changes_its_lock_file_and_no_provider_of_the_module(
    terraform: Terraform, module: Path, folder: Path
) -> None:
    write(module, PROVIDER % "1.0.0")
    terraform(module, "init")
    write(module, PROVIDER % "~> 1.0")
    before = seen(module)
    with Sandbox.create(module, folder) as sandbox:
        cache = str(sandbox.plugin_cache)
        terraform(sandbox.module, "init", TF_PLUGIN_CACHE_DIR=cache)
        assert '"1.1.0"' not in (sandbox.module / ".terraform.lock.hcl").read_text(encoding="utf-8")
        terraform(sandbox.module, "init", "-upgrade", TF_PLUGIN_CACHE_DIR=cache)
        change = sandbox.changes().get(".terraform.lock.hcl")
        assert change is not None
        assert '"1.1.0"' in change.after
    assert seen(module) == before


def test_a_provider_that_is_not_what_the_lock_file_says_is_not_repaired_through_the_link(
    terraform: Terraform, module: Path, folder: Path
) -> None:
    write(module, PROVIDER % "1.0.0")
    terraform(module, "init")
    (program,) = module.rglob("terraform-provider-fake_*")
    program.write_text("damaged", encoding="utf-8")
    before = seen(module)
    with Sandbox.create(module, folder) as sandbox:
        terraform(sandbox.module, "init", TF_PLUGIN_CACHE_DIR=str(sandbox.plugin_cache))
        (repaired,) = sandbox.module.glob(".terraform/providers/*/*/*/*/*/*")
        assert "1.0.0" in repaired.read_text(encoding="utf-8")
    assert seen(module) == before
