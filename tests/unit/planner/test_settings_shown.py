"""`config show` prints settings, and masks in them what all other output masks."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

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
