"""Prometheus, Alertmanager and `planner metrics serve` as real processes, each stopped by its own id."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from tests.fakes.this_machine import need
from tests.observability.panels import OBSERVABILITY, RULES

Json = dict[str, Any]


class Prometheus(NamedTuple):
    """One that runs."""

    url: str

    def rows(self, expr: str) -> list[Json]:
        """What an instant query finds now."""
        return self._found("query", query=expr)

    def over_time(self, expr: str, seconds: int) -> list[Json]:
        """What a range query finds over the last seconds, a point each."""
        now = time.time()
        return self._found("query_range", query=expr, start=str(now - seconds), end=str(now), step="1")

    def value(self, expr: str) -> float:
        """The one value that a query finds; 0 where it finds none."""
        rows = self.rows(expr)
        assert len(rows) <= 1, rows
        return float(rows[0]["value"][1]) if rows else 0.0

    def _found(self, what: str, **arguments: str) -> list[Json]:
        answer = got(f"{self.url}/api/v1/{what}?{urlencode(arguments)}")
        found: list[Json] = answer["data"]["result"]
        return found


def got(url: str) -> Any:
    with urlopen(url, timeout=10) as response:  # noqa: S310 - of this machine
        return json.load(response)


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.1)


def tool(name: str) -> str:
    return need(shutil.which(name), name)


@contextmanager
def metrics_of(home: Path) -> Iterator[str]:
    """`planner metrics serve` over a home; gives its `host:port`."""
    command = [sys.executable, "-m", "planner", "metrics", "serve", "--port", "0", "--home", str(home)]
    with _running(command, home.with_name(f"{home.name}.log")) as log:
        until(lambda: "metrics are at http://" in log.read_text())
        yield log.read_text().partition("http://")[2].partition("/metrics")[0]


@contextmanager
def prometheus(
    folder: Path, targets: list[str], alertmanager: str = "", *, patient: bool = True
) -> Iterator[Prometheus]:
    """The configuration that is kept, with these targets and a scrape a second.

    Not `patient`: no alert waits until it has held for a while.
    """
    folder.mkdir()
    config = yaml.safe_load((OBSERVABILITY / "deploy" / "prometheus.yml").read_text())
    rules = yaml.safe_load(RULES.read_text())
    for rule in (rule for group in rules["groups"] for rule in group["rules"] if not patient):
        rule.pop("for", None)
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = ["rules.yml"]
    config["scrape_configs"][0]["static_configs"] = [{"targets": targets}]
    config["alerting"]["alertmanagers"][0]["static_configs"] = [
        {"targets": [alertmanager] if alertmanager else []}
    ]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = _free_address()
    command = [
        tool("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with _running(command, folder / "log"):
        until(lambda: _is_ready(address))
        yield Prometheus(f"http://{address}")


@contextmanager
def alertmanager_in(folder: Path) -> Iterator[str]:
    """Alertmanager with the configuration that is kept; gives its `host:port`."""
    folder.mkdir()
    address = _free_address()
    command = [
        tool("prometheus-alertmanager"),
        f"--config.file={OBSERVABILITY / 'deploy' / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    with _running(command, folder / "log"):
        until(lambda: _is_ready(address))
        yield address


def alerts_at(address: str) -> dict[str, Json]:
    """Alert by name, as Alertmanager tells them."""
    return {alert["labels"]["alertname"]: alert for alert in got(f"http://{address}/api/v2/alerts")}


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[Path]:
    with log.open("w") as told:
        child = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)
    try:
        yield log
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"http://{address}/-/ready", timeout=5) as response:
            return bool(response.status == 200)
    except URLError:
        return False


def _free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"
