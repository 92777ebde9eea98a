"""Money for the model calls of one run: journalled, reserved before, settled after.

The cap holds in one transaction of the store; here a call becomes an effect in
the journal, so that a crash between the two is counted as a call and as spent.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from contracts.budget import LimitReached, Reservation, Usage
from contracts.journal import EffectEnded, EffectIntended
from contracts.run import Effect
from planner.journal import Journal
from planner.store import Store


class RunPurse:
    """Implements `Purse` for one run."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal

    def reserve(self, run_id: str, most_usd: Decimal | None) -> Reservation | LimitReached:
        """See `Purse.reserve`; a reservation is an intended model call in the journal."""
        cap = self._journal.record.request.limits.max_usd
        answer = self._store.reserve(run_id, most_usd, cap)
        if isinstance(answer, Decimal):
            return LimitReached(limit="max_usd", allowed=f"${cap}", spent=f"${answer}")
        attempt = self._journal.record.attempt_number - 1
        self._journal.append(EffectIntended(effect=Effect.MODEL, attempt=attempt))
        reservation, amount = answer
        return Reservation(id=reservation, usd=amount)

    def settle(self, reservation: Reservation, usage: Usage) -> None:
        """See `Purse.settle`."""
        if usage.cost_usd is not None:
            self._store.settle(reservation.id, usage.cost_usd)
        self._journal.append(EffectEnded(effect=Effect.MODEL, ended="done"))


class StorePurse:
    """Money for one diagnosis outside any run: the cap holds, there is no journal to write to."""

    def __init__(self, store: Callable[[], Store], cap: Decimal) -> None:
        """`store` opens the store when a model is really asked; none is needed before."""
        self._open = store
        self._cap = cap

    def reserve(self, run_id: str, most_usd: Decimal | None) -> Reservation | LimitReached:
        """See `Purse.reserve`."""
        answer = self._open().reserve(run_id, most_usd, self._cap)
        if isinstance(answer, Decimal):
            return LimitReached(limit="max_usd", allowed=f"${self._cap}", spent=f"${answer}")
        return Reservation(id=answer[0], usd=answer[1])

    def settle(self, reservation: Reservation, usage: Usage) -> None:
        """See `Purse.settle`."""
        if usage.cost_usd is not None:
            self._open().settle(reservation.id, usage.cost_usd)
