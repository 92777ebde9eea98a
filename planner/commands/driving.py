"""How a command drives a run: a view, signals taken over, the result printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contracts.run import RunRecord
from planner.app import App
from planner.commands.options import finish, view_for
from planner.wiring import environment, home_of


def driven(home: Path | None, as_json: bool, drive: Callable[[App], RunRecord]) -> int:  # noqa: FBT001 - as click has it
    """Drive a run with a view and with signals taken over; print its result and return the exit code."""
    view = view_for(as_json=as_json)
    try:
        app = App(home_of(home, environment()), view)
        app.stop.install()
        record = drive(app)
    finally:
        view.close()
    return finish(record, as_json=as_json)
