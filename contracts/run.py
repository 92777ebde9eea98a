"""One run over one module: its states, what was asked for, the outcome of a step.

Where a run stands is `contracts.record`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import Field

from contracts.approval import ApprovalRequest
from contracts.base import Contract, Document
from contracts.budget import Limits
from contracts.diagnostic import Diagnostic
from contracts.incident import Incident, Stage
from contracts.remediation import RemediationKind
from contracts.settings import Approve, Autonomy, Notify, PlanAction, Policy
from contracts.terraform import InitMode, OutputValue, PlannedChange, Variable
from contracts.text import CleanText
from contracts.validation import CheckResult, Checks


class RunState(StrEnum):
    """The six states of a run; there is no seventh."""

    INIT = "INIT"
    RUNNING = "RUNNING"
    VALIDATING = "VALIDATING"
    DIAGNOSING = "DIAGNOSING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


TERMINAL = frozenset({RunState.SUCCESS, RunState.FAILED})


class RunEvent(StrEnum):
    """What may happen to a run; the names of the machine's events."""

    BEGIN = "begin"
    """The module, the engine and the lock are there."""
    APPLIED = "applied"
    """The plan is applied, or there was nothing to apply."""
    ERRORED = "errored"
    """init, plan or apply failed, or a plan needs a person."""
    VERIFIED = "verified"
    """Every check passed."""
    REJECTED = "rejected"
    """A check failed."""
    REMEDIED = "remedied"
    """What the diagnosis asked for is in place: one retry is spent."""
    APPROVED = "approved"
    """A person allowed the plan that waited: the attempt goes on, no retry is spent."""
    EXHAUSTED = "exhausted"
    """Nothing more may be tried."""
    KILLED = "killed"
    """A limit, the kill switch or a person stopped the run."""


class RunRequest(Document, defer_build=False):
    """What to drive, and how far; flags and `planner.yaml` are already merged."""

    module: Path
    """Absolute, links resolved."""
    workspace: str = "default"
    """The workspace that was selected when the run began."""
    variables: tuple[Variable, ...] = ()
    var_files: tuple[Path, ...] = ()
    """Absolute."""
    config: Path | None = None
    """The settings file that was named, absolute; None: the module's `planner.yaml`, if there is one."""
    destroy: bool = False
    yes: bool = False
    """Whether everything that policy would ask a person is already answered with yes."""
    autonomy: Autonomy = Autonomy.SUGGEST
    approve: dict[RemediationKind, Approve] = Field(default_factory=dict)
    plan: dict[PlanAction, Approve] = Field(default_factory=dict)
    """What a profile says of the module's own plans; what is not named is decided by `policy`."""
    trusted_edits: bool = False
    """Whether the edits that `Profile.trusted_edits` lists need no person."""
    limits: Limits = Limits()
    policy: Policy = Policy()
    checks: Checks = Checks()
    notify: Notify = Notify()
    model: str = "none"
    """`PROVIDER:ID`: who is asked first about what no signature names."""
    stronger_model: str | None = None
    """Asked where the first one is not sure, or its fix failed."""
    fallback_model: str | None = None
    """Asked where the provider of the first one is down."""


class Effect(StrEnum):
    """What reaches outside planner."""

    INIT = "init"
    PLAN = "plan"
    APPLY = "apply"
    SHOW = "show"
    """The values of a saved plan are read, where a person is to be asked about it."""
    OUTPUT = "output"
    VALIDATE = "validate"
    MODEL = "model"
    PROVE = "prove"
    """A Terraform call on the copy of the module in which a fix is tried."""
    PROMOTE = "promote"
    """A proven edit is written to the module's files."""
    CHANGE = "change"
    """A state or a lock is changed as a remediation asks."""
    UNDO = "undo"
    """What a run changed is put back."""


class Attempt(Contract, defer_build=False):
    """One pass RUNNING → VALIDATING: an item of `RunResult.attempts`."""

    n: int
    """One-based."""
    stage: Stage
    """The stage it ended in."""
    ok: bool
    duration_s: float
    diagnostics: tuple[Diagnostic, ...] = ()


class StopKind(StrEnum):
    """Why a run was stopped from outside its own logic."""

    INTERRUPT = "interrupt"
    """Ctrl-C, SIGTERM, or the terminal went away."""
    TIMEOUT = "timeout"
    KILL_SWITCH = "kill_switch"


class GaveUp(StrEnum):
    """Why DIAGNOSING ended a run that nobody stopped."""

    RETRY_CAP = "retry_cap"
    SAME_HYPOTHESIS = "same_hypothesis"
    """The same cause and remedy came twice."""
    PERSON_MUST_ACT = "person_must_act"
    """The remedy is advice, or nobody could make it whole, or the policy says never."""
    HOPELESS = "hopeless"
    """Trying again cannot help, and nothing else is known."""
    UNKNOWN_CAUSE = "unknown_cause"
    REFUSED = "refused"
    """The proof or a gate refused the remedy."""
    REJECTED = "rejected"
    """A person said no."""
    FORBIDDEN = "forbidden"
    """The policy allows nobody what the module's own plan would do."""


class Carried(Contract):
    """A fix that is in place: what the attempt after it has to do, and may do."""

    changes_digest: str | None
    """Of the changes that the proof's plan made; another plan is asked about. None: there was no plan."""
    values_digest: str | None = None
    """Of the values of those of them that a person had to allow; None: nobody had to."""
    approved: bool = False
    """Whether a person saw these changes and allowed them."""
    approved_at: datetime | None = None
    """When they did, UTC."""
    init: InitMode = InitMode.PLAIN
    replace: tuple[CleanText, ...] = ()
    """Instances to destroy and create anew."""


class Outcome(Contract):
    """What one step returns: the event, why, and the facts the record takes from it."""

    event: RunEvent
    reason: CleanText
    attempt: Attempt | None = None
    """The attempt so far; replaces an earlier one with the same `n`."""
    planned: tuple[CleanText, ...] = ()
    """What the plan of this attempt was to do, such as `create aws_sqs_queue.q`; capped."""
    incident: Incident | None = None
    """A new incident, or the last one with its decision changed."""
    checks: tuple[CheckResult, ...] | None = None
    outputs: dict[str, OutputValue] | None = None
    created: tuple[str, ...] = ()
    """Addresses that this run itself created."""
    wait_s: float = 0
    """Seconds to wait before the next attempt."""
    pending: ApprovalRequest | None = None
    """What a person must answer before the run may go on."""
    carried: Carried | None = None
    """The fix that the next attempt is made with."""
    planned_changes: tuple[PlannedChange, ...] | None = None
    """All that the plan of this attempt was to do; None where it made none."""
    in_state: tuple[CleanText, ...] = ()
    """Managed instances in the state that was planned from."""
    stop: StopKind | None = None
    gave_up: GaveUp | None = None
    """Of `exhausted`: why nothing more is tried."""
    failure_text: CleanText = ""
    """What Terraform printed outside its diagnostics."""


class Parked(Contract):
    """A person must answer; the journal holds all that is needed to go on."""

    reason: CleanText
    incident: Incident
    pending: ApprovalRequest | None = None
    """What is asked, where it is not what waits already."""
