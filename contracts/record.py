"""Where one run over one module stands.

It changes only by being the fold of the journal (`planner.fold`). What people
and programs outside see of it is `contracts.result`.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from contracts.approval import Approval, ApprovalRequest
from contracts.fixing import StateChange
from contracts.identity import EngineId, ProcessId
from contracts.incident import Incident
from contracts.run import Attempt, Carried, Effect, RunRequest, RunState, StopKind
from contracts.terraform import OutputValue, PlannedChange, StateMark
from contracts.text import CleanText
from contracts.validation import CheckResult


class RunRecord(BaseModel):
    """Where a run stands: the fold of its journal, and the model of its machine.

    The only contract that is not frozen: the machine moves `state`.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    run_id: str
    request: RunRequest
    engine: EngineId
    actor: str = ""
    """The login name of who drives it, or drove it last."""
    started_at: datetime
    state: RunState = RunState.INIT
    retries: int = 0
    attempts: tuple[Attempt, ...] = ()
    incidents: tuple[Incident, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    outputs: dict[str, OutputValue] = Field(default_factory=dict)
    created: frozenset[str] = frozenset()
    wait_s: float = 0
    pending: ApprovalRequest | None = None
    approval: Approval | None = None
    allowed: ApprovalRequest | None = None
    """What a person said yes to last."""
    parked: bool = False
    carried: Carried | None = None
    """The fix that the next apply is made with, however many attempts it takes to get there."""
    first_plan: tuple[PlannedChange, ...] | None = None
    """What the first plan of the run was to do; None where there was none yet."""
    in_state: tuple[CleanText, ...] = ()
    """Managed instances in the state that this plan was made from."""
    kept: tuple[int, ...] = ()
    """Which incidents were settled in a sandbox and wait for the rest of the fix: places in `incidents`."""
    patch: CleanText = ""
    """What was written to the module's files last, for people: secrets are masked."""
    promotions: int = 0
    """How many edits were written to the module's files, each with its backup."""
    state_changes: tuple[StateChange, ...] = ()
    """What fixes changed in the state, in order; what was undone is not among them."""
    open_change: StateChange | None = None
    """The one whose end nobody has seen yet."""
    doubtful_changes: tuple[StateChange, ...] = ()
    """Those whose command was cut off: whether they were made is seen where the fix is proven anew."""
    open_destroys: bool = False
    """Whether the apply whose end nobody has seen takes something away."""
    unsettled: bool = False
    """Whether the last of them was written, and the run has not moved on with it yet."""
    undone: bool = False
    failure_text: CleanText = ""
    """What Terraform printed outside its diagnostics when the last attempt failed."""
    planned: tuple[CleanText, ...] = ()
    """What the last attempt's plan was to do; empty where it made none."""
    model_calls: int = 0
    """Calls to a model that were begun, answered or not."""
    open_effect: Effect | None = None
    """The effect that was intended and whose end nobody has seen."""
    open_process: ProcessId | None = None
    """Its process, where it came to that."""
    maybe_created: frozenset[str] = frozenset()
    """Addresses that an apply with unknown outcome may have created; cleared by an apply that ended."""
    state_mark: StateMark | None = None
    """The local state as planner last saw it, in this run or an earlier one."""
    stop: StopKind | None = None
    reason: str = ""
    last_at: datetime
    """When the last entry was written, UTC."""
    duration_s: float = 0
    """Seconds that somebody drove the run: time parked or cut off is not in it."""
    terraform_s: float = 0
    entered_s: float = 0
    """`duration_s` when the state was entered."""

    @property
    def attempt_number(self) -> int:
        """The number of the attempt that runs, or runs next; one-based."""
        done = self.attempts[-1].n if self.attempts else 0
        return done if self.state is RunState.VALIDATING else done + 1

    @property
    def max_retries(self) -> int:
        """The cap on `retries`."""
        return self.request.limits.max_retries
