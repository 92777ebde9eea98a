"""A module and the command as a user with OpenTelemetry's variables calls it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from contracts.result import RunResult
from tests.fakes.otlp_collector import Collector
from tests.terraform.cli import PLANNER, result

BOXES = """
resource "terraform_data" "box" {
  count = 2
  input = "blue"
}
output "colour" { value = "blue" }
"""
GREMLINS = """
resource "terraform_data" "box" {
  provisioner "local-exec" { command = "echo the gremlins are out; kill -9 $$" }
}
"""
ANSWER = {
    "evidence": ["the gremlins are out"],
    "root_cause": "The gremlins were out for a moment.",
    "category": "other",
    "retryable": False,
    "confidence": 0.9,
    "remediation": "escalate",
    "summary": "Fetch them back.",
    "usage": {"input_tokens": 1000, "cached_tokens": 500, "output_tokens": 200, "cost_usd": "0.01"},
    "repeat": True,
}


class World(NamedTuple):
    module: Path
    env: dict[str, str]
    program: tuple[str, ...] = tuple(PLANNER)

    def __call__(self, *arguments: object, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.program, *map(str, arguments)],
            env=self.env | extra,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def start(self, *arguments: object, **extra: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.program, *map(str, arguments)],
            env=self.env | extra,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def world_in(tmp_path: Path) -> World:
    """An empty module, a home, and an environment that says nothing of traces."""
    module = tmp_path / "boxes"
    module.mkdir()
    apart = ("TF_", "ANTHROPIC_", "OTEL_", "TRACEPARENT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
    none = str(tmp_path / "there-is-no-such-file")
    return World(module, kept | {"PLANNER_HOME": str(tmp_path / "home"), "TF_CLI_CONFIG_FILE": none})


def traced(collector: Collector) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}


def script(world: World, **more: object) -> str:
    file = world.module.parent / "answers.json"
    file.write_text(json.dumps([{**ANSWER, **more}]), encoding="utf-8")
    return f"scripted:{file}"


def told(done: subprocess.CompletedProcess[str]) -> RunResult:
    assert "not whole" not in done.stderr, done.stderr
    return result(done)
