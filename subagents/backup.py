"""The backup of a promotion: the old bytes of its files, and the manifest that says what was made of them.

Decides that a backup counts once its manifest stands, which is written last;
what is done with it is `subagents.promotion`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from subagents.workspace import Plain, RefusedError, folder_of, inside, replace_at

_MANIFEST = "manifest.json"
_TOKEN = re.compile(r"[0-9a-f]{16}")


class PromotedFile(NamedTuple):
    """One file of a promotion: SHA-256 of its bytes before and after, and its mode."""

    name: str
    before: str
    after: str
    mode: int

    @property
    def path(self) -> PurePosixPath:
        """Where it lies in the module. Raises `RefusedError`."""
        return inside(self.name)


class Manifest(NamedTuple):
    """The files of one promotion, in the order in which they are replaced."""

    token: str
    """16 hexadecimal digits that no other promotion has."""
    files: tuple[PromotedFile, ...]

    def via(self, number: int) -> str:
        """The name of the new file beside file `number`, until it is renamed onto it."""
        return f".planner-{self.token}-{number}"


def back_up(manifest: Manifest, texts: Sequence[str], backup: Path) -> None:
    """Keep the old texts in the folder `backup`, and then the manifest. Raises `OSError`, `RefusedError`."""
    kept = backup / "before"
    backup.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept.mkdir(mode=0o700, exist_ok=True)
    for number, text in enumerate(texts):
        _keep(kept, str(number), bytes_of(text), manifest)
    said = {"version": 1, "token": manifest.token, "files": [file._asdict() for file in manifest.files]}
    with folder_of(backup.parent, PurePosixPath(backup.name)) as above:
        os.fsync(above)
    _keep(backup, _MANIFEST, json.dumps(said, indent=1).encode(), manifest)


def _keep(place: Path, name: str, content: bytes, manifest: Manifest) -> None:
    with folder_of(place, PurePosixPath(name)) as folder:
        mine = Plain(content, 0o600, (os.geteuid(), os.getegid()))
        replace_at(folder, name, mine, via=f"{name}.{manifest.token}")


def kept_bytes(backup: Path, manifest: Manifest, number: int) -> bytes:
    """The old bytes of file `number`. Raises `OSError`, and `RefusedError` where they are others by now."""
    content = (backup / "before" / str(number)).read_bytes()
    if sum_of(content) != manifest.files[number].before:
        raise RefusedError(f"the backup {backup} is damaged: {manifest.files[number].name!r}")
    return content


def manifest_of(backup: Path) -> Manifest | None:
    """What a backup holds; None where none was finished. Raises `RefusedError` for one that is damaged."""
    try:
        said = json.loads((backup / _MANIFEST).read_bytes())
        files = tuple(
            PromotedFile(str(f["name"]), str(f["before"]), str(f["after"]), int(f["mode"]))
            for f in said["files"]
        )
        token = str(said["token"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RefusedError(f"the backup {backup} cannot be read") from error
    if said.get("version") != 1 or not _TOKEN.fullmatch(token):
        raise RefusedError(f"the backup {backup} is none that this planner wrote")
    return Manifest(token, files)


def bytes_of(text: str) -> bytes:
    """A text as a file holds it. Raises `RefusedError`."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise RefusedError("a text to write is not UTF-8") from error


def sum_of(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
