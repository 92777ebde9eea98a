"""What model calls have cost, and what the next one may: one transaction for every question.

Holds the caps of a run, of a module's day and of everybody's day, in US dollars
and tokens, with the provider's brakes and the kill switch. A reservation that
nobody settles stays spent: a crash refunds nothing. Money is kept in whole
billionths of a dollar, rounded up.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import NamedTuple

from contracts.budget import Ceiling, LimitReached, Limits, Reservation
from contracts.model import ModelReply
from contracts.ports import Clock
from planner.brakes import Brake, admitted, after
from planner.database import Connection
from planner.store import Store

_NANO = Decimal(1_000_000_000)


class Account(NamedTuple):
    """Who pays for a call."""

    run_id: str
    module: Path
    limits: Limits


class _Cap(NamedTuple):
    """One cap and what is spent of it."""

    limit: str
    allowed: int
    spent: int


class Ledger:
    """Spending over one store; `day_usd` caps all runs of all modules together on one day (UTC)."""

    def __init__(self, store: Store, clock: Clock, day_usd: Decimal) -> None:
        self._store = store
        self._clock = clock
        self._day_usd = day_usd

    def reserve(
        self, account: Account, model: str, most: Ceiling, patience_s: float
    ) -> Reservation | LimitReached:
        """Set aside what a call may take, or the limit that forbids it. Raises `StoreError`.

        `patience_s` is how long the call may wait for its turn.
        """
        now = self._clock.now()
        provider = model.partition(":")[0]
        with self._store.transaction() as db:
            if why := self._store.switch.why(account.run_id):
                return LimitReached(limit="kill_switch", allowed="", spent=why)
            caps = self._caps(db, account, f"{now:%Y-%m-%d}")
            asked = min(cap.allowed - cap.spent for cap in caps) if most.usd is None else nano(most.usd)
            for cap in caps:
                if asked < 0 or cap.spent + asked > cap.allowed or (most.usd is None and not asked):
                    return LimitReached(
                        limit=cap.limit, allowed=f"${usd(cap.allowed)}", spent=f"${usd(cap.spent)}"
                    )
            tokens = _sum(db, "tokens", "run_id = ?", (account.run_id,))
            if tokens + most.tokens > account.limits.max_tokens:
                return LimitReached(
                    limit="max_tokens", allowed=f"{account.limits.max_tokens:,}", spent=f"{tokens:,}"
                )
            turn = admitted(_brake(db, provider), now.timestamp(), patience_s)
            if isinstance(turn, str):
                return LimitReached(limit="breaker", allowed="", spent=turn)
            brake, wait_s = turn
            _keep(db, provider, brake)
            row = db.execute(
                "INSERT INTO calls (run_id, module, day, model, reserved, tokens) VALUES (?, ?, ?, ?, ?, ?)",
                (account.run_id, str(account.module), f"{now:%Y-%m-%d}", model, asked, most.tokens),
            )
        return Reservation(id=int(row.lastrowid or 0), usd=usd(asked), wait_s=wait_s)

    def settle(self, reservation: Reservation, model: str, reply: ModelReply) -> None:
        """Book what a call took and move its provider's brakes. Raises `StoreError`."""
        usage, provider = reply.usage, model.partition(":")[0]
        with self._store.transaction() as db:
            if usage.cost_usd is not None:
                used = usage.input_tokens + usage.cached_tokens + usage.output_tokens
                db.execute(
                    "UPDATE calls SET settled = ?, tokens = ? WHERE id = ?",
                    (nano(usage.cost_usd), used, reservation.id),
                )
            db.execute(
                "UPDATE calls SET input = ?, cached = ?, output = ? WHERE id = ?",
                (usage.input_tokens, usage.cached_tokens, usage.output_tokens, reservation.id),
            )
            now = self._clock.now().timestamp()
            _keep(db, provider, after(_brake(db, provider), reply.fault, reply.retry_after_s, now))

    def _caps(self, db: Connection, account: Account, day: str) -> Sequence[_Cap]:
        limits, spent = account.limits, "coalesce(settled, reserved)"
        return (
            _Cap("max_usd", nano(limits.max_usd), _sum(db, spent, "run_id = ?", (account.run_id,))),
            _Cap(
                "max_usd_per_day",
                nano(limits.max_usd_per_day),
                _sum(db, spent, "day = ? AND module = ?", (day, str(account.module))),
            ),
            _Cap("max_usd_per_day_everywhere", nano(self._day_usd), _sum(db, spent, "day = ?", (day,))),
        )


def nano(amount: Decimal) -> int:
    """Dollars as billionths, rounded up."""
    return int((amount * _NANO).to_integral_value(ROUND_CEILING))


def usd(amount: int) -> Decimal:
    """Billionths as dollars, without zeros that say nothing."""
    exact = Decimal(amount) / _NANO
    return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize()


def _sum(db: Connection, what: str, where: str, parameters: tuple[str, ...]) -> int:
    query = f"SELECT coalesce(sum({what}), 0) FROM calls WHERE {where}"  # noqa: S608 - both are written above
    return int(db.execute(query, parameters).fetchone()[0])


def _brake(db: Connection, provider: str) -> Brake:
    row = db.execute("SELECT state FROM brakes WHERE provider = ?", (provider,)).fetchone()
    return Brake.model_validate_json(row[0]) if row else Brake()


def _keep(db: Connection, provider: str, brake: Brake) -> None:
    db.execute("INSERT OR REPLACE INTO brakes VALUES (?, ?)", (provider, brake.model_dump_json()))
