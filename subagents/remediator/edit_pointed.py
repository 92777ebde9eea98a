"""A diagnostic and the texts → the lines it points at, and what Terraform says is too much there, or missing.

Terraform itself says so in one sentence, of a place and of no resource: it has not
asked the provider yet. Whoever else says it, as a provider may, is not believed.
Leaves to `edit_called` what else the lines speak of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from contracts.diagnostic import Diagnostic

_OPENS = re.compile(r"^\s*\"?([\w-]+)\"?\s*[={]")
"""The argument or block whose value goes on over lines that are further in."""
_LABEL = re.compile(r"[\w-]+")
_MEANT = r'(?: Did you mean [^"]{0,40}"[\w-]+"\?(?: If so, use the equals sign to assign it a value\.)?)?'
_NO_SUCH = {
    "Unsupported argument": re.compile(rf'An argument named "([\w-]+)" is not expected here\.{_MEANT}'),
    "Unsupported block type": re.compile(rf'Blocks of type "([\w-]+)" are not expected here\.{_MEANT}'),
}
_NEEDED = (
    (
        re.compile("Missing required argument"),
        re.compile(r'The argument "([\w-]+)" is required(?:, but no definition was found)?\.'),
    ),
    (
        re.compile(r"Insufficient [\w-]+ blocks"),
        re.compile(r'At least \d{1,3} "([\w-]+)" blocks are required\.'),
    ),
)
_MOST_LINES = 60


def unknown(diagnostics: Iterable[Diagnostic], texts: Mapping[str, str]) -> Iterator[str]:
    """What Terraform points at and says there is no such argument of."""
    for diagnostic in diagnostics:
        sentence = _NO_SUCH.get(diagnostic.summary.strip())
        if sentence is None or diagnostic.address is not None:
            continue
        said = sentence.fullmatch(" ".join(diagnostic.detail.split()))
        if said and said[1] in _LABEL.findall("\n".join(lines_at(diagnostic, texts))):
            yield said[1]


def needed(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """What Terraform says has to be there and is not."""
    for diagnostic in diagnostics:
        for summary, sentence in _NEEDED if diagnostic.address is None else ():
            said = sentence.fullmatch(" ".join(diagnostic.detail.split()))
            if said and summary.fullmatch(diagnostic.summary.strip()):
                yield said[1]


def lines_at(diagnostic: Diagnostic, texts: Mapping[str, str]) -> list[str]:
    """The lines that it points at, and the names of what they stand in, but for the outermost block."""
    place = diagnostic.range
    if place is None or place.filename not in texts:
        return []
    lines = texts[place.filename].splitlines()
    first = max(place.start_line - 1, 0)
    found = lines[first : min(place.end_line, first + _MOST_LINES)]
    indent = min((_indent(line) for line in found if line.strip()), default=0)
    for line in reversed(lines[:first]):
        if line.strip() and _indent(line) < indent:
            indent = _indent(line)
            found += _OPENS.findall(line) if indent else []
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
