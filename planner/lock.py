"""One run a module at a time, whatever path leads to it (ADR 0019).

The lock is `flock` on the module's directory: it goes by inode, leaves no file
behind, and the kernel frees it when its holder dies. Who holds it is written
beside the store, for the message of whoever comes second.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from contracts.base import Contract
from contracts.errors import BusyError
from contracts.run import ProcessId


class Holder(Contract):
    """Who runs a module."""

    run_id: str
    host: str
    process: ProcessId


class ModuleLock:
    """Held from `acquire` to `release`, or to the end of the process."""

    def __init__(self, module: Path, holders: Path) -> None:
        """`holders` is the folder that tells who holds which lock."""
        self._module = module
        self._holders = holders
        self._descriptor: int | None = None

    def acquire(self, holder: Holder) -> Self:
        """Take the lock at once. Raises `BusyError` that names who has it."""
        descriptor = os.open(self._module, os.O_RDONLY | os.O_DIRECTORY)
        note = self._note(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise BusyError(
                f"{self._module} is being run by {_who(note)}",
                remedy="wait for it to end, or stop that process with Ctrl-C or SIGTERM, once",
            ) from None
        self._descriptor = descriptor
        self._holders.mkdir(mode=0o700, parents=True, exist_ok=True)
        note.write_text(holder.model_dump_json(), encoding="utf-8")
        return self

    def release(self) -> None:
        """Give it up; without effect where it is not held."""
        if self._descriptor is not None:
            self._note(self._descriptor).unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def _note(self, descriptor: int) -> Path:
        stat = os.fstat(descriptor)
        return self._holders / f"{stat.st_dev}-{stat.st_ino}.json"


def _who(note: Path) -> str:
    try:
        holder = Holder.model_validate_json(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "another planner (with another --home)"
    return f"planner run {holder.run_id}, pid {holder.process.pid} on {holder.host}"
