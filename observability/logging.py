"""Where planner's own log goes and what it looks like: structlog, one JSON object a line.

Event names are stable (`run.transition`, `run.finished`), facts are keys. Only
the composition root calls `run_log`; nothing in the domain logs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger


def run_log(path: Path, redact: Callable[[str], str], **facts: str) -> FilteringBoundLogger:
    """A logger that appends to `path` (mode 0600); `facts` are on every line, redacted like the rest."""

    def redacted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}

    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    logger = structlog.wrap_logger(
        structlog.WriteLogger(os.fdopen(descriptor, "a", encoding="utf-8", errors="replace")),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redacted,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    bound: FilteringBoundLogger = logger.bind(**facts)
    return bound
