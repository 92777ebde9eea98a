"""`planner`: which sub-commands there are, and how an error leaves the process. No logic.

Sub-commands are imported when they are called, so that `--help` costs next to nothing.
"""

from __future__ import annotations

import errno
import gc
import importlib
import io
import os
import sys
from contextlib import suppress
from typing import NoReturn

import click

from planner.legible import colour_of, fill_standard, make_legible

_COMMANDS = {
    "run": ("planner.commands.run", "Drive a Terraform module: init, plan, apply, four checks."),
    "resume": ("planner.commands.run", "Go on with a run that was cut off or parked."),
    "approve": ("planner.commands.run", "Allow what a parked run asked for, and go on."),
    "reject": ("planner.commands.run", "Refuse what a parked run asked for; the run ends FAILED."),
    "drift": ("planner.commands.drift", "Tell what differs from a module's code; change nothing."),
    "review": ("planner.commands.fixes", "Walk the runs that wait for a person, with their diffs."),
    "undo": ("planner.commands.fixes", "Put back what a run's fixes changed in its module."),
    "runs": ("planner.commands.history", "List the runs, newest first."),
    "show": ("planner.commands.history", "Show one run as its journal tells it."),
    "report": ("planner.commands.report", "Tell a run, or a week of runs, as Markdown, HTML or JSON."),
    "diagnose": ("planner.commands.diagnose", "Name the cause of a failure from its text or -json stream."),
    "incidents": ("planner.commands.incidents", "List, search and forget what earlier failures taught."),
    "audit": ("planner.commands.audit", "Show, verify and export what was done, by whom and why."),
    "stop": ("planner.commands.stop", "Stop a run, or every run and those to come."),
    "start": ("planner.commands.stop", "Let runs begin again after `planner stop`."),
    "doctor": ("planner.commands.doctor", "Find what is missing on this machine, and say what to do."),
    "graph": ("planner.commands.graph", "Print the state machine, generated from its table."),
    "metrics": ("planner.commands.metrics", "Serve, write or push what planner counts, for Prometheus."),
    "config": ("planner.commands.config", "Show the settings that hold for a module."),
}
_DRIVING = "planner.commands.run"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class _Lazy(click.Group):
    """A group whose commands are imported on call; their help lines stand above."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        from planner.wiring import environment  # noqa: PLC0415 - `--help` does without

        ctx.color = colour_of(environment())
        gc.disable()  # nothing of what is imported is garbage: looking for some takes a tenth of the time
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        gc.freeze()
        gc.enable()
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and _COMMANDS.get(args[0], ("",))[0] == _DRIVING:
            from subagents.launcher import discard_prepared, prepare  # noqa: PLC0415 - `--help` does without

            prepare()
            ctx.call_on_close(discard_prepared)
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:  # click looks for the nearest among what is imported
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=_COMMANDS, ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="planner")
def cli() -> None:
    """Drive Terraform modules to their end, and name what broke when they fail."""


def _refuse_garbled(arguments: list[str]) -> None:
    """Journals are UTF-8: what is not cannot be told again as it was. Raises `click.UsageError`."""
    for argument in arguments:
        if not argument.isascii() and any("\ud800" <= letter <= "\udfff" for letter in argument):
            told = argument.encode(errors="backslashreplace").decode()
            raise click.UsageError(f"{told} is not UTF-8: rename it, or say it in UTF-8")


def _masked(said: str) -> str:
    """What is said of an error, without the secrets in it."""
    from planner.wiring import environment, masked  # noqa: PLC0415 - only an error needs it

    return masked(said, environment())


def _told_masked(kind: type[BaseException], error: BaseException, _: object) -> None:
    """A fault of planner's own, as Python would tell it; where it cannot be masked, no more than its kind."""
    import traceback  # noqa: PLC0415 - as above

    try:
        said = _masked("".join(traceback.format_exception(error)))
    except Exception:  # noqa: BLE001 - what failed may be the masking itself
        said = f"{kind.__name__}\n"
    click.echo(said, err=True, nl=False)


def main() -> NoReturn:
    """An operator's error becomes its message and its exit code."""
    fill_standard()
    make_legible()
    try:
        _refuse_garbled(sys.argv)
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        click.echo(_masked(told.getvalue()), err=True, nl=False)  # it quotes the command line
        sys.exit(1)
    except click.Abort:
        sys.exit(130)
    except Exception as error:
        from contracts.errors import PlannerError  # noqa: PLC0415 - only an error needs it

        if isinstance(error, OSError) and error.errno in _NO_ROOM:  # click's own words too, as of --help
            said = f"not all could be written: {error.strerror}"
            error = PlannerError(said, remedy="make room, and try again")
        if not isinstance(error, PlannerError):
            sys.excepthook = _told_masked
            raise
        from planner.wiring import environment  # noqa: PLC0415 - as above

        said = _masked(str(error))  # it may quote Terraform, or a file of the module
        click.echo(f"{click.style('error:', fg='red')} {said}", err=True, color=colour_of(environment()))
        sys.exit(error.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def program() -> NoReturn:
    """`main` as a process of its own, which ends at once.

    To take apart all that was imported costs Python a twentieth of a small run, and nothing is left to do:
    what writes, sends or runs was waited for where it was begun.
    """
    try:
        main()
    except SystemExit as end:
        with suppress(OSError):  # else as Python tells it
            for stream in filter(None, (sys.stdout, sys.stderr)):
                stream.flush()
            os._exit(end.code if isinstance(end.code, int) else 0)
        raise
