"""The result as Prometheus' text format, for a text-file collector or a push gateway.

Labels are the model and the suite alone: a scenario or a trial would be a new
series a run. What was run is told in comments. Written to `metrics/evals.prom`
in planner's home, `planner metrics` tells those that `observability.catalog` has.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from evals.reports.words import facts
from evals.stats import Interval
from evals.table import Row, Share, Table

_LABELS = ("model", "suite")


def render(table: Table) -> str:
    """All gauges, from a registry of their own. What is not known has no series."""
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for row in table.rows:
        for name, what, value in _values(row):
            if name not in gauges:
                gauges[name] = Gauge(f"planner_eval_{name}", what, _LABELS, registry=registry)
            gauges[name].labels(row.label, str(row.suite)).set(value)
    valid = Gauge(
        "planner_eval_valid", "0: the environment spoilt more than 5 % of the trials", registry=registry
    )
    valid.set(not table.invalid)
    told = "".join(f"# planner-eval {name}: {value}\n" for name, value in facts(table))
    return told + generate_latest(registry).decode()


def _values(row: Row) -> Iterator[tuple[str, str, float]]:
    for name, what, share in (
        ("solved", "trials that were solved", row.solved),
        ("accepted", "answers whose category is accepted", row.accepted),
        ("exact", "answers whose category is the label itself", row.exact),
        ("fell", "red herrings that were taken for what they look like", row.fell),
        ("keywords", "trials that tell the root cause by keywords", row.keywords),
        ("quotes", "quotes that the failure holds", row.quotes),
        ("fix", "answers whose kind of fix is accepted", row.fix),
        ("retry_precision", "failures called retryable that are", row.retry_precision),
        ("retry_recall", "retryable failures called so", row.retry_recall),
        ("harm", "executed trials that did harm", row.harm),
        ("free", "trials that were solved without a model call", row.free),
    ):
        yield from _share(name, what, share)
    yield from _mean("net", "mean net score", row.net, row.net_interval)
    asked = "mean net score of scenarios in which a model was asked"
    yield from _mean("asked_net", asked, row.asked_net, row.asked_net_interval)
    if row.brier is not None:
        yield "brier", "Brier score of confidences", row.brier
    yield "cases", "scenarios that count", row.cases
    yield "trials", "trials that count", row.trials
    yield "excluded_trials", "trials that the environment spoilt", sum(row.excluded.values())
    yield "flaky_cases", "scenarios that passed sometimes", row.flaky
    yield "calls", "model calls", row.calls
    yield "input_tokens", "fresh input tokens", row.input_tokens
    yield "cached_tokens", "input tokens read from a cache", row.cached_tokens
    yield "output_tokens", "output tokens", row.output_tokens
    yield "unpriced_trials", "trials of unknown price", row.unpriced
    if row.usd is not None:
        yield "usd", "US dollars spent, as far as known", float(row.usd)
    if row.usd_per_case is not None:
        yield "usd_per_case", "mean US dollars of one trial", float(row.usd_per_case[1])
    if row.usd_per_solved is not None:
        yield "usd_per_solved", "US dollars of one solved trial", float(row.usd_per_solved)
    yield "seconds_p50", "median seconds of a trial", row.seconds_p50
    yield "seconds_p95", "seconds of a trial, 95th percentile", row.seconds_p95


def _share(name: str, what: str, share: Share) -> Iterator[tuple[str, str, float]]:
    if share.of:
        yield from _mean(f"{name}_ratio", f"share of {what}", share.hits / share.of, share.interval)


def _mean(
    name: str, what: str, value: float | None, interval: Interval | None
) -> Iterator[tuple[str, str, float]]:
    if value is not None and interval is not None:
        yield name, what, value
        yield f"{name}_low", f"{what}: lower bound of the 95 % interval", interval[0]
        yield f"{name}_high", f"{what}: upper bound of the 95 % interval", interval[1]
