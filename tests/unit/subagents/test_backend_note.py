"""What Terraform noted of a backend: told without credentials, and void only where no file names one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from subagents.terraform.backend_note import place_told, set_aside

HTTP = {"type": "http", "config": {"address": "https://me:hunter22@h/state?token=abc", "password": "hunter2"}}
S3 = {"type": "s3", "config": {"bucket": "b", "key": "k", "access_key": "AKIA", "secret_key": "s"}}


def noted(module: Path, backend: dict[str, Any]) -> Path:
    note = module / ".terraform/terraform.tfstate"
    note.parent.mkdir()
    note.write_text(json.dumps({"version": 3, "backend": backend}), encoding="utf-8")
    return note


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        (HTTP, "the http backend (address https://h/state)"),
        (S3, "the s3 backend (bucket b, key k)"),
        ({"type": "local", "config": {"path": "old.tfstate"}}, "old.tfstate"),
        ({"type": "odd", "config": None}, "the odd backend"),
    ],
)
def test_a_place_is_told_without_its_credentials(tmp_path: Path, backend: dict[str, Any], told: str) -> None:
    noted(tmp_path, backend)
    assert place_told(tmp_path, None) == told


@pytest.mark.parametrize(
    ("name", "text", "stays"),
    [
        ("main.tf", "", False),
        ("main.tf", '# terraform {\n#   backend "http" {}\n# }\n', False),
        ("main.tf", 'terraform {\n  required_version = ">= 1"\n}\n', False),
        ("main.tf", 'terraform {\n  backend "http" {}\n}\n', True),
        ("main.tofu", "terraform {\n  cloud {}\n}\n", True),
        ("main.tf", "terraform {\n", True),
        ("main.tf.json", '{"terraform": {"backend": {"http": {}}}}', True),
        ("main.tf.json", '{"terraform": [{"required_version": ">= 1"}, {"cloud": {}}]}', True),
        ("main.tf.json", '{"terraform": {}}', False),
        ("main.tf.json", "{", True),
    ],
)
def test_a_note_is_put_aside_only_where_no_file_names_a_backend(
    tmp_path: Path, name: str, text: str, *, stays: bool
) -> None:
    note = noted(tmp_path, HTTP)
    (tmp_path / name).write_text(text, encoding="utf-8")
    set_aside(tmp_path)
    assert note.exists() is stays
    assert note.with_name("terraform.tfstate.backup").exists() is not stays
