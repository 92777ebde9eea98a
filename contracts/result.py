"""A run as people and programs outside see it: what `--json` prints."""

from __future__ import annotations

from pydantic import JsonValue

from contracts.approval import ApprovalRequest
from contracts.base import Contract, Document
from contracts.budget import Usage
from contracts.handover import Handover
from contracts.identity import EngineId
from contracts.incident import Incident
from contracts.run import Attempt, RunState
from contracts.text import CleanText
from contracts.validation import CheckResult


class RunUsage(Contract):
    """Totals of a run."""

    model_calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None where a price is unknown."""


def total(incidents: tuple[Incident, ...]) -> Usage:
    """What all incidents together cost."""
    return sum((incident.usage for incident in incidents), Usage())


class RunResult(Document):
    """What `--json` prints; keys are stable."""

    run_id: str
    module: str
    state: RunState
    """SUCCESS, FAILED or DIAGNOSING (parked); another one only of a run that was cut off."""
    exit_code: int
    """0 success, 2 failed, 3 parked, 4 the kill switch or the time limit, 130 interrupted, 1 cut off."""
    reason: CleanText
    attempts: tuple[Attempt, ...]
    incidents: tuple[Incident, ...]
    checks: tuple[CheckResult, ...]
    outputs: dict[str, JsonValue]
    """Sensitive ones as `(sensitive)`."""
    usage: RunUsage
    duration_s: float
    terraform_s: float
    engine: EngineId
    pending: ApprovalRequest | None = None
    """What a parked run waits for."""
    handover: Handover | None = None
    """What the person who takes a FAILED run over has to know."""
    undone: bool = False
    """Whether what the run's fixes had changed was put back since."""
