"""What a moment's metrics are made of: plain numbers, by metric and label values. Pure.

Read by `planner.readings`, told by `observability.metrics`. What has not
happened yet is told as 0 where all label values are known: a rate over a series
that appears with its first event misses that event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple

from observability.catalog import BY_NAME, Kind, Metric

Labels = tuple[str, ...]


class Distribution(NamedTuple):
    """One series of a histogram."""

    counts: tuple[float, ...]
    """How many observations lie in each bucket, the last one beyond every bound."""
    total: float = 0
    """The sum of all observations."""


class Readings(NamedTuple):
    """Everything that is told at one moment."""

    values: Mapping[str, Mapping[Labels, float]]
    """Counters and gauges by name; a metric that is missing is unknown, or not there."""
    distributions: Mapping[str, Mapping[Labels, Distribution]]
    """Histograms by name."""


def with_zeros(readings: Readings) -> Readings:
    """The readings, with 0 for each counter and histogram of known labels that did not happen yet."""
    values = {name: dict(series) for name, series in readings.values.items()}
    distributions = {name: dict(series) for name, series in readings.distributions.items()}
    for metric in BY_NAME.values():
        for labels in _known(metric):
            if metric.kind is Kind.HISTOGRAM:
                nothing = Distribution((0.0,) * (len(metric.buckets) + 1))
                distributions.setdefault(metric.name, {}).setdefault(labels, nothing)
            else:
                values.setdefault(metric.name, {}).setdefault(labels, 0.0)
    return Readings(values, distributions)


def _known(metric: Metric) -> Iterator[Labels]:
    """The label values that may occur, of a metric that only grows."""
    if metric.kind is Kind.GAUGE or metric.name in _ONLY_WHAT_HAPPENED:
        return
    if metric.values is not None:
        yield from (labels for labels in product(*metric.values) if (metric.name, labels) not in _NEVER)
    elif not metric.labels:
        yield ()


_ONLY_WHAT_HAPPENED = frozenset({"planner_fixes_total"})
_CATEGORIES, _SOURCES = (BY_NAME["planner_incidents_total"].values or ((), ()))[:2]
_NEVER = frozenset(
    ("planner_incidents_total", (category, _SOURCES[-1])) for category in _CATEGORIES if category != "other"
)
"""A cause that nobody could name is of no other category."""
