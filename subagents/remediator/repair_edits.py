"""Changes of a file → edits, each of which names a text that stands in the file exactly once.

Decides how many of the lines around it an edit has to quote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from contracts.remediation import Edit
from subagents.remediator.repair_text import Source, Span

_MOST_QUOTED = 20  # lines on either side that an edit quotes to be found exactly once


def edits_of(source: Source, spans: Iterable[Span]) -> tuple[Edit, ...] | None:
    """Edits that make these changes one after the other; None where no short text tells the places apart."""
    edits, text, moved = [], source.text, 0
    for start, end, replacement in _by_lines(source, sorted(spans)):
        window = _found_once(text, start + moved, end + moved)
        if window is None:
            return None
        low, high = window
        after = text[low : start + moved] + replacement + text[end + moved : high]
        edits.append(Edit(file=source.name, search=text[low:high], replace=after))
        text = text[:low] + after + text[high:]
        moved += len(replacement) - (end - start)
    return tuple(edits)


def _by_lines(source: Source, spans: Sequence[Span]) -> Iterator[tuple[int, int, str]]:
    """Whole lines and what they become; spans on the same lines are one change."""
    start = end = 0
    held: list[Span] = []
    for span in spans:
        first = source.line(source.line_at(span.start))[0]
        whole = span.end > span.start and source.text[span.end - 1] == "\n"
        last = span.end if whole else source.line(source.line_at(span.end))[1]
        if held and first >= end:
            yield start, end, _within(source, held, start, end)
            held = []
        start, end = (first, last) if not held else (start, max(end, last))
        held.append(span)
    if held:
        yield start, end, _within(source, held, start, end)


def _within(source: Source, spans: Iterable[Span], start: int, end: int) -> str:
    parts, at = [], start
    for span in spans:
        parts += [source.text[at : span.start], span.text]
        at = span.end
    return "".join([*parts, source.text[at:end]])


def _found_once(text: str, low: int, high: int) -> tuple[int, int] | None:
    """The place, with as many lines around it as make its text stand there once."""
    for turn in range(2 * _MOST_QUOTED):
        wanted = text[low:high]
        if wanted and text.find(wanted, text.find(wanted) + 1) < 0:
            return low, high
        if turn % 2 and low:
            low = text.rfind("\n", 0, low - 1) + 1
        else:
            below = text.find("\n", high + 1)
            high = below if below >= 0 else len(text)
    return None
