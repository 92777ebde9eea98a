"""Puts a copied module where the paths that lead out of it lead to what they led to.

Decides how many folders above the module its texts reach, and lays as many
above the copy, named as the real ones and filled with links to all that lies
in them. So `../shared` is found, and stays the user's own: nothing in it is
copied, and no file tool follows a link. Leaves to `subagents.copying` the
module's own files.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath

from subagents.workspace import MOST_BYTES, RefusedError

MOST_LEVELS = 8
_LEAST_LEVELS = 2  # a value given on the command line, or an expression, may lead out too
_MOST_MODULES = 200
_TEXTS = (".tf", ".tf.json", ".tfvars", ".tfvars.json")
_BESIDES = frozenset({".terraform/modules/modules.json", ".terraform/terraform.tfstate"})
_PARTED = re.compile(r"[\s\"'`,;()\[\]]+")
_SOURCE = re.compile(r'\bsource"?\s*[=:]\s*"(\.\.?/[^"\n]*)"')


def placed(copy: Path, module: Path, folder: Path) -> Path:
    """Move the copy to its place in `folder`, made here: the path of its module folder.

    Raises `RefusedError` where the module leads more than 8 folders up.
    """
    levels = max(_LEAST_LEVELS, *map(_ups, _texts(copy)), *_modules(module))
    if levels > MOST_LEVELS:
        raise RefusedError(f"the module names files {levels} folders above it; {MOST_LEVELS} is the most")
    here = folder / "at"
    here.mkdir(mode=0o700)
    for above, child in pairwise([*reversed(module.parents[:levels]), module]):
        here /= above.name or "root"
        here.mkdir(mode=0o700)
        for name in _listed(above):
            if name not in {child.name, ".git"}:
                (here / name).symlink_to(above / name)
    return copy.rename(here / module.name)


def _ups(text: str) -> int:
    """The most `..` that stand in one path of a text."""
    paths = (part for part in _PARTED.split(text) if ".." in part)
    return max((path.split("/").count("..") for path in paths), default=0)


def _texts(copy: Path) -> Iterator[str]:
    for place, _, names in os.walk(copy):
        for name in names:
            path = Path(place, name)
            if name.endswith(_TEXTS) or path.relative_to(copy).as_posix() in _BESIDES:
                yield _text(path)


def _modules(module: Path) -> Iterator[int]:
    """How far up each module lies that this one calls by a path, and those that it calls."""
    seen, due = {"."}, ["."]
    while due and len(seen) < _MOST_MODULES:
        here = due.pop()
        for name in _listed(module / here):
            if not name.endswith(_TEXTS):
                continue
            for source in _SOURCE.findall(_text(module / here / name)):
                # as Terraform does it: by the text, whatever links lie on the way
                called = os.path.normpath(PurePosixPath(here, source.split("//")[0]))
                if called not in seen:
                    seen.add(called)
                    due.append(called)
    return (called.split("/").count("..") for called in seen)


def _text(path: Path) -> str:
    """A text as Terraform reads it, links followed; nothing where it is no file of at most 1 MiB."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - a descriptor
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return ""
            return file.read(MOST_BYTES).decode(errors="replace")
    except OSError:
        return ""


def _listed(folder: Path) -> list[str]:
    """What lies in a folder; nothing where it may be passed through but not listed."""
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []
