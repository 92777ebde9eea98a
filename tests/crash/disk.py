"""What a power cut leaves: a copy of the world's files as they were when each was last synced.

A file's bytes are on the disk once it is synced, and with it the names that lead to it, as ext4, xfs and
btrfs do it; any other change of a folder once the folder is. So a new file that nobody synced is gone, and
one that was renamed has its old name and text. Files are told apart by their inodes. SQLite syncs below
Python: what a COMMIT leaves is taken as synced only where the connection really runs in WAL mode with
`synchronous=FULL`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

from tests.crash.world import World

_FULL = 2


class Disk:
    """The copy: `tree` holds names, each a hard link to the text of an inode in `texts`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tree = world.durable / "tree"
        self._texts = world.durable / "texts"

    def begin(self) -> None:
        """All that is there before the run is on the disk."""
        shutil.rmtree(self._world.durable, ignore_errors=True)
        self._tree.mkdir(parents=True)
        self._texts.mkdir()
        for place in (self._world.home, self._world.module):
            for folder, _, files in os.walk(place):
                for name in files:
                    self._sync_file(Path(folder, name))
            self._sync_folders(place)

    def _sync_folders(self, top: Path) -> None:
        self._copy_of(top).mkdir(parents=True, exist_ok=True)
        for folder, _, _ in os.walk(top):
            self._sync_folder(Path(folder))

    def sync(self, path: Path) -> None:
        """The file or folder at a path is synced."""
        if not any(path.is_relative_to(place) for place in (self._world.home, self._world.module)):
            return
        self._name_above(path)
        if path.is_dir():
            self._sync_folder(path)
        else:
            self._sync_file(path)

    def _name_above(self, path: Path) -> None:
        folder = path if path.is_dir() else path.parent
        for above in reversed([folder, *folder.parents]):
            if above.is_relative_to(self._world.root) and above != self._world.root:
                self._copy_of(above).mkdir(parents=True, exist_ok=True)
                shutil.copymode(above, self._copy_of(above))

    def commit(self, database: Path) -> None:
        """A transaction is on the disk, and the names of the database's files with it."""
        for path in (database, database.with_name(f"{database.name}-wal")):
            if path.exists():
                self._sync_file(path)
        names = {database.name, f"{database.name}-wal"}
        self._sync_folder(database.parent, only=names)

    def restore(self) -> None:
        """The power is back: what is not in the copy never was."""
        for place in (self._world.home, self._world.module):
            shutil.rmtree(place)
            copy = self._copy_of(place)
            if copy.is_dir():
                shutil.copytree(copy, place)

    def _copy_of(self, path: Path) -> Path:
        return self._tree / path.relative_to(self._world.root)

    def _sync_file(self, path: Path) -> None:
        found = path.stat()
        text = self._texts / str(found.st_ino)
        text.write_bytes(path.read_bytes())
        text.chmod(found.st_mode & 0o777)
        copy = self._copy_of(path)
        if copy.parent.is_dir() and not copy.exists():
            os.link(text, copy)

    def _sync_folder(self, path: Path, only: set[str] | None = None) -> None:
        copy = self._copy_of(path)
        if not copy.is_dir():
            return  # its own name is not on the disk, so nothing below it is
        there = {entry.name: entry for entry in path.iterdir()}
        for old in copy.iterdir():
            if old.name not in there and (only is None or old.name in only):
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        for name, entry in there.items():
            if only is not None and name not in only:
                continue
            if entry.is_dir() and not entry.is_symlink():
                (copy / name).mkdir(exist_ok=True)
                shutil.copymode(entry, copy / name)
            elif entry.is_file():
                self._name(entry, copy / name)

    def _name(self, entry: Path, copy: Path) -> None:
        text = self._texts / str(entry.stat().st_ino)
        if not text.exists():  # named, but its bytes were never synced
            text.touch()
            text.chmod(entry.stat().st_mode & 0o777)
        if copy.exists() and copy.stat().st_ino == text.stat().st_ino:
            return
        copy.unlink(missing_ok=True)
        os.link(text, copy)


def is_synced(db: sqlite3.Connection) -> bool:
    """Whether a COMMIT of this connection is on the disk when it returns."""
    journal = sqlite3.Connection.execute(db, "PRAGMA journal_mode").fetchone()[0]
    synchronous = sqlite3.Connection.execute(db, "PRAGMA synchronous").fetchone()[0]
    return bool(journal == "wal" and synchronous >= _FULL)
