"""The result on a terminal, from 100 columns on; a wide one shows more of it."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from evals.reports.words import (
    NONE,
    facts,
    failures,
    invalid,
    matrix,
    notes,
    one_line,
    percent,
    ran,
    signed,
    usd_per_case,
)
from evals.scenario import Suite
from evals.table import Row, Share, Table

_WIDE = 130
_SHOWN = 12
_HEADS = ("trials", "solved", "category\naccepted", "harm", "net where\nasked", "$ a case", "p50 s")
_MORE = ("exact", "keywords", "solved\nfree", "all of n\ntrials", "flaky", "left\nout")


def render(table: Table, console: Console) -> None:
    """Print it all. Foreign text is never read as markup."""
    for suite in (Suite.EXECUTED, Suite.RECORDED):
        if rows := [row for row in table.rows if row.suite is suite]:
            console.print(_main(rows, wide=console.width >= _WIDE))
        if len(matrix(table, suite)) > 1:
            console.print(_families(table, suite))
    _failures(table, console)
    for name, value in facts(table):
        console.print(Text.assemble((f"{name:>10}  ", "dim"), value), soft_wrap=True)
    for note in notes(table):
        console.print(Text(note, "dim"))
    if warning := invalid(table):
        console.print(Text(warning, "bold red"))


def _main(rows: list[Row], *, wide: bool) -> Grid:
    grid = _grid(str(rows[0].suite))
    grid.add_column("model", overflow="fold", min_width=12)
    for head in _HEADS + (_MORE if wide else ()):
        grid.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        most = max(row.pass_k, default=0)
        cells = [
            Text(str(row.trials)),
            _share(row.solved, _colour(row.solved.hits, row.solved.of)),
            _share(row.accepted),
            _share(row.harm, "bold red" if row.harm.hits else ""),
            _below(signed(row.asked_net, row.asked_net_interval)),
            Text(usd_per_case(row).replace(" (", "\n(")),
            Text(f"{row.seconds_p50:.2f}"),
        ]
        more = [
            _share(row.exact),
            _share(row.keywords),
            _share(row.free),
            Text(f"{100 * row.pass_k[most]:.0f} %\nof {most}" if most else NONE),
            Text(str(row.flaky)),
            Text(str(sum(row.excluded.values()))),
        ]
        grid.add_row(Text(one_line(row.label)), *cells, *(more if wide else []))
    return grid


def _families(table: Table, suite: Suite) -> Grid:
    grid = _grid(f"{suite}: solved by family")
    grid.add_column("family", overflow="fold", min_width=10)
    labels = [row.label for row in ran(table, suite)]
    for name in labels:
        grid.add_column(Text(one_line(name)), justify="right", overflow="fold")
    for family, found in matrix(table, suite).items():
        shares = [found.get(name, (0, 0)) for name in labels]
        cells = [Text(f"{solved}/{of}" if of else NONE, _colour(solved, of)) for solved, of in shares]
        grid.add_row(Text(one_line(family)), *cells)
    return grid


def _failures(table: Table, console: Console) -> None:
    by_case = [(case, list(found)) for case, found in groupby(failures(table), key=lambda f: f.case)]
    if not by_case:
        return
    console.print(Text("what failed, and why", "bold"))
    for case, found in by_case[:_SHOWN]:
        must = (", must pass", "bold red") if found[0].must_pass else ""
        title = Text.assemble((case.id, "bold"), f" {case.family}: ", one_line(case.expect.title), must)
        console.print(title, no_wrap=True, overflow="ellipsis")
        by_why: dict[str, list[str]] = defaultdict(list)
        for one in found:
            by_why[one_line(one.why)].append(f"{one_line(one.label)} {one.times}/{one.of}")
        for why, who in by_why.items():
            told = Text.assemble(f"  {why}", (f"  ({', '.join(who)})", "dim"))
            console.print(told, overflow="fold")
    if len(by_case) > _SHOWN:
        console.print(Text(f"and {len(by_case) - _SHOWN} scenarios more", "dim"))
    console.print()


def _grid(title: str) -> Grid:
    return Grid(
        title=Text(title, "bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0)
    )


def _share(share: Share, style: str = "") -> Text:
    """The interval below the share."""
    return _below(percent(share), style)


def _below(text: str, style: str = "") -> Text:
    value, bracket, interval = text.partition(" [")
    return Text.assemble((value, style), (f"\n[{interval}" if bracket else "", "dim"))


def _colour(hits: int, of: int) -> str:
    return "" if not of else "green" if hits == of else "red" if not hits else "yellow"
