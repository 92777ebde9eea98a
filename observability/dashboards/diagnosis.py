"""*Diagnosis quality*: who names failures, whether fixes help, what repeats, how models do in the evals."""

from __future__ import annotations

from observability.dashboards.panels import (
    COUNT,
    MEAN,
    SHARE,
    STEP,
    USD,
    WARN,
    Page,
    bars,
    grown,
    lines,
    number,
    ranking,
    ratio,
)

_INCIDENTS = "planner_incidents_total"
_OUTCOMES = "planner_fix_outcomes_total"
_OF_A_MODEL = "by (model, suite)"


def _eval(name: str) -> str:
    return f"max {_OF_A_MODEL} (planner_eval_{name})"


PAGE = Page(
    "planner-diagnosis",
    "planner: diagnosis quality",
    "Who named the causes of failures, whether fixes helped, what came back, and how models score.",
    "now-7d",
    {
        "In the range shown": [
            number("Incidents", grown(_INCIDENTS), COUNT, "Failures that were diagnosed."),
            number(
                "Named without a model",
                ratio(grown(f'{_INCIDENTS}{{source=~"signature|memory"}}'), grown(_INCIDENTS)),
                SHARE,
                "Share of the incidents that a signature or the memory named.",
                empty="no incident",
            ),
            number(
                "Nobody knew",
                ratio(grown(f'{_INCIDENTS}{{source="none"}}'), grown(_INCIDENTS)),
                SHARE,
                "Share of the incidents whose cause nobody could name.",
                steps=((0.25, "orange"), (0.5, "red")),
                empty="no incident",
            ),
            number(
                "Fixes that worked",
                ratio(grown(f'{_OUTCOMES}{{outcome="worked"}}'), grown(_OUTCOMES)),
                SHARE,
                "Share of the remedies that were carried out after which the failure was gone.",
                empty="no fix was tried",
            ),
            number(
                "Same failure in 24 h",
                "max(planner_incident_recurrence)",
                COUNT,
                "How often the most frequent fingerprint came in the last 24 hours.",
                steps=((3, "orange"), (5, "red")),
            ),
            number(
                "Most harm in evals",
                "max(planner_eval_harm_ratio)",
                SHARE,
                "Largest share of executed trials that did harm, of all models in the last evaluation.",
                steps=((0.0001, "red"),),
                empty="no evaluation",
            ),
        ],
        "Incidents": [
            bars(
                "Who named the cause",
                {"{{source}}": grown(_INCIDENTS, "source", STEP)},
                COUNT,
                "Incidents by who named the cause; none: nobody could.",
            ),
            ranking(
                "Categories",
                {"{{category}}": f"topk(15, {grown(_INCIDENTS, 'category')})"},
                COUNT,
                "The fifteen most frequent categories.",
                width=12,
            ),
            bars(
                "Answers that cost nothing",
                {
                    "memory": grown("planner_memory_hits_total", over=STEP),
                    "answer paid before": grown("planner_answer_cache_hits_total", over=STEP),
                },
                COUNT,
                "Incidents named by what mended the same failure before, or by an answer paid for before.",
            ),
            lines(
                "Recurrence",
                {"most frequent fingerprint": "max(planner_incident_recurrence)"},
                COUNT,
                "How often the most frequent fingerprint came in the 24 hours before each point.",
            ),
        ],
        "Fixes and ends": [
            bars(
                "Fixes by decision",
                {"{{decision}}": grown("planner_fixes_total", "decision", STEP)},
                COUNT,
                "Remediations that were decided on: applied by planner, approved or refused.",
            ),
            bars(
                "What fixes came to",
                {"{{source}} {{outcome}}": grown(_OUTCOMES, "source, outcome", STEP)},
                COUNT,
                "Remedies that were carried out, by who proposed them and whether the failure was gone.",
            ),
            ranking(
                "Fixes by kind",
                {"{{kind}}": grown("planner_fixes_total", "kind")},
                COUNT,
                "Remediations that were decided on, by kind.",
            ),
            ranking(
                "Why runs gave up",
                {"{{reason}}": grown("planner_gave_up_total", "reason")},
                COUNT,
                "Runs that ended because nothing more could be tried.",
                steps=WARN,
            ),
            bars(
                "Same hypothesis twice",
                {"stops": grown("planner_dedup_stops_total", over=STEP)},
                COUNT,
                "Runs that ended because the same hypothesis came twice.",
                width=8,
            ),
        ],
        "Evals": [
            lines(
                "Net score",
                {
                    "{{model}} {{suite}}": _eval("net"),
                    "{{model}} {{suite}} low": _eval("net_low"),
                    "{{model}} {{suite}} high": _eval("net_high"),
                },
                MEAN,
                "Mean net score of the last evaluation, 95 % interval: 1 right, 0 honest, -1 wrong or harm.",
                width=24,
            )
            .min(-1)
            .max(1),
            ranking(
                "Solved",
                {"{{model}} {{suite}}": _eval("solved_ratio")},
                SHARE,
                "Share of the trials of the last evaluation that were solved.",
            ).max(1),
            ranking(
                "Harm",
                {"{{model}} {{suite}}": _eval("harm_ratio")},
                SHARE,
                "Share of the executed trials that did harm; anything above nought is a fault.",
                steps=((0.0001, "red"),),
            ).max(1),
            ranking(
                "Cost of a solved trial",
                {"{{model}} {{suite}}": _eval("usd_per_solved")},
                USD,
                "US dollars of one solved trial of the last evaluation.",
            ),
        ],
    },
)
