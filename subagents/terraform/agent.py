"""Request → call → result, for one engine and one run. Never asks a model.

What arguments are given is decided in `argv`, what is made of a process in `calls`,
how a process is stopped in `subagents.process`; when to call what, and what to
do about a failure, by the Planner.
"""

from __future__ import annotations

from datetime import timedelta

from contracts.diagnostic import Diagnostic
from contracts.ports import Grace, OnStart, Stop
from contracts.terraform import (
    ApplyRequest,
    ApplyResult,
    Ended,
    InitMode,
    InitRequest,
    InitResult,
    OutputRequest,
    OutputResult,
    PlanRequest,
    PlanResult,
    ShowRequest,
    ShowResult,
    StateMark,
)
from subagents.terraform.calls import EngineCalls, has_error
from subagents.terraform.ends import CUT, SILENT, UNTOLD, with_said
from subagents.terraform.rescue import rescue, too_little_space
from subagents.terraform.scratch import CAP_BYTES, Scratch, object_in
from subagents.terraform.state_guard import (
    fault_before_init,
    fault_of,
    local_state,
    mark_in,
    mark_of,
    outputs_in,
)
from subagents.terraform.stream import outputs_of, values_of

APPLY_GRACE = Grace(interrupt=timedelta(minutes=5))
GRACE = Grace(interrupt=timedelta(seconds=30))
_ORDERLY_CODES = frozenset({0, 1, 2})


class EngineAgent(EngineCalls):
    """Drives one engine over one module; implements `TerraformAgent`.

    Output goes to fresh files below `out_dir` (mode 0700) and is removed after
    an orderly end; it stays where it may be the only copy of a state. Each call
    raises `StoreError` or `EngineError` where the system refuses what it needs.
    """

    def init(self, request: InitRequest, stop: Stop, on_start: OnStart) -> InitResult:
        """See `TerraformAgent.init`; a local state that it must not meet fails it before it starts."""
        fault = fault_before_init(request.module, self._workspace)
        if fault is not None:
            return InitResult(ended=Ended.ERRORED, diagnostics=(fault,))
        with Scratch(self._out_dir, "init") as scratch:
            ran = self._run(request, scratch.path, GRACE, stop, on_start)
        if request.mode is InitMode.RECONFIGURE and ran.exit.ended is Ended.COMPLETED:
            from subagents.terraform.backend_note import set_aside  # noqa: PLC0415 - only of an approved fix

            set_aside(request.module)
        return InitResult(
            ended=ran.exit.ended,
            diagnostics=ran.diagnostics,
            text=ran.text,
            killed=ran.killed,
            duration_s=ran.exit.duration_s,
            engine_version=ran.stream.engine_version,
        )

    def plan(self, request: PlanRequest, stop: Stop, on_start: OnStart) -> PlanResult:
        """See `TerraformAgent.plan`; a local state that cannot be believed fails it before it starts."""
        fault = fault_of(request.module, self._workspace)
        if fault is not None:
            return PlanResult(ended=Ended.ERRORED, diagnostics=(fault,))
        with Scratch(self._out_dir, "plan") as scratch:
            ran = self._run(request, scratch.path, GRACE, stop, on_start)
        lost: tuple[Diagnostic, ...] = ()
        if ran.exit.ended is Ended.COMPLETED:
            told = (CUT,) if ran.stream.untold else ()
            lost = told if ran.stream.summed_up else (with_said(UNTOLD, ran.text),)
        return PlanResult(
            ended=Ended.ERRORED if lost else ran.exit.ended,
            state=self._planned_from(request),
            diagnostics=lost + ran.diagnostics,
            text=ran.text,
            killed=ran.killed,
            duration_s=ran.exit.duration_s,
            engine_version=ran.stream.engine_version,
            changes=ran.stream.changes,
            drift=tuple(sorted(ran.stream.drift, key=lambda c: c.address)),
            state_addresses=tuple(sorted(ran.stream.in_state)),
            outputs=ran.stream.outputs,
            outputs_change=ran.stream.outputs_change,
        )

    def apply(self, request: ApplyRequest, stop: Stop, on_start: OnStart) -> ApplyResult:
        """See `TerraformAgent.apply`; an end of which Terraform knows nothing counts as KILLED.

        That is an exit code that it does not use, or a failure in which it told neither an error nor its end:
        behind a wrapper it may have been killed without the wrapper's telling so.
        """
        with Scratch(self._out_dir, "apply") as scratch:
            full = too_little_space(scratch.path, local_state(request.module, self._workspace))
            if full is not None:
                return ApplyResult(ended=Ended.ERRORED, diagnostics=(full,))
            scratch.kept = True  # whatever happens until its end is known: it may be the only copy of a state
            ran = self._run(request, scratch.path, APPLY_GRACE, stop, on_start)
            crashed = ran.exit.code is not None and ran.exit.code not in _ORDERLY_CODES
            told = ran.stream.summed_up or has_error(ran.diagnostics)
            untold = ran.exit.ended is Ended.ERRORED and not told and not ran.killed
            ended = Ended.KILLED if crashed or untold else ran.exit.ended
            unsaved = rescue(request.module, scratch.path)
            scratch.kept = ended is Ended.KILLED or unsaved is not None
        return ApplyResult(
            ended=ended,
            state=mark_of(request.module, self._workspace),
            unsaved=unsaved is not None,
            # first: of many, a screen shows a few, and where the state is must be among them
            diagnostics=((unsaved,) if unsaved else (with_said(SILENT, ran.text),) if untold else ())
            + ran.diagnostics,
            text=ran.text,
            killed=ran.killed,
            duration_s=ran.exit.duration_s,
            engine_version=ran.stream.engine_version,
            applied=ran.stream.applied,
            outputs=ran.stream.outputs,
        )

    def output(self, request: OutputRequest, stop: Stop, on_start: OnStart) -> OutputResult:
        """See `TerraformAgent.output`; a local state is read here, without a process."""
        kept = outputs_in(request.module, self._workspace)
        if kept is not None:
            return OutputResult(ended=Ended.COMPLETED, outputs=values_of(kept))
        with Scratch(self._out_dir, "output") as scratch:
            ran = self._run(request, scratch.path, GRACE, stop, on_start)
            with (scratch.path / "stdout").open("rb") as file:
                outputs = outputs_of(file.read(CAP_BYTES))
        garbled = ran.exit.ended is Ended.COMPLETED and outputs is None
        return OutputResult(
            ended=Ended.ERRORED if garbled else ran.exit.ended,
            diagnostics=ran.diagnostics,
            text="" if outputs is not None else ran.text,
            killed=ran.killed,
            duration_s=ran.exit.duration_s,
            outputs=outputs or {},
        )

    def show(self, request: ShowRequest, stop: Stop, on_start: OnStart) -> ShowResult:
        """See `TerraformAgent.show`."""
        with Scratch(self._out_dir, "show") as scratch:
            ran = self._run(request, scratch.path, GRACE, stop, on_start)
            plan = object_in(scratch.path / "stdout") if ran.exit.ended is Ended.COMPLETED else None
        garbled = ran.exit.ended is Ended.COMPLETED and not plan
        return ShowResult(
            ended=Ended.ERRORED if garbled else ran.exit.ended,
            diagnostics=ran.diagnostics,
            killed=ran.killed,
            duration_s=ran.exit.duration_s,
            plan=plan or None,
        )

    def _planned_from(self, request: PlanRequest) -> StateMark | None:
        """What the state that a plan has just read is known again by."""
        if local_state(request.module, self._workspace) is not None:
            return mark_of(request.module, self._workspace)
        return mark_in(request.plan_file) if request.plan_file is not None else None
