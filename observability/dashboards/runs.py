"""*Runs and fleet*: how runs end, how long everything takes, what is retried, what the checks find."""

from __future__ import annotations

from observability.dashboards.panels import (
    COUNT,
    HOURLY,
    MEAN,
    SECONDS,
    SHARE,
    STEP,
    WARN,
    Page,
    bars,
    grown,
    lines,
    number,
    quantile,
    ranking,
    ratio,
)

_ENDED = "planner_runs_ended_total"
_SUCCESS = f'{_ENDED}{{result="success"}}'
_RUN_S, _STATE_S, _CALL_S = (f"planner_{what}_duration_seconds" for what in ("run", "state", "terraform"))

PAGE = Page(
    "planner-runs",
    "planner: runs and fleet",
    "How runs end, how long states and Terraform calls take, attempts, retries, checks and drift.",
    "now-7d",
    {
        "In the range shown": [
            number("Runs started", grown("planner_runs_started_total"), COUNT, "Runs that were started."),
            number("Runs ended", grown(_ENDED), COUNT, "Runs that ended, however."),
            number(
                "Success rate",
                ratio(grown(_SUCCESS), grown(_ENDED)),
                SHARE,
                "Share of the runs that ended which succeeded.",
                empty="no run ended",
            ),
            number(
                "Unfinished now",
                "sum(planner_runs_unfinished)",
                COUNT,
                "Runs that have not ended, those that wait for a person included.",
            ),
            number(
                "Retries per run",
                ratio(grown("planner_retries_total"), grown(_ENDED)),
                MEAN,
                "Attempts after the first, by runs that ended.",
                empty="no run ended",
            ),
            number(
                "Drift found",
                grown("planner_drift_found_total"),
                COUNT,
                "Attempts whose re-plan after the apply was not empty.",
                steps=WARN,
            ),
        ],
        "Runs": [
            bars(
                "Runs by result",
                {"{{result}}": grown(_ENDED, "result", STEP)},
                COUNT,
                "Runs that ended, a bar an hour or longer.",
            ),
            lines(
                "Success rate over a day",
                {"success": ratio(grown(_SUCCESS, over="1d"), grown(_ENDED, over="1d"))},
                SHARE,
                "Share of the runs of the 24 hours before each point which succeeded.",
                width=6,
            ),
            lines(
                "Unfinished by state",
                {"{{state}}": "sum by (state) (planner_runs_unfinished)"},
                COUNT,
                "Runs that have not ended, by the state they are in; a parked run is in DIAGNOSING.",
                width=6,
            ),
        ],
        "How long": [
            lines(
                "Run time",
                {"p50": quantile(0.5, _RUN_S, over=STEP), "p95": quantile(0.95, _RUN_S, over=STEP)},
                SECONDS,
                "Time that somebody drove a run until it ended; waiting for a person does not count.",
            ).interval(HOURLY),
            ranking(
                "Run time by result",
                {
                    "{{result}} p50": quantile(0.5, _RUN_S, "result"),
                    "{{result}} p95": quantile(0.95, _RUN_S, "result"),
                },
                SECONDS,
                "Time that somebody drove a run, by how it ended.",
                width=12,
            ),
            ranking(
                "Time in states",
                {
                    "{{state}} p50": quantile(0.5, _STATE_S, "state"),
                    "{{state}} p95": quantile(0.95, _STATE_S, "state"),
                },
                SECONDS,
                "Time in a state until the run left it, without the time that nobody drove it.",
                width=12,
            ),
            ranking(
                "Time of Terraform calls",
                {
                    "{{effect}} p50": quantile(0.5, _CALL_S, "effect"),
                    "{{effect}} p95": quantile(0.95, _CALL_S, "effect"),
                },
                SECONDS,
                "Time of one Terraform call, by what it was for.",
                width=12,
            ),
        ],
        "Attempts, retries and checks": [
            bars(
                "Attempts",
                {"{{stage}} {{result}}": grown("planner_attempts_total", "stage, result", STEP)},
                COUNT,
                "Attempts by the stage they ended in.",
            ),
            bars(
                "Retries",
                {"retries": grown("planner_retries_total", over=STEP)},
                COUNT,
                "Attempts after the first of a run.",
                width=6,
            ),
            bars(
                "Drift",
                {"drift": grown("planner_drift_found_total", over=STEP)},
                COUNT,
                "Attempts whose re-plan after the apply was not empty.",
                width=6,
            ),
            ranking(
                "Checks",
                {"{{kind}} {{result}}": grown("planner_checks_total", "kind, result")},
                COUNT,
                "Checks after an apply, by kind and result.",
                width=12,
            ),
            ranking(
                "Transitions",
                {"{{event}}": grown("planner_transitions_total", "event")},
                COUNT,
                "Moves of the state machine, by event.",
                width=12,
            ),
        ],
    },
)
