"""Readings as text: every metric with its sentence and its zeros; a push that tells no password."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from evals.reports import prometheus
from evals.scenario import Suite
from evals.table import table_of
from observability.catalog import ALL, BY_NAME, EVALS, Kind
from observability.metrics import evaluations, place_of, push, rendered, text
from observability.readings import Distribution, Readings, with_zeros
from tests.fakes.metrics import samples
from tests.fakes.trial_log import case_of, ended, trial_of

NOTHING = Readings({}, {})


def test_what_did_not_happen_yet_is_nought_where_its_labels_are_known() -> None:
    told = samples(text(NOTHING).decode())
    assert set(told.values()) == {0}
    assert told["planner_runs_started_total"] == 0
    assert told['planner_incidents_total{category="quota",source="memory"}'] == 0
    assert told['planner_run_duration_seconds_bucket{le="+Inf",result="success"}'] == 0
    assert not [name for name in told if "fixes" in name or "model" in name.partition("{")[0]]


def test_what_nobody_could_name_is_of_no_category_but_other() -> None:
    told = samples(text(NOTHING).decode())
    nameless = [name for name in told if 'source="none"' in name]
    assert nameless == ['planner_incidents_total{category="other",source="none"}']


def test_a_gauge_that_is_not_known_is_not_there() -> None:
    gauges = {metric.name for metric in ALL if metric.kind is Kind.GAUGE}
    assert not gauges & {name.partition("{")[0] for name in samples(text(NOTHING).decode())}


def test_a_histograms_buckets_hold_all_that_lies_below_them() -> None:
    bounds = len(BY_NAME["planner_incident_cost_usd"].buckets)
    counts = (2.0, 1.0, *[0.0] * (bounds - 2), 4.0)
    told = samples(
        text(Readings({}, {"planner_incident_cost_usd": {(): Distribution(counts, 9.5)}})).decode()
    )
    assert told['planner_incident_cost_usd_bucket{le="0.0001"}'] == 2
    assert told['planner_incident_cost_usd_bucket{le="0.5"}'] == 3
    assert told['planner_incident_cost_usd_bucket{le="+Inf"}'] == 7
    assert told["planner_incident_cost_usd_count"] == 7
    assert told["planner_incident_cost_usd_sum"] == 9.5


def test_both_formats_tell_every_metric_with_its_kind_and_its_sentence() -> None:
    values = {m.name: {("x",) * len(m.labels): 1.0} for m in ALL if m.kind is not Kind.HISTOGRAM}
    readings = Readings(values, {})
    plain, content_type = rendered(readings)
    assert content_type.startswith("text/plain; version=0.0.4")
    said, content_type = rendered(readings, "application/openmetrics-text;version=1.0.0,*/*;q=0.1")
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    for parsed, body in ((text_string_to_metric_families, plain), (open_metrics, said)):
        found = {family.name: family for family in parsed(body.decode())}
        for metric in ALL:
            family = found[metric.name.removesuffix("_total")]
            assert (family.type, family.documentation) == (metric.kind.value, metric.what)


def test_a_label_cannot_break_out_of_its_quotes() -> None:
    nasty = 'x"} 1\nplanner_kill_switch 1\n'
    said = text(Readings({"planner_build_info": {(nasty,): 1.0}}, {})).decode()
    assert "\nplanner_kill_switch 1" not in said
    family = next(f for f in text_string_to_metric_families(said) if f.name == "planner_build_info")
    assert family.samples[0].labels == {"version": nasty}


def test_zeros_do_not_replace_what_happened() -> None:
    readings = with_zeros(Readings({"planner_retries_total": {(): 3.0}}, {}))
    assert readings.values["planner_retries_total"] == {(): 3.0}


def test_the_evals_report_tells_what_the_catalogue_passes_on(tmp_path: Path) -> None:
    case = case_of(tmp_path, "s-000001", suite=Suite.EXECUTED)
    table = table_of([case], [trial_of(case, "gold", case.expect.category, observed=ended())])
    kept = evaluations(prometheus.render(table))
    assert set(kept) <= {metric.name for metric in EVALS}
    assert {metric.name for metric in EVALS} - set(kept) <= {"planner_eval_usd_per_solved"}
    assert all(("gold", "executed") in series for series in kept.values())


# --- the push -------------------------------------------------------------------------------------


@pytest.fixture
def nobody() -> str:
    """A port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("form", ["http://ana:hunter2@{}", "http://ana:hunter2@{}/pushed/here?key=hunter2"])
def test_a_push_that_fails_says_why_and_repeats_no_password(nobody: str, form: str) -> None:
    why = push(NOTHING, form.format(nobody), "me")
    assert why is not None
    assert "refused" in why
    assert "hunter2" not in why
    assert place_of(form.format(nobody)) == nobody


@pytest.mark.parametrize(
    "url", ["ftp://ana:hunter2@host", "http://", "http://[::1", "http://h:port", "ana:hunter2@"]
)
def test_what_is_no_url_is_not_pushed_to(url: str) -> None:
    why = push(NOTHING, url, "me")
    assert why is not None
    assert "hunter2" not in why
    assert "hunter2" not in place_of(url)
