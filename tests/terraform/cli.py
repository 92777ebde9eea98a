"""The command as a user calls it, and a module to call it on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PLANNER = [sys.executable, "-m", "planner"]
Run = Callable[..., subprocess.CompletedProcess[str]]


def write(module: Path, text: str, name: str = "main.tf") -> None:
    (module / name).write_text(text, encoding="utf-8")
