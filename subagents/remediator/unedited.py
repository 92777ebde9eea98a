"""Why an error's own place is none that a fix edits, for people: so that no silence is taken for a loss.

Looks at where the error points, and at the file there. What may be edited is
decided where it is read (`subagents.workspace`) and by the edit policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from contracts.diagnostic import Diagnostic, Severity


def why_unedited(module: Path, diagnostics: Sequence[Diagnostic]) -> str:
    """Of the first error that names a place; empty where nothing about the place forbids an edit."""
    places = (d.range.filename for d in diagnostics if d.severity is Severity.ERROR and d.range is not None)
    place = next(places, "")
    name = PurePosixPath(place)
    if not place:
        return ""
    if name.is_absolute() or ".." in name.parts:
        return f"{place} lies outside of the module"
    if name.parts[0] == ".terraform":
        return f"{place} is a copy of a module that is kept elsewhere"
    if any((module / part).is_symlink() for part in (name, *name.parents)[:-1]):
        return f"{place} is a link to another place"
    return f"{place} is JSON" if name.suffix == ".json" else ""
