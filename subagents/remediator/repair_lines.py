"""Signs of other languages on a line → Terraform's: quotes, colons, commas, `and`, labels without quotes.

Works on files that do not parse, so it looks at lines, with strings and
comments blanked out. Whether the file is sound afterwards is checked by
`repair`: what a line only seems to say is never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from contracts.diagnostic import Diagnostic
from subagents.remediator.repair_case import Case, Place, fix, place_of
from subagents.remediator.repair_mask import masked
from subagents.remediator.repair_text import Fix, Span

_MOST_SPANS = 500
_QUOTES = (
    re.compile(r"'(?P<inner>[^'\"\\\n]*)'"),
    re.compile(r"`(?P<inner>[^`\"\\$%\n]*)`"),
    re.compile('[\u201c\u201d](?P<inner>[^\u201c\u201d"\\\\\n]*)[\u201c\u201d]'),
    re.compile('[\u2018\u2019](?P<inner>[^\u2018\u2019"\\\\\n]*)[\u2018\u2019]'),
)
_UNWRAPPED = re.compile(r"\$\{(?P<inner>[^{}\n]*)\}")
_DOLLAR = re.compile(r"\$(?=(?:var|local|module|data|each|count|path|self)\.)")
_ASSIGNED = re.compile(r"(?P<name>\s*[\w-]+)\s*(?P<sign>:=|=>|==|:)\s*(?=\S)")
_UNSIGNED = re.compile(r"(?P<name>\s*[\w-]+)\s+(?=[\w\"\[{(!-])")
_SECOND = re.compile(r"[,;]?\s+(?=[A-Za-z_][\w-]*\s*=[^=>])")
_WORD = re.compile(r"(?<=[^\S\n])(?:and|or)(?=[^\S\n]+[^\s={])")
_ESCAPE = re.compile(r"\\(?P<sign>.)")
_KNOWN_ESCAPES = frozenset('nrt"\\')
_INDENT = re.compile(r"\s*")


def foreign_characters(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """Quotes, semicolons, dollars and spaces that Terraform does not know, in the whole file."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    name, text, code = place.source.name, place.source.text, masked(place.source.text)
    spans = [
        Span(name, found.start(), found.end(), f'"{text[found.start() + 1 : found.end() - 1]}"')
        for pattern in _QUOTES
        for found in pattern.finditer(code)
    ]
    spans += [
        Span(name, *found.span(), text[slice(*found.span("inner"))]) for found in _UNWRAPPED.finditer(code)
    ]
    spans += [Span(name, *found.span(), "") for found in _DOLLAR.finditer(code)]
    spans += [Span(name, *found.span(), "") for found in re.finditer(r";(?=[ \t\r]*(?:\n|$))", code)]
    spans += [Span(name, *found.span(), ",") for found in re.finditer(r";(?=[ \t]*[^\s;])", code)]
    spans += [Span(name, *found.span(), " ") for found in re.finditer("\u00a0", code)]
    if len(spans) > _MOST_SPANS:
        return None
    spans = [span for span in spans if not any(_is_inside(span, other) for other in spans)]
    return fix(
        place.source,
        sorted(spans),
        "write quotes, separators and references as Terraform knows them",
    )


def missing_equals(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`input: 1`, `input := 1`, `input 1` → `input = 1`; in a file of values `var.a = 1` → `a = 1`."""
    place = place_of(diagnostic, case)
    if place is None or "use the equals sign" not in diagnostic.detail:
        return None
    start, code = _line(place)
    prefix = re.match(r"\s*(?P<root>var\.)[\w-]+\s*=", code)
    if prefix is not None and place.source.name.endswith(".tfvars"):
        spans = [Span(place.source.name, start + prefix.start("root"), start + prefix.end("root"), "")]
        return fix(place.source, spans, "give the variable its value by its bare name")
    found = _ASSIGNED.match(code) or (_UNSIGNED.match(code) if not code.rstrip().endswith("{") else None)
    spans = [Span(place.source.name, start + found.end("name"), start + found.end(), " = ")] if found else []
    return fix(place.source, spans, "write the argument with an equals sign")


def equals_before_block(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`variable "a" = {` → `variable "a" {`."""
    place = place_of(diagnostic, case)
    if place is None or "must not be used when defining a block" not in diagnostic.detail:
        return None
    start, code = _line(place)
    found = re.search(r"\s*=\s*(?=\{)", code)
    spans = [Span(place.source.name, start + found.start(), start + found.end(), " ")] if found else []
    return fix(place.source, spans, "write the block without an equals sign")


def labels_unquoted(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`resource "a"."b" {`, `resource a.b {` → `resource "a" "b" {`."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    start, _ = _line(place)
    found = re.match(
        r'(?P<kind>(?:resource|data)\s+)(?P<q>"?)(?P<type>\w+)(?P=q)\.(?P<r>"?)(?P<name>[\w-]+)(?P=r)(?=\s*\{)',
        place.source.line_text(place.first),
    )
    labels = f'"{found["type"]}" "{found["name"]}"' if found else ""
    spans = [Span(place.source.name, start + found.end("kind"), start + found.end(), labels)] if found else []
    return fix(place.source, spans, f"write the labels apart and in quotes: {labels}")


def needless_comma(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`input = 1,` → `input = 1`, and what follows such a comma on a line of its own."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    start, code = _line(place)
    ends = [
        Span(place.source.name, start + one.start(), start + one.end(), "")
        for one in re.finditer(r",(?=\s*$)", code)
    ]
    return fix(
        place.source,
        [*_parted(place), *ends],
        "end the argument with its line, not with a comma",
    )


def quoted_argument(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`"input" = 1` → `input = 1`."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    start, _ = _line(place)
    found = re.match(r'\s*(?P<quoted>"(?P<name>[A-Za-z_][\w-]*)")\s*=', place.source.line_text(place.first))
    spans = (
        [Span(place.source.name, start + found.start("quoted"), start + found.end("quoted"), found["name"])]
        if found
        else []
    )
    return fix(place.source, spans, "write the argument's name without quotes")


def label_of_locals(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`locals "x" {` → `locals {`."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    start, code = _line(place)
    found = re.match(r'\s*locals(?P<label>[\s"]+)(?=\{)', code)
    spans = (
        [Span(place.source.name, start + found.start("label"), start + found.end("label"), " ")]
        if found
        else []
    )
    return fix(place.source, spans, "write locals without a label")


def boolean_operator(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`&` → `&&`, `|` → `||`, as Terraform suggests."""
    place = place_of(diagnostic, case)
    sign = next((sign for sign in ("&&", "||") if f'("{sign}")' in diagnostic.detail), None)
    if place is None or sign is None:
        return None
    start, code = _line(place)
    alone = re.compile(rf"(?<!{re.escape(sign[0])}){re.escape(sign[0])}(?!{re.escape(sign[0])})")
    spans = [
        Span(place.source.name, start + one.start(), start + one.end(), sign) for one in alone.finditer(code)
    ]
    return fix(place.source, spans, f"write {sign}")


def object_separator(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`{ "x" => 1 }` → `{ "x" = 1 }`; what `for` makes keeps its arrow."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    start, code = _line(place)
    arrows = [] if re.search(r"\bfor\b", code) else list(re.finditer("=>", code))
    spans = [Span(place.source.name, start + one.start(), start + one.end(), "=") for one in arrows]
    return fix(place.source, spans, "part key and value with an equals sign")


def unknown_escape(diagnostic: Diagnostic, case: Case) -> Fix | None:
    r"""`"\d"` → `"\\d"`, where no escape of the line means something as it stands."""
    place = place_of(diagnostic, case)
    if place is None or place.first != place.last:
        return None
    start, code = _line(place)
    text, spans = place.source.line_text(place.first), []
    for found in _ESCAPE.finditer(text):
        if code[found.start()] != '"' or found["sign"] == "\\":
            continue
        if found["sign"] in _KNOWN_ESCAPES:
            return None
        spans.append(Span(place.source.name, start + found.start(), start + found.start() + 1, "\\\\"))
    return fix(place.source, spans, "write the backslash twice, so that it stands for itself")


def crowded_block(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """A block on one line that holds more than one argument → one line for each."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    start, code = _line(place)
    found = re.fullmatch(r"(?P<head>[^{}=]*\{)(?P<inner>.*)\}\s*", code)
    if found is None:
        return None
    text, indent = place.source.line_text(place.first), (_INDENT.match(code) or [""])[0]
    cuts = [found.start("inner"), *_cuts(code, found.start("inner"), found.end("inner")), found.end("inner")]
    parts = [text[a:b].strip(" \t,;") for a, b in pairwise(cuts)]
    end = "\r\n" if "\r\n" in place.source.text else "\n"
    inner = "".join(f"{end}{indent}  {part}" for part in parts if part) + end + indent
    spans = [Span(place.source.name, start + found.start("inner"), start + found.end("inner"), inner)]
    return fix(place.source, spans, "give each argument of the block a line of its own")


def _parted(place: Place) -> Iterator[Span]:
    """What puts the second and further arguments of a line on lines of their own."""
    start, code = _line(place)
    first = re.match(r"\s*[\w-]+\s*=", code)
    indent = (_INDENT.match(code) or [""])[0]
    end = "\r\n" if "\r\n" in place.source.text else "\n"
    for cut in _SECOND.finditer(code, first.end() if first else len(code)):
        if not _depth(code[: cut.start()]):
            yield Span(place.source.name, start + cut.start(), start + cut.end(), end + indent)


def second_argument(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`a = 1 b = 2` → two lines; `a = x and y` → `a = x && y`, wherever it stands in the file."""
    place = place_of(diagnostic, case)
    if place is None:
        return None
    found = _WORD.finditer(masked(place.source.text))
    words = [Span(place.source.name, *one.span(), "&&" if one[0] == "and" else "||") for one in found]
    if words:
        return fix(place.source, words, "write && for and, || for or")
    return fix(place.source, _parted(place), "give each argument a line of its own")


def _cuts(code: str, start: int, end: int) -> list[int]:
    """Where arguments and blocks begin between two places of a line, but the first one."""
    begins = re.compile(r'(?<=[\s,;])(?=[A-Za-z_][\w-]*\s*(?:=[^=>]|["\s]*\{))')
    found = (cut.start() for cut in begins.finditer(code, start, end))
    return [cut for cut in found if code[start:cut].strip() and not _depth(code[start:cut])]


def _is_inside(one: Span, other: Span) -> bool:
    return other.start <= one.start and one.end <= other.end and one != other


def _depth(code: str) -> int:
    return sum(code.count(sign) for sign in "([{") - sum(code.count(sign) for sign in ")]}")


def _line(place: Place) -> tuple[int, str]:
    """Where the first line starts, and its text without strings and comments."""
    start, end = place.source.line(place.first)
    return start, masked(place.source.text)[start:end]
