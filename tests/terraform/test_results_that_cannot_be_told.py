"""Standard output takes no more: what could not be told does not look told, and what was done stands."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.terraform.broken_modules import BOX
from tests.terraform.cli import PLANNER, Run, result, write

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device"),
]
PARKS = 'resource "terraform_data" "box" {\n  triggers_replace = "%s"\n}\n'


def to_full(env: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        return subprocess.run(
            [*PLANNER, *map(str, arguments)],
            env=env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )


@pytest.mark.parametrize("how", [["--json"], []])
def test_a_run_whose_result_cannot_be_written_stands_and_does_not_look_told(
    planner: Run, env: dict[str, str], module: Path, how: list[str]
) -> None:
    write(module, BOX)
    done = to_full(env, "run", module, *how)
    assert done.returncode == 1
    assert "not all could be written to standard output: No space left on device" in done.stderr
    assert "ended in SUCCESS with exit code 0" in done.stderr
    run_id = done.stderr.rstrip().rpartition("planner show ")[2]
    assert result(planner("show", run_id, "--json")).state == "SUCCESS"


@pytest.mark.parametrize(
    "command",
    [
        ["runs"],
        ["runs", "--json"],
        ["show", "2", "--json"],
        ["graph"],
        ["audit"],
        ["config", "show", "MODULE"],
        ["--help"],
        ["--version"],
        ["runs", "--help"],
    ],
)
def test_no_command_looks_as_if_it_had_told_what_it_could_not(
    planner: Run, env: dict[str, str], module: Path, command: list[str]
) -> None:
    write(module, BOX)
    planner("run", module)
    done = to_full(env, *(module if word == "MODULE" else word for word in command))
    assert done.returncode == 1, done.stderr
    assert "error: not all could be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_question_that_could_not_be_shown_counts_as_shown_to_nobody(
    planner: Run, env: dict[str, str], module: Path
) -> None:
    write(module, PARKS % "one")
    planner("run", module)
    write(module, PARKS % "two")
    first = result(planner("run", module, "--json"))
    assert first.exit_code == 3
    write(module, PARKS % "three")
    assert to_full(env, "approve", first.run_id, "--json").returncode == 1
    refused = planner("approve", first.run_id)
    assert refused.returncode == 1
    assert "asks something else by now" in refused.stderr
    planner("show", first.run_id)
    assert result(planner("approve", first.run_id, "--json")).state == "SUCCESS"


def test_a_reader_that_wants_no_more_is_no_error(planner: Run, env: dict[str, str], module: Path) -> None:
    write(module, BOX)
    planner("run", module)
    reader, writer = os.pipe()
    os.close(reader)
    master, terminal = pty.openpty()
    os.close(master)
    for gone in (writer, terminal):
        done = subprocess.run(
            [*PLANNER, "runs"], env=env, stdout=gone, stderr=subprocess.PIPE, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        os.close(gone)
