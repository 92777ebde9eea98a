"""What a span of a run's trace is, which id it has, and what of its text may leave. Pure.

A span's id is made from the run's id and the entry that opens it, so that
every process that drives the run knows the ids of the others' spans. Which
spans there are is decided in `observability.span_tree`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from observability.conventions import ERROR_TYPE

Fact = str | int | float | bool
Facts = dict[str, Fact]
ROOT = "root"
"""The key of the span that all others hang from."""
_LONGEST = 300


def trace_id(run_id: str) -> int:
    """The id of a run's trace: 128 bits, the same in every process."""
    return int.from_bytes(sha256(f"planner trace {run_id}".encode()).digest()[:16], "big")


def span_id(run_id: str, key: str) -> int:
    """The id of one of its spans: 64 bits, the same in every process."""
    return int.from_bytes(sha256(f"planner span {run_id} {key}".encode()).digest()[:8], "big")


def traceparent(run_id: str) -> str:
    """The root span as the environment variable TRACEPARENT names it (W3C Trace Context)."""
    return f"00-{trace_id(run_id):032x}-{span_id(run_id, ROOT):016x}-01"


@dataclass
class Event:
    """Something that happened within a span."""

    name: str
    at: datetime
    facts: Facts


@dataclass
class Span:
    """One stretch of a run."""

    key: str
    """Unique in the run, and the same whoever folds its journal."""
    parent: str | None
    """The key of the span above it; None of the root."""
    name: str
    began: datetime
    facts: Facts
    ended: datetime | None = None
    error: str | None = None
    """Why it failed; None where it did not."""
    events: list[Event] = field(default_factory=list)
    calls_out: bool = False
    """Whether it is a request to somebody else's service."""

    def failed(self, kind: str, why: str) -> None:
        """Mark it as an error of a kind (`error.type`), which is an enum's value."""
        self.facts[ERROR_TYPE] = kind
        self.error = why


def cleared(span: Span, redact: Callable[[str], str]) -> Span:
    """The span with every text of it redacted, then cut: what may be sent."""

    def text(said: str) -> str:
        clear = redact(said)
        return clear if len(clear) <= _LONGEST else f"{clear[: _LONGEST - 1]}…"

    def facts(told: Facts) -> Facts:
        return {name: text(fact) if isinstance(fact, str) else fact for name, fact in told.items()}

    return Span(
        key=span.key,
        parent=span.parent,
        name=text(span.name),
        began=span.began,
        facts=facts(span.facts),
        ended=span.ended,
        error=None if span.error is None else text(span.error),
        events=[Event(event.name, event.at, facts(event.facts)) for event in span.events],
        calls_out=span.calls_out,
    )
