"""The result: which rows there are beside the models', in which order, and what was left out.

Every report renders this and computes nothing of its own; a row's numbers are
worked out in `evals.rows`. Reads the scenarios' files, and writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evals.baselines import baselines_of
from evals.rows import Cell, Row, Share, row_of
from evals.scenario import Case, Suite
from evals.scores import score
from evals.scripted import GOLD, SIGNATURE_ONLY
from evals.trials import Trial

__all__ = ["ELSE", "Cell", "Place", "Row", "Share", "Table", "cells_of", "table_of"]

ELSE = "signatures, else "
"""Begins the name of a row worked out from two others."""
_MOST_EXCLUDED = 0.05
"""With more of its trials spoilt by the environment a run is not valid."""
_ORDER = (Suite.EXECUTED, Suite.RECORDED)

Place = tuple[str, str, bool]
"""Scenario, model, and whether it was asked alone."""


class Table(NamedTuple):
    """The whole result."""

    rows: tuple[Row, ...]
    """By suite; the ceiling, what was run by rank, what is worked out, baselines."""
    cells: dict[Place, Cell]
    """What was run, in the order of scenarios; nothing that was worked out."""
    invalid: bool
    """More than 5 % of the trials were spoilt by the environment."""
    header: dict[str, str]


def table_of(cases: Sequence[Case], trials: Sequence[Trial], command: str = "") -> Table:
    """The result of these trials; `command` is what makes them again."""
    cells = cells_of(cases, trials)
    asked = {cell.case.id for cell in cells.values() if any(trial.usage.calls for trial in cell.trials)}
    groups: dict[tuple[int, Suite, str, bool], list[Cell]] = defaultdict(list)
    for cell in cells.values():
        rank = 0 if cell.model == GOLD else 1
        groups[rank, cell.case.scenario.suite, cell.model, cell.alone].append(cell)
    for cell in _derived(cells):
        groups[2, Suite.RECORDED, cell.model, False].append(cell)
    for cell in _baselines(cells):
        groups[3, cell.case.scenario.suite, cell.model, False].append(cell)
    rows = [
        (rank, row_of(name, suite, found, asked, alone=alone))
        for (rank, suite, name, alone), found in groups.items()
    ]
    rows.sort(key=_rank)
    spoilt = sum(len(cell.trials) - len(cell.counted) for cell in cells.values())
    run = sum(len(cell.trials) for cell in cells.values())
    return Table(
        rows=tuple(row for _, row in rows),
        cells=cells,
        invalid=spoilt > _MOST_EXCLUDED * run,
        header=_header(cells, stale=len(trials) - run, spoilt=spoilt, command=command),
    )


def cells_of(cases: Sequence[Case], trials: Sequence[Trial]) -> dict[Place, Cell]:
    """Trials by what they are of; those of other scenarios than `cases`, or of changed ones, are left out.

    Of several with one number, as after a change of the prompt, the last one counts.
    """
    by_case: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_case[trial.scenario].append(trial)
    cells: dict[Place, Cell] = {}
    for case in cases:
        digest = case.digest if by_case[case.id] else ""
        found: dict[tuple[str, bool], dict[int, Trial]] = defaultdict(dict)
        for trial in by_case[case.id]:
            if trial.digest == digest:
                found[trial.model, trial.alone][trial.trial] = trial
        for (model, alone), numbered in found.items():
            mine = tuple(numbered[number] for number in sorted(numbered))
            scores = tuple(score(case, trial) for trial in mine)
            cells[case.id, model, alone] = Cell(case, model, alone, mine, scores)
    return cells


def _derived(cells: dict[Place, Cell]) -> Iterable[Cell]:
    """What signatures say, and where they say nothing, what a model said when it was asked alone."""
    for cell in [cell for cell in cells.values() if cell.alone]:
        first = cells.get((cell.case.id, SIGNATURE_ONLY, False))
        if first is None:
            continue
        spoke = [pair for pair in first.counted if pair[1].accepted is not None]
        pairs = list(zip(cell.trials, cell.scores, strict=True))
        pairs = [spoke[0]] * len(pairs) if spoke else pairs
        trials, scores = tuple(trial for trial, _ in pairs), tuple(scored for _, scored in pairs)
        yield Cell(cell.case, ELSE + cell.model, alone=False, trials=trials, scores=scores)


def _baselines(cells: dict[Place, Cell]) -> Iterable[Cell]:
    """On every scenario that was run; an executed one's text is what its signature-only trial saw."""
    for suite in _ORDER:
        cases = {cell.case.id: cell.case for cell in cells.values() if cell.case.scenario.suite is suite}
        texts = [
            (
                case,
                case.text if suite is Suite.RECORDED else _seen(cells.get((case.id, SIGNATURE_ONLY, False))),
            )
            for case in cases.values()
        ]
        for name, found in baselines_of(texts).items():
            for case, trial, scored in found:
                yield Cell(case, name, alone=False, trials=(trial,), scores=(scored,))


def _seen(cell: Cell | None) -> str:
    incidents = [incident for trial in (cell.trials[:1] if cell else ()) for incident in trial.incidents]
    return "\n".join(quote for incident in incidents for quote in incident.evidence)


def _rank(item: tuple[int, Row]) -> tuple[int, int, float, str, bool]:
    rank, row = item
    worth = -2.0 if row.asked_net is None or rank != 1 else row.asked_net
    return _ORDER.index(row.suite), rank, -worth, row.name, row.alone


def _header(cells: dict[Place, Cell], *, stale: int, spoilt: int, command: str) -> dict[str, str]:
    trials = [trial for cell in cells.values() for trial in cell.trials]
    days = sorted({trial.at.date().isoformat() for trial in trials})
    versions: dict[str, set[str]] = {"commit": set(), "engine": set()}
    for trial in trials:
        for name, value in trial.versions.items():
            versions.setdefault(name, set()).add(value)
    return {
        "date": " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "n/a",
        **{name: ", ".join(sorted(values)) or "n/a" for name, values in versions.items()},
        "prompt": ", ".join(sorted({trial.prompt for trial in trials})) or "n/a",
        "prices": ", ".join(sorted({trial.prices for trial in trials})) or "n/a",
        "scenarios": str(len({cell.case.id for cell in cells.values()})),
        "trials": str(len(trials)),
        "excluded": str(spoilt),
        "stale": str(stale),
        "command": command or "n/a",
    }
