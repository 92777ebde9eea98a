"""Where planner's own log goes and what it looks like: structlog, one JSON object a line.

A file beside the run holds everything; standard error shows it too where
somebody asked for that. Neither a full disk nor a stream that went away is told
to anybody: a run does not end for want of a log.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import structlog
from pydantic import JsonValue
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from contracts.ports import Redactor
from contracts.text import cap, clean
from observability.events import Level, Shown

_LONGEST = 2000
_MOST_ITEMS = 50
_JSON = structlog.processors.JSONRenderer()
_LINES = structlog.dev.ConsoleRenderer(colors=False, sort_keys=False)


class Log:
    """One run's log in one process."""

    def __init__(self, path: Path, redactor: Redactor, shown: Shown | None, bound: Mapping[str, str]) -> None:
        """`bound` is on every line, redacted like the rest. The file gets mode 0600."""
        self._redactor = redactor
        self._file: TextIO | None = None
        self._loggers: list[FilteringBoundLogger] = []
        with suppress(OSError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._file = os.fdopen(descriptor, "a", encoding="utf-8", errors="replace")
            self._loggers.append(self._to(self._file, _JSON, "debug", bound))
        if shown is not None and sys.stderr is not None:
            render = _JSON if shown.form == "json" else _LINES
            self._loggers.append(self._to(sys.stderr, render, shown.level, bound))

    def write(self, level: Level, event: str, facts: Mapping[str, object]) -> None:
        """One line, in every place that can still be written."""
        for logger in self._loggers:
            with suppress(OSError, ValueError):
                getattr(logger, level)(event, **facts)

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError, ValueError):
            if self._file is not None:
                self._file.close()

    def _to(
        self, stream: TextIO, render: Processor, least: Level, bound: Mapping[str, str]
    ) -> FilteringBoundLogger:
        logger = structlog.wrap_logger(
            structlog.WriteLogger(stream),
            processors=[
                structlog.processors.add_log_level,
                self._redacted,
                render,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(least.upper())),
        )
        told: FilteringBoundLogger = logger.bind(**bound)
        return told

    def _redacted(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """Everything on the line, however deep, first masked and only then cut."""
        clear = self._redactor.redact_json(_plain(event))
        return {key: _cut(value) for key, value in clear.items()} if isinstance(clear, dict) else {}


def _plain(value: Any) -> JsonValue:
    match value:
        case str():
            return clean(str(value))
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return clean(str(value))


def _cut(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return cap(value, _LONGEST)
        case list():
            more = len(value) - _MOST_ITEMS
            kept: list[JsonValue] = [_cut(item) for item in value[:_MOST_ITEMS]]
            return [*kept, f"and {more} more"] if more > 0 else kept
        case dict():
            return {key: _cut(item) for key, item in value.items()}
        case _:
            return value
