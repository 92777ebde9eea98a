"""Copies a module's folder, so that Terraform finds in the copy what it finds in the module.

Decides what is copied, linked or left out. Copied: everything Terraform may
read or write, also the state, with its permissions (a zip that a module makes
of its files holds them). Linked: installed providers, which are large, and
where the module's own links lead. Left out: histories, caches, backups of
states and their locks; not what editors leave, for `file()` can read it.
Leaves to `subagents.surroundings` where the copy lies.

Every folder and file is opened below an open folder and through no link, but
for the few that Terraform writes in place: a link there is copied as what it
leads to, or a command in the copy would write into the original.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from subagents.workspace import FILE, FOLDER, NEW_FILE, RefusedError

MOST_COPIED_BYTES = 512 << 20
MOST_ENTRIES = 50_000
_DEEPEST = 100
_CHUNK = 1 << 20
_LEFT_OUT = (
    *(".git", ".terragrunt-cache"),
    *("*.tfstate.backup", "*.tfstate.*.backup", "errored.tfstate", ".*.tfstate.lock.info"),
)
_WRITTEN = frozenset({".terraform", ".terraform/modules", ".terraform/providers", "terraform.tfstate.d"})
_PROVIDERS = PurePosixPath(".terraform/providers")
_PROVIDER_DEPTH = 7
"""`.terraform/providers/HOST/NAMESPACE/TYPE/VERSION/PLATFORM`."""


def copied(module: Path, copy: Path, *, but: Path, halt: Callable[[], None]) -> frozenset[str]:
    """Copy the module's folder to `copy`; told are the names of files that have other names too (hard links).

    A folder of the module that is `but`, or lies in its place, is left out.
    Raises `RefusedError`: more than 512 MiB without providers, more than 50,000
    entries, folders more than 100 deep, or what cannot be read.
    """
    copier = _Copier(module, but, halt)
    copy.mkdir(mode=0o700)
    source = os.open(module, FOLDER)
    try:
        target = os.open(copy, FOLDER)
        try:
            copier.folder(source, target, PurePosixPath())
        finally:
            os.close(target)
    finally:
        os.close(source)
    return frozenset(copier.linked)


class _Copier:
    """One copying: what it has met so far."""

    def __init__(self, module: Path, but: Path, halt: Callable[[], None]) -> None:
        self._halt = halt
        self.linked: set[str] = set()
        self._module = module
        self._but = but.stat()
        self._entries = 0
        self._bytes = 0

    def folder(self, source: int, target: int, path: PurePosixPath) -> None:
        """Copy what lies in one open folder into another."""
        if len(path.parts) > _DEEPEST:
            raise RefusedError(f"the module's folders lie more than {_DEEPEST} deep")
        for name in sorted(os.listdir(source)):
            if _left_out(path, name):
                continue
            self._entries += 1
            self._halt()
            if self._entries > MOST_ENTRIES:
                raise RefusedError(f"the module holds more than {MOST_ENTRIES} files and folders")
            with suppress(FileNotFoundError):  # gone since it was listed, or it led nowhere
                self._entry(source, target, path / name)

    def _entry(self, source: int, target: int, path: PurePosixPath) -> None:
        through = str(path) in _WRITTEN or path.suffix == ".tfstate"
        kind = os.stat(path.name, dir_fd=source, follow_symlinks=through).st_mode
        if len(path.parts) == _PROVIDER_DEPTH and path.is_relative_to(_PROVIDERS):
            os.symlink(os.path.realpath(self._module / path), path.name, dir_fd=target)
        elif stat.S_ISLNK(kind):
            os.symlink(self._leads(path), path.name, dir_fd=target)
        elif stat.S_ISDIR(kind):
            self._deeper(source, target, path, FOLDER & ~os.O_NOFOLLOW if through else FOLDER)
        elif stat.S_ISREG(kind):
            self._file(source, target, path, FILE & ~os.O_NOFOLLOW if through else FILE)

    def _leads(self, path: PurePosixPath) -> str:
        """Where a link is to lead: within the copy if it stays within the module, else to the same place."""
        real = Path(os.path.realpath(self._module / path))
        if not real.is_relative_to(self._module):
            return str(real)
        return os.path.relpath(real, self._module / path.parent)

    def _deeper(self, source: int, target: int, path: PurePosixPath, flags: int) -> None:
        below = os.open(path.name, flags, dir_fd=source)
        try:
            found = os.fstat(below)
            if os.path.samestat(found, self._but):
                return
            os.mkdir(path.name, 0o700, dir_fd=target)
            copy = os.open(path.name, FOLDER, dir_fd=target)
            try:
                os.fchmod(copy, 0o700 | stat.S_IMODE(found.st_mode) & 0o777)
                self.folder(below, copy, path)
            finally:
                os.close(copy)
        finally:
            os.close(below)

    def _file(self, source: int, target: int, path: PurePosixPath, flags: int) -> None:
        with open(os.open(path.name, flags, dir_fd=source), "rb") as reader:  # noqa: PTH123 - a descriptor, not a path
            found = os.fstat(reader.fileno())
            if not stat.S_ISREG(found.st_mode):
                return
            if found.st_nlink != 1:
                self.linked.add(str(path))
            with open(os.open(path.name, NEW_FILE, 0o600, dir_fd=target), "wb") as writer:  # noqa: PTH123
                if path.suffix != ".tfstate":
                    os.fchmod(writer.fileno(), 0o600 | stat.S_IMODE(found.st_mode) & 0o777)
                while chunk := reader.read(_CHUNK):
                    self._halt()
                    self._bytes += len(chunk)
                    if self._bytes > MOST_COPIED_BYTES:
                        raise RefusedError(
                            f"the module is larger than {MOST_COPIED_BYTES >> 20} MiB without its providers"
                        )
                    writer.write(chunk)


def _left_out(folder: PurePosixPath, name: str) -> bool:
    if name == ".terraform":  # only the root module's is read
        return bool(folder.parts)
    if name == "plugins" and str(folder) == ".terraform":  # providers of a Terraform older than 0.14
        return True
    return any(fnmatchcase(name, pattern) for pattern in _LEFT_OUT)
