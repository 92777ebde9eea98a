from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from observability.catalog import ALL
from observability.dashboards import build
from tests.observability.panels import FILES, metrics_in, pages, panels, queries, stored_names

UNITS = {"currencyUSD", "s", "percentunit", "short", "bytes", "none"}
PAGES = pytest.mark.parametrize("page", pages(), ids=lambda page: page["uid"])


def test_the_committed_dashboards_are_what_the_code_builds() -> None:
    assert build.main(["--check"]) == 0


def test_a_dashboard_that_was_changed_by_hand_or_left_over_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    assert build.main([]) == 0
    assert build.main(["--check"]) == 0
    (tmp_path / "planner-cost.json").write_text("{}")
    (tmp_path / "planner-old.json").write_text("{}")
    assert build.main(["--check"]) == 1
    assert "planner-cost.json, planner-old.json. Run `make dashboards`" in capsys.readouterr().err
    assert build.main([]) == 0
    assert build.main(["--check"]) == 0


def test_there_are_four_dashboards_under_their_own_names() -> None:
    names = ["planner-cost", "planner-diagnosis", "planner-operations", "planner-runs"]
    assert [page["uid"] for page in pages()] == names
    assert [path.stem for path in FILES] == names


@PAGES
def test_the_sdk_reads_back_what_it_wrote(page: dict[str, Any]) -> None:
    register_default_plugins()
    assert json.loads(json.dumps(Dashboard.from_json(page), cls=JSONEncoder)) == page


@PAGES
def test_ids_and_titles_are_unique(page: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in page["panels"]]
    titles = [panel["title"] for panel in panels(page)]
    assert len(set(ids)) == len(ids)
    assert len(set(titles)) == len(titles)
    assert all(ids)


@PAGES
def test_panels_lie_on_the_grid_side_by_side_without_gaps(page: dict[str, Any]) -> None:
    def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
        at = panel["gridPos"]
        return {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}

    covered = [cells(panel) for panel in page["panels"]]
    for first, second in combinations(covered, 2):
        assert not first & second
    everything = set().union(*covered)
    assert {x for x, _ in everything} == set(range(24))
    assert len(everything) == 24 * (1 + max(y for _, y in everything))


@PAGES
def test_every_panel_says_what_it_shows_in_one_sentence_with_a_unit(page: dict[str, Any]) -> None:
    for panel in panels(page):
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS


@PAGES
def test_money_time_shares_and_sizes_have_their_own_units(page: dict[str, Any]) -> None:
    for panel in panels(page):
        unit = panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            names = {name.removesuffix("_bucket") for name in metrics_in(target["expr"])}
            assert ("usd" in " ".join(names)) == (unit == "currencyUSD") or unit == "percentunit"
            assert (unit == "bytes") == any(name.endswith("_bytes") for name in names)
            if any("_seconds" in name for name in names):
                assert unit == "s"


@PAGES
def test_every_query_asks_the_source_that_is_chosen_above(page: dict[str, Any]) -> None:
    [variable] = page["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == (
        "datasource",
        "datasource",
        "prometheus",
    )
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    for panel in panels(page):
        assert panel["datasource"] == chosen
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)
        for target in panel["targets"]:
            assert target["datasource"] == chosen
            assert target["instant"] is not target["range"]


@PAGES
def test_each_dashboard_leads_to_the_others(page: dict[str, Any]) -> None:
    [link] = page["links"]
    assert (link["type"], link["tags"], link["keepTime"]) == ("dashboards", page["tags"], True)


def test_every_metric_is_on_a_dashboard_and_every_query_is_of_metrics_there_are() -> None:
    names = stored_names()
    used = {name for query in queries() for name in metrics_in(query.expr)}
    assert used <= names.keys()
    assert {names[name] for name in used} == {metric.name for metric in ALL}


def test_what_only_grows_is_asked_for_its_growth() -> None:
    since_the_store_began = {"Spent since the store began"}
    for query in queries():
        grows = any(name.endswith(("_total", "_bucket", "_sum", "_count")) for name in metrics_in(query.expr))
        if query.place.split(" / ")[1] not in since_the_store_began:
            assert grows == ("increase(" in query.expr), query
