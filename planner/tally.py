"""What one journal entry adds to the totals that metrics are made of. Pure.

Totals only grow, and a store counts them in the transaction of the entry, so
that a crash neither loses nor repeats a count. Names and label values are those
of `observability.catalog`. What failures and their remedies add is in
`planner.tally_incidents`; how totals become metrics, in `planner.readings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from contracts.journal import Decided, EffectEnded, JournalLine, Moved, RunOpened, RunParked, Tried
from contracts.record import RunRecord
from contracts.run import TERMINAL, GaveUp, RunEvent, RunState, StopKind
from contracts.validation import CheckKind
from observability.catalog import BY_NAME, Metric
from planner.fold import TERRAFORM, absorb

_DRIVING = frozenset({RunState.RUNNING, RunState.VALIDATING})
_UNSEEN = "unknown"
"""How an effect ended whose end nobody saw: its duration is not known either."""
BEYOND = "+Inf"


class Count(NamedTuple):
    """Something to add to one total."""

    name: str
    labels: tuple[str, ...] = ()
    amount: float = 1


def tally(record: RunRecord | None, line: JournalLine) -> Mapping[tuple[str, str], float]:
    """(total, label values) → what is added; `record` is as it was before the entry.

    A histogram has a total `_sum`, and a total `_bucket` for each bound, of what lies between it and
    the one before.
    """
    totals: dict[tuple[str, str], float] = {}
    for name, labels, amount in _counts(record, line):
        key = (name, ",".join(labels))  # label values are enumerations: no comma is in them
        totals[key] = totals.get(key, 0.0) + amount
    return totals


def observed(name: str, labels: tuple[str, ...], value: float) -> Iterator[Count]:
    """One observation of a histogram."""
    yield Count(f"{name}_bucket", (*labels, _bound(BY_NAME[name], value)))
    yield Count(f"{name}_sum", labels, value)


def bounds(metric: Metric) -> tuple[str, ...]:
    """The bounds of a histogram's buckets as totals name them, ascending."""
    return (*(f"{bound:g}" for bound in metric.buckets), BEYOND)


def _bound(metric: Metric, value: float) -> str:
    return next((f"{bound:g}" for bound in metric.buckets if value <= bound), BEYOND)


def _counts(record: RunRecord | None, line: JournalLine) -> Iterator[Count]:
    entry = line.entry
    if isinstance(entry, RunOpened):
        yield Count("planner_runs_started_total")
    elif isinstance(entry, EffectEnded):
        if entry.effect in TERRAFORM and entry.ended != _UNSEEN:
            yield from observed("planner_terraform_duration_seconds", (entry.effect.value,), entry.duration_s)
    elif isinstance(entry, Decided):
        yield Count("planner_approvals_total", (entry.approval.decision,))
    elif record is not None and isinstance(entry, Moved | Tried | RunParked):
        yield from _told(record, entry, _after(record, line))


def _after(record: RunRecord, line: JournalLine) -> RunRecord:
    after = record.model_copy()  # what it holds is only ever replaced, never changed
    if isinstance(line.entry, Moved):
        after.state = line.entry.target
    absorb(after, line)
    return after


def _told(record: RunRecord, entry: Moved | Tried | RunParked, after: RunRecord) -> Iterator[Count]:
    if isinstance(entry, Moved):
        yield from _moved(record, entry, after)
    if after.incidents:
        from planner.tally_incidents import counts_of  # noqa: PLC0415 - only after a failure

        yield from counts_of(record, after)


def _moved(record: RunRecord, entry: Moved, after: RunRecord) -> Iterator[Count]:
    yield Count("planner_transitions_total", (entry.event.value,))
    in_state = after.duration_s - record.entered_s
    yield from observed("planner_state_duration_seconds", (entry.source.value,), in_state)
    if entry.event is RunEvent.REMEDIED and entry.target is RunState.RUNNING:
        yield Count("planner_retries_total")
    yield from _attempted(entry, after)
    for check in entry.outcome.checks or ():
        yield Count("planner_checks_total", (check.kind.value, "passed" if check.passed else "failed"))
    if any(c.kind is CheckKind.DRIFT and not c.passed for c in entry.outcome.checks or ()):
        yield Count("planner_drift_found_total")
    if entry.target in TERMINAL:
        yield from _ended(entry, after)


def _attempted(entry: Moved, after: RunRecord) -> Iterator[Count]:
    """The attempt that this move ended; one whose plan waits for a person goes on."""
    goes_on = entry.target is RunState.VALIDATING or entry.outcome.pending is not None
    begun = entry.outcome.attempt is not None or entry.source is RunState.VALIDATING
    if entry.source in _DRIVING and begun and not goes_on:
        attempt = after.attempts[-1]
        yield Count("planner_attempts_total", (attempt.stage.value, "ok" if attempt.ok else "failed"))


def _ended(entry: Moved, after: RunRecord) -> Iterator[Count]:
    result = _result(after)
    yield Count("planner_runs_ended_total", (result,))
    yield from observed("planner_run_duration_seconds", (result,), after.duration_s)
    if after.model_calls:
        yield Count("planner_runs_paid_total", (result,))
    costs = [i.usage.cost_usd for i in after.incidents if i.usage.calls and i.usage.cost_usd is not None]
    if costs:
        yield Count("planner_run_cost_usd_total", (result,), float(sum(costs)))
    gave_up = entry.outcome.gave_up
    if entry.event is RunEvent.REMEDIED:  # the machine itself holds the cap
        gave_up = GaveUp.RETRY_CAP
    if gave_up is not None:
        yield Count("planner_gave_up_total", (gave_up.value,))
    if gave_up is GaveUp.SAME_HYPOTHESIS:
        yield Count("planner_dedup_stops_total")


def _result(after: RunRecord) -> str:
    """How a run ended: one of `observability.catalog.RESULTS`."""
    if after.state is RunState.SUCCESS:
        return "success"
    if after.stop is None:
        return "failed"
    return "interrupted" if after.stop is StopKind.INTERRUPT else "stopped"
