"""`config show` prints settings, and masks in them what all other output masks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import TypeAdapter

from contracts.base import Duration, duration_text
from planner.commands.config import config

MAIN = 'variable "db_password" {\n  default = "hunter2hunter2"\n}\n'
SETTINGS = """\
checks:
  outputs:
    - {name: login, equals: hunter2hunter2}
  health:
    - {http: "https://bob:s3cretpa55@box.example/up"}
limits: {max_tokens: 1234}
"""


def test_secrets_in_the_settings_are_masked_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(MAIN, encoding="utf-8")
    (tmp_path / "planner.yaml").write_text(SETTINGS, encoding="utf-8")
    said = CliRunner().invoke(config, ["show", str(tmp_path)])
    assert said.exit_code == 0, said.output
    assert "hunter2hunter2" not in said.output
    assert "s3cretpa55" not in said.output
    assert "@box.example/up" in said.output
    assert '"max_tokens": 1234' in said.output


def test_what_a_profile_and_the_defaults_come_to_is_shown_and_not_that_nothing_was_said(
    tmp_path: Path,
) -> None:
    (tmp_path / "main.tf").write_text(MAIN, encoding="utf-8")
    (tmp_path / "planner.yaml").write_text(
        "profile: staging\napprove: {edit_config: ask}\n", encoding="utf-8"
    )
    told = _shown(tmp_path)
    assert told["autonomy"] == "fix"
    assert told["approve"] == {"edit_config": "ask", "set_variable": "notify", "force_unlock": "notify"}
    assert _shown()["autonomy"] == "suggest"


def _shown(*module: Path) -> dict[str, object]:
    said = CliRunner().invoke(config, ["show", *map(str, module)])
    assert said.exit_code == 0, said.output
    settings: dict[str, object] = json.loads(said.output.partition("\n")[2])
    return settings


def test_a_file_that_is_named_without_a_module_is_the_one_that_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text("limits: {max_retries: 7}\n", encoding="utf-8")
    said = CliRunner().invoke(config, ["show", "--config", str(path)])
    assert said.exit_code == 0, said.output
    assert said.output.startswith(f"# {path}\n")
    assert '"max_retries": 7' in said.output


def test_time_spans_are_shown_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    probe = '{http: "http://a/health", within: 90s}'
    path.write_text(f"limits: {{timeout: 1h30m}}\nchecks:\n  health:\n  - {probe}\n", encoding="utf-8")
    said = CliRunner().invoke(config, ["show", "--config", str(path)]).output
    assert '"timeout": "1h30m"' in said
    assert '"apply_timeout": "20m"' in said
    assert '"within": "1m30s"' in said
    path.write_text(said, encoding="utf-8")
    assert CliRunner().invoke(config, ["show", "--config", str(path)]).output == said


@pytest.mark.parametrize("text", ["0s", "1ms", "90ms", "30s", "1m30s", "30m", "1h", "1h30m", "25h1m1s5ms"])
def test_a_span_is_written_as_it_would_be_read(text: str) -> None:
    assert duration_text(TypeAdapter(Duration).validate_python(text)) == text
