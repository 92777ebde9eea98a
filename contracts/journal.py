"""What the journal of a run may hold; the record of a run is the fold of these.

Order for every effect: `EffectIntended` is durable before it starts,
`EffectStarted` once the process exists, `EffectEnded` after it. Who writes and
reads them: `planner.store`, `planner.fold`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.approval import Approval, ApprovalRequest
from contracts.base import Contract, Document
from contracts.budget import Usage
from contracts.fixing import FileChange, StateChange
from contracts.identity import EngineId, ProcessId
from contracts.incident import Incident
from contracts.run import Effect, Outcome, RunEvent, RunRequest, RunState
from contracts.terraform import StateMark
from contracts.text import CleanText


class RunOpened(Contract):
    """First entry of every run. Values of variables are not in it (`planner.rundir` keeps them)."""

    kind: Literal["run_opened"] = "run_opened"
    request: RunRequest
    engine: EngineId
    planner_version: str
    maybe_created: tuple[str, ...] = ()
    """What the run before this one on the same module may have created without telling the state."""
    actor: CleanText = ""
    """The login name of who started it."""
    state: StateMark | None = None
    """The local state as planner last saw it, in an earlier run on the same module and workspace."""


class EffectIntended(Contract):
    """An effect is about to start."""

    kind: Literal["effect_intended"] = "effect_intended"
    effect: Effect
    attempt: int
    creates: tuple[str, ...] = ()
    """Addresses an apply would create: what may exist if its end is never seen."""
    what: CleanText = ""
    """What is changed, where the effect alone does not tell: files, a command, or a plan (capped)."""
    objects: int | None = None
    """Of an apply: how many managed instances are in the state before it."""
    destroys: bool = False
    """Of an apply: whether its plan takes something away."""
    change: StateChange | None = None
    """What a change of the state does, or what an undo takes back."""
    patch: CleanText = ""
    """Of a promotion: the change of the files, for people."""
    files: tuple[FileChange, ...] = ()
    """Of a promotion: what exactly becomes of each file."""
    model: str | None = None
    """Of a model call: `PROVIDER:ID`."""


class EffectStarted(Contract):
    """The effect's process exists."""

    kind: Literal["effect_started"] = "effect_started"
    effect: Effect
    process: ProcessId


class EffectEnded(Contract):
    """The effect is over."""

    kind: Literal["effect_ended"] = "effect_ended"
    effect: Effect
    ended: CleanText
    """A value of `Ended`, `done`, or `unknown` where planner died before it could see the end."""
    duration_s: float = 0
    maybe_created: tuple[str, ...] = ()
    """After an apply with unknown outcome: the addresses that may exist without being in the state."""
    usage: Usage | None = None
    """Of a model call: what it took."""
    state: StateMark | None = None
    """Of a Terraform call: the local state when it ended; None where nobody looked, or there is none."""


class Moved(Contract):
    """A transition, written before the machine moves."""

    kind: Literal["moved"] = "moved"
    event: RunEvent
    source: RunState
    target: RunState
    outcome: Outcome


class RunParked(Contract):
    """A person must answer."""

    kind: Literal["run_parked"] = "run_parked"
    reason: CleanText
    incident: Incident
    pending: ApprovalRequest | None = None
    """What is asked, where it is not what waited already."""


class Tried(Contract):
    """A remediation was tried in a sandbox and did not settle the failure, or only a part of it."""

    kind: Literal["tried"] = "tried"
    incident: Incident
    kept: bool
    """Whether it settled a part, and stays in the sandbox for the rest."""


class Undone(Contract):
    """What the run changed was put back."""

    kind: Literal["undone"] = "undone"
    what: tuple[CleanText, ...]
    actor: CleanText


class Decided(Contract):
    """A person answered."""

    kind: Literal["decided"] = "decided"
    approval: Approval


class RunResumed(Contract):
    """Another process took the run up."""

    kind: Literal["run_resumed"] = "run_resumed"
    engine: EngineId
    actor: CleanText = ""
    """The login name of who took it up."""
    maybe_created: tuple[str, ...] = ()
    """What another run on the module may have created since, without telling the state."""


Entry = Annotated[
    RunOpened
    | EffectIntended
    | EffectStarted
    | EffectEnded
    | Moved
    | Tried
    | RunParked
    | Decided
    | RunResumed
    | Undone,
    Field(discriminator="kind"),
]


class JournalLine(Document):
    """One entry with its place in the chain."""

    run_id: str
    seq: int
    """Zero-based, without gaps."""
    at: datetime
    """UTC, for people; order is by `seq`."""
    driven_s: float | None = None
    """Seconds that its process had driven the run since its last entry, by a clock that nobody sets.

    0 for the first entry of each process; None where an older planner wrote it: `at` tells then.
    """
    entry: Entry
