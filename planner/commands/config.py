"""`config show`: the settings that hold for a module, and where they come from."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
from pydantic import JsonValue

from contracts.base import duration_text
from contracts.run import RunRequest
from contracts.settings import ModuleSettings
from planner.commands.options import EXISTING, echo
from planner.naming import model_of
from planner.profiles import reach_of
from planner.render import settings_text
from planner.request import module_of, settings_for
from planner.sensitive import values_of_module
from planner.wiring import environment, redactor_of


@click.group()
def config() -> None:
    """Show the settings that hold for a module."""


@config.command()
@click.argument("module", type=EXISTING, required=False)
@click.option("--config", "path", type=EXISTING, metavar="F", help="Another file than planner.yaml.")
def show(module: Path | None, path: Path | None) -> None:
    """Print the settings for MODULE, or the defaults where neither it nor a file is named."""
    settings, source, env = ModuleSettings(), None, environment()
    redactor = redactor_of(env)
    if module is not None:
        module = module_of(module)
        redactor = redactor.with_values(values_of_module(RunRequest(module=module), env))
    if module is not None or path is not None:
        settings, source = settings_for(module or Path(), path)
    reach = reach_of(settings, None)
    held = {"model": model_of(env, settings), "autonomy": reach.autonomy, "approve": reach.approve}
    settings = settings.model_copy(update=held)
    told = redactor.redact_json(_as_written(settings.model_dump(), settings.model_dump(mode="json")))
    echo(settings_text(told, str(source) if source else "defaults: there is no planner.yaml"))


def _as_written(value: object, plain: JsonValue) -> JsonValue:
    """The JSON of a value, its time spans as people write them: what is printed can be a settings file."""
    match value, plain:
        case timedelta(), _:
            return duration_text(value)
        case dict(), dict():
            inner = zip(value.values(), plain.items(), strict=True)
            return {name: _as_written(one, json) for one, (name, json) in inner}
        case ((list() | tuple()), list()):
            return [_as_written(*pair) for pair in zip(value, plain, strict=True)]
    return plain
