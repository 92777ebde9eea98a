"""Which of the values that a module's code spells out are masked wherever they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.run import RunRequest
from contracts.terraform import Variable
from planner.sensitive import values_of_module
from planner.written_secrets import written_secrets

SPELLED_OUT = (
    'locals {\n  conf = { db_password = "Kf7-brass" }\n}\n',
    'provider "x" {\n  api_key = "Kf7-brass"\n}\n',
    'resource "a" "b" {\n  password = <<-EOT\n    Kf7-brass\n  EOT\n}\n',
    '{"password": "Kf7-brass"}',
)
ORDINARY = (
    'password = "admin"',
    "password = var.db_password",
    'password = "${var.db_password}"',
    'private_key = "keys/deploy.pem"',
    'secret = "prod-db-password"',
    'token = "default"',
    'password = "change me"'.replace(" me", ""),
    'name = "Kf7-brass"',
)


@pytest.mark.parametrize("code", SPELLED_OUT)
def test_a_value_with_a_telling_name_is_known(code: str) -> None:
    assert [value.strip() for value in written_secrets(code)] == ["Kf7-brass"]


@pytest.mark.parametrize("code", ORDINARY)
def test_a_word_of_everybodys_a_path_and_a_name_are_not(code: str) -> None:
    assert list(written_secrets(code)) == []


def test_they_are_found_in_code_in_files_of_variables_and_in_flags(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('provider "x" {\n  password = "In-code-1"\n}\n', encoding="utf-8")
    (tmp_path / "x.auto.tfvars").write_text('conf = { password = "In-file-2" }\n', encoding="utf-8")
    given = (Variable(name="conf", value='{"password":"In-flag-3"}'),)
    seen = values_of_module(RunRequest(module=tmp_path, variables=given), {"TF_VAR_c": '{token="In-env-4"}'})
    assert seen >= {"In-code-1", "In-file-2", "In-flag-3", "In-env-4"}
