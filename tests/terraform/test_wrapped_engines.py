"""A program in Terraform's place that keeps back what Terraform says: nothing is taken for done unseen."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.state_server import StateServer, state_server
from tests.terraform.cli import Run, result, until, write

pytestmark = pytest.mark.terraform

BOX = 'resource "terraform_data" "box" {\n  input = "x"\n}\n'
Wrapped = Callable[[str], Path]


@pytest.fixture
def wrapped(tmp_path: Path) -> Wrapped:
    """A Terraform before which a shell does something; `$REAL` is the real one."""

    def made(before: str) -> Path:
        path = tmp_path / "terraform"
        real = f"REAL={shutil.which('terraform')}"
        path.write_text(f'#!/bin/bash\n{real}\n{before}\nexec $REAL "$@"\n', encoding="utf-8")
        path.chmod(0o755)
        return path

    return made


@pytest.fixture
def server() -> Iterator[StateServer]:
    with state_server() as made:
        yield made


@pytest.mark.parametrize(
    "kept_back",
    [
        '[ "$1" = plan ] && exit 0',
        '[ "$1" = plan ] && { $REAL "$@" | grep -v change; exit 0; }',
        '[ "$1" = plan ] && { shift; exec $REAL plan "${@/#-json/-no-color}"; }',
    ],
    ids=["all of it", "its changes", "its JSON"],
)
def test_a_plan_that_does_not_tell_what_it_would_do_is_not_taken_for_an_empty_one(
    planner: Run, module: Path, wrapped: Wrapped, kept_back: str
) -> None:
    write(module, BOX)
    failed = result(planner("run", module, "--terraform-bin", wrapped(kept_back), "--json"))
    assert failed.exit_code == 2
    assert "does not tell what it would do" in failed.reason + str(failed.attempts)
    assert result(planner("run", module, "--json")).exit_code == 0


MANY = """
resource "terraform_data" "box" {
  count            = 3
  input            = "new"
  triggers_replace = "new"
}
resource "terraform_data" "kept" {
  input = "new"
}
resource "terraform_data" "added" {}
"""


@pytest.mark.parametrize(
    "lost", ["Plan to create", "Plan to replace", "Plan to update", "box[[]1].*Plan to replace"]
)
def test_a_plan_that_lost_lines_in_its_middle_is_not_taken_for_a_smaller_one(
    planner: Run, module: Path, wrapped: Wrapped, lost: str
) -> None:
    added = 'resource "terraform_data" "added" {}\n'
    write(module, MANY.replace("new", "old").replace(added, ""))
    write(module, "policy: {destroy: allow}\n", "planner.yaml")
    assert planner("run", module).returncode == 0
    write(module, MANY)
    shim = wrapped(f'[ "$1" = plan ] && {{ $REAL "$@" | grep -v "{lost}"; exit 0; }}')
    before = (module / "terraform.tfstate").read_bytes()
    failed = result(planner("run", module, "--terraform-bin", shim, "--json"))
    assert failed.exit_code == 2
    assert "does not tell all that it would do" in failed.reason + str(failed.attempts)
    assert (module / "terraform.tfstate").read_bytes() == before
    assert result(planner("run", module, "--json")).exit_code == 0


def test_an_apply_that_was_killed_behind_a_wrapper_is_looked_at_before_its_objects_are_made_again(
    planner: Run, module: Path, wrapped: Wrapped, server: StateServer
) -> None:
    command = f"echo made >> {module}/made; kill -9 $PPID; sleep 2"
    write(
        module,
        server.backend + f'resource "terraform_data" "box" {{\n  provisioner "local-exec" {{\n'
        f'    command = "{command}"\n  }}\n}}\n',
    )
    shim = wrapped('[ "$1" = apply ] && { $REAL "$@"; exit 1; }')
    failed = result(planner("run", module, "--terraform-bin", shim, "--json"))
    assert (failed.exit_code, server.states) == (2, {})
    assert failed.incidents[-1].stage == "apply"
    assert any(d.summary == "The apply failed without a word of why" for d in failed.attempts[-1].diagnostics)
    server.locks.clear()
    write(module, server.backend + BOX)
    parked = result(planner("run", module, "--json"))
    assert parked.exit_code == 3
    assert "may already have created terraform_data.box" in parked.reason


def test_an_apply_that_told_its_end_is_no_unknown_one_whatever_the_wrapper_says(
    planner: Run, module: Path, wrapped: Wrapped
) -> None:
    write(module, BOX)
    failed = result(
        planner(
            "run", module, "--terraform-bin", wrapped('[ "$1" = apply ] && { $REAL "$@"; exit 1; }'), "--json"
        )
    )
    assert failed.exit_code == 2
    assert failed.handover is not None
    assert not any("may have created" in line for line in failed.handover.known)
    assert result(planner("run", module, "--json")).exit_code == 0


SHELL = '#!/bin/bash\n{real} "$@"\nexit $?\n'
PYTHON = """#!/usr/bin/env python3
import subprocess, sys
sys.exit(subprocess.run(["{real}", *sys.argv[1:]]).returncode)
"""


@pytest.mark.parametrize("wrapper", [SHELL, PYTHON], ids=["a shell", "a program that kills its child"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["stopped", "killed"])
def test_terraform_is_interrupted_behind_a_wrapper_that_waits_for_it(
    started: Callable[..., subprocess.Popen[str]],
    module: Path,
    tmp_path: Path,
    wrapper: str,
    how: signal.Signals,
) -> None:
    path = tmp_path / "terraform"
    path.write_text(wrapper.format(real=shutil.which("terraform")), encoding="utf-8")
    path.chmod(0o755)
    write(
        module,
        'resource "terraform_data" "first" {}\nresource "terraform_data" "slow" {\n'
        "  depends_on = [terraform_data.first]\n"
        '  provisioner "local-exec" {\n    command = "touch begun; sleep 60"\n  }\n}\n',
    )
    run = started("run", module, "--terraform-bin", path)
    until((module / "begun").exists)
    run.send_signal(how)
    until(lambda: not (module / ".terraform.tfstate.lock.info").exists(), 20)
    names = [r["name"] for r in json.loads((module / "terraform.tfstate").read_bytes())["resources"]]
    assert names == ["first", "slow"]
    assert run.wait(20) == (130 if how is signal.SIGINT else -how)


FAILS = 'resource "terraform_data" "box" {\n  provisioner "local-exec" {\n    command = "exit 3"\n  }\n}\n'


def test_an_apply_that_told_an_error_has_failed_whatever_the_wrapper_ends_with(
    planner: Run, module: Path, wrapped: Wrapped
) -> None:
    write(module, FAILS)
    failed = result(planner("run", module, "--terraform-bin", wrapped('$REAL "$@"; exit 0'), "--json"))
    assert (failed.exit_code, failed.incidents[-1].stage) == (2, "apply")
    assert "terraform_data.box runs as a provisioner failed" in failed.incidents[-1].root_cause


def test_what_a_wrapper_said_instead_of_terraform_is_shown(
    planner: Run, module: Path, wrapped: Wrapped
) -> None:
    write(module, BOX)
    shim = wrapped('[ "$1" = apply ] && { echo "No version is set for terraform" >&2; exit 126; }')
    failed = result(planner("run", module, "--terraform-bin", shim, "--json"))
    assert "It printed: No version is set for terraform" in failed.attempts[-1].diagnostics[0].detail
