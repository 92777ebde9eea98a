"""Spans → OTLP over HTTP, by OpenTelemetry's SDK. Imported by the trace's own thread alone.

Decides how a span of ours becomes one of the SDK's, and what is told of a
back end that does not take them; what the SDK says of that goes no further.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from contracts.journal import JournalLine
from contracts.result import RunResult
from contracts.terraform import Progress
from contracts.version import VERSION
from observability.conventions import PLANNER, RUN_ID
from observability.span_tree import SpanTree
from observability.spans import Span, cleared, span_id, trace_id

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Exporting:
    """The spans of one run, on their way."""

    def __init__(
        self,
        run_id: str,
        redact: Callable[[str], str],
        exporter: Callable[[], SpanExporter] = OTLPSpanExporter,
    ) -> None:
        """Raises what the SDK raises where its variables make no sense."""
        self._run_id = run_id
        self._redact = redact
        self._tree = SpanTree()
        self._ids = _Ids(trace_id(run_id))
        self._said = _Said()
        sdk = logging.getLogger("opentelemetry")
        sdk.addHandler(self._said)
        sdk.propagate = False
        # the run's id stands beside every span: the root, which has it too, comes last
        ours = Resource.create({SERVICE_NAME: PLANNER, SERVICE_VERSION: VERSION, RUN_ID: redact(run_id)})
        self._provider = TracerProvider(
            resource=ours.merge(OTELResourceDetector().detect()),  # what the user says of a name counts
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._door = _Door(exporter())
        self._provider.add_span_processor(BatchSpanProcessor(self._door))
        self._tracer = self._provider.get_tracer(PLANNER, VERSION)
        sampling = self._provider.sampler.should_sample(None, self._ids.trace, PLANNER)
        self._sampled = (
            sampling.decision is Decision.RECORD_AND_SAMPLE
        )  # all of a run or nothing, in every process of it

    @property
    def said(self) -> str:
        """The last warning of the SDK."""
        return self._said.last

    @property
    def why(self) -> str:
        """Why spans were lost; empty where none was."""
        return (self._said.last or "the endpoint refused it") if self._door.lost else ""

    def take(self, line: JournalLine, *, silent: bool = False) -> None:
        """Send the spans that an entry closes; `silent`: another process did."""
        for span in self._tree.take(line):
            if not silent:
                self._send(span)

    def progress(self, at: datetime, progress: Progress) -> None:
        """Take one step of a resource instance."""
        self._tree.progress(at, progress)

    def finish(self, result: RunResult) -> None:
        """Send the root where the run is over, and all that is left; returns when that is done."""
        for span in self._tree.finish(result):
            self._send(span)
        self._provider.shutdown()

    def _send(self, told: Span) -> None:
        if not self._sampled:
            return
        span = cleared(told, self._redact)
        self._ids.span = span_id(self._run_id, span.key)
        sent = self._tracer.start_span(
            span.name,
            context=self._below(span.parent),
            kind=SpanKind.CLIENT if span.calls_out else SpanKind.INTERNAL,
            attributes=span.facts,
            start_time=_ns(span.began),
        )
        for event in span.events:
            sent.add_event(event.name, event.facts, timestamp=_ns(event.at))
        if span.error is not None:
            sent.set_status(Status(StatusCode.ERROR, span.error))
        sent.end(end_time=_ns(span.ended or span.began))

    def _below(self, parent: str | None) -> Context:
        if parent is None:
            return Context()
        above = span_id(self._run_id, parent)
        flags = TraceFlags(TraceFlags.SAMPLED)
        known = SpanContext(self._ids.trace, above, is_remote=False, trace_flags=flags)
        return set_span_in_context(NonRecordingSpan(known), Context())


class _Ids(IdGenerator):
    """Ids that every process of a run makes alike, in the place of random ones."""

    def __init__(self, trace: int) -> None:
        self.trace = trace
        self.span = 0

    def generate_trace_id(self) -> int:
        return self.trace

    def generate_span_id(self) -> int:
        return self.span


class _Door(SpanExporter):
    """Remembers whether the exporter gave something up."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.lost = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        self.lost = self.lost or result is not SpanExportResult.SUCCESS
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _Said(logging.Handler):
    """Keeps the last warning, in the place of standard error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage()


def _ns(at: datetime) -> int:
    """Nanoseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000
