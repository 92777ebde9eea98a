"""Reads a file as it grows, line by line, in constant memory.

Terraform's output goes to files (a pipe would kill it with its reader); this
is how planner sees it live. What a line means is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

LINE_CAP_BYTES = 1 << 20
"""A longer line is handed over cut to this; the file keeps it whole."""

_CHUNK_BYTES = 1 << 16
_CHUNKS = 32


class Tail:
    """Hands each complete line to `on_line`, without its newline; use as a context manager."""

    def __init__(self, path: Path, on_line: Callable[[bytes], object]) -> None:
        self._file = path.open("rb", buffering=0)
        self._on_line = on_line
        self._rest = b""
        self._skipping = False

    def pump(self) -> bool:
        """Read what has been written since the last call; whether there may be more.

        It returns also where somebody writes faster than is read here.
        """
        for _ in range(_CHUNKS):
            chunk = self._file.read(_CHUNK_BYTES)
            if not chunk:
                return False
            *lines, last = chunk.split(b"\n")
            for line in lines:
                self._take(line)
                self._end_line()
            self._take(last)
        return True

    def finish(self) -> None:
        """Read the rest; a last line without newline counts as one."""
        while self.pump():
            pass
        if self._rest or self._skipping:
            self._end_line()

    def _take(self, part: bytes) -> None:
        if self._skipping:
            return
        self._rest += part[: LINE_CAP_BYTES - len(self._rest)]
        self._skipping = len(self._rest) >= LINE_CAP_BYTES

    def _end_line(self) -> None:
        line, self._rest, self._skipping = self._rest, b"", False
        self._on_line(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
