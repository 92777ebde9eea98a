"""`report`: a run, or all runs of a window, as Markdown, HTML or JSON; a postmortem's draft."""

from __future__ import annotations

from pathlib import Path

import click

from contracts.errors import SettingsError, UnknownRunError
from planner.commands.options import EXISTING, document, home_option
from planner.reporting.build import report_of
from planner.reporting.markdown import markdown
from planner.reporting.page import html
from planner.reporting.postmortem import failed_at_all, postmortem_of
from planner.reporting.summary import summary_of
from planner.reporting.summary_markdown import summary_markdown
from planner.reporting.summary_page import summary_html
from planner.reporting.window import DEFAULT, since_of, window_of
from planner.resume import run_id_of
from planner.store import Store
from planner.wiring import environment, home_of
from subagents.clock import SystemClock


@click.command()
@click.argument("run_id", required=False)
@click.option(
    "--since",
    metavar="WHEN",
    is_flag=False,
    flag_value=DEFAULT,
    help="All runs since then instead of one: 24h, 7d, 4w or a day such as 2026-11-01.  [7d]",
)
@click.option("--format", "how", type=click.Choice(["md", "html", "json"]), default="md", show_default=True)
@click.option("--postmortem", is_flag=True, help="A blameless postmortem as a Markdown draft.")
@click.option("--out", type=EXISTING, metavar="FILE", help="Write there, not on standard output.")
@home_option
def report(
    *,
    run_id: str | None,
    since: str | None,
    how: str,
    postmortem: bool,
    out: Path | None,
    home: Path | None,
) -> None:
    """Tell the run RUN_ID (or the one whose id begins so), or without one all runs of a window.

    Everything is told by the journals: no Terraform, no model, $0.
    """
    if run_id and since:
        raise SettingsError("a run and --since are both named", remedy="name one of them")
    if postmortem and not run_id:
        raise SettingsError("--postmortem needs a run", remedy="name one: see `planner runs`")
    if postmortem and how != "md":
        raise SettingsError("a postmortem is Markdown", remedy="leave --format out")
    store = Store(home_of(home, environment()) / "planner.db")
    text = (
        _of_run(store, run_id, how, postmortem=postmortem)
        if run_id
        else _of_window(store, since or DEFAULT, how)
    )
    if out is None:
        document(text.removesuffix("\n"))
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"--out {out} cannot be written: {error.strerror}", remedy="name a file in a writable folder"
        ) from error


def _of_run(store: Store, said: str, how: str, *, postmortem: bool) -> str:
    run_id = run_id_of(store, said)
    told = report_of(run_id, store.lines(run_id))
    if postmortem and not failed_at_all(told):
        raise UnknownRunError(
            f"nothing failed in run {run_id}", remedy=f"see what it did: planner report {run_id}"
        )
    if postmortem:
        return postmortem_of(told)
    if how == "json":
        return told.model_dump_json(indent=2) + "\n"
    return html(told) if how == "html" else markdown(told)


def _of_window(store: Store, since: str, how: str) -> str:
    now = SystemClock().now()
    told = summary_of(window_of(store, since_of(since, now), now))
    if how == "json":
        return told.model_dump_json(indent=2) + "\n"
    return summary_html(told) if how == "html" else summary_markdown(told)
