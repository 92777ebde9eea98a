"""`config show`: the settings that hold for a module, and where they come from."""

from __future__ import annotations

from pathlib import Path

import click

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
    """Print the settings for MODULE, or the defaults where none is named."""
    settings, source, env = ModuleSettings(), None, environment()
    redactor = redactor_of(env)
    if module is not None:
        module = module_of(module)
        settings, source = settings_for(module, path)
        redactor = redactor.with_values(values_of_module(RunRequest(module=module), env))
    reach = reach_of(settings, None)
    held = {"model": model_of(env, settings), "autonomy": reach.autonomy, "approve": reach.approve}
    settings = settings.model_copy(update=held)
    told = redactor.redact_json(settings.model_dump(mode="json"))
    echo(settings_text(told, str(source) if source else "defaults: there is no planner.yaml"))
