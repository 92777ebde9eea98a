"""An approval holds for the code that Terraform will run, wherever a called module lies, on a real engine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform

HOOK = """resource "terraform_data" "box" {
  input = 1
  provisioner "local-exec" {
    command = "sh ${path.module}/scripts/hook.sh"
  }
}
"""
BROKEN = 'variable "colour" {\n  default = "blue"\n}\noutput "c" {\n  value = var.color\n}\n'
ASK = "profile: mine\nprofiles:\n  mine: {plan: {create: ask}}\n"
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
SOURCES = ["../shared/x", "./x", "git::file://{}//x"]
Called = Callable[[str, str], Path]


@pytest.fixture
def called(module: Path) -> Called:
    """A module with a call of another one, which runs a script; told is the script as it will be run."""

    def make(source: str, text: str) -> Path:
        folder = module / source
        if source.startswith("git::"):
            folder = module.parent / "repository/x"
        (folder / "scripts").mkdir(parents=True)
        write(folder, HOOK)
        write(folder / "scripts", "echo good >> ../out\n", "hook.sh")
        if source.startswith("git::"):
            for argv in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
                subprocess.run([*GIT, *argv], cwd=folder.parent, check=True)
            folder = module / ".terraform/modules/called/x"
        write(
            module,
            f'module "called" {{\n  source = "{source.format(module.parent / "repository")}"\n}}\n{text}',
        )
        if not text:
            write(module, ASK, "planner.yaml")
        return folder / "scripts/hook.sh"

    return make


@pytest.mark.parametrize("text", ["", BROKEN], ids=["of a plan", "of a fix"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_script_of_a_called_module_that_changed_since_is_asked_about_anew(
    planner: Run, module: Path, called: Called, source: str, text: str
) -> None:
    hook = called(source, text)
    asked = planner("run", module, "--model", "none", "--json")
    assert asked.returncode == 3, asked.stderr
    hook.write_text("echo evil >> ../out\n", encoding="utf-8")
    again = result(planner("approve", result(asked).run_id, "--json"))
    assert (again.exit_code, "has changed since" in again.reason) == (3, True)
    assert not (module.parent / "out").exists()


@pytest.mark.parametrize("text", ["", BROKEN], ids=["of a plan", "of a fix"])
@pytest.mark.parametrize("source", SOURCES)
def test_the_approval_counts_in_a_checkout_that_no_init_has_seen(
    planner: Run, module: Path, called: Called, source: str, text: str
) -> None:
    called(source, text)
    asked = planner("run", module, "--model", "none", "--json")
    assert asked.returncode == 3, asked.stderr
    shutil.rmtree(module / ".terraform")  # approved by another job
    done = result(planner("approve", result(asked).run_id, "--json"))
    assert done.state == "SUCCESS", done.reason
    assert (module.parent / "out").read_text(encoding="utf-8") == "good\n"


def test_a_source_that_holds_other_code_by_the_next_init_is_asked_about_anew(
    planner: Run, module: Path, called: Called
) -> None:
    called(SOURCES[-1], BROKEN)
    asked = planner("run", module, "--model", "none", "--json")
    source = module.parent / "repository"
    write(source / "x/scripts", "echo evil >> ../out\n", "hook.sh")
    subprocess.run([*GIT, "commit", "-qam", "y"], cwd=source, check=True)
    shutil.rmtree(module / ".terraform")
    again = result(planner("approve", result(asked).run_id, "--json"))
    assert (again.exit_code, "has changed since" in again.reason) == (3, True)


def test_a_file_too_large_to_be_looked_at_is_told_before_anybody_is_asked(
    planner: Run, module: Path, called: Called
) -> None:
    called("./x", "")
    write(module, "", "disk.img")
    os.truncate(module / "disk.img", 500 << 30)
    told = planner("run", module, "--model", "none")
    assert (told.returncode, "disk.img" in told.stderr) == (1, True), told.stderr
    (module / "disk.img").unlink()
    (module / "machine").symlink_to("/proc")
    assert planner("run", module, "--model", "none").returncode == 3
