"""The result as CSV, a line a trial with its scores, for spreadsheets and notebooks.

A spreadsheet reads a text that begins like a formula as one: such a text gets a
quote before it. Numbers are ours and stay numbers.
"""

from __future__ import annotations

import csv
import io

from evals.reports.words import one_line
from evals.scores import Scored
from evals.table import Cell, Table
from evals.trials import Trial

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONG = 1000
Value = str | int | float | None


def render(table: Table) -> str:
    """All trials that were run, those that do not count too; empty where a score does not apply."""
    lines = [
        _line(cell, trial, scored)
        for cell in table.cells.values()
        for trial, scored in zip(cell.trials, cell.scores, strict=True)
    ]
    if not lines:
        return ""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(lines[0])
    writer.writerows([_safe(value) for value in line.values()] for line in lines)
    return text.getvalue()


def _line(cell: Cell, trial: Trial, scored: Scored) -> dict[str, Value]:
    case, usage = cell.case, trial.usage
    true, told = scored.retryable or (None, None)
    return {
        "scenario": case.id,
        "family": case.family,
        "suite": str(case.scenario.suite),
        "group": case.scenario.group,
        "tier": str(case.scenario.tier),
        "title": case.expect.title,
        "model": cell.model,
        "alone": int(cell.alone),
        "trial": trial.trial,
        "shared": int(trial.shared),
        "ran": str(trial.ran),
        "outcome": str(scored.outcome),
        "solved": _int(scored.solved),
        "accepted": _int(scored.accepted),
        "exact": _int(scored.exact),
        "fell": _int(scored.fell),
        "keywords": _int(scored.keywords),
        "quotes_true": scored.quotes[0],
        "quotes": scored.quotes[1],
        "fix": _int(scored.fix),
        "retryable_true": _int(true),
        "retryable_told": _int(told),
        "confidence": scored.confidence,
        "net": scored.net,
        "harm": "; ".join(scored.harm),
        "why": scored.why,
        "calls": usage.calls,
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "usd": "n/a" if usage.cost_usd is None else float(usage.cost_usd),
        "seconds": trial.duration_s,
        "at": trial.at.isoformat(),
        "digest": trial.digest,
        "prompt": trial.prompt,
        "prices": trial.prices,
        "commit": trial.versions.get("commit", "n/a"),
        "engine": trial.versions.get("engine", "n/a"),
    }


def _int(value: bool | None) -> int | None:  # noqa: FBT001 - a score
    return None if value is None else int(value)


def _safe(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    text = one_line(value, _LONG)
    return f"'{text}" if text.startswith(_FORMULA) else text
