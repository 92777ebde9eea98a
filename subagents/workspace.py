"""The one way to a file inside a module: step by step, and through no link.

Every step of the path is opened relative to the one before and follows no
link, so a folder swapped for a link in between is refused, not followed. Such
a walk is as safe as `openat2` with RESOLVE_BENEATH (ADR 0027)
and works on every Unix, which a numbered system call does not; one way is
enough. Leaves to its callers what an edit may say and which names are for whom.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

MOST_BYTES = 1 << 20
LONGEST_NAME = 4096
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class RefusedError(Exception):
    """The file, or what is wanted of it, is outside what an edit may touch; the text says why."""


class Plain(NamedTuple):
    """A plain file as it was read."""

    content: bytes
    mode: int
    owner: tuple[int, int]
    """User and group."""


def inside(name: str) -> PurePosixPath:
    """A name as a path relative to the module. Raises `RefusedError` for what could lead elsewhere."""
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name or "\\" in name:
        raise RefusedError(f"{name!r} is no path inside the module")
    if len(name) > LONGEST_NAME:
        raise RefusedError(f"{name[:40]!r}… is longer than {LONGEST_NAME} characters")
    return path


def read_inside(module: Path, name: str) -> str:
    """The text of the file `name`, relative to `module`, its line ends as they are.

    Raises `RefusedError` for what is no plain UTF-8 file of at most 1 MiB inside
    the module, has other names (hard links), or hides behind a link.
    """
    try:
        return plain_inside(module, inside(name)).content.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(f"{name!r} is not UTF-8") from error


def plain_inside(module: Path, path: PurePosixPath) -> Plain:
    """The plain file at a path that `inside` gave. Raises `RefusedError` for anything else."""
    try:
        with folder_of(module, path) as folder:
            found = plain_at(folder, path.name)
    except OSError as error:
        raise RefusedError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    if found is None:
        raise RefusedError(f"{str(path)!r} is no plain file of at most {MOST_BYTES} bytes with one name")
    return found


@contextmanager
def folder_of(module: Path, path: PurePosixPath) -> Iterator[int]:
    """The open folder that holds `path`. Raises `OSError`, also where a link lies on the way to it."""
    here = os.open(
        module, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    )  # the user names the module, link or not
    try:
        for part in path.parts[:-1]:
            deeper = os.open(part, FOLDER, dir_fd=here)
            os.close(here)
            here = deeper
        yield here
    finally:
        os.close(here)


def plain_at(folder: int, name: str) -> Plain | None:
    """A file of an open folder; None unless it is regular, at most 1 MiB, with one name. Raises `OSError`."""
    with open(os.open(name, FILE, dir_fd=folder), "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            return None
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        return None
    return Plain(content, stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid))


def replace_at(folder: int, name: str, file: Plain, *, via: str) -> None:
    """Make a file of an open folder what `file` says: wholly or not at all, and then on the disk.

    It is written as the new file `via` beside it and renamed onto it, so nothing
    is ever written through a link. Raises `OSError`; only a process that dies
    leaves `via` behind. The owner is kept where that is permitted.
    """
    new = os.open(via, NEW_FILE, 0o600, dir_fd=folder)
    try:
        with open(new, "wb") as writer:  # noqa: PTH123 - a descriptor, not a path
            writer.write(file.content)
            writer.flush()
            found = os.fstat(new)
            if (found.st_uid, found.st_gid) != file.owner:
                with suppress(PermissionError):
                    os.fchown(new, *file.owner)
            os.fchmod(new, file.mode)
            os.fsync(new)
        os.replace(via, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(via, dir_fd=folder)
        raise
    os.fsync(folder)
