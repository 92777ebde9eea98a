"""The summary of a window as one HTML page. Pure; what is said in it is `planner.reporting.summary_words`."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.summary import Figures, Summary
from planner.reporting.markup import Markup, el, page
from planner.reporting.parts import rows, section
from planner.reporting.summary_words import Figure, Table, figures, results, tables, title_of
from planner.reporting.words import count, instant

_TONES = (
    ("succeeded", "pass"),
    ("failed", "fail"),
    ("stopped", "stop"),
    ("waiting", "mixed"),
    ("unfinished", "gone"),
)


def summary_html(summary: Summary) -> str:
    """The page, as text to be written in UTF-8."""
    title = title_of(summary)
    return page(
        title,
        el(
            "header",
            el("h1", title),
            el("p", results(summary.now), class_="reason"),
            _shares(summary.now),
            el("dl", [_figure(figure) for figure in figures(summary)], class_="figures"),
        ),
        el("main", [section(table.title, list(_table(table))) for table in tables(summary)]),
        el(
            "footer",
            f"Told by the journals alone, from {instant(summary.since)} to {instant(summary.until)}.",
        ),
    )


def _shares(now: Figures) -> Markup | None:
    """The results as one bar; its words stand above it."""
    if not now.runs:
        return None
    parts = []
    left = 0.0
    for name, tone in _TONES:
        number = getattr(now, name)
        width = 100 * number / now.runs
        if number:
            parts.append(
                el(
                    "rect",
                    el("title", f"{number:,} {name}"),
                    x=left,
                    y=0,
                    width=width,
                    height=4,
                    class_=f"share {tone}",
                )
            )
        left += width
    return el(
        "svg", parts, viewBox="0 0 100 4", preserveAspectRatio="none", class_="shares", aria_hidden="true"
    )


def _figure(figure: Figure) -> Markup:
    before = el("small", f"before: {figure.before}") if figure.before else None
    value = el("span", figure.now, class_="value")
    return el("div", el("dt", figure.label), el("dd", value, before), class_="figure")


def _table(table: Table) -> Iterator[Markup]:
    yield rows(table.head, table.rows, numbers=table.numbers)
    if table.more:
        yield el("p", f"and {count(table.more, 'more row')}", class_="soft")
