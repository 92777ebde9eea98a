"""What the Planner asks of the Terraform sub-agent, and what it gets back."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue

from contracts.base import Contract
from contracts.diagnostic import Diagnostic
from contracts.text import CleanText


class Engine(Contract):
    """The program that speaks Terraform."""

    name: str
    """`terraform` or `tofu`."""
    version: str
    argv: tuple[str, ...]
    """How to start it; arguments follow."""
    init_json: bool
    """Whether its `init` knows `-json`; where not, its prose is shown and parsed for display."""


class Variable(Contract):
    """An input variable given on the command line."""

    name: str
    value: str = Field(repr=False)


class InitMode(StrEnum):
    """How `init` treats what an earlier one settled."""

    PLAIN = "plain"
    READONLY = "readonly"
    """The lock file must stay as it is."""
    UPGRADE = "upgrade"
    """Providers and modules may move within their constraints."""
    RECONFIGURE = "reconfigure"
    """The backend's settings are taken anew; no state is moved."""


class InitRequest(Contract):
    """`terraform init`."""

    module: Path
    timeout: timedelta
    mode: InitMode = InitMode.PLAIN


class PlanRequest(Contract):
    """`terraform plan`."""

    module: Path
    timeout: timedelta
    variables: tuple[Variable, ...] = ()
    var_files: tuple[Path, ...] = ()
    """Absolute, or relative to the module."""
    destroy: bool = False
    plan_file: Path | None = None
    """Where to save the plan; None for a re-plan that only looks."""
    replace: tuple[str, ...] = ()
    """Instances to destroy and create anew."""


class ApplyRequest(Contract):
    """`terraform apply` of a saved plan; nothing else is ever applied."""

    module: Path
    timeout: timedelta
    plan_file: Path
    variables: tuple[Variable, ...] = ()
    """Ephemeral ones: a saved plan does not keep their values."""
    var_files: tuple[Path, ...] = ()
    """Where values of ephemeral variables may stand; the others must be as they were when it was planned."""


class OutputRequest(Contract):
    """`terraform output`."""

    module: Path
    timeout: timedelta


class ShowRequest(Contract):
    """`terraform show -json` of a saved plan."""

    module: Path
    timeout: timedelta
    plan_file: Path


TerraformRequest = InitRequest | PlanRequest | ApplyRequest | OutputRequest | ShowRequest


class StateMark(Contract):
    """What a state is known again by; its contents are not in it."""

    lineage: str
    serial: int
    instances: int
    """Managed instances in it."""


class Ended(StrEnum):
    """How a Terraform process came to its end."""

    COMPLETED = "completed"
    """Exit code 0 (a plan with changes included)."""
    ERRORED = "errored"
    """It said what was wrong and exited by itself."""
    STOPPED = "stopped"
    """It was asked to stop, did so in order, and saved the state."""
    TIMED_OUT = "timed_out"
    """Its deadline passed; it was asked to stop and did so in order."""
    KILLED = "killed"
    """A signal ended it, or it had to be killed: what an apply did is unknown."""


class ChangeAction(StrEnum):
    """Terraform's own words for a planned change; a word added later becomes UNKNOWN."""

    NOOP = "noop"
    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    MOVE = "move"
    IMPORT = "import"
    REPLACE = "replace"
    DELETE = "delete"
    REMOVE = "remove"
    """Forgotten: dropped from the state, the object stays."""
    UNKNOWN = "unknown"


HARMLESS = frozenset(
    {
        ChangeAction.NOOP,
        ChangeAction.CREATE,
        ChangeAction.READ,
        ChangeAction.UPDATE,
        ChangeAction.MOVE,
        ChangeAction.IMPORT,
    }
)
"""The actions that take nothing away; every other one, an unknown one too, is destructive."""


class PlannedChange(Contract, defer_build=False):
    """One resource instance that a plan would change."""

    address: CleanText
    action: ChangeAction
    reason: CleanText | None = None
    """Terraform's reason, such as `tainted` or `cannot_update`."""
    previous_address: CleanText | None = None
    """Where it was before a move."""
    forced_by: tuple[CleanText, ...] = ()
    """The attributes that cannot be changed in place, where it is replaced and they were looked up."""

    @property
    def destructive(self) -> bool:
        """Whether it takes something away: delete, replace, forget, or a word we do not know."""
        return self.action not in HARMLESS


class OutputValue(Contract):
    """A root output."""

    sensitive: bool
    value: JsonValue = None
    """None for a sensitive output: Terraform's stream does not tell it, and nobody asks."""
    known: bool = True
    """False where a plan only declares it."""


class TerraformResult(Contract):
    """What every operation tells."""

    ended: Ended
    diagnostics: tuple[Diagnostic, ...] = ()
    """In the order printed."""
    text: CleanText = ""
    """What was printed outside the JSON stream (a crash, a shim's message), capped."""
    killed: CleanText = ""
    """That somebody else killed it, such as `terraform plan was killed by signal 9 (SIGKILL)`; else empty."""
    duration_s: float = 0
    engine_version: str | None = None
    """As the stream's first line tells it."""
    state: StateMark | None = None
    """The local state when it ended, or the remote one that was planned from; None: none, or unseen."""

    @property
    def ok(self) -> bool:
        """Whether it completed."""
        return self.ended is Ended.COMPLETED


class InitResult(TerraformResult):
    """Result of `init`."""


class PlanResult(TerraformResult):
    """Result of `plan`."""

    changes: tuple[PlannedChange, ...] = ()
    drift: tuple[PlannedChange, ...] = ()
    """What changed outside Terraform since the last apply."""
    state_addresses: tuple[CleanText, ...] = ()
    """Managed instances that were in the state when the plan was made, sorted."""
    outputs: dict[str, OutputValue] = Field(default_factory=dict)
    """Declared outputs; values come from an apply or from `output`."""
    outputs_change: bool = False
    """Whether an output would change, which alone makes a plan worth applying."""

    @property
    def empty(self) -> bool:
        """Whether applying it would change nothing, outputs included."""
        return not self.changes and not self.outputs_change

    @property
    def met(self) -> tuple[PlannedChange, ...]:
        """Of the drift, what an apply would meet; the rest, such as what a service computed, stays."""
        planned = {change.address for change in self.changes}
        return tuple(c for c in self.drift if c.action is ChangeAction.DELETE or c.address in planned)

    @property
    def destructive(self) -> tuple[PlannedChange, ...]:
        """The changes that take something away."""
        return tuple(c for c in self.changes if c.destructive)


class AppliedChange(Contract):
    """One resource instance an apply worked on."""

    address: CleanText
    action: ChangeAction
    ok: bool
    """False where it errored or never reported its end."""


class ApplyResult(TerraformResult):
    """Result of `apply`."""

    applied: tuple[AppliedChange, ...] = ()
    unsaved: bool = False
    """Whether it could not save the state: `errored.tfstate` in the module, or its output, holds it."""
    outputs: dict[str, OutputValue] = Field(default_factory=dict)

    @property
    def told(self) -> bool:
        """Whether anything that it printed was seen."""
        return bool(self.engine_version or self.applied)


class OutputResult(TerraformResult):
    """Result of `output`."""

    outputs: dict[str, OutputValue] = Field(default_factory=dict)


class ShowResult(TerraformResult):
    """Result of `show`."""

    plan: dict[str, Any] | None = Field(default=None, repr=False)
    """The plan as Terraform's JSON; None where it could not be read. It holds secrets in the clear."""


class Progress(Contract):
    """One step of one resource instance, for the live view."""

    address: CleanText
    action: CleanText
    """Terraform's word: create, read, update, delete, refresh, provision."""
    phase: CleanText
    """start, progress, complete or errored."""
    elapsed_s: float = 0
