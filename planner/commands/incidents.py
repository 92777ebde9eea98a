"""`incidents`: what the memory of past failures holds, and how to make it forget."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from contracts.errors import SettingsError, UnknownRunError
from planner.commands.options import document, echo, home_option, json_option, limit_option
from planner.memory import IncidentMemory, Remembered
from planner.render_incident import incident_text
from planner.store import Store
from planner.wiring import actor, environment, home_of
from subagents.clock import SystemClock

_WIDTH = 70


@click.group(invoke_without_command=True)
@limit_option()
@home_option
@json_option
@click.pass_context
def incidents(context: click.Context, limit: int, home: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """List past failures, newest first, with what became of each remedy."""
    if context.invoked_subcommand is None:
        _print(_memory(home).latest(limit), as_json=as_json, none="No incidents yet.")


@incidents.command(short_help="Find past failures by fingerprint or words.")
@click.argument("words", nargs=-1, required=True)
@limit_option()
@home_option
@json_option
def search(words: tuple[str, ...], limit: int, home: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Find past failures by fingerprint, else by the words of their texts."""
    found = _memory(home).search(" ".join(words), limit)
    _print(found, as_json=as_json, none="No incident is like that.")


@incidents.command()
@click.argument("number", type=int)
@home_option
@json_option
def show(number: int, home: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Show one past failure."""
    past = _memory(home).numbered(number)
    if past is None:
        raise UnknownRunError(f"there is no incident {number}", remedy="see `planner incidents`")
    if as_json:
        document(json.dumps(_row(past), indent=2))
        return
    whose = f"       in {past.module}: planner show {past.run_id}"
    echo(f"{_line(past)}\n{whose}\n\n{incident_text(past.incident)}")


@incidents.command(short_help="Forget incidents: their remedies come no more.")
@click.argument("which", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them, and the answers of models.")
@home_option
def forget(which: tuple[str, ...], everything: bool, home: Path | None) -> None:  # noqa: FBT001
    """Forget incidents by number or fingerprint, so that their remedies are not proposed again."""
    if everything is bool(which):
        raise SettingsError(
            "nothing says what to forget", remedy="name numbers or fingerprints, or say --all"
        )
    memory = _memory(home)
    named = [None] if everything else which
    gone = sum(memory.forget(one, at=SystemClock().now(), actor=actor()) for one in named)
    if which and not gone:
        raise UnknownRunError(f"there is no incident {', '.join(which)}", remedy="see `planner incidents`")
    echo(f"{gone} forgotten.")


def _memory(home: Path | None) -> IncidentMemory:
    return IncidentMemory(Store(home_of(home, environment()) / "planner.db"))


def _print(found: Sequence[Remembered], *, as_json: bool, none: str) -> None:
    if as_json:
        document(json.dumps([_row(past) for past in found], indent=2))
    else:
        echo("\n".join(map(_line, found)) or none)


def _line(past: Remembered) -> str:
    cause = " ".join(past.incident.root_cause.split())
    return (
        f"{past.id:>5}  {past.at[:16].replace('T', ' ')} UTC  {past.fingerprint}  {past.outcome.value:<6}  "
        f"{past.incident.category}: {cause[:_WIDTH]}{'…' if len(cause) > _WIDTH else ''}"
    )


def _row(past: Remembered) -> dict[str, object]:
    return {
        "id": past.id,
        "at": past.at,
        "run_id": past.run_id,
        "module": past.module,
        "outcome": past.outcome.value,
        "incident": past.incident.model_dump(mode="json"),
    }
