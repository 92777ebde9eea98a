"""What a person may set: `planner.yaml` beside the module, environment, flags.

These models read nothing themselves; `planner.wiring` and `planner.config` do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from contracts.base import Contract
from contracts.budget import Limits
from contracts.remediation import RemediationKind
from contracts.validation import Checks


class Autonomy(StrEnum):
    """How far planner may go with a fix."""

    OBSERVE = "observe"
    """Name the failure, change nothing."""
    SUGGEST = "suggest"
    """Show the fix and wait for a person."""
    FIX = "fix"
    """Promote what the gate passes."""


class Answer(StrEnum):
    """What a policy says of an action."""

    ASK = "ask"
    ALLOW = "allow"
    NEVER = "never"


class Approve(StrEnum):
    """What a profile says of a kind of remediation."""

    AUTO = "auto"
    ASK = "ask"
    NEVER = "never"


class Policy(Contract):
    """What a plan may do without a person."""

    destroy: Answer = Answer.ASK
    """Of a plan that destroys, replaces or forgets."""


class ModuleSettings(Contract):
    """`planner.yaml`; every key is optional."""

    version: Literal[1] = 1
    checks: Checks = Checks()
    limits: Limits = Limits()
    policy: Policy = Policy()
    autonomy: Autonomy = Autonomy.SUGGEST
    approve: dict[RemediationKind, Approve] = Field(default_factory=dict)
    model: str | None = None
    """`PROVIDER:ID`; None: the default for this machine."""
    stronger_model: str | None = None
    """`PROVIDER:ID`: asked where the first one is not sure, or its fix failed."""
    fallback_model: str | None = None
    """`PROVIDER:ID`: asked where the first one's provider is down."""
