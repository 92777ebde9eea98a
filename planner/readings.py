"""The numbers of one moment, read from the store and the home: what `observability.metrics` tells.

A handful of queries in one snapshot, whose cost hardly grows with the number of
runs: what journals add up to was counted as they were written. Nothing is
locked, and no writer waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from observability.catalog import BY_NAME, Kind
from observability.readings import Distribution, Labels, Readings
from planner.brakes import Brake
from planner.ledger import nano
from planner.metric_labels import model_labels, provider_label
from planner.recount import recount
from planner.store import Store
from planner.tally import bounds

_NANO = 1e9
_RECENTLY = timedelta(hours=24)
Series = dict[Labels, float]


class Moment(NamedTuple):
    """What is known beside the store."""

    now: datetime
    day_usd: Decimal
    """What all model calls of a day may cost."""
    version: str
    """Of the planner that answers."""


def read(store: Store, moment: Moment) -> Readings:
    """Everything that the store tells. Raises `StoreError`."""
    recount(store)
    with store.snapshot():
        totals: dict[str, Series] = {}
        for name, labels, value in store.rows("SELECT name, labels, value FROM totals", ()):
            totals.setdefault(name, {})[tuple(labels.split(",")) if labels else ()] = value
        values = {name: series for name, series in totals.items() if name in BY_NAME}
        values |= _runs(store) | _models(store, moment) | _breakers(store, moment)
        values["planner_incident_recurrence"] = {(): _recurrence(store, moment)}
    values["planner_kill_switch"] = {(): float(store.switch.why("") is not None)}
    values["planner_runs_stopped"] = {(): float(len(store.switch.stopped()))}
    values["planner_build_info"] = {(moment.version,): 1.0}
    return Readings(values, dict(_distributions(totals)))


def _distributions(totals: dict[str, Series]) -> Iterator[tuple[str, dict[Labels, Distribution]]]:
    for metric in BY_NAME.values():
        if metric.kind is Kind.HISTOGRAM:
            counts, sums = totals.get(f"{metric.name}_bucket", {}), totals.get(f"{metric.name}_sum", {})
            yield (
                metric.name,
                {
                    labels: Distribution(
                        tuple(counts.get((*labels, bound), 0.0) for bound in bounds(metric)), total
                    )
                    for labels, total in sums.items()
                },
            )


def _runs(store: Store) -> dict[str, Series]:
    """Runs that have not ended: how many, which wait for a person, and since when."""
    rows = store.rows(  # the words of the index, or it is not used
        "SELECT state, count(*), count(asked_at), min(asked_at), min(iif(asked_at IS NULL, moved_at, NULL)) "
        "FROM runs WHERE state NOT IN ('SUCCESS', 'FAILED') GROUP BY state",
        (),
    )
    states = BY_NAME["planner_runs_unfinished"].values or ((),)
    found: dict[str, Series] = {
        "planner_runs_unfinished": {(state,): 0.0 for state in states[0]}
        | {(state,): float(count) for state, count, *_ in rows},
        "planner_approvals_pending": {(): float(sum(waiting for _, _, waiting, _, _ in rows))},
    }
    for name, times in (
        ("planner_approval_oldest_timestamp_seconds", [asked for *_, asked, _ in rows]),
        ("planner_run_stalest_transition_timestamp_seconds", [moved for *_, moved in rows]),
    ):
        if oldest := min(filter(None, times), default=None):
            found[name] = {(): datetime.fromisoformat(oldest).timestamp()}
    return found


def _models(store: Store, moment: Moment) -> dict[str, Series]:
    """What models were asked, took and cost, of all calls, and what is left of today's budget."""
    rows = store.rows(
        "SELECT model, count(*), sum(input), sum(cached), sum(output), coalesce(sum(settled), 0), "
        "coalesce(sum(iif(settled IS NULL, reserved, 0)), 0) FROM calls GROUP BY model ORDER BY min(id)",
        (),
    )
    labels = model_labels(model for model, *_ in rows)
    calls: Series = {}
    tokens: Series = {}
    cost: Series = {}
    unsettled: Series = {}
    for model, count, fresh, cached, output, settled, reserved in rows:
        label = labels[model]
        _add(calls, (label,), count)
        for kind, number in (("input", fresh), ("cached", cached), ("output", output)):
            _add(tokens, (label, kind), number)
        _add(cost, (label,), settled / _NANO)
        _add(unsettled, (label,), reserved / _NANO)
    today = f"{moment.now:%Y-%m-%d}"
    spent = store.rows(
        "SELECT coalesce(sum(coalesce(settled, reserved)), 0) FROM calls WHERE day = ?", (today,)
    )
    left = max(0, nano(moment.day_usd) - int(spent[0][0]))
    return {
        "planner_model_calls_total": calls,
        "planner_model_tokens_total": tokens,
        "planner_model_cost_usd_total": cost,
        "planner_model_unsettled_usd": unsettled,
        "planner_budget_day_usd": {(): float(moment.day_usd)},
        "planner_budget_day_left_usd": {(): left / _NANO},
    }


def _breakers(store: Store, moment: Moment) -> dict[str, Series]:
    is_open: Series = {}
    trips: Series = {}
    for provider, state in store.rows("SELECT provider, state FROM brakes", ()):
        brake, label = Brake.model_validate_json(state), (provider_label(provider),)
        opened = float(brake.open_until > moment.now.timestamp())
        is_open[label] = max(is_open.get(label, 0.0), opened)
        trips[label] = max(trips.get(label, 0.0), float(brake.trips))
    return {"planner_breaker_open": is_open, "planner_breaker_trips": trips}


def _recurrence(store: Store, moment: Moment) -> float:
    """How often the most frequent failure came lately; plans that wait are not among those remembered."""
    rows = store.rows(
        "SELECT count(*) FROM incidents WHERE at >= ? GROUP BY +fingerprint ORDER BY 1 DESC LIMIT 1",
        ((moment.now - _RECENTLY).isoformat(),),
    )
    return float(rows[0][0]) if rows else 0.0


def _add(series: Series, labels: Labels, amount: float) -> None:
    series[labels] = series.get(labels, 0.0) + amount
