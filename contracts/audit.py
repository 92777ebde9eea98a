"""The audit trail: what was done to the world or decided about it, by whom, and why.

One chain over all runs of a store. What is worth a line is decided by
`planner.trail`; the store writes it in the transaction of the journal's entry.
`planner.audit` verifies it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from contracts.base import Contract, Document
from contracts.text import CleanText


class Reversal(StrEnum):
    """Whether what was done can be taken back."""

    PLANNER = "planner"
    """By `planner undo`, or by the same command the other way round."""
    BY_HAND = "by_hand"
    """A person can, with what is told here."""
    NEVER = "never"
    NOTHING = "nothing"
    """Nothing was changed."""


class Action(Contract):
    """One thing that was done or decided."""

    name: str
    """Stable and dotted, such as `apply.begun`, `approval.given`, `switch.stopped`."""
    actor: CleanText
    """Who answers for it: the login name of the process that drove it."""
    target: CleanText
    """What it was done to: a module, a file, a run."""
    reason: CleanText = ""
    before: CleanText = ""
    after: CleanText = ""
    reversal: Reversal = Reversal.NOTHING


class AuditLine(Document):
    """One action with its place in the trail."""

    seq: int
    """One-based, without gaps."""
    at: datetime
    """UTC, for people; order is by `seq`."""
    run_id: str | None
    """None: no run's."""
    entry: int | None = None
    """The entry of the run's journal that this was written with."""
    entry_hash: str | None = None
    """The hash of that entry: whoever changes a journal has to change the trail too."""
    action: Action
