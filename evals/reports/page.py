"""The report as one HTML page that needs nothing else: no network, no other file, no library.

Decides what of a table the page holds, and that each scenario's input stands in
it once. How it looks, and how it is filtered, is decided in `page.html`,
`page.css` and `page.js` beside this file. Every text is foreign: it enters the
page as data, which the script turns into text nodes and never into markup.
"""

from __future__ import annotations

import json
from decimal import Decimal
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from contracts.budget import Usage
from contracts.incident import Decision, Incident
from contracts.text import cap
from evals.scenario import CANARY, Case
from evals.scores import Scored
from evals.scripted import GOLD, SCRIPTED
from evals.table import ELSE, Row, Share, Table
from evals.trials import Trial

_HERE = Path(__file__)
_LONGEST = 20_000
"""Characters of one file, failure or patch that are shown."""
_LONG = 24
"""From so many characters on a text stands in the page once, however many trials hold it."""
_NOT_SHOWN = {"canary", "title"}
_INSIDE = {"fingerprint", "attempt", "model", "usage"}


def render(table: Table) -> str:
    """The page, as text to be written in UTF-8."""
    title = "Evaluation of planner"
    return Template(_beside("page.html")).substitute(
        title=escape(title),
        canary=escape(CANARY),
        css=_beside("page.css"),
        js=_beside("page.js"),
        data=_embedded(_data(table)),
    )


def _beside(name: str) -> str:
    return _HERE.with_name(name).read_text(encoding="utf-8")


def _embedded(data: object) -> str:
    """JSON that no text in it can end: what HTML or an old JavaScript would take for its own is escaped."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _data(table: Table) -> dict[str, Any]:
    cells = list(table.cells.values())
    ran = {(cell.model, cell.alone) for cell in cells}
    columns = [name for name in dict.fromkeys((row.name, row.alone) for row in table.rows) if name in ran]
    texts: dict[str, int] = {}
    pool: dict[str, int] = {}  # a trial that holds for every model stands in the page once
    drawn = [
        {
            "scenario": cell.case.id,
            "column": columns.index((cell.model, cell.alone)),
            "trials": [
                pool.setdefault(json.dumps(_pooled(_trial(trial, scored), texts)), len(pool))
                for trial, scored in zip(cell.trials, cell.scores, strict=True)
            ],
        }
        for cell in cells
    ]
    return {
        "header": table.header,
        "invalid": table.invalid,
        "rows": [_row(row) for row in table.rows],
        "columns": columns,
        "scenarios": {
            case.id: _scenario(case) for case in {cell.case.id: cell.case for cell in cells}.values()
        },
        "trials": [json.loads(trial) for trial in pool],
        "texts": list(texts),
        "cells": drawn,
    }


def _row(row: Row) -> dict[str, Any]:
    knows = row.name.removeprefix(ELSE) in {GOLD, *SCRIPTED}
    return {**_plain(row), "knows": knows}


def _scenario(case: Case) -> dict[str, Any]:
    scenario = case.scenario
    expected = case.expect.model_dump(mode="json", exclude=_NOT_SHOWN)
    return {
        "title": case.expect.title,
        "family": case.family,
        "suite": scenario.suite,
        "provider": scenario.provider,
        "stage": scenario.stage,
        "tags": scenario.tags,
        "tier": scenario.tier,
        "source": scenario.provenance.source,
        "expected": _slim(expected),
        "input": _slim(_input(case)),
    }


def _input(case: Case) -> dict[str, Any]:
    """What the run under test was given."""
    failure, module = case.folder / "failure.txt", case.module
    files = sorted(path for path in module.rglob("*") if path.is_file())
    return {
        "failure": _shown(failure) if failure.exists() else None,
        "files": {str(path.relative_to(module)): _shown(path) for path in files},
        "history": [step.model_dump(mode="json") for step in case.scenario.history],
        "inject": [fault.model_dump(mode="json") for fault in case.scenario.inject],
        "serve": case.scenario.serve,
        "options": case.scenario.options,
    }


def _shown(path: Path) -> str:
    return cap(path.read_text(encoding="utf-8", errors="replace"), _LONGEST)


def _trial(trial: Trial, scored: Scored) -> dict[str, Any]:
    observed = trial.observed and trial.observed.model_dump(mode="json")
    if observed:
        observed["patch"] = cap(observed["patch"], _LONGEST)
    slim: dict[str, Any] = _slim(
        {
            "outcome": scored.outcome,
            "solved": scored.solved,
            "why": scored.why,
            "harm": scored.harm,
            "net": scored.net,
            "shared": trial.shared or None,
            "seconds": round(trial.duration_s, 3),
            "usage": _usage(trial.usage),
            "incidents": [_incident(incident, trial.usage) for incident in trial.incidents],
            "observed": observed,
        }
    )
    return slim


def _incident(incident: Incident, whole: Usage) -> dict[str, Any]:
    """Without what goes without saying, such as the usage where it is all of the trial's."""
    return {
        **incident.model_dump(mode="json", exclude=_INSIDE),
        "decision": None if incident.decision is Decision.NONE else incident.decision,
        "dropped_quotes": incident.dropped_quotes or None,
        "usage": None if incident.usage == whole else _usage(incident.usage),
    }


def _usage(usage: Usage) -> dict[str, Any] | None:
    return usage.model_dump(mode="json") if usage.calls else None


def _slim(value: Any) -> Any:
    """Without what is empty: most fields of most answers are."""
    if isinstance(value, dict):
        slim = {key: _slim(item) for key, item in value.items()}
        return {key: item for key, item in slim.items() if item not in (None, "", [], {})}
    return [_slim(item) for item in value] if isinstance(value, list | tuple) else value


def _pooled(value: Any, texts: dict[str, int]) -> Any:
    """With the place in `texts` for each long text: models quote the same lines of the same failure."""
    if isinstance(value, dict):
        return {key: _pooled(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_pooled(item, texts) for item in value]
    if isinstance(value, str) and len(value) >= _LONG:
        return {"text": texts.setdefault(value, len(texts))}
    return value


def _plain(value: Any) -> Any:
    """As JSON knows it."""
    if isinstance(value, Share):
        return {**value._asdict(), "text": value.text}
    if isinstance(value, Row):
        return {name: _plain(item) for name, item in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value
