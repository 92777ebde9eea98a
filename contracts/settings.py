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
    """Name the failure, and mend nothing; the module's own plan is applied all the same."""
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
    """What a profile says of a kind of remediation, or of what a plan would do."""

    AUTO = "auto"
    NOTIFY = "notify"
    """Done without a person, who is told."""
    ASK = "ask"
    NEVER = "never"


class PlanAction(StrEnum):
    """What a plan may do to an object, as a profile names it."""

    CREATE = "create"
    UPDATE = "update"
    IMPORT = "import"
    REPLACE = "replace"
    DESTROY = "destroy"
    FORGET = "forget"


class Profile(Contract):
    """How far planner may go, under one name."""

    autonomy: Autonomy = Autonomy.SUGGEST
    approve: dict[RemediationKind, Approve] = Field(default_factory=dict)
    """What is not named here is asked."""
    plan: dict[PlanAction, Approve] = Field(default_factory=dict)
    """Of the module's own plans. What takes nothing away is done where it is not named here, else asked."""
    trusted_edits: bool = False
    """Whether edits of `lifecycle`, `moved`, `removed`, `import` and version constraints need no person."""


class Notify(Contract):
    """Who is told, and of what."""

    url_env: str = "PLANNER_WEBHOOK_URL"
    """The environment variable with the URL (a secret) that takes JSON as Slack understands it."""
    about: tuple[Literal["parked", "failed", "fixed", "success"], ...] = ("parked", "failed", "fixed")


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
    autonomy: Autonomy | None = None
    """None: the profile's, or `suggest`."""
    approve: dict[RemediationKind, Approve] = Field(default_factory=dict)
    """Wins over the profile's."""
    profile: str | None = None
    """development, staging, production, incident, or one of `profiles`."""
    profiles: dict[str, Profile] = Field(default_factory=dict)
    notify: Notify = Notify()
    model: str | None = None
    """`PROVIDER:ID`; None: the default for this machine."""
    stronger_model: str | None = None
    """`PROVIDER:ID`: asked where the first one is not sure, or its fix failed."""
    fallback_model: str | None = None
    """`PROVIDER:ID`: asked where the first one's provider is down."""
