"""Faults that a crash-safe program may not have, each as it could slip into planner: the matrix sees them."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import planner.effects
import planner.fix_effects
import planner.journal
import planner.ledger
import planner.lock
import planner.resume
import planner.rundir
import planner.signals
import planner.store
from contracts.budget import Reservation
from contracts.journal import EffectEnded, EffectIntended
from contracts.run import Effect
from tests.crash.door import put


def _as_effect(order: str) -> Callable[[], None]:
    """An effect whose entries are written in another order."""

    def broken() -> None:
        def as_effect(journal: Any, effect: Effect, call: Any, **facts: Any) -> Any:
            facts.pop("plan", None)
            facts.pop("doubted", None)
            attempt = journal.record.attempt_number
            intended = EffectIntended(effect=effect, attempt=attempt, **facts)
            ended = EffectEnded(effect=effect, ended="completed")

            if order == "outcome first":
                journal.append(intended)
                journal.append(ended)
            result = call(lambda _: None)
            if order == "intent last":
                journal.append(intended)
                journal.append(ended)
            return result

        put(planner.effects, "as_effect", as_effect)
        put(planner.fix_effects, "as_effect", as_effect)

    return broken


def _applies_again() -> None:
    """An apply that was killed is tried once more, with the plan that is still there."""
    apply = planner.effects.TerraformEffects.apply

    def again(self: Any, plan: Any, timeout: Any) -> Any:
        drop, self._rundir.drop_plan = self._rundir.drop_plan, lambda: None
        result = apply(self, plan, timeout)
        if result.ended == "killed":
            with_lock_gone = self._journal.record.request.module.parent / "lock.json"
            with_lock_gone.unlink(missing_ok=True)
            result = apply(self, plan, timeout)
        self._rundir.drop_plan = drop
        return result

    put(planner.effects.TerraformEffects, "apply", again)


def _forgets() -> None:
    """What an apply with unknown outcome may have created is not remembered."""
    put(planner.resume, "_maybe_created", lambda *_: ())


def _not_durable() -> None:
    """The database is not told to sync."""
    real = planner.store.Store._prepare

    def prepare(self: Any) -> None:
        self._db.execute("PRAGMA synchronous=OFF")
        real(self)

    put(planner.store.Store, "_prepare", prepare)


def _half_a_fix() -> None:
    """A promotion that was cut off is left as it is, and its effect closed."""
    put(planner.resume, "_roll_back", lambda *_: None)


def _no_lock() -> None:
    """Nobody holds a module."""
    put(planner.lock.ModuleLock, "acquire", lambda self, _: self)
    put(planner.lock.StateLock, "hold", lambda *_: None)


def _books_late() -> None:
    """A model call is booked when it is answered, not before it is made."""
    ledger: Any = planner.ledger.Ledger
    reserve, settle = ledger.reserve, ledger.settle
    asked: list[Any] = []

    def reserved(self: Any, *args: Any) -> Any:
        asked[:] = args
        return Reservation(id=0, usd=Decimal(0))

    def settled(self: Any, reservation: Any, model: str, reply: Any) -> None:
        settle(self, reserve(self, *asked), model, reply)

    ledger.reserve, ledger.settle = reserved, settled


def _tells_secrets() -> None:
    """Nothing is redacted on its way into the journal."""
    put(planner.journal, "_redacted", lambda line, _: line)


def _goes_on() -> None:
    """A stop is acknowledged, and nobody looks."""
    put(planner.signals.StopRequest, "requested", lambda _: None)


def _loses_values() -> None:
    """What a run was started with is written, but not synced."""
    put(planner.rundir.RunDir, "_sync", lambda _: None)
    put(planner.rundir, "os", _Unsynced())


class _Unsynced:
    """`os`, without the one call."""

    def __getattr__(self, name: str) -> Any:
        return (lambda _: None) if name == "fsync" else getattr(os, name)


BUGS: dict[str, Callable[[], None]] = {
    "the outcome is written before the effect": _as_effect("outcome first"),
    "the intent is written after the effect": _as_effect("intent last"),
    "a killed apply is repeated": _applies_again,
    "what may exist is forgotten": _forgets,
    "the journal is not synced": _not_durable,
    "half a fix stays in the module": _half_a_fix,
    "nobody holds a module": _no_lock,
    "a model call is booked after it": _books_late,
    "the journal is not redacted": _tells_secrets,
    "a stop is not heeded": _goes_on,
    "the run's values are not synced": _loses_values,
}
SEEN_IN: dict[str, tuple[str, int, str]] = {
    "the outcome is written before the effect": ("apply", 6, "I2"),
    "the intent is written after the effect": ("apply", 6, "I2"),
    "a killed apply is repeated": ("apply", 6, "I1"),
    "what may exist is forgotten": ("apply", 6, "I2"),
    "the journal is not synced": ("plan", 4, "I3"),
    "half a fix stays in the module": ("edit", 6, "I11"),
    "nobody holds a module": ("plan", 6, "I13"),
    "a model call is booked after it": ("LLM call", 6, "I7"),
    "the journal is not redacted": ("wait", 1, "I12"),
    "a stop is not heeded": ("plan", 4, "I8"),
    "the run's values are not synced": ("init", 4, "I4"),
}
"""The effect and the sub-step in whose six cases each has to be seen, and the invariant it breaks there."""
