"""What every contract shares: frozen, strict about unknown keys, documented fields.

A string below a field is its description in the JSON Schema, so that a model
and a developer read the same sentence. It is read from the source only when a
schema is asked for: pydantic's own `use_attribute_docstrings` does it for every
class at import, which costs a run 35 ms of its start.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from types import ModuleType
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetJsonSchemaHandler, PlainSerializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

# A plugin of pydantic, which any installed package may bring, would see all that is validated, secrets too;
# and to look for one takes 20 ms of each start. The variable that forbids it would reach Terraform too.
_NO_PLUGINS = ModuleType("pydantic.plugin._loader")
_NO_PLUGINS.__dict__["get_plugins"] = tuple
sys.modules.setdefault(_NO_PLUGINS.__name__, _NO_PLUGINS)

Usd = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""US dollars. A number in JSON; never a float in arithmetic."""

_LONGEST_S = 365 * 86_400
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,6})?")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")


def duration(value: object) -> object:
    """`30s`, `5m`, `1h30m` or a number of seconds as a timedelta; anything else untouched."""
    if isinstance(value, bool):
        raise ValueError("a duration is a number of seconds, or a text such as 30s, 5m or 1h30m")  # noqa: TRY004 - pydantic turns only ValueError into its own
    if isinstance(value, int | float):
        if not 0 <= value < _LONGEST_S:
            raise ValueError(f"{value!r} is no duration; it has to be 0 s or more, and less than a year")
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


def duration_text(span: timedelta) -> str:
    """As people write it: what `duration` reads as the same span."""
    whole, millis = divmod(round(span.total_seconds() * 1000), 1000)
    units = ((whole // 3600, "h"), (whole // 60 % 60, "m"), (whole % 60, "s"), (millis, "ms"))
    return "".join(f"{count}{unit}" for count, unit in units if count) or "0s"


Duration = Annotated[timedelta, BeforeValidator(duration)]
"""A time span; people write `30s`, `5m` or `1h30m`, JSON holds ISO 8601."""


class Contract(BaseModel):
    """A value that passes between packages."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        defer_build=True,  # `planner runs` must not pay for the schema of a model's reply
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, sentence in _field_docstrings(cls).items():
            if name in properties:
                properties[name].setdefault("description", sentence)
        return schema


class Document(Contract):
    """A contract that leaves the process: stored, printed or sent."""

    schema_version: Literal[1] = 1
    """Bumped when a key changes its meaning or goes away."""


def _field_docstrings(cls: type[Contract]) -> dict[str, str]:
    """The string literals below the fields of a class and of the contracts it extends."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, Contract):
            tree = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
            body = tree.body if isinstance(tree, ast.ClassDef) else []
            for field, below in pairwise(body):
                match field, below:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(sentence))),
                    ):
                        found[name] = inspect.cleandoc(sentence)
    return found
