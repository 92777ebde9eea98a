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

ENDINGS = (".tf", ".tfvars")
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


def edits_between(name: str, before: str, after: str) -> tuple[Edit, ...]:
    """The one edit that makes a file's old text the new one; none where they are the same.

    Its search text begins and ends with lines, as few as stand in the file exactly once.
    Raises `RefusedError` for an empty file.
    """
    if before == after:
        return ()
    if not before:
        raise RefusedError(f"{name!r} is empty: there is nothing to replace in it")
    old, new = _lines(before), _lines(after)
    matches = [
        op for op in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if op[0] != "equal"
    ]
    first, last = matches[0][1], matches[-1][2]
    end = len(new) - (len(old) - last)
    start = matches[0][3]
    while _count(before, "".join(old[first:last])) != 1:
        grow = first > 0
        first, start = (first - 1, start - 1) if grow else (first, start)
        last, end = (last, end) if grow else (last + 1, end + 1)
    return (Edit(file=name, search="".join(old[first:last]), replace="".join(new[start:end])),)


def patch(changes: Mapping[str, Change]) -> str:
    """The changes as a unified diff that `git apply`, run in the module's folder, takes."""
    return "".join(line for name, change in changes.items() for line in _diff(name, change))


def _named(file: str) -> str:
    path = PurePosixPath(file)
    if any(part.startswith(".") for part in path.parts) or path.suffix not in ENDINGS:
        raise RefusedError(f"{file!r} is no {' or '.join(ENDINGS)} file, or a hidden one")
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
