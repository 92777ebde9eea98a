"""Readings as Prometheus tells and takes them: the formats, the push, and what another file said.

The only file beside the evals' report that imports `prometheus_client`, which
nothing but the metrics commands needs. What the numbers are is read elsewhere;
names, sentences and labels are those of `observability.catalog`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from itertools import accumulate
from urllib.parse import unquote, urlsplit, urlunsplit

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import (
    basic_auth_handler,
    choose_encoder,
    default_handler,
    push_to_gateway,
)
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from observability.catalog import ALL, EVALS, Kind, Metric
from observability.readings import Distribution, Labels, Readings, with_zeros

_JOB = "planner"
_PUSH_S = 10.0
_PASSED_ON = {metric.name: metric.labels for metric in EVALS}


class _Told(Collector):
    """The readings of one moment, in the catalogue's order."""

    def __init__(self, readings: Readings) -> None:
        self._readings = with_zeros(readings)

    def collect(self) -> Iterator[Family]:
        """One family a metric; none for what is not known."""
        for metric in ALL:
            if metric.kind is Kind.HISTOGRAM:
                yield _histogram(metric, self._readings.distributions.get(metric.name, {}))
            elif series := self._readings.values.get(metric.name):
                family = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
                told = family(metric.name, metric.what, labels=metric.labels)
                for labels, value in series.items():
                    told.add_metric(labels, value)
                yield told


def rendered(readings: Readings, accept: str = "") -> tuple[bytes, str]:
    """The metrics as text, and its content type: OpenMetrics where an `Accept` header asks for it."""
    encoder, content_type = choose_encoder(accept)
    return encoder(_registry(readings)), content_type


def text(readings: Readings) -> bytes:
    """The metrics in Prometheus' own text format."""
    return generate_latest(_registry(readings))


def push(readings: Readings, url: str, instance: str) -> str | None:
    """Put them in the place of what this instance pushed to a Pushgateway before; why that failed, or None.

    User and password in the URL are sent as basic authentication, and told to nobody.
    """
    try:
        gateway, handler = _gateway(url)
        key = {"instance": instance}
        push_to_gateway(gateway, _JOB, _registry(readings), key, timeout=_PUSH_S, handler=handler)
    except OSError as error:  # urllib's own errors are among them, and none names the URL
        return str(getattr(error, "reason", None) or error.strerror or error)
    except HTTPException:
        return "it does not speak HTTP"
    except ValueError:
        return "that is no URL of a Pushgateway"
    return None


def place_of(url: str) -> str:
    """The host and port of a URL, which may hold a password."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").netloc.rpartition("@")[2] or "the gateway"
    except ValueError:
        return "the gateway"


def evaluations(said: str) -> dict[str, dict[Labels, float]]:
    """The catalogue's evaluation metrics in a text file, and nothing else of it. Raises `ValueError`."""
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(said):
        names = _PASSED_ON.get(family.name)
        for sample in family.samples if names else ():
            if set(sample.labels) == set(names or ()):
                labels = tuple(sample.labels[name] for name in names or ())
                found.setdefault(family.name, {})[labels] = float(sample.value)
    return found


def _registry(readings: Readings) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Told(readings))
    return registry


def _histogram(metric: Metric, series: Mapping[Labels, Distribution]) -> HistogramMetricFamily:
    bounds = [*map(floatToGoString, metric.buckets), "+Inf"]
    told = HistogramMetricFamily(metric.name, metric.what, labels=metric.labels)
    for labels, (counts, total) in series.items():
        told.add_metric(labels, list(zip(bounds, accumulate(counts), strict=True)), total)
    return told


def _gateway(url: str) -> tuple[str, Callable[..., Callable[[], None]]]:
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("no gateway")
    gateway = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
    if parts.username is None:
        return gateway, default_handler
    user, password = unquote(parts.username), unquote(parts.password or "")

    def authenticated(**request: object) -> Callable[[], None]:
        handle: Callable[[], None] = basic_auth_handler(**request, username=user, password=password)  # type: ignore[arg-type]
        return handle

    return gateway, authenticated
