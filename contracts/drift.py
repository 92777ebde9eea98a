"""What `planner drift` found: whether a module's objects are what its code and its state say.

Who fills it: `planner.looking`.
"""

from __future__ import annotations

from enum import StrEnum

from contracts.base import Document
from contracts.identity import EngineId
from contracts.incident import Incident
from contracts.terraform import PlannedChange
from contracts.text import CleanText


class DriftState(StrEnum):
    """What a look came to."""

    IN_SYNC = "in_sync"
    """An apply would change nothing."""
    DRIFTED = "drifted"
    """Something was changed outside Terraform, and an apply would meet it."""
    PENDING = "pending"
    """An apply would change something, and nothing of it was changed outside: the code is ahead."""
    FAILED = "failed"
    """Terraform failed, so that nobody knows."""
    STOPPED = "stopped"
    """A person, the kill switch or the time limit ended it."""


class DriftReport(Document):
    """What `planner drift --json` prints; keys are stable."""

    module: str
    state: DriftState
    exit_code: int
    """0 in sync, 2 drifted, pending or failed, 4 the kill switch or the time limit, 130 interrupted."""
    reason: CleanText
    drifted: tuple[PlannedChange, ...] = ()
    """What was changed outside Terraform since the last apply, and an apply would meet, by address."""
    changes: tuple[PlannedChange, ...] = ()
    """What an apply would do now."""
    outputs_change: bool = False
    """Whether it would change an output."""
    incident: Incident | None = None
    """Of what failed: the cause, as far as it is known."""
    duration_s: float
    engine: EngineId
