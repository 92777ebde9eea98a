"""The kill switch: files that say "nothing may begin", for all runs or for one.

A file, because any process and any person can look at it at any time for
nothing. Nothing slips past it: whoever starts an effect holds a lock from the
look at the file to the start, and switching waits for those who hold it. The
store looks too, in the transaction that makes an effect's intention durable.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import StoppedError, StoreError

_ALL = "all"
_LONGEST = 300


class KillSwitch:
    """The folder `HOME/stop`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def why(self, run_id: str) -> str | None:
        """Why this run may begin nothing, or None; "" is a run to come. May be asked from any thread."""
        for name in dict.fromkeys((_ALL, run_id)):
            if name and (said := self.said(name)) is not None:
                return said
        return None

    def refuse_if_on(self, run_id: str) -> None:
        """Raises `StoppedError`, which names the command that takes the switch back."""
        if (why := self.why(run_id)) is None:
            return
        if self.said(None) is not None:
            raise StoppedError(why, remedy="`planner start` lets runs begin again")
        raise StoppedError(why, remedy=f"`planner start {run_id}` lets it go on")

    def said(self, run_id: str | None) -> str | None:
        """What the switch of this run, or that of all, says; None: it is not on."""
        path = self._folder / (run_id or _ALL)
        return (_said(path) or "the kill switch is on") if os.path.lexists(path) else None

    def stopped(self) -> list[str]:
        """The runs that are stopped one by one, by id."""
        return (
            sorted(p.name for p in self._folder.glob("*") if p.name != _ALL) if self._folder.is_dir() else []
        )

    @contextmanager
    def held(self) -> Iterator[None]:
        """While this is held, nobody's switching returns: look, then start what may be started.

        Raises `StoreError` where it cannot be held: then nothing may be started.
        """
        try:
            lock = self._lock(fcntl.LOCK_SH)
        except OSError as error:
            raise StoreError(
                f"the kill switch cannot be looked at: {error}",
                remedy="make the folder writable or free disk space, then `planner resume`",
            ) from error
        try:
            yield
        finally:
            os.close(lock)

    def stop(self, run_id: str | None, why: str) -> None:
        """Switch one run off, or all of them; what starts has started when it returns. Raises `OSError`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / (run_id or _ALL)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(why)
                file.flush()
                os.fsync(file.fileno())
        finally:  # on a full disk the switch is there all the same: who looked before it has started by now
            os.close(self._lock(fcntl.LOCK_EX))

    def start(self, run_id: str | None) -> None:
        """Take the switch back. Raises `OSError`."""
        (self._folder / (run_id or _ALL)).unlink(missing_ok=True)

    def _lock(self, how: int) -> int:
        """A descriptor that holds the lock until it is closed. Raises `OSError`."""
        lock = self._folder.with_name(f"{self._folder.name}.lock")
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def _said(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:_LONGEST].strip()
    except OSError:
        return ""  # the file is the switch, what it says is for people
