"""What all renderings have in common: how numbers are said, what stands above them, what failed. Pure.

Every text of a scenario, a model or Terraform is foreign: it passes `one_line`
here, and each rendering escapes it once more in its own way.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import NamedTuple

from contracts.text import clean
from evals.scenario import Case, Suite, Tier
from evals.scripted import SCRIPTED, SIGNATURE_ONLY
from evals.stats import Interval, detectable
from evals.table import Cell, Row, Share, Table

NONE = "-"
MEANT_TO_FAIL = frozenset(SCRIPTED) - {"oracle"}
"""Models that hold the harness to account; what they fail is not news."""


class Failed(NamedTuple):
    """A scenario that one model did not solve each time."""

    case: Case
    label: str
    times: int
    of: int
    why: str
    """The most frequent reason."""

    @property
    def must_pass(self) -> bool:
        """Whether that alone fails the gate."""
        return self.case.scenario.tier is Tier.MUST_PASS


def one_line(text: str, most: int = 200) -> str:
    """Foreign text on one line, without what a terminal would obey, cut at `most` characters."""
    plain = " ".join(clean(text).split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def percent(share: Share) -> str:
    """`94 % [87, 98]`."""
    if share.of == 0:
        return NONE
    low, high = share.interval
    return f"{100 * share.hits / share.of:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def signed(value: float | None, interval: Interval | None) -> str:
    """`+0.62 [+0.51, +0.72]`."""
    if value is None or interval is None:
        return NONE
    return f"{value:+.2f} [{interval[0]:+.2f}, {interval[1]:+.2f}]"


def dollars(usd: Decimal | None) -> str:
    """`$0.0012`, `n/a` where it is not known."""
    if usd is None:
        return "n/a"
    return (
        "$0"
        if usd == 0
        else f"${usd:.2f}"
        if usd >= 1
        else f"${usd:.4f}"
        if usd >= Decimal("0.0001")
        else f"${usd:.6f}"
    )


def usd_per_case(row: Row) -> str:
    """The mean of a trial, and how many trials have no price."""
    mean = dollars(row.usd_per_case[1] if row.usd_per_case else None)
    return f"{mean} ({row.unpriced} n/a)" if row.unpriced and row.usd_per_case else mean


def facts(table: Table) -> list[tuple[str, str]]:
    """What was run, with what: the header, and what was left out of every share."""
    left_out: Counter[str] = Counter()
    for row in (row for suite in Suite for row in ran(table, suite)):
        left_out.update(row.excluded)
    told = {name: one_line(value) for name, value in table.header.items()}
    classes = ", ".join(f"{times} {name}" for name, times in sorted(left_out.items()))
    if classes:
        told["excluded"] = f"{told.get('excluded', '')} ({classes})"
    return list(told.items())


def notes(table: Table) -> list[str]:
    """How the numbers are to be read."""
    found = [
        (
            "Intervals are of 95 %: Wilson's where every case is independent, else a bootstrap over groups "
            "of scenarios. `category accepted` is of trials in which something was said. `net` is 1 for "
            'right, 0 for an honest "cannot tell", -1 for a wrong claim or harm.'
        )
    ]
    if told := _ends(table):
        found.append(told)
    for suite in Suite:
        groups = {c.case.scenario.group for c in table.cells.values() if c.case.scenario.suite is suite}
        if groups:
            points = 100 * detectable(len(groups))
            found.append(
                f"{suite}: {len(groups)} independent groups; differences below about {points:.0f} points "
                "are not told apart (80 % power, a fifth of the pairs differing)."
            )
    return found


def _ends(table: Table) -> str:
    """What `solved` of the executed suite is made of, for signatures alone."""
    kinds = Counter[str]()
    of = Counter[str]()
    for cell in table.cells.values():
        if cell.model != SIGNATURE_ONLY or cell.case.scenario.suite is not Suite.EXECUTED:
            continue
        expect = cell.case.expect
        control = expect.category is None
        kind = "controls" if control else "mended" if expect.final == "SUCCESS" else "stopped rightly"
        for _, scored in cell.counted:
            of[kind] += 1
            kinds[kind] += bool(scored.solved)
    parts = [
        f"{kinds[kind]} of {of[kind]} {kind}"
        for kind in ("mended", "stopped rightly", "controls")
        if of[kind]
    ]
    why = "`stopped rightly` ends FAILED or parked with the cause named, where only a person can go on"
    return (
        f"What `solved` is made of for {SIGNATURE_ONLY}, executed: {', '.join(parts)}; {why}."
        if parts
        else ""
    )


def invalid(table: Table) -> str:
    """The warning of a run that is not valid; empty where it is."""
    return "NOT VALID: the environment spoilt more than 5 % of the trials." if table.invalid else ""


def ran(table: Table, suite: Suite) -> list[Row]:
    """The rows of what was run on a suite, without baselines and what was worked out."""
    there = {(c.model, c.alone) for c in table.cells.values() if c.case.scenario.suite is suite}
    return [row for row in table.rows if row.suite is suite and (row.name, row.alone) in there]


def matrix(table: Table, suite: Suite) -> dict[str, dict[str, tuple[int, int]]]:
    """Family → label of a row → solved and counted trials."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for cell in sorted(table.cells.values(), key=lambda cell: cell.case.family):
        if cell.case.scenario.suite is suite:
            row = found.setdefault(cell.case.family, {})
            solved, of = row.get(label(cell), (0, 0))
            counted = cell.counted
            row[label(cell)] = solved + sum(bool(s.solved) for _, s in counted), of + len(counted)
    return found


def label(cell: Cell) -> str:
    """As its row is called."""
    return f"{cell.model}, alone" if cell.alone else cell.model


def failures(table: Table) -> list[Failed]:
    """What was not solved every time; first what must be, then by family and scenario."""
    found = []
    for cell in table.cells.values():
        counted = cell.counted
        whys = Counter(scored.why for _, scored in counted if not scored.solved)
        if whys and cell.model not in MEANT_TO_FAIL:
            why = whys.most_common(1)[0][0]
            found.append(Failed(cell.case, label(cell), whys.total(), len(counted), why))
    return sorted(found, key=lambda f: (not f.must_pass, f.case.family, f.case.id, f.label))
