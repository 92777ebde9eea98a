"""Options that several sub-commands share, and how a command ends."""

from __future__ import annotations

import errno
import os
import shlex
import stat
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TypeVar

import click

from contracts.errors import UntoldError
from contracts.record import RunRecord
from planner.render import result_text
from planner.result import result_of
from planner.view import PlainView, View

_F = TypeVar("_F", bound=Callable[..., object])

EXISTING = click.Path(path_type=Path)


def home_option(command: _F) -> _F:
    """`--home`."""
    return click.option("--home", type=EXISTING, help="Where planner keeps its store.  [PLANNER_HOME]")(
        command
    )


def json_option(command: _F) -> _F:
    """`--json`."""
    text = "Print JSON, and nothing else, on standard output."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


_MOST = 1_000_000  # rows that anybody looks at; SQLite counts no further than 64 bits


def limit_option(help_text: str = "How many.") -> Callable[[_F], _F]:
    """`--limit`."""
    return click.option(
        "--limit", default=20, show_default=True, type=click.IntRange(1, _MOST), metavar="N", help=help_text
    )


def engine_option(command: _F) -> _F:
    """`--terraform-bin`."""
    text = "The terraform or tofu to use.  [PLANNER_TERRAFORM]"
    return click.option("--terraform-bin", metavar="P", help=text)(command)


def view_for(*, plain: bool) -> View:
    """A live view on a terminal, lines elsewhere and where `plain`; always on standard error."""
    stream = sys.stderr or StringIO()  # None where it was closed before planner began
    if plain or not stream.isatty():
        return PlainView(stream)
    from planner.live import LiveView  # noqa: PLC0415 - rich costs 90 ms, and only a terminal needs it

    return LiveView()


def tell_home(home: Path | None) -> None:
    """Commands that were shown find nothing without the `--home` that was named here."""
    if home is not None:
        echo(f"  these commands need --home {shlex.quote(str(home.absolute()))} too")


class Explanation:
    """Shows what a model would be asked, on standard error where a program reads the other one."""

    def __init__(self, *, as_json: bool) -> None:
        self._err = as_json
        self._shown = False

    def __call__(self, prompt: str) -> None:
        """Show it."""
        click.echo(prompt, err=self._err)
        self._shown = True

    def close(self) -> None:
        """Say so where there was nothing to show."""
        if not self._shown:
            click.echo("--explain-prompt: no model would be asked here", err=True)


def finish(record: RunRecord, home: Path | None, *, as_json: bool) -> int:
    """Print the result and return the exit code. Raises `UntoldError` where it cannot be written."""
    result = result_of(record)
    try:
        if as_json:
            document(result.model_dump_json(indent=2))
        else:
            echo(result_text(result))
            tell_home(home)
    except UntoldError as error:
        said = "waits" if record.parked else "ended"
        raise UntoldError(
            error.what,
            remedy=f"run {record.run_id} {said} in {result.state} with exit code {result.exit_code}, and "
            f"that stands: planner show {record.run_id}",
        ) from error
    return result.exit_code


def document(text: str, *, nl: bool = True) -> None:
    """Print what a program reads, letter for letter, on standard output: UTF-8, whatever the locale says.

    Raises `UntoldError`.
    """
    _print(text.encode(errors="backslashreplace"), nl=nl)


def echo(text: str) -> None:
    """Print what people read on standard output. Raises `UntoldError`."""
    _print(text)


def _print(told: str | bytes, *, nl: bool = True) -> None:
    """A reader that went away wants no more, which is no error; a disk that is full tells a part of it."""
    try:
        click.echo(told, nl=nl)
    except OSError as error:
        if not _has_gone(error):
            raise UntoldError(
                f"not all could be written to standard output: {error.strerror}",
                remedy="what was done stands: have it written to another place, or make room there, "
                "and look again",
            ) from error


def _has_gone(error: OSError) -> bool:
    """Whether nobody reads any more: a pipe that was closed, a terminal that was hung up."""
    if error.errno != errno.EIO:
        return isinstance(error, BrokenPipeError)
    try:
        return stat.S_ISCHR(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        return True
