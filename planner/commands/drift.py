"""`drift`: whether a module's objects are what its code and its state say; nothing is applied."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from contracts.drift import DriftReport
from planner.app import App
from planner.commands.options import (
    EXISTING,
    document,
    echo,
    engine_option,
    home_option,
    json_option,
    view_for,
)
from planner.looking import looked_at
from planner.render_drift import drift_text
from planner.request import Flags, module_of, request_of, settings_for
from planner.surroundings import refuse_misled
from planner.wiring import environment, home_of


@click.command()
@click.argument("module", type=EXISTING)
@click.option("--var", multiple=True, metavar="N=V", help="An input variable; may be given often.")
@click.option("--var-file", multiple=True, type=EXISTING, metavar="F", help="A file of input variables.")
@click.option("--config", type=EXISTING, metavar="F", help="Settings other than the module's planner.yaml.")
@click.option("--timeout", metavar="S", help="Time for the whole look: seconds, or 30m.  [30m]")
@engine_option
@home_option
@json_option
def drift(
    module: Path,
    terraform_bin: str | None,
    home: Path | None,
    as_json: bool,  # noqa: FBT001 - click passes flags by name
    **flags: object,
) -> int:
    """Tell what of MODULE differs from its code, and what was changed outside Terraform; change nothing.

    Exit codes: 0 nothing differs, 2 something does or Terraform failed, 1, 4 and 130 as of `planner run`.
    """
    said = Flags.model_validate(flags)
    root = module_of(module)
    settings, _ = settings_for(root, said.config)
    request = request_of(root, said, settings, lambda: "none")
    app = App(home_of(home, environment()), view_for(plain=True))
    app.stop.install()
    with app.processes(), app.masking():
        app.refuse_if_stopped("")
        refuse_misled(app.environment)
        engine = app.engine(terraform_bin)
        app.learn(request)
        with app.locked(root, f"drift-{secrets.token_hex(3)}"):
            found = looked_at(app, request, engine)
    told = DriftReport.model_validate(app.redactor.redact_json(found.model_dump(mode="json")))
    if as_json:
        document(told.model_dump_json(indent=2))
    else:
        echo(drift_text(told))
    return told.exit_code
