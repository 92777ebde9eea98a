"""What a command may have in memory: a clean run has no model client, `--help` has next to nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CLEAN_RUN = """
import json, sys
from planner.cli import cli
code = cli.main(["run", sys.argv[1], "--json"], standalone_mode=False)
print(json.dumps({"code": code, "modules": sorted(sys.modules)}), file=sys.stderr)
"""
MODEL_CLIENTS = ("anthropic", "diagnosis.clients.anthropic", "diagnosis.clients.scripted", "diagnosis.agent")
HEAVY = (
    *("boto3", "botocore", "rich", "prometheus_client", "dbos", "diagnosis.signatures.matcher"),
    *("opentelemetry", "requests", "observability.export", "observability.span_tree"),
    *("tree_sitter", "re2", "planner.ledger", "planner.memory", "diagnosis.agent"),
    *(
        "subagents.remediator",
        "subagents.sandbox",
        "planner.proving",
        "planner.gate",
        "observability.webhook",
    ),
)


def modules_after(code: str, *arguments: str, home: Path) -> dict[str, object]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ANTHROPIC_", "TF_"))}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=env | {"PLANNER_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, object] = json.loads(done.stderr.splitlines()[-1])
    return told


@pytest.mark.terraform
def test_a_clean_run_has_no_model_client_among_its_imported_modules(tmp_path: Path) -> None:
    module = tmp_path / "module"
    module.mkdir()
    (module / "main.tf").write_text('resource "terraform_data" "a" {}\n', encoding="utf-8")
    told = modules_after(CLEAN_RUN, str(module), home=tmp_path / "home")
    assert told["code"] == 0
    loaded = told["modules"]
    assert isinstance(loaded, list)
    assert "planner.machine" in loaded
    assert [name for name in loaded if name.startswith(MODEL_CLIENTS)] == []
    unneeded = [name for name in HEAVY if name in loaded]
    assert unneeded == []


def test_help_imports_neither_pydantic_nor_any_sub_command(tmp_path: Path) -> None:
    code = """
import json, sys
from planner.cli import cli
try:
    cli.main(["--help"], standalone_mode=False)
finally:
    print(json.dumps({"modules": sorted(sys.modules)}), file=sys.stderr)
"""
    loaded = modules_after(code, home=tmp_path)["modules"]
    assert isinstance(loaded, list)
    ours = [n for n in loaded if n.split(".")[0] in {"planner", "contracts", "subagents", "diagnosis"}]
    assert ours == ["planner", "planner.cli", "planner.legible"]
    assert not {"pydantic", "statemachine", "structlog", "anthropic", "boto3", "rich"} & set(loaded)
