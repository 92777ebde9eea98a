"""Reads a module's own file: a regular file inside it, reached through no link.

Every step of the path is opened relative to the one before and follows no
link, so a folder swapped for a link in between is refused, not followed.
Leaves to `subagents.remediator` what an edit may say.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

MOST_BYTES = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class RefusedError(Exception):
    """The file, or what is wanted of it, is outside what an edit may touch; the text says why."""


def read_inside(module: Path, name: str) -> str:
    """The text of the file `name`, relative to `module`, its line ends as they are.

    Raises `RefusedError` for what is no plain UTF-8 file of at most 1 MiB inside
    the module, has other names (hard links), or hides behind a link.
    """
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name or "\\" in name:
        raise RefusedError(f"{name!r} is no path inside the module")
    try:
        content = _read(module, path)
    except OSError as error:
        raise RefusedError(f"{name!r} cannot be read: {error.strerror}") from error
    if content is None:
        raise RefusedError(f"{name!r} is no plain file of at most {MOST_BYTES} bytes with one name")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(f"{name!r} is not UTF-8") from error


def _read(module: Path, path: PurePosixPath) -> bytes | None:
    here = os.open(
        module, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    )  # the user names the module, link or not
    try:
        for part in path.parts[:-1]:
            deeper = os.open(part, _FOLDER, dir_fd=here)
            os.close(here)
            here = deeper
        with open(os.open(path.name, _FILE, dir_fd=here), "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
                return None
            content = file.read(MOST_BYTES + 1)
            return content if len(content) <= MOST_BYTES else None
    finally:
        os.close(here)
