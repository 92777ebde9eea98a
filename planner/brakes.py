"""One provider's brakes: a circuit breaker and a rate that all processes share. Pure.

Decides whether a provider may be called now, and after how long. The store
keeps the state between processes; what a fault is, the model clients say.
Times are seconds since the epoch: they are compared across processes.
"""

from __future__ import annotations

from contracts.base import Contract
from contracts.model import Fault

_TRIPS_AFTER = 3
_COOL_S = 30.0
_LONGEST_S = 600.0
_SPENT_S = 3600.0
_INTERVAL_S = 1.2
"""50 calls a minute, the least that vendors grant a new account."""
_BURST = 5
_PROBE_S = 90.0
"""How long the one call of a half-open breaker may take before another one is let through."""
_FAULTY = frozenset({Fault.DOWN, Fault.THROTTLED, Fault.UNREADABLE})
_FARTHEST_S = 86_400.0


class Brake(Contract):
    """What is known of one provider."""

    failures: int = 0
    """Faults in a row."""
    trips: int = 0
    """How often the breaker opened since it last closed."""
    open_until: float = 0
    why: str = ""
    """The fault that opened it."""
    next_at: float = 0
    """When the next call is due by the rate; calls may come `_BURST` intervals before it."""


def admitted(brake: Brake, now: float, patience_s: float) -> tuple[Brake, float] | str:
    """The brake with one more call under way and the seconds it must wait, or why there may be none."""
    brake = _sane(brake, now)
    if brake.open_until > now:
        return f"the model's provider is left alone for {brake.open_until - now:.0f} s more ({brake.why})"
    due = max(brake.next_at, now - _BURST * _INTERVAL_S) + _INTERVAL_S
    wait_s = max(0.0, due - _INTERVAL_S - now)
    if wait_s > patience_s:
        return f"the model's provider takes no call for {wait_s:.0f} s more, and {patience_s:.0f} s are left"
    if brake.trips:  # half-open: this call is the probe, the others wait for what becomes of it
        brake = brake.model_copy(update={"open_until": now + _PROBE_S})
    return brake.model_copy(update={"next_at": due}), wait_s


def after(brake: Brake, fault: Fault | None, retry_after_s: float | None, now: float) -> Brake:
    """The brake once a call has ended so."""
    if fault is Fault.STOPPED:
        return brake
    if fault is Fault.SPENT:
        return Brake(
            trips=1, open_until=now + _SPENT_S, why="its spend limit is reached", next_at=brake.next_at
        )
    if fault not in _FAULTY:
        return Brake(next_at=brake.next_at)
    failures = brake.failures + 1
    changed: dict[str, object] = {"failures": failures}
    if retry_after_s is not None:  # it holds for every process on this account
        changed["next_at"] = max(brake.next_at, now + retry_after_s)
    if brake.trips or failures >= _TRIPS_AFTER:
        cool = min(_LONGEST_S, _COOL_S * 2.0**brake.trips)
        changed |= {"trips": brake.trips + 1, "open_until": now + cool, "why": f"last seen {fault}"}
    return brake.model_copy(update=changed)


def _sane(brake: Brake, now: float) -> Brake:
    """The brake as a clock that was set back must see it: nothing is farther off than a day."""
    farthest = now + _FARTHEST_S
    return brake.model_copy(
        update={"open_until": min(brake.open_until, farthest), "next_at": min(brake.next_at, farthest)}
    )
