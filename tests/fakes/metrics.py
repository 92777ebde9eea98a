"""What a store's metrics are at one moment, for whatever compares them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from observability.catalog import BY_NAME
from observability.metrics import evaluations, text
from planner.readings import Moment, read
from planner.readings_home import with_home
from planner.store import Store
from planner.tally import bounds
from tests.fakes.clock import START


def totals(store: Store) -> dict[str, float]:
    """Every total that is not nought, as `name{labels}`; times of histograms are left out."""
    rows = store.rows("SELECT name, labels, value FROM totals", ())
    return {
        f"{name}{{{labels}}}" if labels else name: value
        for name, labels, value in rows
        if value and not name.endswith(("_bucket", "_sum"))
    }


def strangers(store: Store) -> list[str]:
    """Totals whose name or labels are not in the catalogue."""
    return [
        f"{name}{{{labels}}}"
        for name, labels, _ in store.rows("SELECT name, labels, value FROM totals", ())
        if not _is_known(name, tuple(labels.split(",")) if labels else ())
    ]


def _is_known(name: str, labels: tuple[str, ...]) -> bool:
    base = name.removesuffix("_bucket").removesuffix("_sum")
    metric = BY_NAME.get(base)
    if metric is None or (base == name) == bool(metric.buckets):
        return False
    allowed = [*(metric.values or ()), *([bounds(metric)] if name.endswith("_bucket") else [])]
    return len(allowed) == len(labels) and all(
        label in values for label, values in zip(labels, allowed, strict=True)
    )


def scraped(home: Path, now: datetime = START, day_usd: str = "1") -> str:
    """The home's metrics in Prometheus' text format."""
    store = Store(home / "planner.db")
    readings = read(store, Moment(now, Decimal(day_usd), "0.1.0"))
    store.close()
    return text(with_home(readings, home, evaluations)).decode()


def samples(said: str) -> Mapping[str, float]:
    """Each series of a text with its value, as `name{label="value"}`."""
    lines = [line.rpartition(" ") for line in said.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, _, value in lines}
