"""Each command and option of planner that a document or a message names exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from evals.cli import main as planner_eval
from planner.cli import cli as planner

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "subagents", "diagnosis", "observability", "planner", "evals")
TEXTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md")),
    *(path for folder in ("docs", "adr", "modules") for path in (ROOT / folder).rglob("*.md")),
    *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")),
]
QUOTED = re.compile(r"`(?:\.venv/bin/)?(planner(?:-eval)? [^`\n{]+)`")
TYPED = re.compile(r"^\$ (?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(planner(?:-eval)? [^\n;|>#]+)", re.MULTILINE)
GROUPS = {"planner": planner, "planner-eval": planner_eval}


def calls(text: str) -> Iterator[list[str]]:
    """The words of each call that is quoted in prose, or typed after a prompt."""
    for pattern in (QUOTED, TYPED):
        yield from (found.split() for found in pattern.findall(text))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_people_are_told_to_type_is_there(path: Path) -> None:
    for name, *words in calls(path.read_text(encoding="utf-8")):
        command: click.Command | None = GROUPS[name]
        place = 0
        while isinstance(command, click.Group) and place < len(words) and words[place][0].isalpha():
            command = command.get_command(click.Context(command), words[place])
            assert command is not None or words[place].isupper(), (name, words)
            place += 1
        if command is None or isinstance(command, click.Group):
            continue
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        named = {word.partition("=")[0] for word in words if re.fullmatch(r"--[a-z-]+(=.*)?", word)}
        assert named <= known, (name, words)


def test_a_command_that_is_not_there_is_found() -> None:
    assert list(calls("`planner fly --high` and\n$ A=1 planner run x --fast # now")) == [
        ["planner", "fly", "--high"],
        ["planner", "run", "x", "--fast"],
    ]
