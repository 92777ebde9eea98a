"""*Cost per incident*: what model calls cost, what that bought, and what is left of the day's budget."""

from __future__ import annotations

from observability.dashboards.panels import (
    DAILY,
    SHARE,
    STEP,
    USD,
    Page,
    bars,
    grown,
    lines,
    number,
    quantile,
    ranking,
    ratio,
)

SPENT = "planner_model_cost_usd_total"
_LEFT, _DAY = "sum(planner_budget_day_left_usd)", "sum(planner_budget_day_usd)"
_RUNS, _INCIDENTS = grown("planner_runs_ended_total"), grown("planner_incidents_total")
_RUN_USD = grown("planner_run_cost_usd_total")
_PAID = "planner_incident_cost_usd"

PAGE = Page(
    "planner-cost",
    "planner: cost per incident",
    "What model calls cost, per incident, run, category and model, and how the day's budget stands.",
    "now-30d",
    {
        "Today and this month": [
            number(
                "Spent today",
                f"{_DAY} - {_LEFT}",
                USD,
                "What is gone of today's budget (UTC), money set aside for open calls included.",
            ),
            number("Left today", _LEFT, USD, "What all model calls together may still cost today (UTC)."),
            number(
                "Budget used",
                ratio(f"({_DAY} - {_LEFT})", _DAY),
                SHARE,
                "Share of today's budget that is gone; at 100 % no model is asked until midnight UTC.",
                steps=((0.8, "orange"), (0.98, "red")),
            ),
            number("Spent", f"{grown(SPENT)} or vector(0)", USD, "What model calls cost in the range shown."),
            number(
                "Projected month",
                f"{grown(SPENT)} / $__range_s * 86400 * scalar(days_in_month()) or vector(0)",
                USD,
                "This month at the pace of the range shown; too low while there are metrics of only a part.",
            ),
            number(
                "Spent since the store began",
                f"sum({SPENT}) or vector(0)",
                USD,
                "What all model calls cost that the store knows of, whatever range is shown.",
            ),
        ],
        "What it bought": [
            number(
                "Cost per incident",
                ratio(grown("planner_category_cost_usd_total"), _INCIDENTS),
                USD,
                "Mean of all incidents, those named for $0 included.",
                empty="no incident",
            ),
            number(
                "Cost per paid incident",
                ratio(grown(f"{_PAID}_sum"), grown(f"{_PAID}_count")),
                USD,
                "Mean of the incidents for which a model was asked.",
                empty="none was paid",
            ),
            number(
                "Cost per run",
                ratio(_RUN_USD, _RUNS),
                USD,
                "Mean of all runs that ended.",
                empty="no run ended",
            ),
            number(
                "Cost per successful run",
                ratio(_RUN_USD, grown('planner_runs_ended_total{result="success"}')),
                USD,
                "What all runs cost, failed ones included, by the number that succeeded.",
                empty="no success",
            ),
            number(
                "Runs for $0",
                f"1 - {ratio(grown('planner_runs_paid_total'), _RUNS)}",
                SHARE,
                "Share of the runs that ended without asking a model.",
                empty="no run ended",
            ),
            number(
                "Incidents for $0",
                f"1 - {ratio(grown('planner_incidents_paid_total'), _INCIDENTS)}",
                SHARE,
                "Share of the incidents for which no model was asked.",
                empty="no incident",
            ),
        ],
        "Where it goes": [
            bars(
                "Spend per day by model",
                {"{{model}}": grown(SPENT, "model", STEP)},
                USD,
                "US dollars of model calls, a bar a day.",
                each=DAILY,
            ),
            lines(
                "Budget of the day",
                {"left": _LEFT, "budget": _DAY},
                USD,
                "The day's budget and what is left of it; it is whole again at midnight UTC.",
            ),
            ranking(
                "By category",
                {"{{category}}": f"topk(12, {grown('planner_category_cost_usd_total', 'category')})"},
                USD,
                "US dollars by what the incidents turned out to be, the twelve dearest.",
            ),
            ranking(
                "Per incident by category",
                {
                    "{{category}}": "topk(12, "
                    + ratio(
                        grown("planner_category_cost_usd_total", "category"),
                        grown("planner_incidents_total", "category"),
                    )
                    + ")"
                },
                USD,
                "Mean US dollars of one incident by category, the twelve dearest.",
            ),
            ranking(
                "By model",
                {"{{model}}": grown(SPENT, "model")},
                USD,
                "US dollars by the model that was asked.",
            ),
            ranking(
                "By how the run ended",
                {"{{result}}": grown("planner_run_cost_usd_total", "result")},
                USD,
                "US dollars of the runs that ended, by result.",
            ),
            ranking(
                "Per run by how it ended",
                {
                    "{{result}}": ratio(
                        grown("planner_run_cost_usd_total", "result"),
                        grown("planner_runs_ended_total", "result"),
                    )
                },
                USD,
                "Mean US dollars of one run, by result.",
            ),
            ranking(
                "Paid incidents",
                {"p50": quantile(0.5, _PAID), "p95": quantile(0.95, _PAID)},
                USD,
                "US dollars of one incident for which a model was asked: half, and 19 of 20, took less.",
            ),
        ],
    },
)
