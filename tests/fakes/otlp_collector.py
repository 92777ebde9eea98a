"""A real OTLP/HTTP collector on loopback: reads what is sent as a back end would, and keeps the bytes."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status

Facts = dict[str, object]


class Span(NamedTuple):
    """One span as it arrived."""

    trace: str
    id: str
    parent: str
    name: str
    kind: str
    began: int
    ended: int
    facts: Facts
    events: list[tuple[str, Facts]]
    error: str | None
    """The status' message; None where the status is no error."""


class Collector(ThreadingHTTPServer):
    """Takes every POST; `spans` is all of them in the order they came."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.resource: Facts = {}
        self.spans: list[Span] = []

    def taken(self, body: bytes) -> None:
        self.bodies.append(body)
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resource = _facts(group.resource.attributes)
            for scope in group.scope_spans:
                self.spans += [_span(sent) for sent in scope.spans]

    @property
    def traces(self) -> set[str]:
        return {span.trace for span in self.spans}

    def named(self, name: str) -> list[Span]:
        return sorted((span for span in self.spans if span.name == name), key=lambda span: span.began)

    def only(self, name: str) -> Span:
        (span,) = self.named(name)
        return span

    def tree(self) -> list[str]:
        """The names of all spans, indented by depth, in the order they began; a lost parent is named."""
        known = {span.id for span in self.spans}
        lines: list[str] = []

        def below(parent: str, depth: int) -> None:
            for span in sorted(self.spans, key=lambda span: (span.began, -span.ended)):
                if span.parent == parent:
                    lines.append("  " * depth + span.name)
                    below(span.id, depth + 1)

        below("", 0)
        lost = [f"lost: {span.name}" for span in self.spans if span.parent and span.parent not in known]
        return lines + lost


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        packed = self.headers.get("content-encoding") == "gzip"
        self.server.paths.append(self.path)
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.server.taken(gzip.decompress(body) if packed else body)
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"
        )
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def collecting() -> Iterator[Collector]:
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield collector
        finally:
            collector.shutdown()
            thread.join()


def _span(sent: Sent) -> Span:
    return Span(
        trace=sent.trace_id.hex(),
        id=sent.span_id.hex(),
        parent=sent.parent_span_id.hex(),
        name=sent.name,
        kind=Sent.SpanKind.Name(sent.kind),
        began=sent.start_time_unix_nano,
        ended=sent.end_time_unix_nano,
        facts=_facts(sent.attributes),
        events=[(event.name, _facts(event.attributes)) for event in sent.events],
        error=sent.status.message if sent.status.code == Status.STATUS_CODE_ERROR else None,
    )


def _facts(pairs: Iterable[KeyValue]) -> Facts:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> object:
    told: object = getattr(value, value.WhichOneof("value") or "string_value")
    return told
