"""What every repair is given, and how it finds the place that a diagnostic names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from contracts.diagnostic import Diagnostic, Severity
from subagents.remediator.repair_text import Fix, Module, Source, Span

LONGEST_LINE = 2000
"""Characters of a line that an edit touches; no person wrote a longer one."""


class Case(NamedTuple):
    """One failed attempt."""

    module: Module
    diagnostics: Sequence[Diagnostic]

    def summarised(self, summary: str) -> list[Diagnostic]:
        """The errors and warnings with this summary."""
        return [diagnostic for diagnostic in self.diagnostics if diagnostic.summary == summary]


class Place(NamedTuple):
    """Lines of a file, counted from one, both ends included."""

    source: Source
    first: int
    last: int

    def holds(self, line: int) -> bool:
        """Whether a line, counted from one, is one of them."""
        return self.first <= line <= self.last


Repair = Callable[[Diagnostic, Case], Fix | None]
"""Mends what one error says, or leaves it; pure."""


def place_of(diagnostic: Diagnostic, case: Case) -> Place | None:
    """Where an error points; None where that is no file of the module, or no line of it."""
    at = diagnostic.range
    source = (
        case.module.source(at.filename) if at is not None and diagnostic.severity is Severity.ERROR else None
    )
    if at is None or source is None or not source.has(at.start_line):
        return None
    if len(source.line_text(at.start_line)) > LONGEST_LINE:
        return None
    return Place(source, at.start_line, min(max(at.start_line, at.end_line), source.last_line))


def fix(source: Source, spans: Iterable[Span | None], what: str) -> Fix | None:
    """A fix that names its first place; None where nothing is to change, or a part cannot be."""
    found = tuple(spans)
    whole = tuple(span for span in found if span is not None)
    if not found or len(whole) < len(found):
        return None
    more = f" and {len(whole) - 1} more place{'s' * (len(whole) > 2)}" if len(whole) > 1 else ""  # noqa: PLR2004
    first = min((span for span in whole if span.file == source.name), default=whole[0])
    line = source.line_at(first.start) + first.text.startswith(("\n", "\r"))
    return Fix(whole, f"in {source.name}:{line}{more}, {what}")
