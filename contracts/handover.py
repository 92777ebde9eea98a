"""What a person who takes a failed run over has to know."""

from __future__ import annotations

from contracts.base import Contract
from contracts.text import CleanText


class Handover(Contract):
    """An escalation: each part a line a fact."""

    known: tuple[CleanText, ...]
    """What broke, where, and what exists by now."""
    tried: tuple[CleanText, ...]
    """What was tried, oldest first, and what came of it."""
    stopped: CleanText
    """Why planner stopped."""
    next: tuple[CleanText, ...]
    """What to do next, the first thing first."""
