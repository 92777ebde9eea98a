"""The Terraform calls of a fix as effects of the run's journal.

Those on the copy of the module prove it, and change nothing; those on the
module itself put it in place. Which are made, and in which order, is decided in
`planner.proving` and `planner.fixing`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from contracts.errors import StoppedError
from contracts.fixing import (
    ChangeRequest,
    FormatRequest,
    StateChange,
    ValidateRequest,
)
from contracts.ports import FixingAgent, OnStart, Stop
from contracts.run import Effect, StopKind
from contracts.terraform import (
    Ended,
    InitMode,
    InitRequest,
    InitResult,
    PlanRequest,
    PlanResult,
    ShowRequest,
    ShowResult,
    TerraformResult,
    Variable,
)
from planner.effects import as_effect
from planner.journal import Journal
from subagents.workspace import RefusedError

LONGEST_VALIDATE = timedelta(minutes=2)
"""It reads files and schemas, and calls nobody: seconds, for the largest modules."""
_Result = TypeVar("_Result", bound=TerraformResult)


class FixEffects:
    """The agent, seen through the journal of one run, with the time that is left of it."""

    def __init__(
        self,
        *,
        agent: FixingAgent,
        prover: FixingAgent,
        journal: Journal,
        stop: Stop,
        time_left: Callable[[], timedelta],
        stays: Callable[[], None] = lambda: None,
    ) -> None:
        """`agent` works on the module, `prover` on copies of it; `stays`: see `World.stays`."""
        self._stays = stays
        self._agent = agent
        self._prover = prover
        self._journal = journal
        self._stop = stop
        self._time_left = time_left

    def init(self, module: Path, mode: InitMode) -> InitResult:
        """Make the copy ready."""
        request = InitRequest(module=module, timeout=self._time_left(), mode=mode)
        return self._prove("init", lambda start: self._prover.init(request, self._stop, start))

    def validate(self, module: Path) -> TerraformResult:
        """Whether the copy's configuration holds in itself.

        Raises `RefusedError` where that takes so long that an edit must have made it compute without end.
        """
        left = self._time_left()
        request = ValidateRequest(module=module, timeout=min(left, LONGEST_VALIDATE))
        valid = self._prove("validate", lambda start: self._prover.validate(request, self._stop, start))
        if left > LONGEST_VALIDATE and valid.ended in {Ended.TIMED_OUT, Ended.KILLED}:
            raise RefusedError("with it, terraform validate does not come to an end")
        return valid

    def plan(
        self,
        module: Path,
        plan_file: Path,
        *,
        variables: tuple[Variable, ...],
        var_files: tuple[Path, ...],
        replace: tuple[str, ...],
    ) -> PlanResult:
        """What the copy would do, saved."""
        request = PlanRequest(
            module=module,
            timeout=self._time_left(),
            variables=variables,
            var_files=var_files,
            destroy=self._journal.record.request.destroy,
            plan_file=plan_file,
            replace=replace,
        )
        return self._prove("plan", lambda start: self._prover.plan(request, self._stop, start))

    def show(self, module: Path, plan_file: Path) -> ShowResult:
        """The saved plan of the copy, for the gate."""
        request = ShowRequest(module=module, timeout=self._time_left(), plan_file=plan_file)
        return self._prove("show", lambda start: self._prover.show(request, self._stop, start))

    def fmt(self, folder: Path, files: tuple[str, ...]) -> TerraformResult:
        """Write files of a scratch folder as Terraform formats them."""
        request = FormatRequest(module=folder, timeout=self._time_left(), files=files)
        return self._prove("fmt", lambda start: self._prover.change(request, self._stop, start))

    def change(
        self, request: ChangeRequest, change: StateChange, effect: Effect = Effect.CHANGE
    ) -> TerraformResult:
        """Change the state or a lock of the module itself; `change` says what is changed, or taken back."""
        self._stays()
        limited = request.model_copy(update={"timeout": self._time_left()})
        return as_effect(
            self._journal,
            effect,
            lambda start: self._agent.change(limited, self._stop, start),
            what=change.command,
            change=change,
        )

    def halt(self) -> None:
        """Raise `StoppedError` where the run is to end: asked while files are looked at, however many."""
        if self._stop.requested() or not self._time_left():
            raise StoppedError("the run was stopped while its module was looked at", remedy="run it again")

    def starting(self) -> AbstractContextManager[StopKind | None]:
        """See `Stop.starting`."""
        return self._stop.starting()

    def _prove(self, what: str, call: Callable[[OnStart], _Result]) -> _Result:
        return as_effect(self._journal, Effect.PROVE, call, what=what)
