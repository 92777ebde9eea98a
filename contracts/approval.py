"""What a person is asked before something is taken away, and what they answered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from contracts.base import Contract
from contracts.terraform import PlannedChange
from contracts.text import CleanText


class ApprovalRequest(Contract):
    """A plan that waits for a person."""

    digest: str
    """SHA-256 of what is asked; an approval of another digest does not count."""
    question: CleanText
    """One sentence for the person who decides."""
    changes: tuple[PlannedChange, ...]
    """The destructive changes, each of which the approval covers."""


class Approval(Contract):
    """A person's answer to one request."""

    decision: Literal["approve", "reject"]
    digest: str
    """Of the request that was answered."""
    actor: CleanText
    """Who answered: the login name, or `--yes`."""
    comment: CleanText = ""
    at: datetime
