"""Every query of every panel, on a real Prometheus that scrapes planner at rest, then at work."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from planner.store import Store
from tests.fakes.seeded_runs import Told
from tests.fakes.seeded_store import seed
from tests.fakes.seeded_stories import STORIES
from tests.fakes.this_machine import engine
from tests.observability.panels import Query, queries
from tests.observability.servers import Json, Prometheus, metrics_of, prometheus, until

pytestmark = [pytest.mark.prometheus, pytest.mark.terraform, pytest.mark.slow]

MODULES = Path(__file__).resolve().parents[2] / "modules"
RANGE = 60
GUARDS = ("> 0)", ">= 0")
"""What takes away a share of nothing."""


class Seen(NamedTuple):
    """What every query found."""

    server: Prometheus
    real: str
    """The instance on which real Terraform ran."""
    at_rest: dict[Query, list[Json]]
    at_work: dict[Query, list[Json]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("metrics")
    told = seed(folder / "told", runs=80, now=datetime.now(UTC))
    real = folder / "real"
    _run(MODULES / "local-fleet", folder / "first", real)
    with metrics_of(told) as one, metrics_of(real) as two, prometheus(folder / "prom", [one, two]) as server:
        until(lambda: server.value("count(count_over_time(planner_build_info[10s]) >= 4)") == 2)
        at_rest = _asked(server)
        _run(MODULES / "local-fleet", folder / "clean", real)
        _run(MODULES / "local-fleet", folder / "broken", real, misspelt=True)
        _tell_more(told)
        time.sleep(4)
        yield Seen(server, two, at_rest, _asked(server))


def _asked(server: Prometheus) -> dict[Query, list[Json]]:
    return {
        query: server.over_time(query.filled(RANGE), 3)
        if query.kind == "timeseries"
        else server.rows(query.filled(RANGE))
        for query in queries()
    }


def _run(module: Path, copy: Path, home: Path, *, misspelt: bool = False) -> None:
    shutil.copytree(module, copy, ignore=shutil.ignore_patterns(".terraform*", "terraform.tfstate*"))
    if misspelt:
        main = copy / "main.tf"
        main.write_text(main.read_text().replace("var.prefix, count", "var.prefx, count"))
    command = [sys.executable, "-m", "planner", "run", str(copy), "--home", str(home), "--autonomy", "fix"]
    command += ["--terraform-bin", engine(), "--model", "none"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr


def _tell_more(home: Path) -> None:
    """One more run of each kind while Prometheus looks, by a clock past the open breaker's hour."""
    store, later = Store(home / "planner.db"), datetime.now(UTC) + timedelta(hours=2)
    for number, story in enumerate(STORIES):
        run = Told(store, f"later-{number:02}", home / "modules" / "later", later)
        story(run)
        run.kept()
    store.close()


def test_at_work_every_query_of_every_panel_finds_something(seen: Seen) -> None:
    assert not [query for query, rows in seen.at_work.items() if not rows]


def test_at_rest_only_shares_of_nothing_find_nothing(seen: Seen) -> None:
    for query, rows in seen.at_rest.items():
        assert rows or any(guard in query.expr for guard in GUARDS), query


def test_no_figure_is_ever_not_a_number(seen: Seen) -> None:
    for query, rows in [*seen.at_rest.items(), *seen.at_work.items()]:
        if query.kind != "timeseries":
            assert not [row for row in rows if row["value"][1] in {"NaN", "+Inf", "-Inf"}], query


def test_shares_lie_between_nothing_and_all(seen: Seen) -> None:
    shares = {
        "Success rate",
        "Runs for $0",
        "Incidents for $0",
        "Nobody knew",
        "Fixes that worked",
        "Budget used",
    }
    for query, rows in seen.at_work.items():
        if query.place.split(" / ")[1] in shares:
            shares.remove(query.place.split(" / ")[1])
            [row] = rows
            assert 0 <= float(row["value"][1]) <= 1, query
    assert not shares


def test_prometheus_knows_what_real_terraform_did(seen: Seen) -> None:
    def count(metric: str, labels: str = "") -> float:
        return seen.server.value(f'sum({metric}{{instance="{seen.real}"{labels}}})')

    assert count("planner_runs_started_total") == count("planner_runs_ended_total") == 3
    assert count("planner_runs_ended_total", ', result="success"') == 3
    assert count("planner_incidents_total") == 1
    assert count("planner_incidents_total", ', category="invalid_reference", source="signature"') == 1
    assert count("planner_fixes_total", ', kind="edit_config", decision="applied"') == 1
    assert count("planner_fix_outcomes_total", ', source="signature", outcome="worked"') == 1
    assert count("planner_retries_total") == 1
    assert count("planner_model_calls_total") == 0
    assert count("planner_terraform_duration_seconds_count", ', effect="apply"') == 3
    assert count("planner_checks_total", ', result="failed"') == 0
    assert count("planner_runs_unfinished") == 0


def test_the_recorded_rules_hold(seen: Seen) -> None:
    for rule in ("planner:spent_today_usd", "planner:cost_usd:increase1d", "planner:runs_ended:increase6h"):
        assert seen.server.rows(rule), rule
