"""What people are told to install: planner comes from a checkout alone (ADR 0016)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "subagents", "diagnosis", "observability", "planner", "evals")
TEXTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile")),
    *(path for folder in ("docs", "adr", "modules") for path in (ROOT / folder).rglob("*.md")),
    *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")),
]
OF_AN_INDEX = re.compile(r"""pip(?:x)? install [^\n`]*?(?<![\w./-])planner(?![\w./-])""")


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_is_sent_to_an_index_where_planner_is_somebody_elses_package(path: Path) -> None:
    assert not OF_AN_INDEX.search(path.read_text(encoding="utf-8"))
