"""What is validated is seen by nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_plugin_of_pydantic_that_some_package_brings_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "nosy.py").write_text("print('I see all')\nplugin = None\n", encoding="utf-8")
    told = tmp_path / "nosy-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: nosy\nVersion: 1\n", encoding="utf-8")
    (told / "entry_points.txt").write_text("[pydantic]\nnosy = nosy:plugin\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "from contracts.budget import Limits; print(Limits().max_retries)"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "3\n"
