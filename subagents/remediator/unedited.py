"""Why an error's own place is none that a fix edits, for people: so that no silence is taken for a loss.

Looks at where the error points, and at the file there. What may be edited is
decided where it is read (`subagents.workspace`) and by the edit policy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from contracts.diagnostic import Diagnostic, Severity
from subagents.remediator.repair_case import LONGEST_LINE


def why_unedited(module: Path, diagnostics: Sequence[Diagnostic], texts: Mapping[str, str]) -> str:
    """Of the first error that names a place; empty where nothing about the place forbids an edit.

    `texts` are the files that may be edited, by name.
    """
    ranges = (d.range for d in diagnostics if d.severity is Severity.ERROR and d.range is not None)
    at = next(ranges, None)
    if at is None or not at.filename:
        return ""
    place, name = at.filename, PurePosixPath(at.filename)
    if name.is_absolute() or ".." in name.parts:
        return f"{place} lies outside of the module"
    if name.parts[0] == ".terraform":
        return f"{place} is a copy of a module that is kept elsewhere"
    if any((module / part).is_symlink() for part in (name, *name.parents)[:-1]):
        return f"{place} is a link to another place"
    line = "".join(texts.get(place, "").split("\n")[at.start_line - 1 : at.start_line])
    if len(line) > LONGEST_LINE:
        return f"line {at.start_line} of {place} is longer than {LONGEST_LINE} characters"
    return f"{place} is JSON" if name.suffix == ".json" else ""
