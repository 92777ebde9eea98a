"""The door to files: a promotion file by file, a value given to the run, and what is synced."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import planner.fixing
import planner.rundir
import subagents.promotion
import subagents.sandbox
import subagents.workspace
from tests.crash.deaths import Fate
from tests.crash.door import Instead, around, put


def install_files(fate: Fate) -> None:
    """Take over what writes to files that outlive planner."""
    put(os, "fsync", _synced(fate, os.fsync))
    _promotion(fate)
    _values(fate)
    real = shutil.rmtree

    def rmtree(path: Any, *args: Any, **options: Any) -> None:
        """Whoever removes a copy of the module is asked what was in it."""
        for lost in Path(path).rglob("errored.tfstate"):
            fate.world.note("removed", unsaved=str(lost))
        real(path, *args, **options)

    put(subagents.sandbox, "shutil", Instead(shutil, rmtree=rmtree))


def _synced(fate: Fate, real: Callable[[int], None]) -> Callable[[int], None]:
    """An `os.fsync` that tells the copy of the disk what is on it now."""

    def fsync(descriptor: int) -> None:
        real(descriptor)
        if fate.disk is not None:
            fate.disk.sync(Path(f"/proc/self/fd/{descriptor}").readlink())

    return fsync


def _promotion(fate: Fate) -> None:
    replace_at = subagents.workspace.replace_at

    def replaced(folder: int, name: str, file: Any, *, via: str) -> None:
        edits = via.startswith(".planner-")
        if edits:
            fate.passes(fate.numbered("promote/file"))
        replace_at(folder, name, file, via=via)
        if edits:
            fate.world.note("edited", file=name)
            fate.passes(fate.numbered("promote/replaced"))

    put(subagents.promotion, "replace_at", replaced)
    around(fate, planner.fixing, "promote", ("promote/start", "promote/done"))


def _values(fate: Fate) -> None:
    rundir = planner.rundir.RunDir
    opened = rundir._new

    def half_by_half(self: Any, name: str) -> Any:
        file = opened(self, name)
        return _Half(fate, file) if name.endswith(".new") else file

    put(rundir, "_new", half_by_half)
    around(fate, rundir, "add_variables", ("values/start", "values/done"))


class _Half:
    """A file that writes half, comes by a point, and writes the rest."""

    def __init__(self, fate: Fate, file: Any) -> None:
        self._fate = fate
        self._file = file

    def write(self, data: bytes) -> None:
        self._file.write(data[: len(data) // 2])
        self._file.flush()
        self._fate.passes("values/half")
        self._file.write(data[len(data) // 2 :])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
