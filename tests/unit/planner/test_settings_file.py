"""A settings file that means more than it says is refused before it costs anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import SettingsError
from planner.config import settings_of

LEVELS = "\n".join(
    f"      l{n}: &l{n} [{', '.join(['x' if not n else f'*l{n - 1}'] * 10)}]" for n in range(10)
)
BOMB = f"checks:\n  health:\n  - aws: s3.head_bucket\n    params:\n{LEVELS}\n"
ALIASES = {
    "aliases of aliases": (BOMB, 6, "l0"),
    "one alias": ("limits: &all {max_retries: 1}\nchecks: *all\n", 2, "all"),
    "a merge": ("limits: &all {max_retries: 1}\nchecks:\n  <<: *all\n", 3, "all"),
}


@pytest.mark.parametrize(("text", "line", "name"), ALIASES.values(), ids=ALIASES)
def test_an_alias_is_refused_where_it_stands(tmp_path: Path, text: str, line: int, name: str) -> None:
    path = tmp_path / "planner.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        settings_of(path)
    assert f"line {line}: *{name} is an alias: write out what it stands for" in refused.value.what


def test_an_anchor_that_nothing_uses_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "planner.yaml"
    path.write_text("limits: &all {max_retries: 1}\n", encoding="utf-8")
    assert settings_of(path).limits.max_retries == 1


@pytest.mark.parametrize("said", [".inf", "-.inf", ".nan", "-3", "1.0e+300"])
@pytest.mark.parametrize("limit", ["timeout", "apply_timeout"])
def test_a_duration_that_no_clock_shows_is_a_mistake(tmp_path: Path, limit: str, said: str) -> None:
    path = tmp_path / "planner.yaml"
    path.write_text(f"limits: {{{limit}: {said}}}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="is no duration"):
        settings_of(path)
