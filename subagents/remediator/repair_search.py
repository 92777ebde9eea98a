"""A bracket, quote, brace or comma too few or too many → the one place that makes the file sound.

Tries every place the error can mean, and takes the result only if all the
places that help give the same file, spaces aside. Braces on lines of their own
are told apart by indentation: a file that is not indented evenly is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from contracts.diagnostic import Diagnostic
from subagents.remediator.repair_case import Case, Place, fix, place_of
from subagents.remediator.repair_functions import FUNCTIONS
from subagents.remediator.repair_layout import is_a_module, is_even
from subagents.remediator.repair_mask import masked
from subagents.remediator.repair_text import Fix, Source, Span, shape

_MOST_CHARACTERS = 300_000
"""Of all tries together: about a second."""
_CLOSERS = ")]}"
_REFERENCE = re.compile(r"\s*[A-Za-z_]\w*(?:\.\w+|\[\w+\])*\s*")
_COMMENT = re.compile(r"\s(?:#|//)")
_NO_QUOTES = ("'", "`", "\u201c", "\u201d", "\u2018", "\u2019")
_TAKEN_FOR_QUOTES = (*_NO_QUOTES, *"[({=;,:")


def missing_separator(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """A comma between items, or the bracket that was to end them."""
    place = _wide(place_of(diagnostic, case))
    if place is None:
        return None
    if diagnostic.summary == "Invalid index" and place.source.is_sound:
        return None
    close = ")" if "function argument" in diagnostic.detail else "]"
    tried = [*_inserted(place, f",{close}"), *_exchanged(place, close), *_every_comma(place)]
    return _only(place, tried, f"put in the comma or the {close} that is missing")


def missing_in_object(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`{ x = 1 y = 2 }` → `{ x = 1, y = 2 }`, or the brace that was to end the object."""
    place = _wide(place_of(diagnostic, case))
    if place is None:
        return None
    start = place.source.line(place.last)[0]
    code = masked(place.source.text)[start : place.source.line(place.last)[1]]
    between = re.finditer(r'(?<=[\w"\])}])\s+(?=(?:[A-Za-z_][\w-]*|"+)\s*[=:](?!=))', code)
    commas = [Span(place.source.name, start + one.start(), start + one.start(), ",") for one in between]
    inside = [
        one for one in commas if code[: one.start - start].count("{") > code[: one.start - start].count("}")
    ]
    tried = [inside] if inside and "separator" in diagnostic.summary else []
    return _only(place, [*tried, *_inserted(place, "}")], "put in the comma or brace that is missing")


def missing_quote(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`"x` → `"x"`, `""x"` → `"x"`, `'x"` → `"x"`."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    (start, end), name, text = place.source.line(place.first), place.source.name, place.source.text
    if _COMMENT.search(text[start:end]):  # it may be a comment, or a part of the text
        return None
    tried = [[Span(name, at, at, '"')] for at in range(start, end + 1) if _may_quote(text, at)]
    tried += ([Span(name, at, at + 1, '"')] for at in range(start, end) if text[at] in _TAKEN_FOR_QUOTES)
    tried += ([Span(name, at, at + 1, "")] for at in range(start, end) if text[at : at + 2] == '""')
    return _only(place, tried, "put the quotation marks right")


def missing_template_brace(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`"${var.a"` → `"${var.a}"`: before a quotation mark, and behind a plain reference only.

    In `"${var.a-b"` nobody can tell where the reference ends.
    """
    place = place_of(diagnostic, case)
    if place is None:
        return None
    line = Place(place.source, place.first, place.first)
    start, end = place.source.line(place.first)
    text = place.source.text
    quotes = [
        at
        for at in range(start, end)
        if text[at] == '"' and _REFERENCE.fullmatch(text[start:at].rpartition("${")[2])
    ]
    return _only(
        line, [[Span(place.source.name, at, at, "}")] for at in quotes], "close the ${ before the string ends"
    )


def needless_sign(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`upper("x"))` → `upper("x")`, `["a",, "b"]` → `["a", "b"]`: the second of two equal signs."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    line = Place(place.source, place.first, place.first)
    return _only(line, [*_doubled(line), *_called(line)], "take out the sign that is there twice")


def needless_brace(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """A brace alone on its line that closes nothing."""
    place = place_of(diagnostic, case)
    if place is None or place.source.line_text(place.first).strip() != "}":
        return None
    return _only(
        place, [[_line_out(place.source, place.first)]], "take out the brace that closes nothing", even=True
    )


def unclosed_block(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """The closing brace of a block or object, on a line of its own."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    rest = Place(place.source, place.first, place.source.last_line)
    return _only(place, _braces(rest), f"close the block that begins in line {place.first}", even=True)


def missing_opening(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """The opening brace, or the equals sign, that a line lacks: `variable "a"`, `input "x"`, `lifecycle`."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    source, end = place.source, place.source.line(place.first)[1]
    code = masked(source.text)
    words = re.match(r"\s*[\w-]+(?=\s)", code[source.line(place.first)[0] : end] + " ")
    below = re.compile(r"\s*\n\s*(?=\{)").match(source.text, end)
    tried = [
        [Span(source.name, end, end, " {")] if below is None else [Span(source.name, end, below.end(), " ")]
    ]
    after = source.line(place.first)[0] + words.end() if words is not None else end
    if below is None and source.text[after:end].strip():
        tried.append([Span(source.name, after, after, " =")])
    return _only(place, tried, "put in the brace or equals sign that this line lacks", even=True)


def broken_expression(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """An expression that goes on with an operator on the next line → the same in parentheses."""
    place = place_of(diagnostic, case)
    if place is None or not place.source.has(place.first - 1):
        return None
    source, code = place.source, masked(place.source.text).split("\n")
    going_on = re.compile(r"\s*(?:\?|:|&&|\|\||[+*/%]|[=!]=|[<>]=?)(?!\S*\s*=\s)")
    begun = re.match(r"\s*[\w-]+\s*=\s*(?=\S)", code[place.first - 2])
    last = place.first
    while last < len(code) and going_on.match(code[last]):
        last += 1
    if begun is None or not going_on.match(code[place.first - 1]):
        return None
    start = source.line(place.first - 1)[0] + begun.end()
    end = source.line(last)[0] + len(code[last - 1].rstrip())
    spans = [Span(source.name, start, start, "("), Span(source.name, end, end, ")")]
    return _only(place, [spans], "put the expression that goes on over lines in parentheses")


def _only(place: Place, tried: Iterable[list[Span]], what: str, *, even: bool = False) -> Fix | None:
    """The first of these changes, if all that make the file sound make the same file of it."""
    found: dict[tuple[str, ...], list[Span]] = {}
    left = _MOST_CHARACTERS
    for spans in tried:
        left -= len(place.source.text)
        if left < 0:
            return None
        after = place.source.with_spans(spans)
        if after.is_sound and is_a_module(after) and (not even or is_even(after)):
            found.setdefault(shape(after, after.root), spans)
    if len(found) != 1:
        return None
    return fix(place.source, next(iter(found.values())), what)


def _wide(place: Place | None) -> Place | None:
    """The place and the last line before it that is not empty: there the item ended."""
    if place is None:
        return None
    above = [number for number in range(1, place.first) if place.source.line_text(number).strip()]
    return Place(place.source, above[-1] if above else place.first, place.first)


def _ends(place: Place) -> list[int]:
    """Where a word, sign or string of the code ends, in the lines of a place."""
    start, end = place.source.line(place.first)[0], place.source.line(place.last)[1]
    code = masked(place.source.text)[start:end]
    return [start + found.end() for found in re.finditer(r'"+|[\w.-]+|[^\s\w".-]', code)]


def _inserted(place: Place, signs: str) -> Iterator[list[Span]]:
    for at in _ends(place):
        yield from ([Span(place.source.name, at, at, sign)] for sign in signs)


def _exchanged(place: Place, sign: str) -> Iterator[list[Span]]:
    for at in _ends(place):
        if place.source.text[at - 1] in _CLOSERS.replace(sign, ""):
            yield [Span(place.source.name, at - 1, at, sign)]


def _doubled(place: Place) -> Iterator[list[Span]]:
    """Without the second of two equal signs."""
    start, end = place.source.line(place.first)[0], place.source.line(place.last)[1]
    for at in range(start, end - 1):
        if place.source.text[at] in ")]},{" and place.source.text[at] == place.source.text[at + 1]:
            yield [Span(place.source.name, at + 1, at + 2, "")]


def _called(place: Place) -> Iterator[list[Span]]:
    """With an opening bracket behind a function's name that a word begins with: that may be what lacks."""
    start, end = place.source.line(place.first)[0], place.source.line(place.last)[1]
    for word in re.finditer(r"[A-Za-z_]\w*", masked(place.source.text)[start:end]):
        for size in range(2, len(word[0])):
            if word[0][:size] in FUNCTIONS and word[0] not in FUNCTIONS:
                at = start + word.start() + size
                yield [Span(place.source.name, at, at, "(")]


def _may_quote(text: str, at: int) -> bool:
    """Whether a quotation mark may stand here: not between a sign and the space behind it."""
    before, after = text[max(at - 1, 0) : at], text[at : at + 1]
    if after in _NO_QUOTES or before in _NO_QUOTES:
        return False
    if not after or after.isspace():
        return bool(before) and not before.isspace() and before not in "=:,?&|"
    return True


def _every_comma(place: Place) -> Iterator[list[Span]]:
    """A comma at the end of this line, and of every line below that ends with an item, to the list's end."""
    source, code, spans = place.source, masked(place.source.text).split("\n"), []
    for number in range(place.first, source.last_line):
        here, below = code[number - 1].rstrip(), code[number].strip()
        if below[:1] in {"]", ")", "}", ""} or not here:
            break
        if here[-1] not in ",[({":
            at = source.line(number)[0] + len(here)
            spans.append(Span(source.name, at, at, ","))
    if len(spans) > 1:
        yield spans


def _braces(place: Place) -> Iterator[list[Span]]:
    """A brace on a line of its own wherever the lines move out and no bracket closes what they leave."""
    source = place.source
    lines = [source.line_text(number) for number in range(1, source.last_line + 1)]
    depths = [len(line) - len(line.lstrip()) if line.strip() else -1 for line in lines]
    end = "\r\n" if "\r\n" in source.text else "\n"
    below, closing = 0, False
    for number in range(place.last, place.first - 1, -1):
        above, text = depths[number - 1], lines[number - 1].rstrip()
        if not text:
            continue
        if text.endswith("{"):  # nothing tells that it was to be empty: its lines may not be indented
            below, closing = above, text.lstrip()[:1] in _CLOSERS
            continue
        inner = above + text.endswith(("[", "("))
        for depth in sorted({depth for depth in depths if below + closing <= depth < inner}):
            at = source.line(number)[1]
            yield [Span(source.name, at, at, f"{end}{' ' * depth}}}")]
        below, closing = above, text.lstrip()[:1] in _CLOSERS


def _line_out(source: Source, number: int) -> Span:
    after = source.line(number + 1)[0] if source.has(number + 1) else len(source.text)
    return Span(source.name, source.line(number)[0], after, "")
