"""`edit_config`: what its edits make of the module's files, as texts and as a patch.

Decides that an edit touches only a file of configuration that is there, and
only where its text stands exactly once. Writes nothing. Leaves to
`subagents.workspace` how a file is reached.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from contracts.remediation import Edit
from subagents.workspace import RefusedError

_ENDINGS = (".tf", ".tfvars")
_QUOTED = frozenset('"\\')


class Change(NamedTuple):
    """A file's text before and after."""

    before: str
    after: str


def changed(edits: Iterable[Edit], read: Callable[[str], str]) -> Mapping[str, Change]:
    """The files that the edits change, in the order they name them; a later edit sees what earlier ones made.

    `read` gives a file's text by its path relative to the module. Raises
    `RefusedError`: a file that is no plain `.tf` or `.tfvars`, or a text that
    does not stand in it exactly once.
    """
    changes: dict[str, Change] = {}
    for edit in edits:
        name = _named(edit.file)
        before, now = changes.get(name) or (text := read(name), text)
        found = _count(now, edit.search)
        if found != 1:
            times = "not there" if not found else f"there {found} times"
            raise RefusedError(f"the text to replace in {name!r} is {times}; it has to be there exactly once")
        changes[name] = Change(before, now.replace(edit.search, edit.replace, 1))
    return {name: change for name, change in changes.items() if change.before != change.after}


def patch(changes: Mapping[str, Change]) -> str:
    """The changes as a unified diff that `git apply`, run in the module's folder, takes."""
    return "".join(line for name, change in changes.items() for line in _diff(name, change))


def _named(file: str) -> str:
    path = PurePosixPath(file)
    if any(part.startswith(".") for part in path.parts) or path.suffix not in _ENDINGS:
        raise RefusedError(f"{file!r} is no {' or '.join(_ENDINGS)} file, or a hidden one")
    if not file.isprintable() or _QUOTED.intersection(file):
        raise RefusedError(f"{file!r} has a name that no patch can carry")
    return str(path)


def _count(text: str, wanted: str) -> int:
    """How often a text stands in another, overlapping or not: `aa` twice in `aaa`."""
    found, at = 0, text.find(wanted) if wanted else -1
    while at >= 0:
        found, at = found + 1, text.find(wanted, at + 1)
    return found


def _diff(name: str, change: Change) -> Iterator[str]:
    before, after = _lines(change.before), _lines(change.after)
    end = "\t" if " " in name else ""  # how git marks where a name with spaces ends
    found = difflib.unified_diff(before, after, f"a/{name}{end}", f"b/{name}{end}")
    for line in found:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Lines with their ends, parted at line feeds alone: other marks that end lines mean nothing to git."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])
