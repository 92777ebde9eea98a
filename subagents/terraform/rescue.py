"""The state that an apply made and could not save: kept, in private, where the next one stops at it.

Terraform leaves it in `errored.tfstate`, readable for everybody, or, where it
cannot write that either, on its output. Decides where it is put; that nothing
is planned while it lies there is `state_guard`'s. Starts nothing.
"""

from __future__ import annotations

import json
import os
import re
import resource
import secrets
from contextlib import suppress
from pathlib import Path

from contracts.diagnostic import Diagnostic, Severity
from subagents.foreign_json import parsed

UNSAVED = "errored.tfstate"
_FLOOR_BYTES = 8 << 20
_COPIES = 4
"""How often a state may have to be written: file, backup, `errored.tfstate`, output."""


def rescue(module: Path, output: Path) -> Diagnostic | None:
    """Keep what an apply whose output is in the folder `output` could not save; None: it saved its state.

    May be called again for the same apply, by whoever comes after a crash.
    """
    left = module / UNSAVED
    with suppress(OSError):
        left.chmod(0o600)
    if _is_whole(left):
        return _told(f"It is in {UNSAVED}.")
    state = dumped_state(output / "stdout")
    if state is None:
        lost = f"{UNSAVED} is {'cut off' if _size(left) else 'empty'}, and nothing else holds it."
        return _told(lost) if left.exists() else None
    for place in (left, output / UNSAVED):
        if _written(place, state):
            named = UNSAVED if place == left else str(place)
            return _told(f"It was on Terraform's output, and is now in {named}.", named)
    return _told(f"It is on Terraform's output, in {output / 'stdout'}, and nowhere else.")


def dumped_state(stdout: Path) -> bytes | None:
    """The last whole state that Terraform printed because it could not write it; None: it printed none."""
    found = None
    with suppress(OSError), stdout.open("rb") as file:
        for line in file:
            if b'"lineage"' in line:
                found = _state_of(line) or found
    return found


def too_little_space(out_dir: Path, state: Path | None) -> Diagnostic | None:
    """Why an apply must not begin: its output could not hold the state if nothing else can."""
    disk = os.statvfs(out_dir)
    free, wanted = disk.f_bavail * disk.f_frsize, _FLOOR_BYTES + _COPIES * (_size(state) if state else 0)
    longest, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if free < wanted:
        why = f"no space left on device where planner keeps what Terraform prints: {free:,} bytes are free"
    elif longest != resource.RLIM_INFINITY and longest < wanted:  # a state longer than that is lost anywhere
        why = f"no file may grow larger than {longest:,} bytes here (raise that limit: ulimit -f unlimited)"
    else:
        return None
    return Diagnostic(
        severity=Severity.ERROR,
        summary="Too little disk space to apply",
        detail=f"{why}, and {wanted:,} may be needed to keep the state if it cannot be saved. "
        "Nothing was applied.",
    )


def _state_of(line: bytes) -> bytes | None:
    """The state in a line of `-json` output; its numbers stay as they are written, however many digits."""
    mark = secrets.token_hex(8)
    try:
        told = json.loads(line, parse_int=mark.__add__, parse_float=mark.__add__)
    except (ValueError, RecursionError):
        return None
    state = told.get("state", told) if isinstance(told, dict) else None
    sound = isinstance(state, dict) and {"lineage", "serial", "resources"} <= state.keys()
    if not sound:
        return None
    text = json.dumps(state, indent=2, ensure_ascii=False)
    return re.sub(rf'"{mark}([^"]+)"', r"\1", text).encode() + b"\n"


def _written(place: Path, state: bytes) -> bool:
    """Whether the state is there, whole and durable, for its owner only."""
    new = place.with_name(f"{place.name}.new")
    try:
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(state)
            file.flush()
            os.fsync(file.fileno())
        new.replace(place)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        return False
    return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_whole(path: Path) -> bool:
    """Whether it holds a state; a disk that was full leaves a part of one, or none."""
    try:
        state = parsed(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(state, dict)


def _told(where: str, named: str = UNSAVED) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        summary="The state could not be saved",
        detail=f"What this apply made is not in the state.\n{where}\n"
        f"Nothing is planned here until it is pushed: `terraform state push {named}`, "
        "look at the plan, then remove the file.",
    )
