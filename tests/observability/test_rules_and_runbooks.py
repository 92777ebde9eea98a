"""The rules and the configurations, as Prometheus' own tools read them, and what is written about them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from planner.cli import _COMMANDS
from tests.observability.panels import OBSERVABILITY, RULES, metrics_in, queries, stored_names
from tests.observability.servers import tool

DOCS = OBSERVABILITY.parent / "docs"
RUNBOOKS = (DOCS / "runbooks.md").read_text(encoding="utf-8")
PARTS = ("Means", "Look first", "Likely", "Do", "Silence")
DEPLOY = OBSERVABILITY / "deploy"


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in _rules() if "alert" in rule}
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOKS, re.MULTILINE | re.DOTALL))


def _passes(*command: str) -> None:
    done = subprocess.run([tool(command[0]), *command[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_section_of_its_name_in_the_runbooks_and_every_section_an_alert() -> None:
    assert list(SECTIONS) == sorted(SECTIONS, key=list(ALERTS).index)
    assert set(SECTIONS) == set(ALERTS)
    for name, alert in ALERTS.items():
        assert alert["annotations"]["runbook_url"] == f"docs/runbooks.md#{name.lower()}"


def test_every_section_says_what_it_means_where_to_look_what_to_do_and_when_to_silence() -> None:
    for name, text in SECTIONS.items():
        assert re.findall(r"^\*\*([\w ]+?)\.?\*\*", text, re.MULTILINE) == list(PARTS), name


def test_every_command_that_is_named_is_one_of_planner() -> None:
    told = (
        RUNBOOKS + (DOCS / "observability.md").read_text(encoding="utf-8") + RULES.read_text(encoding="utf-8")
    )
    named = set(re.findall(r"`planner (\w+)", told))
    assert named <= _COMMANDS.keys()


def test_every_alert_says_how_bad_it_is_what_happened_and_what_to_do() -> None:
    for alert in ALERTS.values():
        assert alert["labels"]["severity"] in {"info", "warning", "critical"}
        assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
        assert alert["annotations"]["description"].endswith(".")


def test_rules_ask_only_for_metrics_that_there_are() -> None:
    for rule in _rules():
        assert metrics_in(rule["expr"].replace("planner:", "")) <= stored_names().keys()


@pytest.mark.prometheus
def test_promtool_reads_the_rules_and_both_configurations_are_valid() -> None:
    _passes("promtool", "check", "rules", str(RULES))
    _passes("promtool", "check", "config", str(DEPLOY / "prometheus.yml"))
    _passes("amtool", "check-config", str(DEPLOY / "alertmanager.yml"))


@pytest.mark.prometheus
@pytest.mark.parametrize("file", ["tests.yml", "tests-of-days.yml"])
def test_each_alert_fires_when_it_should_and_is_silent_when_it_should_not(file: str) -> None:
    _passes("promtool", "test", "rules", str(OBSERVABILITY / "alerts" / file))


def test_every_alert_is_seen_to_fire_in_those_tests() -> None:
    told = "".join(path.read_text(encoding="utf-8") for path in (OBSERVABILITY / "alerts").glob("tests*.yml"))
    assert set(re.findall(r'alertname(?:="|: )(\w+)', told)) == set(ALERTS)


@pytest.mark.prometheus
def test_every_query_of_every_panel_is_one_that_prometheus_can_read(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{n}", "expr": query.filled(3600)} for n, query in enumerate(queries())]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    _passes("promtool", "check", "rules", str(path))


def test_compose_names_files_that_are_there_pins_its_images_and_listens_on_this_machine_only() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"prometheus", "alertmanager", "grafana"}
    for service in services.values():
        assert re.fullmatch(r"[\w/]+:v?\d+\.\d+\.\d+", service["image"])
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).is_dir()
    said = str(services)
    for path in re.findall(r"/etc/planner/([\w./-]+)", said):
        assert (OBSERVABILITY / path).is_file()


def test_grafana_is_given_prometheus_and_the_folder_of_dashboards() -> None:
    [source] = yaml.safe_load((DEPLOY / "grafana/datasources/prometheus.yaml").read_text())["datasources"]
    [provider] = yaml.safe_load((DEPLOY / "grafana/dashboards/planner.yaml").read_text())["providers"]
    scrape = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["global"]["scrape_interval"]
    assert (source["type"], source["url"], source["isDefault"]) == (
        "prometheus",
        "http://prometheus:9090",
        True,
    )
    assert source["jsonData"]["timeInterval"] == scrape
    inside = provider["options"]["path"].removeprefix("/etc/planner/")
    assert list((OBSERVABILITY / inside).glob("*.json"))
