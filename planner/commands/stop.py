"""`stop` and `start`: the kill switch, from a shell."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import click

from contracts.errors import SettingsError
from planner.commands.options import echo, home_option
from planner.resume import run_id_of
from planner.store import Store
from planner.wiring import actor, environment, home_of
from subagents.clock import SystemClock


@click.command()
@click.argument("run_id", required=False)
@click.option("--all", "everything", is_flag=True, help="Every run, those to come included.")
@click.option("--why", default="", help="Told to whoever is stopped.")
@home_option
def stop(run_id: str | None, everything: bool, why: str, home: Path | None) -> None:  # noqa: FBT001 - click passes flags by name
    """Stop RUN_ID, or every run of this home with --all.

    No Terraform process and no model call begins any more; a Terraform that
    runs is interrupted once, and ends in order. With --all, no run starts
    until `planner start`.
    """
    if everything is (run_id is not None):
        raise SettingsError("nothing says what to stop", remedy="name a run, or say --all")
    store = _store(home)
    named = None if run_id is None else run_id_of(store, run_id)
    at = SystemClock().now().astimezone(UTC)
    said = f"stopped by {actor()} at {at:%Y-%m-%d %H:%M:%S} UTC" + (f": {why}" if why else "")
    store.switch_off(named, said)
    echo(f"{named or 'every run'} is stopped. `planner start{f' {named}' if named else ''}` takes it back.")


@click.command()
@click.argument("run_id", required=False)
@home_option
def start(run_id: str | None, home: Path | None) -> None:
    """Let runs begin again after `planner stop --all`, or RUN_ID after `planner stop RUN_ID`."""
    store = _store(home)
    store.switch_on(None if run_id is None else run_id_of(store, run_id))
    left = store.switch.stopped()
    echo("Runs may begin." + (f" Still stopped: {', '.join(left)}." if left else ""))


def _store(home: Path | None) -> Store:
    return Store(home_of(home, environment()) / "planner.db")
