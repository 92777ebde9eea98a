"""The kill switch: files that say "nothing may begin", for all runs or for one.

A file, because any process and any person can look at it at any time for
nothing. That no effect slips past it is the store's doing: it looks in the same
transaction that makes an effect's intention durable, and switching takes such a
transaction too.
"""

from __future__ import annotations

import os
from pathlib import Path

_ALL = "all"
_LONGEST = 300


class KillSwitch:
    """The folder `HOME/stop`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def why(self, run_id: str) -> str | None:
        """Why this run may begin nothing, or None; "" is a run to come. May be asked from any thread."""
        for name in dict.fromkeys((_ALL, run_id)):
            path = self._folder / name
            if name and os.path.lexists(path):
                return _said(path) or "the kill switch is on"
        return None

    def stopped(self) -> list[str]:
        """The runs that are stopped one by one, by id."""
        return (
            sorted(p.name for p in self._folder.glob("*") if p.name != _ALL) if self._folder.is_dir() else []
        )

    def stop(self, run_id: str | None, why: str) -> None:
        """Switch one run off, or all of them. Raises `OSError`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / (run_id or _ALL)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(why)
            file.flush()
            os.fsync(file.fileno())

    def start(self, run_id: str | None) -> None:
        """Take the switch back. Raises `OSError`."""
        (self._folder / (run_id or _ALL)).unlink(missing_ok=True)


def _said(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:_LONGEST].strip()
    except OSError:
        return ""  # the file is the switch, what it says is for people
