"""Which journal entries are audited, and what the trail says of them. Pure."""

from __future__ import annotations

from contracts.audit import Action
from contracts.journal import JournalLine
from contracts.run import RunRecord


def actions(record: RunRecord | None, line: JournalLine) -> tuple[Action, ...]:  # noqa: ARG001
    """What an entry adds to the audit trail; `record` is as it was before the entry."""
    return ()
