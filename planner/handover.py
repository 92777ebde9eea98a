"""The record of a failed run → what the person who takes it over has to know. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from contracts.base import duration_text
from contracts.handover import Handover
from contracts.incident import Decision
from contracts.record import RunRecord
from contracts.run import StopKind
from contracts.text import listed
from planner.incident_words import known_line
from planner.incidents import told_once
from subagents.remediator.advice import request_of

_SHOWN = 10


def handover_of(record: RunRecord) -> Handover:
    """The hand-over of a run that failed."""
    return Handover(
        known=tuple(_known(record)), tried=told_once(record), stopped=record.reason, next=tuple(_next(record))
    )


def _known(record: RunRecord) -> Iterator[str]:
    if record.attempts:
        last = record.attempts[-1]
        yield f"attempt {last.n} ended in {last.stage}"
    if record.incidents:
        yield known_line(record.incidents[-1])
    if record.created:
        yield f"this run created, or tried to: {listed(sorted(record.created), _SHOWN)}"
    if record.maybe_created:
        maybe = listed(sorted(record.maybe_created), _SHOWN)
        yield f"it may have created {maybe}, which the state does not tell"
    if record.promotions:
        yield f"it changed the module's files: planner show {record.run_id} --patch"


def _next(record: RunRecord) -> Iterator[str]:
    if record.stop is StopKind.TIMEOUT:
        limits = record.request.limits
        most = f"{duration_text(limits.timeout)}, an apply {duration_text(limits.apply_timeout)}"
        yield (
            f"It took longer than it may ({most}): "
            "see what it waited for, or give it more time (--timeout, limits in planner.yaml)"
        )
        yield _again(record)
        return
    if record.stop is not None:
        if record.stop is StopKind.KILL_SWITCH:
            yield "Where every run is stopped, let them begin again: planner start"
        yield f"Nothing is wrong with the module as far as is known. {_again(record)}"
        return
    if record.incidents:
        incident = record.incidents[-1]
        if record.approval is not None and record.approval.decision == "reject":
            yield "A person said no, and nothing of it was done: change what was not wanted"
        elif incident.decision is not Decision.REFUSED or incident.is_question:
            yield from request_of(incident.remediation, incident.evidence)
        else:
            yield f"Look at what was refused: {incident.remediation.summary}"
    if record.promotions and not record.undone:
        yield f"To put the module's files back: planner undo {record.run_id}"
    yield _again(record)


def _again(record: RunRecord) -> str:
    """The same once more: without its flags another plan would be made.

    Values of the command line are kept nowhere, and only named.
    """
    asked = record.request
    words = ["planner", "run", str(asked.module), *(["--destroy"] if asked.destroy else [])]
    words += [word for path in asked.var_files for word in ("--var-file", str(path))]
    words += ["--config", str(asked.config)] if asked.config else []
    given = ", ".join(f"--var {variable.name}" for variable in asked.variables)
    return f"Run again{f', with its {given}' if given else ''}: {shlex.join(words)}"
