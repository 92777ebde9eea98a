"""How a command drives a run: a view, signals taken over, the result printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contracts.record import RunRecord
from planner.app import App
from planner.commands.options import finish, view_for
from planner.last_shown import note_shown
from planner.wiring import actor, environment, home_of, shown_log


def driven(home: Path | None, as_json: bool, drive: Callable[[App], RunRecord]) -> int:  # noqa: FBT001 - as click has it
    """Drive a run with a view and with signals taken over; print its result and return the exit code."""
    env = environment()
    view = view_for(plain=as_json or shown_log(env) is not None)  # log lines would break a live view
    try:
        app = App(home_of(home, env), view)
        app.stop.install()
        with app.processes(), app.masking():
            record = drive(app)
    finally:
        view.close()
    code = finish(record, home, as_json=as_json)
    note_shown(app.store, actor(), record)
    return code
