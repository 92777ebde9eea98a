"""The four checks after an apply: what is asked, what was observed, what came of it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Discriminator, Field, JsonValue, Tag

from contracts.base import Contract, Duration
from contracts.terraform import OutputValue, PlannedChange
from contracts.text import CleanText


class CheckKind(StrEnum):
    """Which of the four checks."""

    STATE = "state"
    OUTPUTS = "outputs"
    DRIFT = "drift"
    HEALTH = "health"


class StateCheck(Contract):
    """So many instances of an address are in the state."""

    address: str
    """Exact address, resource without its index, or a glob (`module.*.aws_instance.web`)."""
    count: int = Field(default=1, ge=0)


class OutputCheck(Contract):
    """An output has the value, or the form, that is expected."""

    name: str
    matches: str | None = None
    """A regular expression searched in the value (its JSON where it is no string)."""
    equals: JsonValue | None = None


class HttpProbe(Contract):
    """An HTTP GET that must answer with a status."""

    http: str
    """The URL."""
    status: int = 200
    within: Duration = timedelta(0)
    """How long it may take to come up; zero: one try."""


class TcpProbe(Contract):
    """A TCP port that must accept a connection."""

    tcp: str
    """`HOST:PORT`."""
    within: Duration = timedelta(0)


class AwsProbe(Contract):
    """A read-only AWS call that must succeed."""

    aws: str
    """`SERVICE.OPERATION` in boto3's names, such as `s3.head_bucket`."""
    params: dict[str, JsonValue] = Field(default_factory=dict)
    within: Duration = timedelta(0)


def _probe_kind(value: object) -> str | None:
    """Which probe a health check is: the one whose key it has."""
    for kind in ("http", "tcp", "aws"):
        if kind in value if isinstance(value, dict) else hasattr(value, kind):
            return kind
    return None


HealthCheck = Annotated[
    Annotated[HttpProbe, Tag("http")] | Annotated[TcpProbe, Tag("tcp")] | Annotated[AwsProbe, Tag("aws")],
    Discriminator(
        _probe_kind,
        custom_error_type="probe",
        custom_error_message="a health check has one of the keys http, tcp and aws",
    ),
]


class DriftPolicy(StrEnum):
    """What the re-plan after an apply may show."""

    NONE = "none"
    """It must be empty."""
    IGNORE = "ignore"
    """It is not looked at."""


class Checks(Contract):
    """The checks a module asks for. Without any: planned resources in state, outputs known, no drift."""

    state: tuple[StateCheck, ...] = ()
    outputs: tuple[OutputCheck, ...] = ()
    drift: DriftPolicy = DriftPolicy.NONE
    health: tuple[HealthCheck, ...] = ()


class Observed(Contract):
    """The world after an apply, as Terraform's streams told it."""

    expected_addresses: tuple[str, ...] = ()
    """Every instance the plan wants in the state when it is done."""
    state_addresses: tuple[str, ...] = ()
    """Every managed instance in the state."""
    outputs: dict[str, OutputValue] = Field(default_factory=dict)
    declared_outputs: tuple[str, ...] = ()
    """Names of the outputs the plan declares."""
    pending: tuple[PlannedChange, ...] | None = None
    """What a re-plan would change; None where no re-plan was made."""
    drifted: tuple[PlannedChange, ...] = ()
    """What the re-plan found changed outside Terraform."""
    edited: tuple[str, ...] = ()
    """Files of the module that are others now than when what was applied was planned."""


class ValidationRequest(Contract):
    """What to check, against which observation."""

    checks: Checks
    observed: Observed
    time_left: timedelta
    """No probe waits longer than this, whatever its `within` says."""


class CheckResult(Contract):
    """One named check: an item of `RunResult.checks`."""

    name: CleanText
    """Unique within a report, such as `state: terraform_data.box`."""
    kind: CheckKind
    passed: bool
    detail: CleanText
    """What was expected and what was seen."""
    waited_s: float = 0
    """Seconds that a probe was waited for; 0 where what Terraform told was enough."""


class ValidationReport(Contract):
    """All checks, in the order state, outputs, drift, health."""

    checks: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)
