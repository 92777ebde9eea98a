"""*Operations*: what holds planner back now, who is waited for, and what the machinery uses."""

from __future__ import annotations

from observability.dashboards.panels import (
    BAD,
    BYTES,
    COUNT,
    SECONDS,
    STEP,
    USD,
    WARN,
    Page,
    bars,
    grown,
    lines,
    number,
    ranking,
)

_HOUR = 3600
_WAITS = "time() - min(planner_approval_oldest_timestamp_seconds)"
_STALE = "time() - min(planner_run_stalest_transition_timestamp_seconds)"

PAGE = Page(
    "planner-operations",
    "planner: operations",
    "Breaker, kill switch, waiting approvals, locks, stalest run, store, model traffic and version.",
    "now-24h",
    {
        "Now": [
            number(
                "Kill switch",
                "max(planner_kill_switch)",
                COUNT,
                "ON: nothing may begin until somebody calls `planner start`.",
                steps=BAD,
                states=("off", "ON"),
            ),
            number(
                "Breaker",
                "max(planner_breaker_open) or vector(0)",
                COUNT,
                "OPEN: a model's provider is left alone after faults; signatures and memory go on.",
                steps=BAD,
                states=("closed", "OPEN"),
            ),
            number(
                "Runs stopped",
                "sum(planner_runs_stopped)",
                COUNT,
                "Runs that somebody stopped one by one.",
                steps=WARN,
            ),
            number(
                "Stalest run",
                f"{_STALE} or vector(0)",
                SECONDS,
                "Time since the run that moved least lately made its last transition; 0: none is under way.",
                steps=((0.5 * _HOUR, "orange"), (0.75 * _HOUR, "red")),
            ),
            number(
                "Modules locked",
                "sum(planner_locks_held)",
                COUNT,
                "Modules that a process of the machine holds.",
            ),
            number(
                "Version",
                "max by (version) (planner_build_info)",
                COUNT,
                "The version of planner that answers; more than one while machines differ.",
                legend="{{version}}",
            ),
        ],
        "Approvals": [
            number(
                "Runs that wait",
                "sum(planner_approvals_pending)",
                COUNT,
                "Runs that wait for a person: `planner review`.",
                steps=WARN,
            ),
            number(
                "Longest wait",
                f"{_WAITS} or vector(0)",
                SECONDS,
                "How long the longest of them waits; 0: none does.",
                steps=((4 * _HOUR, "orange"), (24 * _HOUR, "red")),
            ),
            lines(
                "Waiting",
                {"runs": "sum(planner_approvals_pending)"},
                COUNT,
                "Runs that wait for a person, over time.",
                width=8,
            ).height(4),
            bars(
                "Answers",
                {"{{decision}}": grown("planner_approvals_total", "decision", STEP)},
                COUNT,
                "What people answered.",
                width=8,
            ).height(4),
        ],
        "Models": [
            bars(
                "Calls",
                {"{{model}}": grown("planner_model_calls_total", "model", STEP)},
                COUNT,
                "Requests to a model, answered or not.",
            ),
            bars(
                "Tokens",
                {"{{model}} {{type}}": grown("planner_model_tokens_total", "model, type", STEP)},
                COUNT,
                "Tokens by type: fresh input, input read from the provider's cache, output.",
            ),
            ranking(
                "Cost not known",
                {"{{model}}": "sum by (model) (planner_model_unsettled_usd)"},
                USD,
                "US dollars set aside for calls whose cost nobody knows; they count as spent.",
                steps=((0.000001, "orange"),),
            ),
            lines(
                "Breaker by provider",
                {"{{provider}}": "max by (provider) (planner_breaker_open)"},
                COUNT,
                "1 while a provider is left alone.",
                width=8,
            ).max(1),
            lines(
                "Breaker trips",
                {"{{provider}}": "max by (provider) (planner_breaker_trips)"},
                COUNT,
                "How often a provider's breaker opened since it last closed; each time it stays open longer.",
                width=8,
            ),
        ],
        "Machines": [
            lines(
                "Store",
                {"{{instance}}": "sum by (instance) (planner_store_size_bytes)"},
                BYTES,
                "Size of the store's files, by machine.",
                width=8,
            ),
            lines(
                "Locks",
                {"{{instance}}": "sum by (instance) (planner_locks_held)"},
                COUNT,
                "Modules that a process holds, by machine.",
                width=8,
            ),
            lines(
                "Stalest run by machine",
                {"{{instance}}": "time() - planner_run_stalest_transition_timestamp_seconds"},
                SECONDS,
                "Time since each machine's stalest run made its last transition; no line: none is under way.",
                width=8,
            ),
        ],
    },
)
