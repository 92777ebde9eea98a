"""`graph`: the state machine as it is, never as somebody once drew it."""

from __future__ import annotations

import click

from planner.commands.options import document
from planner.machine import RunMachine


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "table"]), default="mermaid", show_default=True
)
def graph(form: str) -> None:
    """Print the state machine, generated from its table."""
    document(format(RunMachine, "md" if form == "table" else "mermaid").strip())
