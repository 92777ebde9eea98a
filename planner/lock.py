"""One run a module at a time, whatever path leads to it, and one a state (ADR 0019).

A module is locked by `flock` on its directory: it goes by device and inode,
leaves no file behind, and the kernel frees it when its holder dies, so that it
is never taken from a living one. Who holds it is written beside the store, for
the message of whoever comes second. Two modules may keep their state in one
place: that is locked by its key and workspace, in a file beside the store.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Self

from contracts.base import Contract
from contracts.errors import BusyError, ModuleError, StoreError
from contracts.identity import ProcessId
from contracts.ports import Clock
from subagents.identity import is_alive

_LOOKS, _LOOK_S = 100, 0.02
"""So often whoever comes second looks for the note of a holder that has only just taken the lock."""


class Holder(Contract):
    """Who runs a module."""

    run_id: str
    host: str
    process: ProcessId


class ModuleLock:
    """Held from `acquire` to `release`, or to the end of the process."""

    def __init__(self, module: Path, holders: Path, clock: Clock) -> None:
        """`holders` is the folder that tells who holds which lock."""
        self._module = module
        self._holders = holders
        self._clock = clock
        self._descriptor: int | None = None

    def acquire(self, holder: Holder) -> Self:
        """Take the lock at once. Raises `BusyError` that names who has it, or `ModuleError`."""
        try:
            descriptor = os.open(self._module, os.O_RDONLY | os.O_DIRECTORY)
            try:
                note = self._note(descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BaseException:
                os.close(descriptor)
                raise
        except BlockingIOError:
            raise BusyError(
                f"{self._module} is being run by {_who(note, self._clock)}",
                remedy="wait for it to end, or stop that process with Ctrl-C or SIGTERM, once",
            ) from None
        except FileNotFoundError:
            raise ModuleError(
                f"{self._module} is not there any more",
                remedy="put it back; a new run where it is now may not know what this one made: look first",
            ) from None
        except OSError as error:
            raise ModuleError(
                f"{self._module} cannot be locked: {error}",
                remedy="give yourself read permission on it, or move it to a file system that knows locks",
            ) from error
        self._descriptor = descriptor
        with suppress(OSError):  # the note is for people: who holds the lock, holds it
            self._holders.mkdir(mode=0o700, parents=True, exist_ok=True)
            note.write_text(holder.model_dump_json(), encoding="utf-8")
        return self

    def release(self) -> None:
        """Give it up; without effect where it is not held."""
        if self._descriptor is not None:
            with suppress(OSError):  # as above: a note without a lock holds nobody up
                self._note(self._descriptor).unlink()
            os.close(self._descriptor)
            self._descriptor = None

    def _note(self, descriptor: int) -> Path:
        stat = os.fstat(descriptor)
        return self._holders / f"{stat.st_dev}-{stat.st_ino}.json"


class StateLock:
    """Held from the first `hold` to `release`, or to the end of the process; for the runs of one store."""

    def __init__(self, folder: Path, holder: Holder, clock: Clock) -> None:
        self._folder = folder
        self._holder = holder
        self._clock = clock
        self._held: tuple[str, int] | None = None

    def hold(self, key: str) -> None:
        """Take the state with this key, in the place of one held before. Raises `BusyError`, `StoreError`."""
        if self._held is not None and self._held[0] == key:
            return
        path = self._folder / f"state-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BaseException:
                os.close(descriptor)
                raise
        except BlockingIOError:
            who = _who(path, self._clock)
            raise BusyError(
                f"the state of this module is being worked on by {who}, from another module",
                remedy="wait for that run to end; two modules should not share one state",
            ) from None
        except OSError as error:
            raise StoreError(
                f"the folder {self._folder} cannot be written: {error}",
                remedy="make it a writable folder, or name another one with --home or PLANNER_HOME",
            ) from error
        self.release()
        self._held = key, descriptor
        with suppress(OSError):  # as above
            os.ftruncate(descriptor, 0)
            os.write(descriptor, self._holder.model_dump_json().encode())

    def release(self) -> None:
        """Give it up; without effect where none is held."""
        if self._held is not None:
            os.close(self._held[1])
            self._held = None


def _who(note: Path, clock: Clock) -> str:
    """Whom the note names.

    The holder writes it once it has the lock: for a moment it is missing, half written, or of a dead one.
    """
    holder = None
    for _ in range(_LOOKS):
        holder = _read(note) or holder
        if holder and (holder.host != socket.gethostname() or is_alive(holder.process)):
            break
        clock.sleep(_LOOK_S)
    if holder is None:
        return "another planner (with another --home)"
    return f"planner run {holder.run_id}, pid {holder.process.pid} on {holder.host}"


def _read(note: Path) -> Holder | None:
    try:
        return Holder.model_validate_json(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
