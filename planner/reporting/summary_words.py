"""What a summary says, as figures and tables of plain texts that Markdown and HTML show alike. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from contracts.summary import Figures, Summary
from contracts.text import one_line
from planner.reporting.words import cause, count, instant, module_name, money, span

_ROWS = 10
_QUESTION_CHARS = 160


class Figure(NamedTuple):
    """One number of the window, beside that of the window before."""

    label: str
    now: str
    before: str
    """Empty where the window before had no run."""


class Table(NamedTuple):
    """Rows of one subject; never empty."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    """Columns that are set right."""
    more: int = 0
    """Rows that are left out."""


def title_of(summary: Summary) -> str:
    """`Runs of 7 days, 2026-11-14 to 2026-11-21`."""
    window = summary.until - summary.since
    whole = window % timedelta(days=1) == timedelta(0)
    length = count(window.days, "day") if whole else span(window.total_seconds())
    return f"Runs of {length}, {summary.since:%Y-%m-%d} to {summary.until:%Y-%m-%d}"


def figures(summary: Summary) -> Iterator[Figure]:
    """The numbers that stand at the top."""
    yield _figure(summary, "Runs", lambda f: f"{f.runs:,}")
    yield _figure(summary, "Succeeded", lambda f: share(f.success_share))
    yield _figure(summary, "Failures looked into", lambda f: f"{f.incidents:,}")
    yield _figure(summary, "Of them for $0", lambda f: share(f.free_share))
    yield _figure(summary, "Retries", lambda f: f"{f.retries:,}")
    yield _figure(summary, "Cost", lambda f: money(f.cost_usd))
    yield _figure(summary, "Cost of a failure", lambda f: _each(f.cost_usd, f.cost_per_incident_usd))
    yield _figure(summary, "Cost of a success", lambda f: _each(f.cost_usd, f.cost_per_success_usd))
    yield _figure(summary, "Driven", lambda f: span(f.driven_s))
    yield _figure(summary, "Waited", lambda f: span(f.waited_s))


def results(figures: Figures) -> str:
    """`4 runs: 2 succeeded, 1 failed, 1 waits for a person`."""
    parts = (
        (figures.succeeded, "succeeded"),
        (figures.failed, "failed"),
        (figures.stopped, "stopped"),
        (figures.waiting, "waiting for a person"),
        (figures.unfinished, "not ended"),
    )
    said = ", ".join(f"{number:,} {word}" for number, word in parts if number)
    return f"{count(figures.runs, 'run')}: {said}." if said else "No runs."


def tables(summary: Summary) -> Iterator[Table]:
    """Everything that has rows, what wants a person first."""
    found = (
        _table("Waits for a person", ("run", "module", "since", "question"), _waiting(summary)),
        _table(
            "Has neither ended nor waits", ("run", "module", "state", "last entry", ""), _standing(summary)
        ),
        _table(
            "Failures that came again",
            ("cause", "what broke", "times", "runs", "mended", "modules", "last run"),
            _recurring(summary),
            numbers=(2, 3, 4),
        ),
        _table("Failures by cause", ("cause", "named by", "times"), _categories(summary), numbers=(2,)),
        _table(
            "Fixes",
            ("kind", "proposed", "applied", "approved", "refused", "waiting", "worked", "did not help"),
            _fixes(summary),
            numbers=(1, 2, 3, 4, 5, 6, 7),
        ),
        _table(
            "Slowest modules",
            ("module", "runs", "succeeded", "failures", "median", "longest", "longest run"),
            _modules(summary),
            numbers=(1, 2, 3, 4, 5),
        ),
        _table("Journals that cannot be read", ("run",), ((run,) for run in summary.unreadable)),
    )
    return (table for table in found if table.rows)


def share(value: float | None) -> str:
    """`94 %`, or `-` where there is nothing to divide by."""
    return "-" if value is None else f"{100 * value:.0f} %"


def _each(total: Decimal | None, each: Decimal | None) -> str:
    return "-" if each is None and total is not None else money(each)


def _figure(summary: Summary, label: str, said: Callable[[Figures], str]) -> Figure:
    return Figure(label, said(summary.now), said(summary.before) if summary.before.runs else "")


def _table(
    title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]], numbers: tuple[int, ...] = ()
) -> Table:
    found = tuple(rows)
    return Table(title, head, found[:_ROWS], numbers, max(0, len(found) - _ROWS))


def _waiting(summary: Summary) -> Iterator[tuple[str, ...]]:
    for run in summary.waiting:
        ago = span((summary.until - run.since).total_seconds())
        question = one_line(run.question, _QUESTION_CHARS)
        yield run.run_id, module_name(run.module), f"{instant(run.since)}, {ago} ago", question


def _standing(summary: Summary) -> Iterator[tuple[str, ...]]:
    for run in summary.standing:
        ago = span((summary.until - run.last_at).total_seconds())
        still = "stands still: past its own time limit" if run.stands_still else ""
        yield run.run_id, module_name(run.module), run.state, f"{instant(run.last_at)}, {ago} ago", still


def _recurring(summary: Summary) -> Iterator[tuple[str, ...]]:
    for one in summary.recurring:
        modules = ", ".join(module_name(module) for module in one.modules)
        counts = (f"{one.incidents:,}", f"{one.runs:,}", f"{one.worked:,}")
        yield cause(one.category), one_line(one.root_cause, _QUESTION_CHARS), *counts, modules, one.last_run


def _categories(summary: Summary) -> Iterator[tuple[str, ...]]:
    for one in summary.categories:
        yield cause(one.category), one.source or "nobody", f"{one.incidents:,}"


def _fixes(summary: Summary) -> Iterator[tuple[str, ...]]:
    for fix in summary.fixes:
        counts = (fix.proposed, fix.applied, fix.approved, fix.refused, fix.waiting, fix.worked, fix.failed)
        yield fix.kind, *(f"{number:,}" for number in counts)


def _modules(summary: Summary) -> Iterator[tuple[str, ...]]:
    for module in summary.modules:
        counts = (f"{module.runs:,}", f"{module.succeeded:,}", f"{module.incidents:,}")
        spans = (span(module.median_s), span(module.longest_s))
        yield module_name(module.module), *counts, *spans, module.longest_run
