"""`run`, `resume`, `approve`, `reject`: flags → request → record → exit code."""

from __future__ import annotations

from pathlib import Path

import click

from contracts.record import RunRecord
from contracts.settings import Autonomy
from planner.app import App
from planner.commands.driving import driven
from planner.commands.options import EXISTING, Explanation, engine_option, home_option, json_option
from planner.desk import Desk
from planner.naming import model_of
from planner.request import Flags, module_of, request_of, settings_for
from planner.resume import run_id_of
from planner.wiring import environment


@click.command()
@click.argument("module", type=EXISTING)
@click.option("--var", multiple=True, metavar="N=V", help="An input variable; may be given often.")
@click.option("--var-file", multiple=True, type=EXISTING, metavar="F", help="A file of input variables.")
@click.option("--config", type=EXISTING, metavar="F", help="Settings other than the module's planner.yaml.")
@click.option(
    "--autonomy",
    type=click.Choice([a.value for a in Autonomy]),
    help="How far a fix may go; the module's own plan is applied in each.",
)
@click.option("--max-retries", type=int, metavar="N", help="Retries after the first attempt.  [3]")
@click.option("--max-usd", metavar="D", help="The most that model calls may cost.  [0.05]")
@click.option("--timeout", metavar="S", help="Time for the whole run: seconds, or 30m.  [30m]")
@click.option("--model", metavar="ID", help="PROVIDER:ID, scripted:FILE or none.  [PLANNER_MODEL]")
@click.option(
    "--explain-prompt",
    is_flag=True,
    help="Show what a model would be asked, and send nothing; Terraform runs all the same.",
)
@click.option("--destroy", is_flag=True, help="Destroy what the module manages.")
@click.option("--yes", is_flag=True, help="Answer yes to what the policy would ask.")
@engine_option
@home_option
@json_option
def run(
    module: Path,
    terraform_bin: str | None,
    home: Path | None,
    as_json: bool,  # noqa: FBT001 - click passes flags by name
    explain_prompt: bool,  # noqa: FBT001
    **flags: object,
) -> int:
    """Drive the Terraform module in the folder MODULE: init, plan, apply, four checks."""
    env = environment()
    said = Flags.model_validate(flags)
    root = module_of(module)
    settings, _ = settings_for(root, said.config)
    request = request_of(root, said, settings, lambda: model_of(env, settings))
    explain = Explanation(as_json=as_json) if explain_prompt else None
    code = driven(home, as_json, lambda app: app.start(request, terraform_bin, explain))
    if explain is not None:
        explain.close()
    return code


@click.command()
@click.argument("run_id")
@engine_option
@home_option
@json_option
def resume(run_id: str, terraform_bin: str | None, home: Path | None, as_json: bool) -> int:  # noqa: FBT001
    """Go on with the run RUN_ID from where its journal ends."""
    return driven(home, as_json, lambda app: app.resume(run_id_of(app.store, run_id), terraform_bin))


def _decision(name: str, help_text: str, *, approves: bool) -> click.Command:
    @click.command(name, help=help_text)
    @click.argument("run_id")
    @click.option("--comment", default="", help="Why; it is kept in the journal.")
    @click.option(
        "--seen", metavar="DIGEST", help="Answer what was shown with this, and nothing asked since."
    )
    @engine_option
    @home_option
    @json_option
    def command(
        run_id: str,
        *,
        comment: str,
        seen: str | None,
        terraform_bin: str | None,
        home: Path | None,
        as_json: bool,
    ) -> int:
        def drive(app: App) -> RunRecord:
            full_id = run_id_of(app.store, run_id)
            Desk(app).decide(full_id, approve=approves, comment=comment, seen=seen)
            return app.resume(full_id, terraform_bin)

        return driven(home, as_json, drive)

    return command


approve = _decision("approve", "Allow what the parked run RUN_ID asked for, and go on.", approves=True)
reject = _decision("reject", "Refuse what the parked run RUN_ID asked for.", approves=False)
