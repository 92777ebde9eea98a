"""A stream that lacks letters is written to in those that it has; what programs read is UTF-8."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terraform.cli import PLANNER, result, write

pytestmark = pytest.mark.terraform

Said = Callable[..., subprocess.CompletedProcess[str]]
PLACES = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
BOX = 'output "name" {\n  value = "Zoë → 東京"\n}\nresource "terraform_data" "box" {\n  input = "x"\n}\n'
BROKEN = BOX + 'output "x" {\n  value = terraform_data.bxo.id\n}\n'


@pytest.fixture
def said(env: dict[str, str]) -> Said:
    def run(place: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PLANNER, *map(str, arguments)],
            env=env | place,
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # of Latin-1
            timeout=90,
            check=False,
        )

    return run


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_arrows_and_marks_are_told_in_letters_that_are_there(
    said: Said, module: Path, place: dict[str, str]
) -> None:
    write(module, BOX)
    done = said(place, "run", module)
    assert done.returncode == 0, done.stderr
    assert "RUNNING -> VALIDATING" in done.stderr
    assert "  + state: " in done.stdout
    assert (done.stdout + done.stderr).isascii() or place is PLACES["latin-1"]
    assert "\\u2" not in done.stdout + done.stderr
    assert "->" in said(place, "run", module / "nowhere").stderr


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_no_command_breaks_off_for_a_letter(
    said: Said, module: Path, tmp_path: Path, place: dict[str, str]
) -> None:
    write(module, BROKEN)
    parked = result(said(place, "run", module, "--model", "none", "--json"))
    text = tmp_path / "failure.txt"
    text.write_text("╷\n│ Error: Cycle: terraform_data.é, terraform_data.b\n╵\n", encoding="utf-8")
    run_id = parked.run_id
    commands = [
        *(("runs",), ("show", run_id), ("show", run_id, "--patch"), ("audit",), ("incidents",), ("--help",)),
        *(("report", run_id), ("report", run_id, "--format", "html"), ("doctor",), ("graph",)),
        *(("config", "show", module), ("diagnose", text, "--model", "none"), ("stop", "é"), ("mété",)),
        *(("approve", run_id, "--seen", "fff"), ("show", "→"), ("reject", run_id), ("stop", run_id)),
    ]
    for command in commands:
        done = said(place, *command)
        assert "Traceback" not in done.stderr, (command, done.stderr)


def test_what_programs_read_is_the_same_wherever_it_is_asked(said: Said, module: Path) -> None:
    write(module, BOX)
    told = [result(said(place, "run", module, "--json")) for place in PLACES.values()]
    assert {one.outputs["name"] for one in told} == {"Zoë → 東京"}
    listed = [json.loads(said(place, "runs", "--json").stdout) for place in PLACES.values()]
    assert listed[0] == listed[1] == listed[2]


def test_a_live_view_on_a_terminal_without_utf8_shows_what_it_can(env: dict[str, str], module: Path) -> None:
    write(module, BOX)
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [*PLANNER, "run", str(module)],
        env=env | PLACES["C"] | {"TERM": "xterm"},
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 65536)
        except OSError:
            break
    os.close(ours)
    assert child.wait(60) == 0, shown
    assert b"Traceback" not in shown
    assert b"->" in shown
    assert shown.isascii()
    assert b"\\u2" not in shown
