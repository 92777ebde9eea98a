"""Parts that the pages of runs and of windows are made of: sections, facts, tables, patches. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from planner.reporting import words
from planner.reporting.markup import Child, Markup, el
from planner.reporting.words import count

_DIFF_LINES = 400


def section(title: str, body: Sequence[Child]) -> Markup | None:
    """A titled part of a page; None where nothing is in it."""
    return el("section", el("h2", title), body) if body else None


def facts(found: Iterable[words.Fact], kind: str = "facts") -> Markup:
    """Labels with what is said under them."""
    if kind == "pairs":
        return el("dl", [(el("dt", label), el("dd", text)) for label, text in found], class_=kind)
    return el("dl", [el("div", el("dt", label), el("dd", text)) for label, text in found], class_=kind)


def rows(
    head: Sequence[str], body: Iterable[Sequence[Child]], numbers: Iterable[int] = (), kind: str = ""
) -> Markup:
    """A table that becomes a list on a narrow screen; `numbers` are the columns set right."""
    right = frozenset(numbers)
    classes = ["num" if place in right else None for place in range(len(head))]
    named = [el("th", name, class_=side) for name, side in zip(head, classes, strict=True)]
    return el(
        "table",
        el("thead", el("tr", named)),
        el("tbody", [el("tr", _cells(head, row, classes)) for row in body]),
        class_=f"rows {kind}".strip(),
    )


def _cells(head: Sequence[str], row: Sequence[Child], classes: Sequence[str | None]) -> Iterator[Markup]:
    for place, (name, cell, kind) in enumerate(zip(head, row, classes, strict=True)):
        yield el("td", cell, class_=kind, data_label=name if place else None)


def when(at: datetime) -> Markup:
    """A time in a table."""
    return el("time", f"{at:%Y-%m-%d %H:%M:%S}", datetime=at.isoformat())


def diff(patch: str) -> Markup:
    """A patch with its lines coloured."""
    lines = patch.splitlines()
    shown = [el("span", line, class_=_diff_kind(line)) for line in lines[:_DIFF_LINES]]
    more = len(lines) - _DIFF_LINES
    rest = el("span", f"and {count(more, 'more line')}", class_="hunk") if more > 0 else None
    return el("pre", el("code", shown, rest), class_="diff")


def _diff_kind(line: str) -> str | None:
    if line.startswith(("+++", "---", "@")):
        return "hunk"
    return {"+": "add", "-": "del"}.get(line[:1])
