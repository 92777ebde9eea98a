"""What a copy of the module that still fails says of the remediations tried on it. Pure.

Two failures are told apart by their errors' words, never by their lines, which
an edit moves. An error that stood there all along, hidden by the first, is
another cause; one that points at what was edited is a failure moved elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from contracts.diagnostic import Diagnostic, Severity
from contracts.incident import Stage
from contracts.terraform import Ended
from contracts.text import cap_unmasked
from subagents.remediator.edit_config import Change

_ORDER = tuple(Stage)
_QUOTED = re.compile(r'"([^"\n]{1,80})"')
_NAME = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)*")


class Failure(NamedTuple):
    """What is to be settled."""

    stage: Stage
    diagnostics: tuple[Diagnostic, ...]
    text: str = ""


class HaltedError(Exception):
    """Somebody, or a limit, stopped the run in the middle of a proof: nothing is said of the remedy."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self.ended = ended


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
    said = next((d.summary for d in (*fresh, *errors(ran)) if d.summary), cap_unmasked(ran.text.strip(), 200))
    first = said or "no diagnostic was printed"
    if _ORDER.index(ran.stage) < _ORDER.index(failure.stage):
        return Disproved(f"with it, {ran.stage} fails: {first}")
    if not new or not old - new:  # without a word of what is wrong, nothing is known to be right
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
    """Whether an error points at lines that the edits made, and is of what they say there.

    One that names only what the old lines named too was there all along.
    """
    place = diagnostic.range
    change = files.get(place.filename) if place else None
    if place is None or change is None:
        return False
    old, new = change.before.splitlines(), change.after.splitlines()
    for tag, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal" and first <= place.start_line - 1 < max(last, first + 1):
            return _is_made(diagnostic, "\n".join(old[start:end]), "\n".join(new[first:last]))
    return False


def _is_made(diagnostic: Diagnostic, old: str, new: str) -> bool:
    said = diagnostic.detail.partition("Did you mean")[0]
    named = {name for name in _QUOTED.findall(said) if name in new}
    added = set(_NAME.findall(new)) - set(_NAME.findall(old))
    parts = {part for name in added for part in name.split(".")}  # `local.x` where `var.x` stood is new
    return not named or any(name not in old or name in parts for name in named)
