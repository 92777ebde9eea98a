"""Whether somebody's Terraform holds a local state right now: the kernel is asked, and no lock is taken.

Terraform locks the state's file itself (`fcntl`), and notes beside it who it is. The note alone proves
nothing: one that was killed leaves it behind. What follows from a held lock is the caller's.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from pathlib import Path

from contracts.diagnostic import Diagnostic, Severity
from subagents.foreign_json import parsed

_MOST_BYTES = 65536
_FIELDS = ("ID", "Path", "Operation", "Who", "Version", "Created", "Info")


def held_lock(state: Path) -> Diagnostic | None:
    """That another process holds this state, in Terraform's own words for it; None: nobody does."""
    if not _is_held(state):
        return None
    told = "".join(f"\n  {name + ':':<10} {value}" for name, value in _note(state).items())
    return Diagnostic(
        severity=Severity.ERROR,
        summary="Error acquiring the state lock",
        detail=f"Error message: resource temporarily unavailable\nLock Info:{told}\n\n"
        "Another Terraform works on this state, and has not written it yet. Nothing was planned.",
    )


def _is_held(state: Path) -> bool:
    linux = sys.platform == "linux"
    form = "hhqqi" if linux else "qqihh"  # struct flock: kind, whence, start, length, holder
    asked = (fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0) if linux else (0, 0, 0, fcntl.F_WRLCK, os.SEEK_SET)
    try:
        descriptor = os.open(state, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_GETLK, struct.pack(form, *asked).ljust(64, b"\0"))
    except OSError:  # a file system that knows no locks
        return False
    finally:
        os.close(descriptor)
    kind: int = struct.unpack_from(form, answer)[0 if linux else 3]
    return kind != fcntl.F_UNLCK


def _note(state: Path) -> dict[str, str]:
    """What the holder tells of itself; empty where it has not yet."""
    try:
        raw = state.with_name(f".{state.name}.lock.info").read_bytes()[:_MOST_BYTES]
        note = {name: str(value) for name, value in parsed(raw).items() if name in _FIELDS}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}
    if taken := note.get("Created"):
        note["Created"] = taken.replace("T", " ").replace("Z", " +0000 UTC")  # as Terraform prints it
    return note
