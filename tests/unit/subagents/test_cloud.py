"""Which workspace a checkout works in that no init has seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from subagents.terraform.cloud import named_workspace
from subagents.terraform.state_guard import workspace_of

NAMED = 'terraform {\n  cloud {\n    workspaces {\n      name = "prod"\n    }\n  }\n}\n'


def test_the_block_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.tf").write_text('resource "terraform_data" "cloud" {\n}\n', encoding="utf-8")
    (tmp_path / "b.tf").write_text(NAMED, encoding="utf-8")
    assert named_workspace(tmp_path) == "prod"
    assert workspace_of(tmp_path, None) == "prod"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# " + NAMED.replace("\n", "\n# "),
        f"locals {{\n  text = <<-EOT\n{NAMED}  EOT\n}}\n",
        NAMED.replace('name = "prod"', 'tags = ["prod"]'),
        NAMED.replace("terraform", "locals", 1),
        'terraform {\n  backend "remote" {\n    workspaces {\n      name = "prod"\n    }\n  }\n}\n',
        "terraform {\n  cloud {\n",
        "terraform {\n  cloud {\n    workspaces {\n      name =\n",
    ],
)
def test_what_names_none_is_the_default_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    assert workspace_of(tmp_path, None) == "default"


def test_what_is_selected_counts_before_what_init_would_select(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(NAMED, encoding="utf-8")
    assert workspace_of(tmp_path, "stage") == "stage"
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform/environment").write_text("other", encoding="utf-8")
    assert workspace_of(tmp_path, None) == "other"


def test_what_is_no_file_or_cannot_be_read_names_none(tmp_path: Path) -> None:
    (tmp_path / "main.tf").mkdir()
    assert named_workspace(tmp_path) is None
    assert named_workspace(tmp_path / "there is none") is None
