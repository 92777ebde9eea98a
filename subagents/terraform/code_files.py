"""The files of a folder by their endings, and what stands at the beginning of one. Light: every run needs it.

Reads, never writes. What of a file matters, and which links count, is left to the callers.
"""

from __future__ import annotations

from pathlib import Path

_MOST_BYTES = 1 << 20


def files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """The files of a folder with one of these endings, in order; none where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(endings) and path.is_file())
    except OSError:
        return []


def head(path: Path) -> bytes:
    """A file, or its first MiB; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return b""
