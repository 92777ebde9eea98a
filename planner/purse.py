"""Model calls as effects of a run: journalled, reserved before, settled after.

What may be spent is decided in `planner.ledger`, in one transaction; here a
call becomes an effect in the journal, so that a crash between the two is
counted as a call and as spent.
"""

from __future__ import annotations

from datetime import datetime

from contracts.budget import Ceiling, LimitReached, Reservation
from contracts.identity import EngineId
from contracts.journal import EffectEnded, EffectIntended
from contracts.model import ModelReply
from contracts.record import RunRecord
from contracts.run import Effect, RunRequest, RunState
from planner.journal import Journal
from planner.ledger import Account, Ledger


class RunPurse:
    """Implements `Purse` for one run."""

    def __init__(self, ledger: Ledger, journal: Journal) -> None:
        self._ledger = ledger
        self._journal = journal
        self._models: dict[int, str] = {}

    def reserve(self, model: str, most: Ceiling, patience_s: float) -> Reservation | LimitReached:
        """See `Purse.reserve`; a reservation is an intended model call in the journal."""
        answer = self._ledger.reserve(account_of(self._journal.record), model, most, patience_s)
        if isinstance(answer, Reservation):
            attempt = self._journal.record.attempt_number - 1
            self._journal.append(EffectIntended(effect=Effect.MODEL, attempt=attempt, model=model))
            self._models[answer.id] = model
        return answer

    def settle(self, reservation: Reservation, reply: ModelReply) -> None:
        """See `Purse.settle`."""
        self._ledger.settle(reservation, self._models.pop(reservation.id), reply)
        ended = str(reply.fault) if reply.fault else "done"
        self._journal.append(EffectEnded(effect=Effect.MODEL, ended=ended, usage=reply.usage))


class LoosePurse:
    """Implements `Purse` for one diagnosis outside any run: all limits hold, there is no journal."""

    def __init__(self, ledger: Ledger, record: RunRecord) -> None:
        """`record` counts the calls."""
        self._ledger = ledger
        self._record = record
        self._models: dict[int, str] = {}

    def reserve(self, model: str, most: Ceiling, patience_s: float) -> Reservation | LimitReached:
        """See `Purse.reserve`."""
        answer = self._ledger.reserve(account_of(self._record), model, most, patience_s)
        if isinstance(answer, Reservation):
            self._record.model_calls += 1
            self._models[answer.id] = model
        return answer

    def settle(self, reservation: Reservation, reply: ModelReply) -> None:
        """See `Purse.settle`."""
        self._ledger.settle(reservation, self._models.pop(reservation.id), reply)


def loose_run(run_id: str, request: RunRequest, now: datetime) -> RunRecord:
    """A run that is nothing but one DIAGNOSING: permits and limits hang on a record."""
    return RunRecord(
        run_id=run_id,
        request=request,
        engine=EngineId(name="", version=""),
        started_at=now,
        last_at=now,
        state=RunState.DIAGNOSING,
    )


def account_of(record: RunRecord) -> Account:
    """Who pays for the calls of a run."""
    return Account(run_id=record.run_id, module=record.request.module, limits=record.request.limits)
