"""The summary of a window as Markdown. Pure; what is said in it is `planner.reporting.summary_words`."""

from __future__ import annotations

from contracts.summary import Summary
from planner.reporting.marks import plain, table
from planner.reporting.summary_words import figures, results, tables, title_of
from planner.reporting.words import count, instant


def summary_markdown(summary: Summary) -> str:
    """The whole summary."""
    lines = [f"# {title_of(summary)}", "", results(summary.now), ""]
    told = list(figures(summary))
    if any(figure.before for figure in told):
        head = ("", "this window", "the one before")
        lines += table(head, ((figure.label, figure.now, figure.before) for figure in told))
    else:
        lines += table(("", "this window"), ((figure.label, figure.now) for figure in told))
    for found in tables(summary):
        lines += ["", f"## {found.title}", ""]
        lines += table(found.head, (tuple(map(plain, row)) for row in found.rows))
        if found.more:
            lines += ["", f"and {count(found.more, 'more row')}"]
    lines += ["", f"Told by the journals alone, from {instant(summary.since)} to {instant(summary.until)}."]
    return "\n".join(lines) + "\n"
