"""What a look at a module found, as text for people. No logic: what is shown is what the report says."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click

from contracts.drift import DriftReport, DriftState
from contracts.terraform import PlannedChange
from contracts.text import path_line
from planner.change_words import why
from planner.render_incident import incident_text, told_line

_COLOURS = {DriftState.IN_SYNC: "green", DriftState.FAILED: "red", DriftState.STOPPED: "red"}
_SHOWN = 40


def drift_text(report: DriftReport) -> str:
    """The whole report, a block a subject."""
    return "\n".join(_lines(report))


def _lines(report: DriftReport) -> Iterator[str]:
    name, colour = report.state.replace("_", " ").upper(), _COLOURS.get(report.state, "yellow")
    yield f"{click.style(name, fg=colour, bold=True)}  {path_line(report.module)}"
    yield f"  {told_line(report.reason)}"
    yield from _changes("changed outside Terraform:", report.drifted)
    yield from _changes("an apply would:", report.changes)
    if report.outputs_change and not report.changes:
        yield "  an apply would change outputs, and no object"
    if report.incident is not None:
        yield ""
        yield incident_text(report.incident)
    if report.state in {DriftState.DRIFTED, DriftState.PENDING}:
        yield ""
        yield f"  bring it to what the code says: planner run {shlex.quote(report.module)}"
        if report.drifted:
            yield "  or take over what was changed: write it into the code, then look again"
    yield ""
    engine = f"{report.engine.name} {report.engine.version}"
    yield f"  {report.duration_s:.2f} s with {engine} · exit code {report.exit_code}"


def _changes(title: str, changes: tuple[PlannedChange, ...]) -> Iterator[str]:
    if not changes:
        return
    yield ""
    yield f"  {title}"
    for change in changes[:_SHOWN]:
        because = f" ({told_line(said)})" if (said := why(change)) else ""
        yield f"    {change.action} {told_line(change.address)}{because}"
    if len(changes) > _SHOWN:
        yield f"    and {len(changes) - _SHOWN} more: --json tells all"
