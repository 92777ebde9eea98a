"""A private copy of a module in which a fix is tried, and the tools that edit its files.

Decides what a tool may reach: the module's own plain files, named by a relative
path; never a link, a hidden file or a state. Only `.tf` and `.tfvars` files that
are there change, and only ones that were read since they last changed. Leaves
to `subagents.copying` and `subagents.surroundings` how the copy is made, to
`subagents.promotion` how changes reach the module, and to the remediator's
policy what a change may say, and whether a file may go.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Self

from contracts.remediation import Edit
from subagents.copying import copied
from subagents.remediator.edit_config import Change, changed
from subagents.surroundings import placed
from subagents.workspace import (
    MOST_BYTES,
    Plain,
    RefusedError,
    folder_of,
    inside,
    plain_at,
    read_inside,
    replace_at,
)

_EDITABLE = (".tf", ".tfvars")
_LOCK_FILE = ".terraform.lock.hcl"


class Sandbox:
    """A copy in `folder`; made by `create`, ended by `discard` or the end of its `with`."""

    def __init__(self, folder: Path, module: Path, linked: frozenset[str]) -> None:
        self._folder = folder
        self.module = module
        """The copy's module folder: where Terraform runs."""
        self.plugin_cache = folder / "plugins"
        """For TF_PLUGIN_CACHE_DIR of an `init` here, unless the user set one.

        Without a cache Terraform unpacks a provider whose checksum the lock file
        does not hold into the folder in place: through our link, into the module.
        """
        self._linked = linked
        self._read: dict[str, str] = {}
        self._originals = dict(self._texts())

    @classmethod
    def create(
        cls, module: Path, folder: Path, *, but: Path | None = None, halt: Callable[[], None] = lambda: None
    ) -> Self:
        """Copy the module into the new private folder, without the folder `but` around that one.

        `halt` is called again and again, and raises where somebody wants the copying to end.

        Raises `RefusedError`, and leaves nothing behind.
        """
        try:
            folder.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise RefusedError(f"{folder} cannot be made: {error.strerror}") from error
        try:
            real, place = module.resolve(strict=True), folder.resolve()
            (place / "plugins").mkdir(mode=0o700)
            linked = copied(real, place / "copy", but=but or place, halt=halt)
            return cls(place, placed(place / "copy", real, place), linked)
        except OSError as error:
            cls.sweep(folder)
            raise RefusedError(
                f"{module} cannot be copied: {error.strerror}: {error.filename or ''}"
            ) from error
        except BaseException:
            cls.sweep(folder)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def discard(self) -> None:
        """Remove the copy, following no link. Does nothing where it is gone."""
        self.sweep(self._folder)

    @staticmethod
    def sweep(folder: Path) -> None:
        """Remove the sandbox that a run which died left in `folder`, following no link.

        Raises `RefusedError` where it cannot be removed.
        """
        try:
            if folder.exists():
                shutil.rmtree(folder)
        except OSError as error:
            raise RefusedError(
                f"the copy of the module in {folder} cannot be removed: {error.strerror}; "
                "make its folder writable, or remove it by hand: it may hold a state"
            ) from error

    def texts(self) -> Mapping[str, str]:
        """The `.tf` and `.tfvars` files as they were copied, by name, in order."""
        return {name: text for name, text in self._originals.items() if name != _LOCK_FILE}

    def list(self) -> tuple[str, ...]:
        """The names of the module's own plain files, in order; no links, nothing hidden, no state."""
        return tuple(sorted(self._files()))

    def read(self, name: str) -> str:
        """A file's text. Raises `RefusedError`, like the tools that follow."""
        path = self._named(name)
        self._read[path] = read_inside(self.module, path)
        return self._read[path]

    def write(self, name: str, text: str) -> None:
        """Give a file that was read a new text."""
        self._replace(self._editable(name), text)

    def edit(self, name: str, search: str, replace: str) -> None:
        """Replace the one place in a file that was read where `search` stands."""
        path = self._editable(name)
        edits = (Edit(file=path, search=search, replace=replace),)
        for change in changed(edits, lambda _: self._read[path]).values():
            self._replace(path, change.after)

    def delete(self, name: str) -> None:
        """Remove a file that was read. It is told in `deleted`; the policy refuses it."""
        path = PurePosixPath(self._editable(name))
        try:
            with folder_of(self.module, path) as folder:
                self._unchanged(folder, path)
                os.unlink(path.name, dir_fd=folder)
        except OSError as error:
            raise RefusedError(f"{name!r} cannot be removed: {error.strerror}") from error
        del self._read[str(path)]

    def changes(self) -> Mapping[str, Change]:
        """What differs from the module as it was copied: `.tf`, `.tfvars` and the lock file.

        A file that is gone has an empty text after, and stands in `deleted`: it
        is not to be promoted. A file made here, say by Terraform, is none.
        """
        gone = self.deleted
        now = {name: "" if name in gone else read_inside(self.module, name) for name in self._originals}
        return {
            name: Change(text, now[name])
            for name, text in self._originals.items()
            if now[name] != text or name in gone
        }

    @property
    def deleted(self) -> frozenset[str]:
        """The files of `changes` that are gone."""
        return frozenset(name for name in self._originals if not os.path.lexists(self.module / name))

    def _replace(self, name: str, text: str) -> None:
        path = PurePosixPath(name)
        try:
            content = text.encode()
        except UnicodeEncodeError as error:
            raise RefusedError(f"the text for {name!r} is not UTF-8") from error
        if len(content) > MOST_BYTES:
            raise RefusedError(f"the text for {name!r} is larger than {MOST_BYTES} bytes")
        try:
            with folder_of(self.module, path) as folder:
                found = self._unchanged(folder, path)
                via = f".planner-{secrets.token_hex(8)}"
                replace_at(folder, path.name, found._replace(content=content), via=via)
        except OSError as error:
            raise RefusedError(f"{name!r} cannot be written: {error.strerror}") from error
        self._read[name] = text

    def _unchanged(self, folder: int, path: PurePosixPath) -> Plain:
        found = plain_at(folder, path.name)
        if found is None or found.content != self._read[str(path)].encode():
            raise RefusedError(f"{str(path)!r} was changed since it was read; read it again")
        return found

    def _named(self, name: str) -> str:
        path = inside(name)
        if not name.isprintable() or '"' in name:
            raise RefusedError(f"{name!r} has a name that no patch can carry")
        if _is_withheld(path):
            raise RefusedError(f"{name!r} is hidden, or a state")
        if str(path) in self._linked:
            raise RefusedError(f"{name!r} has other names (hard links)")
        return str(path)

    def _editable(self, name: str) -> str:
        path = self._named(name)
        if not path.endswith(_EDITABLE):
            raise RefusedError(f"{name!r} is no {' or '.join(_EDITABLE)} file")
        if path not in self._read:
            raise RefusedError(f"{name!r} has not been read; read it first")
        return path

    def _files(self) -> Iterator[str]:
        for place, folders, names, folder in os.fwalk(self.module):
            here = PurePosixPath(place).relative_to(self.module)
            folders[:] = [name for name in folders if not _is_withheld(here / name)]
            for name in names:
                found = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
                    with suppress(RefusedError):
                        yield self._named(str(here / name))

    def _texts(self) -> Iterator[tuple[str, str]]:
        """What `changes` compares: names and texts, but of files that are no plain texts."""
        for name in sorted({*self._files(), _LOCK_FILE} - self._linked):
            if name.endswith((*_EDITABLE, _LOCK_FILE)):
                with suppress(RefusedError):
                    yield name, read_inside(self.module, name)


def _is_withheld(path: PurePosixPath) -> bool:
    """Whether a path is hidden or leads to a state, which may hold secrets in plain text."""
    hidden = any(part.startswith(".") for part in path.parts)
    return hidden or "terraform.tfstate.d" in path.parts or ".tfstate" in path.name
