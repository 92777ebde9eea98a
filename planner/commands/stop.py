"""`stop` and `start`: the kill switch, from a shell.

The switch comes first, then the audit trail: a trail that cannot be written
stops nobody from stopping.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from contracts.audit import Action, Reversal
from contracts.errors import PlannerError, SettingsError, StoreError, UnknownRunError
from planner.commands.options import echo, home_option
from planner.resume import run_id_of
from planner.run_list import end_of
from planner.store import Store
from planner.switch import KillSwitch
from planner.wiring import actor, environment, home_of, redactor_of
from subagents.clock import SystemClock

_EVERY_RUN = "every run"


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
        what = "a run and --all are both named" if everything else "nothing says what to stop"
        raise SettingsError(what, remedy="name a run, or say --all")
    root = home_of(home, environment())
    switch = KillSwitch(root / "stop")
    at = SystemClock().now()
    why = _masked(why)
    said = f"stopped by {actor()} at {at:%Y-%m-%d %H:%M:%S} UTC" + (f": {why}" if why else "")
    store, trouble = _store(root)
    named = _going_on(store, run_id) if store is not None and run_id is not None else run_id
    if store is None and named is not None and Path(named).name != named and trouble is not None:
        raise trouble  # no run is called that, and its switch would be a file elsewhere
    before = _masked(switch.said(named) or "")
    try:
        if store is None:
            switch.stop(named, said)
        else:
            store.switch_off(named, said)
    except (OSError, StoreError) as error:
        raise _not_sure(error, is_there=switch.said(named) is not None) from error
    try:
        if store is not None:
            _audit(store, at, "switch.stopped", named, why=why, before=before, after="stopped")
    except PlannerError as error:
        trouble = error
    if trouble is not None:
        mark = click.style("warning:", fg="yellow")
        click.echo(f"{mark} it is stopped, and the audit trail does not say so: {trouble}", err=True)
    echo(f"{named or _EVERY_RUN} is stopped. `planner start{f' {named}' if named else ''}` takes it back.")


@click.command()
@click.argument("run_id", required=False)
@home_option
def start(run_id: str | None, home: Path | None) -> None:
    """Let runs begin again after `planner stop --all`, or RUN_ID after `planner stop RUN_ID`."""
    store = Store(home_of(home, environment()) / "planner.db")
    named = None if run_id is None else run_id_of(store, run_id)
    before = store.switch.said(named)
    if before is not None:
        _audit(store, SystemClock().now(), "switch.started", named, before=_masked(before))
    store.switch_on(named)
    left = store.switch.stopped()
    echo(_begun(store, named, before) + (f" Still stopped: {', '.join(left)}." if left else ""))


def _begun(store: Store, run_id: str | None, before: str | None) -> str:
    if run_id is None:
        return "Runs may begin." if before is not None else "Runs may begin: they were not stopped."
    if (end := end_of(store, run_id)) is not None:
        return f"Run {run_id} has ended, and does not go on: {end}."
    return f"Run {run_id} may go on{'' if before is not None else ': it was not stopped'}."


def _not_sure(error: Exception, *, is_there: bool) -> StoreError:
    what = "the kill switch cannot be set"
    if is_there:
        what = "the kill switch is set, but may not outlast a power cut, and something may just be starting"
    why = error.what if isinstance(error, PlannerError) else error
    return StoreError(
        f"{what}: {why}", remedy="make the folder writable or free disk space, and say it again"
    )


def _going_on(store: Store, said: str) -> str:
    """The run that is meant. A switch of one that has ended would stop nothing, and stay behind."""
    run_id = run_id_of(store, said)
    if (end := end_of(store, run_id)) is not None:
        raise UnknownRunError(
            f"run {run_id} has ended already, and cannot be stopped: {end}",
            remedy=f"see how it went: planner show {run_id}",
        )
    return run_id


def _store(root: Path) -> tuple[Store | None, PlannerError | None]:
    """The store, or why there is none: then a run is stopped by its whole id alone."""
    try:
        return Store(root / "planner.db"), None
    except StoreError as error:
        return None, error


def _masked(said: str) -> str:
    """What a person wrote, without secrets; rules that cannot be used keep nobody from stopping."""
    try:
        return redactor_of(environment()).redact(said)
    except PlannerError:
        return "(it cannot be masked, so it is not told: see `planner doctor`)"


def _audit(
    store: Store,
    at: datetime,
    name: str,
    run_id: str | None,
    *,
    before: str,
    after: str = "runs may begin",
    why: str = "",
) -> None:
    action = Action(
        name=name,
        actor=actor(),
        target=run_id or _EVERY_RUN,
        reason=why,
        before=before or "runs may begin",
        after=after,
        reversal=Reversal.PLANNER,
    )
    store.audit(at, run_id, action)
