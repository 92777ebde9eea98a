"""The result as Markdown, for a README, a job's summary or a comment.

Foreign text stands in code spans alone: nothing in one is a link, a mention,
HTML or the end of a table's cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from evals.reports.words import (
    NONE,
    dollars,
    facts,
    failures,
    invalid,
    matrix,
    notes,
    one_line,
    ran,
    signed,
    usd_per_case,
)
from evals.scenario import Suite
from evals.table import Row, Table

_HEADS = (
    "model",
    "suite",
    "solved",
    "category accepted",
    "harm",
    "net where asked",
    "$ per case",
    "p50 s",
)


def render(table: Table) -> str:
    """The whole page, from the result down to what failed."""
    return "\n".join(_lines(table)) + "\n"


def main_table(table: Table) -> str:
    """A row a model and suite."""
    return "\n".join(_grid(_HEADS, map(_main, table.rows)))


def summary(table: Table) -> str:
    """The table with what it was made from and how to read it: for a README."""
    told = "; ".join(f"{name} {value}" for name, value in facts(table))
    return "\n\n".join([main_table(table), told + ".", *notes(table)]) + "\n"


def _lines(table: Table) -> Iterator[str]:
    if warning := invalid(table):
        yield f"**{warning}**"
        yield ""
    yield main_table(table)
    yield ""
    for note in notes(table):
        yield note
        yield ""
    yield "<details><summary>All measures</summary>\n"
    yield from _measures(table)
    yield "\n</details>\n"
    for suite in (Suite.EXECUTED, Suite.RECORDED):
        labels = [row.label for row in ran(table, suite)]
        if labels:
            yield f"### Solved by family, {suite}\n"
            rows = (
                [_cell(family), *(_of(*found.get(name, (0, 0))) for name in labels)]
                for family, found in matrix(table, suite).items()
            )
            yield from _grid(["family", *map(_cell, labels)], rows)
            yield ""
    yield from _failures(table)
    yield "### How it was made\n"
    for name, value in facts(table):
        yield f"- {_code(name)}: {_code(value)}"


def _main(row: Row) -> list[str]:
    return [
        _cell(row.label),
        str(row.suite),
        row.solved.text,
        row.accepted.text,
        row.harm.text,
        signed(row.asked_net, row.asked_net_interval),
        usd_per_case(row),
        f"{row.seconds_p50:.2f}",
    ]


def _measures(table: Table) -> Iterator[str]:
    """Rows and columns are exchanged: there are more measures than a page is wide."""
    for suite in (Suite.EXECUTED, Suite.RECORDED):
        if rows := [row for row in table.rows if row.suite is suite]:
            yield f"\n**{suite}**\n"
            measures = [_all(row) for row in rows]
            yield from _grid(
                ["measure", *(_cell(row.label) for row in rows)],
                ([name, *(measure[name] for measure in measures)] for name in measures[0]),
            )


def _all(row: Row) -> dict[str, str]:
    least, _, most = row.usd_per_case or (None, None, None)
    bins = "; ".join(f"{low:.1f} to {high:.1f}: {right}/{n}" for low, high, n, right in row.calibration)
    return {
        "scenarios, trials": f"{row.cases}, {row.trials}",
        "left out": ", ".join(f"{times} {name}" for name, times in row.excluded.items()) or "0",
        "outcomes": ", ".join(f"{times} {name}" for name, times in row.outcomes.items()),
        "exact category": row.exact.text,
        "fell for a red herring": row.fell.text,
        "keywords": row.keywords.text,
        "true quotes": row.quotes.text,
        "kind of fix": row.fix.text,
        "retryable, precision": row.retry_precision.text,
        "retryable, recall": row.retry_recall.text,
        "net": signed(row.net, row.net_interval),
        "scenarios in which a model was asked": str(row.asked),
        "all of k trials pass": ", ".join(f"{k}: {share:.2f}" for k, share in row.pass_k.items()) or NONE,
        "flaky scenarios": str(row.flaky),
        "Brier": NONE if row.brier is None else f"{row.brier:.3f}",
        "right, by confidence": bins or NONE,
        "solved without a call": row.free.text,
        "calls": f"{row.calls:,}",
        "tokens in, cached, out": f"{row.input_tokens:,}, {row.cached_tokens:,}, {row.output_tokens:,}",
        "$ in all": dollars(row.usd),
        "$ per case, least and most": f"{dollars(least)}, {dollars(most)}",
        "$ per solved trial": dollars(row.usd_per_solved),
        "trials of unknown price": str(row.unpriced),
        "seconds, p50 and p95": f"{row.seconds_p50:.2f}, {row.seconds_p95:.2f}",
    }


def _failures(table: Table) -> Iterator[str]:
    found = failures(table)
    yield "### What failed, and why\n"
    if not found:
        yield "Nothing."
    for case, ones in groupby(found, key=lambda f: f.case):
        those = list(ones)
        must = " **must pass**" if those[0].must_pass else ""
        yield f"- {_code(case.id)} {_code(case.family)}: {_code(case.expect.title)}{must}"
        for one in those:
            yield f"  - {one.times} of {one.of}, {_code(one.label)}: {_code(one.why)}"
    yield ""


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _of(solved: int, of: int) -> str:
    return f"{solved}/{of}" if of else NONE


def _code(text: str) -> str:
    return f"`{one_line(text).replace('`', chr(39)) or NONE}`"


def _cell(text: str) -> str:
    """In a table a bar ends a cell even within a code span."""
    return _code(text.replace("\\", "/").replace("|", "¦"))
