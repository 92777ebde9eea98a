"""Alerts all the way: a store, `planner metrics serve`, Prometheus and its rules, Alertmanager."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from planner.store import Store
from tests.fakes.seeded_store import seed
from tests.observability.servers import alertmanager_in, alerts_at, metrics_of, prometheus, until

pytestmark = [pytest.mark.prometheus, pytest.mark.slow]


class World(NamedTuple):
    home: Path
    alertmanager: str
    planner: str
    """The instance, as alerts name it."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A run cut off 3 hours ago, one that has waited for 8, an open breaker; and a machine that is off."""
    home = seed(tmp_path / "home", runs=40, now=datetime.now(UTC))
    with (
        metrics_of(home) as planner,
        alertmanager_in(tmp_path / "alerts") as alertmanager,
        prometheus(tmp_path / "prom", [planner, "127.0.0.1:1"], alertmanager, patient=False),
    ):
        yield World(home, alertmanager, planner)


def test_what_is_wrong_arrives_and_what_is_not_does_not(world: World) -> None:
    expected = {"PlannerRunStuck", "PlannerApprovalWaits", "PlannerBreakerOpen", "PlannerDown"}
    until(lambda: expected <= alerts_at(world.alertmanager).keys())
    there = alerts_at(world.alertmanager)
    assert not there.keys() & {
        "PlannerApprovalOverdue",
        "PlannerKillSwitchOn",
        "PlannerBudgetSpent",
        "PlannerCostSpike",
        "PlannerEvalFell",
        "PlannerEvalHarm",
        "PlannerMetricsAbsent",
    }
    stuck = there["PlannerRunStuck"]
    assert stuck["labels"]["instance"] == world.planner
    assert stuck["labels"]["severity"] == "warning"
    assert stuck["status"]["state"] == "active"
    assert "has not moved for 3h 0m" in stuck["annotations"]["summary"]
    assert stuck["annotations"]["runbook_url"] == "docs/runbooks.md#plannerrunstuck"
    assert "has waited for an answer for 8h 0m" in there["PlannerApprovalWaits"]["annotations"]["summary"]
    assert there["PlannerDown"]["labels"]["instance"] == "127.0.0.1:1"
    assert not [alert for alert in there.values() if "<no value>" in str(alert["annotations"])]

    store = Store(world.home / "planner.db")
    store.switch_off(None, "for a test")
    store.close()
    until(lambda: "PlannerKillSwitchOn" in alerts_at(world.alertmanager))
    until(lambda: alerts_at(world.alertmanager)["PlannerRunStuck"]["status"]["state"] == "suppressed")
