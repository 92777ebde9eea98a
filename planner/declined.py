"""Whether a person has said no to this very fix before, in an earlier run: rejected it, or took it back.

The same remedies on the same files in the same workspace are the same fix,
whatever words explain them, and so is what makes the same of the same files, or
changes the same in the state. A no lives for ever, and says nothing of other files;
what was taken back may be right another time, and is asked about.
Read from the journals. What follows from it is `planner.diagnosing`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from contracts.approval import Proposal
from contracts.errors import StoreError
from contracts.fixing import FileChange, StateChange
from contracts.journal import Decided, EffectIntended, JournalLine, RunOpened, RunParked, Undone
from contracts.record import RunRecord
from contracts.run import Effect
from planner.fixing import sums
from planner.proving import Proven
from planner.run_list import declined
from planner.store import Store
from subagents.remediator.work import Work

_MOST_RUNS = 50


class Declined(NamedTuple):
    """What a person said to a fix in an earlier run."""

    told: str
    """Who said no when, for people."""
    asks: bool
    """Whether a person is asked once more; else it is not made again."""


def declined_before(store: Store, record: RunRecord, proof: Proven) -> Declined | None:
    """The newest no to it; None: nobody said one."""
    for run_id in declined(store, record.request.module, _MOST_RUNS):
        with suppress(StoreError):  # a journal that is damaged is no reason not to mend
            lines = store.lines(run_id)
            if _workspace(lines) != record.request.workspace:
                continue
            if said := _rejection(lines, proof.proposal):
                told = f"{said} in run {run_id}, and the module's files are as they were"
                return Declined(f"{told} (`planner show {run_id} --patch` prints it)", asks=False)
            if said := _taken_back(lines, proof.work):
                return Declined(f"{said} in run {run_id}", asks=True)
    return None


def _workspace(lines: Sequence[JournalLine]) -> str | None:
    opened = (line.entry for line in lines)
    return next((entry.request.workspace for entry in opened if isinstance(entry, RunOpened)), None)


def _rejection(lines: Sequence[JournalLine], proposal: Proposal) -> str:
    asked: Proposal | None = None
    for line in lines:
        match line.entry:
            case RunParked(pending=pending) if pending is not None:
                asked = pending.proposal
            case Decided(approval=said) if said.decision == "reject" and asked is not None:
                same = asked.tree and _what(asked) == _what(proposal)
                return _at(said.actor, "rejected this very fix", said.at) if same else ""
    return ""


def _taken_back(lines: Sequence[JournalLine], work: Work) -> str:
    files: list[tuple[FileChange, ...]] = []
    changes: list[StateChange] = []
    for line in lines:
        match line.entry:
            case EffectIntended(effect=Effect.PROMOTE, files=promoted):
                files.append(promoted)
            case EffectIntended(effect=Effect.CHANGE, change=change) if change and change.verb != "unlock":
                changes.append(change)
            case Undone(actor=actor):
                same = (work.files and tuple(sums(work)) in files) or set(work.changes) & set(changes)
                return _at(actor, "took this very fix back", line.at) if same else ""
    return ""


def _at(actor: str, did: str, at: datetime) -> str:
    return f"{actor} {did} at {at:%Y-%m-%d %H:%M} UTC"


def _what(proposal: Proposal) -> tuple[str, list[dict[str, Any]]]:
    remedies = [remedy.model_dump(mode="json", exclude={"summary"}) for remedy in proposal.remediations]
    return proposal.tree, remedies
