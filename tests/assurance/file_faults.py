"""The n-th call that planner makes to the file system fails: once, or from then on (C-13).

Stands in for a disk that is broken or full, at every door through which Python
reaches files. Calls that a test or a simulated Terraform makes are left alone.
EINTR never comes up from a real call (PEP 475: Python makes it again); it is
here as what a signal handler of a library could raise.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Self

from tests.assurance.patching import patched

_ROOT = Path(__file__).parents[2]
OURS = ("planner", "subagents", "observability")
_CALLS = (
    *("open", "replace", "rename", "unlink", "mkdir", "rmdir", "fsync", "fchmod", "chmod", "fchown", "stat"),
    *("lstat", "fstat", "scandir", "listdir", "read", "write", "utime", "link", "symlink", "statvfs"),
)
KINDS = (errno.EIO, errno.ENOSPC, errno.EINTR)
"""They are taken in turn: what comes of a fault hangs on none of them."""


class Disk:
    """Counts calls, and fails the n-th (one-based); `for_good`: and every one after it. 0: none."""

    def __init__(self, n: int, kind: int, *, for_good: bool) -> None:
        self.calls: list[str] = []
        self.failed = ""
        self.doors: tuple[str, ...] = OURS
        """The packages whose calls may fail."""
        self._n = n
        self._kind = kind
        self._for_good = for_good

    def call(self, name: str) -> None:
        if not self.is_ours():
            return
        self.calls.append(name)
        count = len(self.calls)
        if count == self._n or (self._for_good and self._n and count > self._n):
            self.failed = self.failed or name
            raise OSError(self._kind, os.strerror(self._kind))

    def is_ours(self) -> bool:
        """Whether the code nearest to the call, the standard library aside, is planner's."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            name = frame.f_code.co_filename
            if name != __file__ and name.startswith(str(_ROOT)) and ".venv" not in name:
                return Path(name).relative_to(_ROOT).parts[0] in self.doors
            frame = frame.f_back
        return False


class _File:
    """An open file whose writes and reads may fail, or write half (`short`) and then fail."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self._file = file
        self._disk = disk

    def write(self, data: Any) -> int:
        try:
            self._disk.call("file.write")
        except OSError:
            self._file.write(data[: len(data) // 2])  # a short write, and then the error
            self._file.flush()
            raise
        return int(self._file.write(data))

    def read(self, *size: int) -> Any:
        self._disk.call("file.read")
        return self._file.read(*size)

    def flush(self) -> None:
        self._disk.call("file.flush")
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def faulty(disk: Disk) -> Iterator[None]:
    """While this lasts, planner's calls to files go through `disk`."""
    calls = [(os, name, _plain(name, getattr(os, name), disk)) for name in _CALLS]
    opens = [
        (owner, name, _opening(getattr(owner, name), disk))
        for owner, name in ((builtins, "open"), (io, "open"), (os, "fdopen"))
    ]
    with patched([*calls, *opens]):
        yield


def _plain(name: str, real: Callable[..., Any], disk: Disk) -> Callable[..., Any]:
    def call(*args: Any, **more: Any) -> Any:
        disk.call(name)
        return real(*args, **more)

    return call


def _opening(real: Callable[..., Any], disk: Disk) -> Callable[..., Any]:
    def call(*args: Any, **more: Any) -> Any:
        if not disk.is_ours():
            return real(*args, **more)
        disk.call("open")
        return _File(real(*args, **more), disk)

    return call
