"""The committed dashboards as the tests read them: panels, queries, and queries as Prometheus takes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from observability.catalog import ALL, Kind

OBSERVABILITY = Path(__file__).resolve().parents[2] / "observability"
FILES = sorted((OBSERVABILITY / "dashboards" / "json").glob("*.json"))
RULES = OBSERVABILITY / "alerts" / "planner.yml"
_METRIC = re.compile(r"\bplanner_[a-z0-9_]+")


class Query(NamedTuple):
    """One query of one panel."""

    place: str
    """`dashboard / panel`, for messages."""
    kind: str
    """Grafana's type of panel."""
    expr: str

    def filled(self, seconds: int) -> str:
        """With Grafana's own variables as of a range of so many seconds."""
        expr = self.expr.replace("$__range_s", str(seconds))
        return expr.replace("$__range", f"{seconds}s").replace("$__rate_interval", f"{seconds}s")


def pages() -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in FILES]


def panels(page: dict[str, Any]) -> list[dict[str, Any]]:
    """All but the rows."""
    return [panel for panel in page["panels"] if panel["type"] != "row"]


def queries() -> Iterator[Query]:
    for page in pages():
        for panel in panels(page):
            for target in panel["targets"]:
                yield Query(f"{page['title']} / {panel['title']}", panel["type"], target["expr"])


def stored_names() -> dict[str, str]:
    """Name as Prometheus stores it → name in the catalogue."""
    ends = {Kind.HISTOGRAM: ("_bucket", "_sum", "_count")}
    return {f"{m.name}{end}": m.name for m in ALL for end in ends.get(m.kind, ("",))}


def metrics_in(expr: str) -> set[str]:
    return set(_METRIC.findall(expr))
