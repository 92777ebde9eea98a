"""Colours are for terminals that want them."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import pytest

from planner.legible import colour_of


@pytest.mark.parametrize(
    ("env", "colour"),
    [
        ({}, None),
        ({"TERM": "xterm-256color"}, None),
        ({"NO_COLOR": ""}, None),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_who_asks_for_no_colour_gets_none_and_else_the_stream_decides(
    env: dict[str, str],
    colour: bool | None,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert colour_of(env) is colour


@pytest.mark.parametrize("arguments", [["doctor"], ["show", "no-such-run"]], ids=lambda words: words[0])
@pytest.mark.parametrize("variable", [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "xterm")])
def test_a_terminal_that_wants_no_colour_is_sent_no_escape(
    tmp_path: Path, arguments: list[str], variable: tuple[str, str]
) -> None:
    words = [sys.executable, "-m", "planner", *arguments, "--home", str(tmp_path)]
    env = {"PATH": os.environ["PATH"], "TERM": "xterm", "PYTHONPATH": ":".join(sys.path)}
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, words, env | dict([variable]))  # noqa: S606
    said = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        said += more
    os.waitpid(pid, 0)
    assert said.strip()
    assert (b"\x1b[" in said) is (variable == ("TERM", "xterm"))
