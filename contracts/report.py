"""One run as a story for people: what happened when, what changed, what was tried, what it cost.

Holds the run's `RunResult` and what only the order of its journal tells beside it. Who
fills it: `planner.reporting.build`; a window of runs is `contracts.summary`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from contracts.approval import Approval, Proposal
from contracts.base import Contract, Document
from contracts.budget import Usage
from contracts.fixing import StateChange
from contracts.result import RunResult
from contracts.run import RunEvent, RunState
from contracts.settings import Autonomy
from contracts.terraform import PlannedChange
from contracts.text import CleanText


class MomentKind(StrEnum):
    """What sort of thing happened."""

    OPENED = "opened"
    TERRAFORM = "terraform"
    """A call of Terraform on the module itself."""
    CHECKS = "checks"
    MODEL = "model"
    """A call to a language model."""
    PROOF = "proof"
    """Terraform calls on a copy of the module, in which a fix is tried."""
    FIX = "fix"
    """Files, the state or a lock were changed, or that was taken back."""
    MOVED = "moved"
    """The run went from one state to another."""
    TRIED = "tried"
    """What a proof said of a remedy that did not settle the failure."""
    ASKED = "asked"
    ANSWERED = "answered"
    RESUMED = "resumed"


class Moment(Contract):
    """One line of the timeline."""

    at: datetime
    """UTC."""
    kind: MomentKind
    what: CleanText
    who: CleanText = ""
    """The login name of the person, where one did it."""
    duration_s: float | None = None
    """None where it took no time of its own, or its end was not seen."""
    ok: bool | None = None
    """None where that is no question."""


class Stay(Contract):
    """One state of the path, from entering to leaving it."""

    state: RunState
    entered_at: datetime
    seconds: float
    """Until it was left, or until the last entry of the journal; 0 for the state that ended the run."""
    waited_s: float = 0
    """How much of that nobody drove the run: it waited for a person, or was cut off."""
    event: RunEvent | None = None
    """What ended it; None where the run stands in it."""


class AttemptChanges(Contract):
    """What one attempt planned, and what came of it."""

    n: int
    planned: tuple[PlannedChange, ...] | None = None
    """None where the journal holds no list: of an apply that went well it keeps `told` and `created`."""
    told: CleanText = ""
    """What its apply was to do, in words, cut where it is long; empty where it came to none."""
    said: CleanText = ""
    """How the run told of its end, such as `applied 5 of 5 changes`."""
    created: tuple[CleanText, ...] = ()
    """Addresses it created, sorted."""


class FileEdit(Contract):
    """One edit that was written to the module's files."""

    at: datetime
    files: CleanText
    """Names, with commas between."""
    patch: CleanText
    """For people: secrets are masked."""
    put_back: bool = False


class RemedyOutcome(StrEnum):
    """What became of a failure's remedy."""

    WORKED = "worked"
    FAILED = "failed"
    """It was put in place, and the same failure came again."""
    OPEN = "open"
    """Nobody tried it, or nobody knows."""


class Remedy(Contract):
    """What happened around one of the run's incidents."""

    incident: int
    """Its place in `result.incidents`; zero-based."""
    at: datetime
    """When it came into the journal, with its cause named."""
    outcome: RemedyOutcome
    proposal: Proposal | None = None
    """What was proven on a copy, where a person was asked about it."""
    answers: tuple[Approval, ...] = ()
    """What people said, oldest first."""


class ModelCall(Contract):
    """One question to a language model."""

    at: datetime
    model: CleanText
    duration_s: float | None
    """None where its end was not seen."""
    usage: Usage | None
    """None where nothing is known of what it took."""


class RunReport(Document):
    """What `planner report RUN_ID --format json` prints."""

    result: RunResult
    planner_version: str
    people: tuple[CleanText, ...]
    """Login names of who drove the run or answered it, in the order they came."""
    autonomy: Autonomy
    destroy: bool
    time_limit_s: float
    """Seconds the whole run may be driven."""
    started_at: datetime
    ended_at: datetime | None
    """None where the run has not ended."""
    asked_at: datetime | None
    """Since when the run waits for a person; None where it does not."""
    last_at: datetime
    """When the last entry was written."""
    waited_s: float
    """Seconds between start and end that nobody drove the run; `result.duration_s` is the others."""
    path: tuple[Stay, ...]
    timeline: tuple[Moment, ...]
    changes: tuple[AttemptChanges, ...]
    """One for each attempt that came to a plan, in order."""
    remedies: tuple[Remedy, ...]
    """One for each of `result.incidents`, in their order."""
    edits: tuple[FileEdit, ...]
    state_changes: tuple[StateChange, ...]
    """What fixes changed in the state; what was taken back is not among them."""
    doubtful_changes: tuple[StateChange, ...]
    """What else they may have changed in it: the command was cut off."""
    maybe_created: tuple[CleanText, ...]
    """Addresses that may exist although the state does not tell, sorted."""
    undone: bool
    """Whether `planner undo` took back what the fixes changed."""
    calls: tuple[ModelCall, ...]
    retries: int
    """Attempts that a remedy led to."""
