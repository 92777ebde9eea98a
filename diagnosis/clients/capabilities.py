"""What each model can do, as data: how a schema reaches it, and what may be switched off.

Reads `models.toml` once. A model that is in no entry is asked in the way that
every model understands: the schema stands in the prompt.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from contracts.base import Contract
from contracts.model import Prompt


class Capabilities(Contract):
    """Flags of one model."""

    native_schema: bool = False
    """It takes a JSON Schema of its answer as a parameter of the request."""
    forced_tools: bool = False
    """It can be made to call one tool, whose input is then the answer."""
    can_disable_thinking: bool = False
    """It thinks by default, and may be told not to: a diagnosis needs none."""
    thinking_off: str = "disabled"
    """What it is told then."""
    max_output_tokens: int | None = None
    """It refuses to be asked for a longer answer; None: longer than any prompt asks for."""
    max_tokens_name: str = "max_tokens"
    """What an OpenAI-compatible server calls the cap on the answer."""

    def output_tokens(self, prompt: Prompt) -> int:
        """How long an answer to ask for."""
        return min(prompt.max_output_tokens, self.max_output_tokens or prompt.max_output_tokens)


class _Entry(Capabilities):
    model: str


def capabilities_of(model: str) -> Capabilities:
    """The flags of `PROVIDER:ID`: the first entry whose pattern fits, else none are set."""
    found = next((entry for entry in _entries() if fnmatchcase(model, entry.model)), None)
    return Capabilities() if found is None else Capabilities(**found.model_dump(exclude={"model"}))


def with_schema(system: str, schema: Mapping[str, object]) -> str:
    """The system text with the answer's schema in words, for models that take it no other way."""
    compact = json.dumps(schema, separators=(",", ":"))
    return f"{system}\n\nAnswer with one JSON object and nothing else, by this JSON Schema:\n{compact}"


@cache
def _entries() -> tuple[_Entry, ...]:
    with (Path(__file__).parent / "models.toml").open("rb") as file:
        return tuple(_Entry.model_validate(entry) for entry in tomllib.load(file)["model"])
