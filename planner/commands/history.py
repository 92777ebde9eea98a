"""`runs` and `show`: what the store tells of earlier runs."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from contracts.errors import StoreError
from contracts.run import RunState
from contracts.text import one_line, path_line
from planner.commands.options import document, echo, home_option, json_option, limit_option, tell_home
from planner.last_shown import note_shown
from planner.proposal import patch_of
from planner.render import result_text
from planner.result import result_of
from planner.resume import recorded, run_id_of, waiting
from planner.run_list import RunRow, newest
from planner.store import Store
from planner.wiring import actor, environment, home_of, redactor_of

_REASON_CHARS = 80


@click.command()
@limit_option()
@home_option
@json_option
def runs(limit: int, home: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """List the runs, newest first: one line each."""
    store = _store(home)
    rows = newest(store, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    if as_json:
        told = [
            row._asdict() | {"started_at": _utc(row.started_at), "waits": _waits(store, row)} for row in rows
        ]
        document(json.dumps(told, indent=2))
        return
    if not rows:
        echo("No runs yet. Start one with `planner run MODULE`.")
    for row in rows:
        why = "waits for a person: planner review" if _waits(store, row) else _why(row)
        place = f"{row.state:<10}  {path_line(row.module)}"
        echo(f"{row.run_id}  {row.started_at:%Y-%m-%d %H:%M} UTC  {place}  {why}".rstrip())
    if more:
        click.echo(f"… and older ones: planner runs --limit {2 * limit}", err=True)


@click.command()
@click.argument("run_id")
@click.option("--patch", is_flag=True, help="Print what the run proposes to edit, for `git apply`.")
@home_option
@json_option
def show(run_id: str, patch: bool, home: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Show the run RUN_ID (or the one whose id begins so) as its journal tells it."""
    store = _store(home)
    record, _ = recorded(store, run_id_of(store, run_id))
    if patch:
        document(patch_of(record, redactor_of(environment())), nl=False)
        return
    result = result_of(record)
    if as_json:
        document(result.model_dump_json(indent=2))
    else:
        echo(result_text(result))
        tell_home(home)
    note_shown(store, actor(), record)


def _why(row: RunRow) -> str:
    return one_line(row.reason, _REASON_CHARS) if row.state == RunState.FAILED else ""


def _waits(store: Store, row: RunRow) -> bool:
    """Whether it goes on when somebody has answered; a damaged journal is told by `show`."""
    with suppress(StoreError):
        return waiting(store, row) is not None
    return False


def _utc(at: datetime) -> str:
    """As every other JSON of planner has it."""
    return at.isoformat().replace("+00:00", "Z")


def _store(home: Path | None) -> Store:
    return Store(home_of(home, environment()) / "planner.db")
