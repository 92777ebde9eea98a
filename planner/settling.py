"""What a copy of the module that still fails says of the remediations tried on it. Pure.

Two failures are told apart by their errors' words, never by their lines, which
an edit moves. An error that stood there all along, hidden by the first, is
another cause; one that points at what was edited is a failure moved elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from contracts.diagnostic import Diagnostic, Severity
from contracts.incident import Stage
from subagents.remediator.edit_config import Change

_ORDER = tuple(Stage)


class Failure(NamedTuple):
    """What is to be settled."""

    stage: Stage
    diagnostics: tuple[Diagnostic, ...]
    text: str = ""


class Disproved(NamedTuple):
    """The remediation is refused, or does not help."""

    why: str


class Progress(NamedTuple):
    """It settled what it was for, and another failure came to light."""

    why: str
    left: Failure


def compared(failure: Failure, ran: Failure, files: Mapping[str, Change]) -> Disproved | Progress:
    """What a copy that still fails says of the remediations."""
    old, new = Counter(map(_key, errors(failure))), Counter(map(_key, errors(ran)))
    fresh = [d for d in errors(ran) if _key(d) not in old]
    said = next((d.summary for d in (*fresh, *errors(ran)) if d.summary), ran.text.strip()[:200])
    first = said or "no diagnostic was printed"
    if _ORDER.index(ran.stage) < _ORDER.index(failure.stage):
        return Disproved(f"with it, {ran.stage} fails: {first}")
    if not old - new:
        return Disproved(f"the failure stays as it is: {first}")
    if any(_is_of(diagnostic, files) for diagnostic in fresh):
        return Disproved(f"it moves the failure elsewhere: {first}")
    return Progress(f"it settles its part; then {ran.stage} fails: {first}", ran)


def errors(failure: Failure) -> list[Diagnostic]:
    """The errors among a failure's diagnostics."""
    return [d for d in failure.diagnostics if d.severity is Severity.ERROR]


def _key(diagnostic: Diagnostic) -> tuple[str, str, str]:
    file = diagnostic.range.filename if diagnostic.range else ""
    return diagnostic.summary, diagnostic.detail, diagnostic.address or file


def _is_of(diagnostic: Diagnostic, files: Mapping[str, Change]) -> bool:
    """Whether an error points at a line that the edits made."""
    place = diagnostic.range
    change = files.get(place.filename) if place else None
    if place is None or change is None:
        return False
    matcher = SequenceMatcher(None, change.before.splitlines(), change.after.splitlines(), autojunk=False)
    return any(
        tag != "equal" and first <= place.start_line - 1 < max(last, first + 1)
        for tag, _, __, first, last in matcher.get_opcodes()
    )
