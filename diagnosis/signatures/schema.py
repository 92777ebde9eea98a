"""What a signature is, and how the packaged ones are read.

A family is one TOML file: what all its signatures share, then one table a
signature. Decides what is well formed. Leaves to `matcher` which signature
speaks, and to the data what is true. Read and validated once, on first use.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, TypeAdapter, model_validator

from contracts.base import Contract
from contracts.hypothesis import Category
from contracts.incident import Stage
from contracts.remediation import RemediationKind
from contracts.validation import CheckKind

Literals = tuple[Annotated[str, StringConstraints(to_lower=True, min_length=3)], ...]
Code = Annotated[str, StringConstraints(to_lower=True, pattern=r"^(aws|azure|google|grpc):[\w.*]+$")]


class Fix(Contract):
    """A remediation whose texts may hold placeholders."""

    kind: RemediationKind
    summary: str
    address: str | None = None
    id: str | None = None
    source: str | None = None
    destination: str | None = None
    lock_id: str | None = None
    name: str | None = None
    wait_s: int | None = None
    actions: tuple[str, ...] = ()


class Signature(Contract):
    """One known failure. Every condition given must hold of one and the same message."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    provider: str
    """Whose failure it is: `core`, or a provider's local name."""
    stages: tuple[Stage, ...] = ()
    """Where it can happen; empty: anywhere. A failure of unknown stage fits every one."""
    summary: Literals = ()
    """One of these is the diagnostic's summary; a `*` stands for anything."""
    codes: tuple[Code, ...] = ()
    """One of these is among the message's codes; a `*` stands for anything."""
    status: tuple[int, ...] = ()
    """One of these HTTP status codes is named."""
    check: CheckKind | None = None
    """A failed check of this kind."""
    command: bool = False
    """Of a command that a provisioner runs. What such a command prints may quote any error: only what is of
    commands has one made again."""
    resource: str = ""
    """The resource type begins so."""
    file: str = ""
    """Part of the path of the file the diagnostic points at."""
    has: Literals = ()
    """All of these occur, whatever the case; white space is one space. A number stands alone."""
    any: Literals = ()
    """At least one of these occurs."""
    lacks: Literals = ()
    """None of these occurs."""
    elsewhere: Literals = ()
    """At least one of these occurs anywhere in the whole failure."""
    pattern: str | None = None
    """This is found in the message, and its named groups fill the texts."""
    capture: str | None = None
    """Like `pattern`, but only for its groups: it need not be found."""
    category: Category
    retryable: bool
    confidence: Annotated[float, Field(gt=0, le=1)]
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    """Nearer the root cause wins: 80 and up for what makes other errors follow, under 40 for what follows."""
    root_cause: str
    remediation: Fix
    source: str
    """Where the fact comes from, in a few words."""
    matches: Annotated[tuple[str, ...], Field(min_length=2)]
    """Failures this signature must name."""
    misses: Annotated[tuple[str, ...], Field(min_length=2)]
    """Failures near to it that it must not name."""

    @model_validator(mode="after")
    def _decisive(self) -> Signature:
        if not (self.summary or self.codes or self.has or self.any or self.check):
            raise ValueError(f"{self.id}: needs a summary, a code, a literal or a check to be decisive")
        return self

    @cached_property
    def shapes(self) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
        """`pattern` and `capture`, compiled when first needed: most runs need a handful."""
        return (
            re.compile(self.pattern) if self.pattern else None,
            re.compile(self.capture) if self.capture else None,
        )

    @property
    def specificity(self) -> int:
        """How much it asks for; breaks ties."""
        return len(self.has) + 2 * bool(self.codes) + 2 * bool(self.summary) + bool(self.pattern)


class _Family(Contract):
    """One file: every signature inherits what stands at its top."""

    format: Literal[1]
    provider: str
    signature: tuple[dict[str, Any], ...]


@cache
def packaged() -> tuple[Signature, ...]:
    """Every signature that ships, in the order of file names.

    Raises pydantic's `ValidationError` on a malformed file: a bug, for what
    ships is tested.
    """
    found: list[dict[str, Any]] = []
    for entry in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            family = _Family.model_validate(tomllib.loads(entry.read_text("utf-8")))
            found.extend({"provider": family.provider, **table} for table in family.signature)
    return TypeAdapter(tuple[Signature, ...]).validate_python(found)
