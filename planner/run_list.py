"""Which runs the store has: the newest, those of one module, those whose ids begin so."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from contracts.run import TERMINAL
from planner.store import Store


class RunRow(NamedTuple):
    """One run as `planner runs` lists it."""

    run_id: str
    module: str
    started_at: datetime
    state: str
    reason: str


def newest(store: Store, limit: int) -> list[RunRow]:
    """The newest runs first. Raises `StoreError`, like what follows."""
    rows = store.rows(
        "SELECT run_id, module, started_at, state, reason FROM runs ORDER BY started_at DESC LIMIT ?",
        (limit,),
    )
    return [RunRow(a, b, datetime.fromisoformat(c), d, e) for a, b, c, d, e in rows]


def of_module(store: Store, module: Path, limit: int) -> list[str]:
    """The ids of the newest runs on a module, newest first."""
    rows = store.rows(
        "SELECT run_id FROM runs WHERE module = ? ORDER BY started_at DESC LIMIT ?", (str(module), limit)
    )
    return [run_id for (run_id,) in rows]


def declined(store: Store, module: Path, limit: int) -> list[str]:
    """The runs on a module that ended with a person's no, or whose fixes were undone, the newest first."""
    rows = store.rows(
        "SELECT run_id FROM runs WHERE module = ? AND (state = 'FAILED' AND reason LIKE 'rejected by %'"
        " OR EXISTS (SELECT 1 FROM journal WHERE journal.run_id = runs.run_id"
        """ AND line LIKE '%"kind":"undone"%')) ORDER BY started_at DESC LIMIT ?""",
        (str(module), limit),
    )
    return [run_id for (run_id,) in rows]


def driven(store: Store, module: Path, since: str | None) -> list[str]:
    """The runs on a module that a process drove after the run `since` (None: all), the latest first."""
    rows = store.rows(
        "SELECT run_id FROM runs WHERE module = ?"
        " AND driven > coalesce((SELECT driven FROM runs WHERE run_id = ?), 0) ORDER BY driven DESC LIMIT 50",
        (str(module), since or ""),
    )
    return [run_id for (run_id,) in rows]


def end_of(store: Store, run_id: str) -> str | None:
    """How a run ended, as `planner runs` has it; None: it has not, or there is no such run."""
    rows = store.rows("SELECT state, reason FROM runs WHERE run_id = ?", (run_id,))
    return next((f"{state}, {reason}" for state, reason in rows if state in TERMINAL), None)


def ids_like(store: Store, prefix: str) -> list[str]:
    """Ids that start so, oldest first."""
    rows = store.rows(
        "SELECT run_id FROM runs WHERE substr(run_id, 1, ?) = ? ORDER BY started_at",
        (len(prefix), prefix),
    )
    return [run_id for (run_id,) in rows]
