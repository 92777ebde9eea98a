"""What a failure and its remedy add to the totals: incidents, their cost, decisions, outcomes. Pure.

The journal tells of an incident again when its decision changes: it is counted
when it is first told of, and a decision when it is final. A plan of the
module's own that waits for a person is no failure. An unknown cost is not
money.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from contracts.hypothesis import Source
from contracts.incident import Decision, Incident
from contracts.record import RunRecord
from observability.catalog import UNKNOWN
from planner.memory import Result, outcomes_of
from planner.tally import Count, observed

_FINAL = frozenset({Decision.APPLIED, Decision.APPROVED, Decision.REFUSED})


def counts_of(before: RunRecord, after: RunRecord) -> Iterator[Count]:
    """What an entry adds: a run's incidents keep their places in its record."""
    for old, new in zip_longest(before.incidents, after.incidents):
        if new.is_question:
            continue
        if old is None:
            yield from _incident(new)
        if new.decision in _FINAL and (old is None or old.decision not in _FINAL):
            yield Count("planner_fixes_total", (new.remediation.kind, new.decision.value))
    for known, (incident, outcome) in zip_longest(outcomes_of(before), outcomes_of(after)):
        was_open = known is None or known[1] is Result.OPEN
        if outcome is not Result.OPEN and was_open and incident.source is not None:
            yield Count("planner_fix_outcomes_total", (incident.source.value, outcome.value))


def _incident(incident: Incident) -> Iterator[Count]:
    source = incident.source.value if incident.source else UNKNOWN
    yield Count("planner_incidents_total", (incident.category.value, source))
    if incident.source is Source.MEMORY:
        yield Count("planner_memory_hits_total")
    if incident.usage.calls:
        yield Count("planner_incidents_paid_total")
        if incident.usage.cost_usd is not None:
            cost = float(incident.usage.cost_usd)
            yield from observed("planner_incident_cost_usd", (), cost)
            yield Count("planner_category_cost_usd_total", (incident.category.value,), cost)
    elif incident.source is Source.MODEL:
        yield Count("planner_answer_cache_hits_total")
