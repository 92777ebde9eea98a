"""Which question of a run somebody was shown last: a yes without `--seen` answers that one, and no other.

Kept by login name, in the store's small cache; what cannot be kept was not
shown. Whether an answer counts at all is `planner.approvals`'s.
"""

from __future__ import annotations

from contextlib import suppress

from contracts.approval import ApprovalRequest
from contracts.errors import StoreError
from contracts.record import RunRecord
from planner.store import Store


def note_shown(store: Store, actor: str, record: RunRecord) -> None:
    """Somebody is shown a run, with what it asks."""
    if record.parked and record.pending is not None:
        with suppress(StoreError):  # to look must not fail where nothing can be written
            store.remember(_key(actor, record.run_id), record.pending.digest)


def was_shown_another(store: Store, actor: str, run_id: str, request: ApprovalRequest) -> bool:
    """Whether what they were shown of this run last is another question; who was shown none is free."""
    shown = store.remembered(_key(actor, run_id))
    return shown is not None and shown != request.digest


def _key(actor: str, run_id: str) -> str:
    return f"shown:{run_id}:{actor}"
