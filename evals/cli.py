"""`planner-eval`: measures planner on scenarios, and shows what was measured.

Decides what the options mean and how a command ends: 0 where the gate holds, 1
for an operator's error, 2 where a must-pass scenario is not solved, something
did harm, or too much of the environment failed.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from contracts.errors import PlannerError, SettingsError
from evals.cassettes import Cassettes, Mode
from evals.comparison import between, compare, regressions, same
from evals.diagnosed import Diagnoser
from evals.gate import broken
from evals.machine import about, engine_for, not_bedrock, usable
from evals.reports import csv_table, junit, markdown, page, pairs, prometheus, terminal
from evals.runner import Order, Runner
from evals.scenario import Case, Suite, cases_of
from evals.scripted import GOLD, OFFLINE, SIGNATURE_ONLY
from evals.table import table_of
from evals.trials import Trial, TrialLog
from planner.legible import make_legible
from planner.wiring import environment
from subagents.clock import SystemClock

_LOG = Path(".evals/trials.jsonl")
_RENDERED = {
    "markdown": markdown.render,
    "summary": markdown.summary,
    "html": page.render,
    "junit": junit.render,
    "csv": csv_table.render,
    "prometheus": prometheus.render,
}
_ROOT = Path(__file__).resolve().parents[1]
_NOT_THEIRS = ("TF_", "AWS_", "PLANNER_")
"""What of the user's environment would make one machine's trials another's."""


@contextmanager
def _operators() -> Iterator[None]:
    """A misspelt command is an operator's error: click's own code for it says that the gate is broken."""
    try:
        yield
    except click.UsageError as error:
        error.show()
        sys.exit(1)


class _Group(click.Group):
    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        make_legible()
        with _operators():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        try:
            with _operators():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("planner-eval: interrupted; --resume goes on with the log", err=True)
            ctx.exit(130)
        except PlannerError as error:
            click.echo(f"{click.style('error:', fg='red')} {error}", err=True)
            ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure how well planner finds and mends what broke, and gate what got worse."""


_only = click.option(
    "--only", multiple=True, metavar="NAME", help="Scenarios by id, family, suite, provider, tier or tag."
)
_file = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=_LOG)


@main.command()
@click.option(
    "--models", default=",".join((GOLD, *OFFLINE)), show_default=True, help="PROVIDER:ID or scripted ones."
)
@_only
@click.option("--skip", multiple=True, metavar="NAME", help="The same, to be left out.")
@click.option("--trials", type=click.IntRange(1, 100), default=1, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Trials at a time.")
@click.option("--out", type=click.Path(path_type=Path), default=_LOG, show_default=True)
@click.option("--resume", is_flag=True, help="Go on with the log: only what it lacks is run.")
@click.option(
    "--cassettes", type=click.Choice([m.value for m in Mode]), default=Mode.OFF.value, show_default=True
)
@click.option(
    "--replies",
    type=click.Path(path_type=Path, file_okay=False),
    default=_ROOT / "evals" / "cassettes",
    help="Where cassettes are kept.  [evals/cassettes]",
)
@click.option(
    "--max-usd", type=Decimal, default=Decimal(1), show_default=True, help="Of all recorded scenarios."
)
def run(
    *,
    models: str,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    trials: int,
    jobs: int,
    out: Path,
    resume: bool,
    cassettes: str,
    replies: Path,
    max_usd: Decimal,
) -> None:
    """Run scenarios with models, write a log, and print the table."""
    if out.exists() and not resume:
        raise SettingsError(
            f"{out} holds trials already", remedy="go on with --resume, or name another --out"
        )
    left_out = {case.id for case in cases_of(only=skip)} if skip else set()
    cases, chosen = [case for case in cases_of(only=only) if case.id not in left_out], _models(models)
    not_bedrock(chosen, cases)
    log, env = TrialLog(out), environment()
    clock = SystemClock()
    base = {name: value for name, value in env.items() if not name.startswith(_NOT_THEIRS)}
    played = Cassettes(replies, Mode(cassettes), env)
    with Diagnoser(max_usd) as diagnoser, played:
        usable(chosen, {**env, **{k: v for m in chosen for k, v in played.environment(m).items()}}, clock)
        engine = engine_for(cases, env)
        runner = Runner(
            log=log,
            engine=engine,
            base=base,
            about=about(engine, env),
            clock=clock,
            diagnoser=diagnoser,
            cassettes=played,
        )
        runner.run(Order(cases, chosen, trials, jobs), _told)
        for model in chosen:
            if stale := played.stale(model):
                why = "the prompt or its parameters changed; record anew with --cassettes record"
                click.echo(f"{model}: no reply is recorded for {stale} requests: {why}", err=True)
    _show(cases, [t for t in log.read() if t.model in chosen], _command(chosen, trials, only, skip))


@main.command(short_help="Score a log anew, and show it.")
@_file
@_only
@click.option(
    "--format", "form", type=click.Choice(["terminal", *_RENDERED]), default="terminal", show_default=True
)
@click.option("--out", type=click.Path(path_type=Path), help="Write it to a file.")
def report(file: Path, only: tuple[str, ...], form: str, out: Path | None) -> None:
    """Score a log anew with today's labels, and show it; nobody is asked again."""
    if form == "terminal" and out is not None:
        raise SettingsError(
            "the terminal's form is not written to a file",
            remedy=f"say which with --format: {', '.join(_RENDERED)}",
        )
    cases, trials = cases_of(only=only), TrialLog(file).read()
    models = list(dict.fromkeys(trial.model for trial in trials))
    most = max((trial.trial for trial in trials), default=1)
    table = table_of(cases, trials, _command(models, most, only, ()))
    if form == "terminal":
        terminal.render(table, Console())
        return
    text = _RENDERED[form](table)
    if out is None:
        click.echo(text.encode(), nl=False)
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise SettingsError(
                f"--out {out} cannot be written: {error.strerror}",
                remedy="name a file in a writable folder",
            ) from error


@main.command(name="compare")
@_file
@click.argument("after", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option("--models", help="Two models of one log: A,B.")
@click.option("--identical", is_flag=True, help="Fail where two logs differ in more than time.")
def compare_command(*, file: Path, after: Path | None, models: str | None, identical: bool) -> None:
    """Compare two logs, or two models of one, on the same scenarios."""
    cases, before = cases_of(), TrialLog(file).read()
    if models is not None:
        first, _, second = models.partition(",")
        click.echo(pairs.render(between(cases, before, first, second)), nl=False)
        return
    if after is None:
        raise SettingsError("nothing to compare with", remedy="name a second log, or --models A,B")
    now = TrialLog(after).read()
    if identical:
        differences = same(before, now)
        click.echo("\n".join(differences) or f"identical but for time: {len(now)} trials")
        sys.exit(2 if differences else 0)
    found = compare(cases, before, now)
    click.echo(pairs.render(found), nl=False)
    sys.exit(2 if regressions(found) else 0)


@main.command(name="list", short_help="List the scenarios.")
@_only
def list_command(only: tuple[str, ...]) -> None:
    """List the scenarios: what is wrong in each, and how it is meant to end."""
    cases = cases_of(only=only)
    for case in cases:
        expect = case.expect
        click.echo(f"{case.id:12}{case.family:16}{expect.category or 'nothing':24}{expect.title}")
    counts = {suite: sum(c.scenario.suite is suite for c in cases) for suite in Suite}
    click.echo(
        f"{len(cases)} scenarios: {', '.join(f'{n} {suite}' for suite, n in counts.items())}", err=True
    )


def _show(cases: Sequence[Case], trials: Sequence[Trial], command: str) -> None:
    table = table_of(cases, trials, command)
    terminal.render(table, Console())
    if wrong := broken(table):
        click.echo("\n".join(["", "The gate does not hold:", *wrong]), err=True)
        sys.exit(2)


def _models(names: str) -> list[str]:
    """Those that need no model first: what they solve need not be asked again."""
    found = [name.strip() for name in names.split(",") if name.strip()]
    known = {GOLD, *OFFLINE}
    for name in found:
        if name not in known and ":" not in name:
            remedy = f"write PROVIDER:ID, or one of {', '.join((GOLD, *OFFLINE))}"
            raise SettingsError(f"no model is called {name!r}", remedy=remedy)
    return sorted(dict.fromkeys(found), key=lambda name: (name != GOLD, name != SIGNATURE_ONLY))


def _command(models: Sequence[str], trials: int, only: Sequence[str], skip: Sequence[str]) -> str:
    """What makes such trials again."""
    words = ["planner-eval", "run", "--models", ",".join(models), "--trials", str(trials)]
    chosen = [("--only", name) for name in only] + [("--skip", name) for name in skip]
    return shlex.join([*words, *(word for pair in chosen for word in pair)])


def _told(done: int, total: int, trial: Trial) -> None:
    state = trial.observed.state if trial.observed else ""
    what = f"{trial.model} {trial.ran} {state} {'(shared) ' if trial.shared else ''}{trial.duration_s:.1f} s"
    click.echo(f"{done:5}/{total} {trial.scenario} {what}", err=True)


if __name__ == "__main__":
    main()
