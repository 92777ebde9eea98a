"""`review` and `undo`: the queue of what waits for a person, and taking back what a fix changed."""

from __future__ import annotations

from pathlib import Path

import click

from contracts.errors import PlannerError
from contracts.record import RunRecord
from contracts.result import RunResult
from planner.app import App
from planner.commands.driving import driven
from planner.commands.options import document, echo, engine_option, home_option, json_option, view_for
from planner.desk import Desk
from planner.render import cost_text
from planner.render_incident import incident_text, pending_lines
from planner.resume import run_id_of
from planner.wiring import environment, home_of, masked

_CHOICES = {"a": "approve", "r": "reject", "e": "edit", "s": "skip", "q": "quit"}


@click.command()
@engine_option
@home_option
@json_option
def review(terraform_bin: str | None, home: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click passes flags by name
    """Walk the runs that wait for a person: see the diff, then approve, reject, edit or skip each."""
    view = view_for(plain=True)
    desk = Desk(App(home_of(home, environment()), view))
    waiting = desk.queue()
    if as_json:
        document("[" + ",\n".join(result.model_dump_json(indent=2) for result in waiting) + "]")
        return 0
    if not waiting:
        echo("nothing waits for a person")
    code = 0
    for place, result in enumerate(waiting):
        echo(
            f"\n{click.style(f'{place + 1} of {len(waiting)}', bold=True)}  {result.run_id}  {result.module}"
        )
        said, shown = _asked(desk, result, terraform_bin)
        if said == "quit":
            break
        if said == "skip":
            continue
        try:
            code = _answered(shown, home, terraform_bin, approve=said == "approve") or code
        except PlannerError as error:
            _tell(error)
            code = error.exit_code
    return code


@click.command()
@click.argument("run_id")
@engine_option
@home_option
def undo(run_id: str, terraform_bin: str | None, home: Path | None) -> None:
    """Put back what the fixes of the run RUN_ID changed in its module: files, imports, moves."""
    app = App(home_of(home, environment()), view_for(plain=True))
    app.stop.install()
    full_id = run_id_of(app.store, run_id)
    with app.masking():
        done = Desk(app).undo(full_id, terraform_bin)
    for line in done:
        echo(app.redactor.redact(line))
    echo("What was applied stays as it is; `planner run` on the module tells what it differs by.")


def _asked(desk: Desk, result: RunResult, terraform_bin: str | None) -> tuple[str, RunResult]:
    """Show one run and ask until there is an answer; an edit shows it anew. Answer, and what was shown."""
    while True:
        if result.incidents:
            echo(incident_text(result.incidents[-1]))
        echo("\n".join(pending_lines(result.run_id, result.pending)) if result.pending else "")
        echo(f"  {cost_text(result)} so far")
        keys = ", ".join(f"[{key}]{word[1:]}" for key, word in _CHOICES.items())
        try:
            said = _CHOICES[click.prompt(keys, type=click.Choice(list(_CHOICES)), show_choices=False)]
        except click.Abort as aborted:
            if not isinstance(aborted.__context__, EOFError):
                raise
            echo("\nstandard input has ended, and nothing more is asked; --json tells all that waits")
            return "quit", result
        if said != "edit":
            return said, result
        try:
            texts = {name: _edited(change.after) for name, change in desk.proposed(result.run_id).items()}
            desk.revise(result.run_id, texts, terraform_bin)
        except PlannerError as error:
            _tell(error)
        result = next((r for r in desk.queue() if r.run_id == result.run_id), result)


def _tell(error: PlannerError) -> None:
    """What went wrong with one run, where the others still wait."""
    echo(f"{click.style('error:', fg='red')} {masked(str(error), environment())}")


def _edited(text: str) -> str:
    said = click.edit(text, extension=".tf")
    return text if said is None else said


def _answered(shown: RunResult, home: Path | None, terraform_bin: str | None, *, approve: bool) -> int:
    seen = shown.pending.digest if shown.pending else None
    comment = click.prompt("comment", default="", show_default=False)

    def drive(app: App) -> RunRecord:
        Desk(app).decide(shown.run_id, approve=approve, comment=comment, seen=seen)
        return app.resume(shown.run_id, terraform_bin)

    return driven(home, False, drive)  # noqa: FBT003 - people read it
