"""Private folders for what a process prints. What the lines in them mean is decided in `stream`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, Self

from contracts.errors import StoreError
from subagents.terraform.stream import object_of

PUT_RIGHT = "put that right (a full disk, a folder or program that cannot be used), then `planner resume`"
CAP_BYTES = 512 << 20
"""Of one output that is read as a whole."""


class Scratch:
    """A private folder for one process' output, removed on exit unless `kept`."""

    def __init__(self, parent: Path, prefix: str) -> None:
        try:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=parent))
        except OSError as error:
            raise StoreError(f"the folder {parent} cannot be written: {error}", remedy=PUT_RIGHT) from error
        self.kept = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.kept:
            shutil.rmtree(self.path, ignore_errors=True)


def object_in(output: Path) -> dict[str, Any] | None:
    """The one JSON object that an output holds; None where there is none."""
    with output.open("rb") as file:
        return object_of(file.read(CAP_BYTES))
