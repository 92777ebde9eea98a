"""Every metric planner tells: its name, kind, labels, and all values a label may have.

The one list that the collector, the totals of the store, the dashboards, the
alerts and the documents go by. Names and units follow Prometheus' conventions:
base units, `_total` for what only grows. Labels are enumerations; an id, an
address, a path or a fingerprint never is one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from contracts.hypothesis import Category, Source
from contracts.incident import Decision, Stage
from contracts.remediation import RemediationKind
from contracts.run import TERMINAL, Effect, GaveUp, RunEvent, RunState
from contracts.validation import CheckKind


class Kind(StrEnum):
    """What Prometheus calls the type."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(NamedTuple):
    """One metric."""

    name: str
    """As Prometheus stores it; of a histogram without `_bucket`, `_sum`, `_count`."""
    kind: Kind
    what: str
    """One sentence without a full stop."""
    labels: tuple[str, ...] = ()
    values: tuple[tuple[str, ...], ...] | None = None
    """Each label's values in their order; None where only what was seen is told."""
    buckets: tuple[float, ...] = ()
    """Upper bounds, ascending, without infinity."""


RESULTS = ("success", "failed", "stopped", "interrupted")
"""How a run ends: as `contracts.run.StopKind` and the state tell."""
UNKNOWN = "none"
"""The `source` of an incident that nobody could name."""
_SOURCES = (*(source.value for source in Source), UNKNOWN)
_STATES = tuple(state.value for state in RunState if state not in TERMINAL)
_TERRAFORM = (Effect.INIT, Effect.PLAN, Effect.SHOW, Effect.APPLY, Effect.OUTPUT, Effect.PROVE, Effect.CHANGE)
_DECIDED = (Decision.APPLIED.value, Decision.APPROVED.value, Decision.REFUSED.value)
_KINDS = tuple(kind.value for kind in RemediationKind)
_SECONDS = (0.5, 1, 5, 15, 60, 300, 900, 1800, 3600)
_USD = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5)
_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

RUNS = (
    Metric("planner_runs_started_total", _C, "Runs that were started"),
    Metric("planner_runs_ended_total", _C, "Runs that ended", ("result",), (RESULTS,)),
    Metric("planner_runs_paid_total", _C, "Runs that ended and asked a model", ("result",), (RESULTS,)),
    Metric("planner_runs_unfinished", _G, "Runs that have not ended, by state", ("state",), (_STATES,)),
    Metric(
        "planner_run_duration_seconds",
        _H,
        "Time that somebody drove a run, until it ended",
        ("result",),
        (RESULTS,),
        _SECONDS,
    ),
    Metric(
        "planner_state_duration_seconds",
        _H,
        "Time in a state until the run left it, less time that nobody drove it",
        ("state",),
        (_STATES,),
        _SECONDS,
    ),
    Metric(
        "planner_terraform_duration_seconds",
        _H,
        "Time of one Terraform call, by what it was for",
        ("effect",),
        (tuple(effect.value for effect in _TERRAFORM),),
        _SECONDS,
    ),
    Metric(
        "planner_transitions_total",
        _C,
        "Transitions of the state machine",
        ("event",),
        (tuple(event.value for event in RunEvent),),
    ),
    Metric(
        "planner_attempts_total",
        _C,
        "Attempts that ended, by the stage they ended in",
        ("stage", "result"),
        (tuple(stage.value for stage in Stage), ("ok", "failed")),
    ),
    Metric("planner_retries_total", _C, "Attempts after the first of a run"),
    Metric(
        "planner_checks_total",
        _C,
        "Checks after an apply",
        ("kind", "result"),
        (tuple(kind.value for kind in CheckKind), ("passed", "failed")),
    ),
    Metric(
        "planner_drift_found_total",
        _C,
        "Attempts whose re-plan was not empty: the drift check found something",
    ),
    Metric(
        "planner_run_stalest_transition_timestamp_seconds",
        _G,
        "When the run that has been without a transition for longest made its last one; "
        "runs that wait for a person are not looked at, and nothing is told where none is under way",
    ),
)

DIAGNOSIS = (
    Metric(
        "planner_incidents_total",
        _C,
        "Failures that were diagnosed, by category and by who named the cause",
        ("category", "source"),
        (tuple(category.value for category in Category), _SOURCES),
    ),
    Metric(
        "planner_incidents_paid_total", _C, "Incidents for which a model was asked, whether or not it knew"
    ),
    Metric(
        "planner_incident_recurrence",
        _G,
        "How often the most frequent fingerprint came in the last 24 hours",
    ),
    Metric("planner_answer_cache_hits_total", _C, "Incidents answered by an answer that was paid for before"),
    Metric("planner_memory_hits_total", _C, "Incidents named by what mended the same failure before"),
    Metric("planner_dedup_stops_total", _C, "Runs that ended because the same hypothesis came twice"),
    Metric(
        "planner_gave_up_total",
        _C,
        "Runs that ended because nothing more could be tried, by why",
        ("reason",),
        (tuple(reason.value for reason in GaveUp),),
    ),
    Metric(
        "planner_fixes_total",
        _C,
        "Remediations that were decided on",
        ("kind", "decision"),
        (_KINDS, _DECIDED),
    ),
    Metric(
        "planner_fix_outcomes_total",
        _C,
        "Remedies that were carried out, by whether the failure was gone afterwards",
        ("source", "outcome"),
        (tuple(source.value for source in Source), ("worked", "failed")),
    ),
)

MONEY = (
    Metric("planner_model_calls_total", _C, "Requests to a model, answered or not", ("model",)),
    Metric(
        "planner_model_tokens_total",
        _C,
        "Tokens by type: fresh input, input read from a cache, output",
        ("model", "type"),
    ),
    Metric("planner_model_cost_usd_total", _C, "US dollars that model calls took, as booked", ("model",)),
    Metric(
        "planner_model_unsettled_usd",
        _G,
        "US dollars set aside for calls whose cost nobody knows: they count as spent",
        ("model",),
    ),
    Metric(
        "planner_incident_cost_usd",
        _H,
        "US dollars of one incident for which a model was asked",
        buckets=_USD,
    ),
    Metric(
        "planner_category_cost_usd_total",
        _C,
        "US dollars that incidents took, by category",
        ("category",),
        (tuple(category.value for category in Category),),
    ),
    Metric("planner_run_cost_usd_total", _C, "US dollars that ended runs took", ("result",), (RESULTS,)),
    Metric("planner_budget_day_usd", _G, "What all model calls of one day (UTC) may cost"),
    Metric("planner_budget_day_left_usd", _G, "What is left of it today"),
)

OPERATIONS = (
    Metric("planner_approvals_pending", _G, "Runs that wait for a person"),
    Metric(
        "planner_approval_oldest_timestamp_seconds",
        _G,
        "Since when the longest of them waits; nothing is told where none does",
    ),
    Metric("planner_approvals_total", _C, "Answers of people", ("decision",), (("approve", "reject"),)),
    Metric("planner_breaker_open", _G, "1: the provider is left alone after faults", ("provider",)),
    Metric("planner_breaker_trips", _G, "How often it opened since it last closed", ("provider",)),
    Metric("planner_kill_switch", _G, "1: nothing may begin"),
    Metric("planner_runs_stopped", _G, "Runs that are stopped one by one"),
    Metric("planner_locks_held", _G, "Modules that a process of this machine holds"),
    Metric("planner_store_size_bytes", _G, "Size of the store's files"),
    Metric("planner_build_info", _G, "1, with the version that answers", ("version",)),
)

EVALS = (
    Metric("planner_eval_net", _G, "Mean net score of a model in the last evaluation", ("model", "suite")),
    Metric("planner_eval_net_low", _G, "Lower bound of its 95 % interval", ("model", "suite")),
    Metric("planner_eval_net_high", _G, "Upper bound of its 95 % interval", ("model", "suite")),
    Metric("planner_eval_solved_ratio", _G, "Share of trials that were solved", ("model", "suite")),
    Metric("planner_eval_harm_ratio", _G, "Share of executed trials that did harm", ("model", "suite")),
    Metric("planner_eval_usd_per_solved", _G, "US dollars of one solved trial", ("model", "suite")),
)
"""Kept by `planner-eval report --format prometheus` in the folder `metrics` of planner's home."""

ALL = (*RUNS, *DIAGNOSIS, *MONEY, *OPERATIONS, *EVALS)
BY_NAME = {metric.name: metric for metric in ALL}
