"""Puts proven changes into the user's module, all or none, and takes them back.

Decides that a file is replaced only while it holds the bytes the fix was made
for, and that its old bytes are on the disk in a backup before. What happened
is read off the files themselves (old bytes, new bytes, or neither), so a crash
at any point leaves nothing to guess. Leaves to others which files a fix may
change; a promotion changes files, it neither makes nor removes any.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from subagents.backup import Manifest, PromotedFile, back_up, bytes_of, kept_bytes, manifest_of, sum_of
from subagents.remediator.edit_config import Change
from subagents.workspace import (
    MOST_BYTES,
    Plain,
    RefusedError,
    folder_of,
    inside,
    plain_at,
    plain_inside,
    replace_at,
)

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


class StuckError(RefusedError):
    """Neither could the change be made nor its first half be undone: `roll_back` is still to come."""


def promote(module: Path, changes: Mapping[str, Change], backup: Path) -> None:
    """Replace each file's text; keep the old ones, with `manifest.json`, in the folder `backup`.

    Raises `RefusedError`, the module being as it was before: a name that is no
    plain path inside, a file that no longer holds its `before`, a disk that is
    full or may not be written, a backup of an earlier promotion that stands. Raises
    `StuckError` where it is not as before: the disk failed while that was put right.
    """
    files = tuple(_present(module, name, change) for name, change in changes.items())
    manifest = Manifest(secrets.token_hex(8), files)
    _may_be_used(module, backup)
    try:
        back_up(manifest, [change.before for change in changes.values()], backup)
    except OSError as error:
        raise RefusedError(
            f"nothing was changed: the backup {backup} cannot be written: {error.strerror}"
        ) from error
    number = 0
    try:
        for number, change in enumerate(changes.values()):
            _put(module, manifest, number, bytes_of(change.after), over=files[number].before)
    except BaseException as error:
        _undo(module, manifest, backup, number)
        if isinstance(error, OSError):
            raise RefusedError(
                f"nothing was changed: {files[number].name!r} cannot be written: {error.strerror}"
            ) from error
        raise


def restore(module: Path, backup: Path) -> tuple[str, ...]:
    """Put back the old bytes of every file that holds the promoted ones; these are the names told.

    A file at its old bytes is left. Raises `RefusedError`, nothing being changed,
    where a file holds anything else, or the backup is missing or damaged; and
    where the disk fails in the middle, after which it can be called again.
    """
    manifest = manifest_of(backup)
    if manifest is None:
        raise RefusedError(f"{backup} holds no backup")
    held = [_held(module, file) for file in manifest.files]
    strange = [
        repr(file.name)
        for file, now in zip(manifest.files, held, strict=True)
        if now not in {file.before, file.after}
    ]
    if strange:
        raise RefusedError(
            f"nothing was put back: {', '.join(strange)} no longer holds what was promoted; "
            f"the old texts are in {backup}"
        )
    due = [n for n, file in enumerate(manifest.files) if held[n] != file.before]
    try:
        old = {n: kept_bytes(backup, manifest, n) for n in due}
        _sweep(module, manifest)
        for n in due:
            _put(module, manifest, n, old[n], over=manifest.files[n].after)
    except OSError as error:
        raise RefusedError(f"not every file could be put back: {error.strerror}; try it again") from error
    return tuple(manifest.files[n].name for n in due)


def interrupted(module: Path, backup: Path) -> bool:
    """Whether a promotion, or its taking back, broke off: old files beside new ones, or one half written."""
    manifest = manifest_of(backup)
    if manifest is None:
        return False  # it died before it touched the module
    files = [file for file in manifest.files if file.before != file.after]
    held = [(file, _held(module, file)) for file in files]
    old = any(now == file.before for file, now in held)
    new = any(now == file.after for file, now in held)
    return (old and new) or any(_left_over(module, manifest, n) for n in range(len(manifest.files)))


def roll_back(module: Path, backup: Path) -> tuple[str, ...]:
    """After a crash in a promotion: `restore`, but a backup that was never finished is no error."""
    return restore(module, backup) if manifest_of(backup) else ()


def _present(module: Path, name: str, change: Change) -> PromotedFile:
    path = inside(name)
    if str(path) != name:
        raise RefusedError(f"{name!r} is better written {str(path)!r}")
    before, after = bytes_of(change.before), bytes_of(change.after)
    if len(after) > MOST_BYTES:
        raise RefusedError(f"{name!r} would have more than {MOST_BYTES} bytes")
    found = plain_inside(module, path)
    if found.content != before:
        raise _changed(name)
    return PromotedFile(name, sum_of(before), sum_of(after), found.mode)


def _may_be_used(module: Path, backup: Path) -> None:
    """Refuse a backup whose promotion stands, wholly or in part: its old texts would be lost."""
    earlier = manifest_of(backup)
    if earlier is not None and (
        interrupted(module, backup) or any(_held(module, file) != file.before for file in earlier.files)
    ):
        raise RefusedError(f"{backup} holds the backup of a promotion that stands")


def _put(module: Path, manifest: Manifest, number: int, content: bytes, *, over: str) -> None:
    """Replace one file, if it still holds the bytes whose sum is `over`. Raises `OSError`, `RefusedError`."""
    file = manifest.files[number]
    with folder_of(module, file.path) as folder:
        found = plain_at(folder, file.path.name)
        if found is None or sum_of(found.content) != over:
            raise _changed(file.name)
        if found.content != content:
            new = Plain(content, file.mode, found.owner)
            replace_at(folder, file.path.name, new, via=manifest.via(number))


def _undo(module: Path, manifest: Manifest, backup: Path, last: int) -> None:
    """Put back what was replaced so far, up to file `last`; a file that someone else changed is theirs."""
    lost = []
    for number, file in enumerate(manifest.files[: last + 1]):
        try:
            if file.before != file.after and _held(module, file) == file.after:
                _put(module, manifest, number, kept_bytes(backup, manifest, number), over=file.after)
        except (OSError, RefusedError) as error:
            lost.append(f"{file.name!r} ({error})")
    if lost:
        raise StuckError(
            f"the promotion failed, and so did putting back {', '.join(lost)}; the old texts are in {backup}"
        )


def _held(module: Path, file: PromotedFile) -> str | None:
    """The sum of what the file holds; None where no plain file is there. Raises `RefusedError`."""
    try:
        with folder_of(module, file.path) as folder:
            found = plain_at(folder, file.path.name)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise RefusedError(f"{file.name!r} cannot be read: {error.strerror}") from error
    return sum_of(found.content) if found else None


def _left_over(module: Path, manifest: Manifest, number: int) -> bool:
    with suppress(OSError), folder_of(module, manifest.files[number].path) as folder:
        os.stat(manifest.via(number), dir_fd=folder, follow_symlinks=False)
        return True
    return False


def _sweep(module: Path, manifest: Manifest) -> None:
    for number, file in enumerate(manifest.files):
        with suppress(FileNotFoundError), folder_of(module, file.path) as folder:
            os.unlink(manifest.via(number), dir_fd=folder)


def _changed(name: str) -> RefusedError:
    return RefusedError(f"{name!r} was changed meanwhile")
