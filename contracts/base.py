"""What every contract shares: frozen, strict about unknown keys, documented fields.

A string below a field is its description in the JSON Schema, so that a model
and a developer read the same sentence.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

Usd = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""US dollars. A number in JSON; never a float in arithmetic."""

_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,6})?")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")


def duration(value: object) -> object:
    """`30s`, `5m`, `1h30m` or a number of seconds as a timedelta; anything else untouched."""
    if isinstance(value, bool):
        raise ValueError("a duration is a number of seconds, or a text such as 30s, 5m or 1h30m")  # noqa: TRY004 - pydantic turns only ValueError into its own
    if isinstance(value, int | float):
        return timedelta(seconds=value)
    if isinstance(value, str) and _SECONDS.fullmatch(value.strip()):
        return timedelta(seconds=float(value))
    if isinstance(value, str) and value and not value.startswith("P"):
        found = _DURATION.fullmatch(value.strip().lower())
        if not found:
            raise ValueError(f"{value!r} is no duration; write 30s, 5m or 1h30m")
        hours, minutes, seconds, millis = (float(part or 0) for part in found.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds, milliseconds=millis)
    return value


Duration = Annotated[timedelta, BeforeValidator(duration)]
"""A time span; people write `30s`, `5m` or `1h30m`, JSON holds ISO 8601."""


class Contract(BaseModel):
    """A value that passes between packages."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        defer_build=True,  # `planner runs` must not pay for the schema of a model's reply
    )


class Document(Contract):
    """A contract that leaves the process: stored, printed or sent."""

    schema_version: Literal[1] = 1
    """Bumped when a key changes its meaning or goes away."""
