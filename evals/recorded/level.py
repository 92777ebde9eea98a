"""What an engine printed, less what changes from one run to the next. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

_LEVEL: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"127\.0\.0\.1:\d+->"), "127.0.0.1:50000->"),
    (
        re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
        "5f0c1d7e-0000-4000-8000-000000000000",
    ),
    (
        re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.\d]*(?: ?[+-]\d{4})?(?:Z| UTC)?"),
        "2026-11-20 10:00:00 UTC",
    ),
    (re.compile(r"\bin \d+(?:\.\d+)?m?s\b"), "in 10ms"),
    (re.compile(r"\(\d+m?\d*s elapsed\)|after \d+s\b"), "after 1s"),
    (re.compile(r"(lookup [\w.-]+ on\s+)[\d.]+:53"), r"\g<1>127.0.0.53:53"),
    (re.compile(r"\b\d+ms\b"), "10ms"),
    (re.compile(r"\d+ \[\w+\] \(current: \d+ \[\w+\]\)"), "1001 [ci] (current: 1001 [ci])"),
    (re.compile(r"(Who: +)\S+"), r"\1ci@runner-7"),
    (re.compile(r'"@timestamp":"[^"]*"'), '"@timestamp":"2026-11-20T10:00:00.000000Z"'),
    (re.compile(r"(?<=Error: Cycle: ).+"), lambda found: ", ".join(sorted(found[0].split(", ")))),
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STARTS = ("\n╷\n", "\nError: ", "\nWarning: ")


def levelled(text: str, names: dict[str, str], *, whole: bool, colour: bool) -> str:
    """The text with each of `names` replaced in order; colours and, unless `whole`, progress go."""
    for volatile, plain in names.items():
        text = text.replace(volatile, plain)
    for pattern, level in _LEVEL:
        text = pattern.sub(level, text)
    if not colour:
        text = _COLOUR.sub("", text)
    if not whole:
        found = [at for mark in _STARTS if (at := ("\n" + text).find(mark)) >= 0]
        text = text[min(found, default=0) :]
    return text.strip() + "\n"
