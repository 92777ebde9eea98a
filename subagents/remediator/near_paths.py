"""A path that leads nowhere → the one on this disk that it is a slip for, told to people.

No fix is made of it: which file is read, and where a module comes from, is a
person's choice. Looks at names alone, in the folders that the path itself leads
through; what a near name is, `repair_near` decides.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from contracts.diagnostic import Diagnostic, Severity
from subagents.remediator.repair_near import near

_MOST_NAMES = 2000
"""Of one folder; a larger one is not searched."""
_MOST_TOLD = 3
_NO_FILE = re.compile(
    r'no file exists at "(?P<quoted>[^"\n]{1,300})"'
    r"|\b(?:open|stat) (?P<bare>[^\s:\"]{1,300}): no such file or directory"
)
_CALL = re.compile(r'for module "[^"\n]{1,100}" at (?P<file>[^\s:"]{1,300}):(?P<line>\d{1,6})\.')
_SOURCE = re.compile(r'\s*source\s*=\s*"(?P<path>\.\.?/[^"$%\n]{0,300})"')
_LONGEST_CALL = 60
"""Lines of a `module` block that are searched for its source."""


def near_paths(module: Path, diagnostics: Sequence[Diagnostic], texts: Mapping[str, str]) -> tuple[str, ...]:
    """What to look at, a sentence without its full stop each; `texts` are the module's files by name."""
    found = (
        told
        for error in diagnostics
        if error.severity is Severity.ERROR
        for folder, path in _missing(error, texts)
        if (told := _told(module, folder, path)) is not None
    )
    return tuple(islice(dict.fromkeys(found), _MOST_TOLD))


def _missing(error: Diagnostic, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The folder below the module that a path is relative to, and the path."""
    if (call := _CALL.search(error.detail)) is not None:
        source = _source(texts.get(call["file"], ""), int(call["line"]))
        if source is not None:
            yield str(PurePosixPath(call["file"]).parent), source
        return
    here = str(PurePosixPath(error.range.filename).parent) if error.range is not None else "."
    for told in _NO_FILE.finditer(error.detail):
        path = told["quoted"] or told["bare"]
        yield ".", path
        if here != ".":
            yield here, path


def _source(text: str, line: int) -> str | None:
    """Where the module that is called at this line, counted from one, is said to lie."""
    lines = text.split("\n")[line - 1 : line - 1 + _LONGEST_CALL]
    told = (_SOURCE.match(one) for one in lines)
    return next((one["path"] for one in told if one is not None), None)


def _told(module: Path, folder: str, path: str) -> str | None:
    """None: the path is there, or nothing near it is."""
    wanted = PurePosixPath(path)
    if wanted.is_absolute() or folder.startswith(("/", "..")):
        return None
    right = _nearest(Path(os.path.normpath(module / folder)), wanted)
    if right is None:
        return None
    if right != wanted:
        return f"{path} is not there, but {_as_written(path, right)} is"
    if folder == ".":
        return None
    return f'{path} lies in {folder}, whose code reads it as "${{path.module}}/{right}"'


def _nearest(base: Path, path: PurePosixPath) -> PurePosixPath | None:
    """The path, step by step: a name that is missing gives way to the only one near it."""
    found: list[str] = []
    for name in path.parts:
        here = base.joinpath(*found)
        if not os.path.lexists(here / name):
            nearest = near(name, _names(here))
            if nearest is None:
                return None
            name = nearest  # noqa: PLW2901 - the same step, as it is meant
        found.append(name)
    return PurePosixPath(*found)


def _names(folder: Path) -> list[str]:
    try:
        names = [one.name for one in folder.iterdir()]
    except OSError:
        return []
    return names if len(names) <= _MOST_NAMES else []


def _as_written(path: str, right: PurePosixPath) -> str:
    return f"./{right}" if path.startswith("./") else str(right)
