"""Every decision is in the index and has the four parts, and names no other that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ADRS = Path(__file__).parents[2] / "adr"
FILES = sorted(file for file in ADRS.glob("*.md") if file.name != "README.md")
PARTS = ["Context", "Decision", "Consequences", "Alternatives refused"]
PACKAGES = ["contracts", "subagents", "diagnosis", "observability", "planner", "evals", "tests"]


def parts(text: str) -> dict[str, str]:
    """Heading → body of each second-level part, in order."""
    chunks = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(chunks[::2], (body.strip() for body in chunks[1::2]), strict=True))


def test_the_index_links_every_decision_once_by_its_own_title() -> None:
    linked = re.findall(r"^- \[(\d{4})\]\(([^)]+)\) (.+)$", (ADRS / "README.md").read_text(), re.MULTILINE)
    titled = [(file.name, file.read_text().splitlines()[0]) for file in FILES]
    assert [(name, f"# {number}. {title}") for number, name, title in linked] == titled


def test_numbers_have_no_gaps() -> None:
    assert [int(file.name[:4]) for file in FILES] == list(range(1, len(FILES) + 1))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_decision_has_the_four_parts_and_is_short(file: Path) -> None:
    text = file.read_text()
    found = parts(text)
    assert list(found) == PARTS
    assert all(found.values())
    assert text.count("\n") <= 50


def test_whoever_names_a_decision_names_one_that_exists() -> None:
    sources = [file for package in PACKAGES for file in (ADRS.parent / package).rglob("*.py")]
    named = {number for file in sources for number in re.findall(r"\bADR (\d{4})\b", file.read_text())}
    for file in FILES:
        named |= set(re.findall(r"\((?:see )?(\d{4})\)", file.read_text()))
    assert named <= {file.name[:4] for file in FILES}
