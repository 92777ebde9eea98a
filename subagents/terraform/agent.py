"""Request → process → stream → result, for one engine and one run. Never asks a model.

What arguments are given is decided in `argv`, what the lines mean in `stream`,
how a process is stopped in `subagents.process`; when to call what, and what to
do about a failure, by the Planner.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from contracts.diagnostic import Diagnostic, Severity
from contracts.errors import EngineError
from contracts.fixing import FixRequest
from contracts.ports import Command, Exit, Grace, OnProgress, OnStart, ProcessRunner, Stop
from contracts.terraform import (
    ApplyRequest,
    ApplyResult,
    Ended,
    Engine,
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
    TerraformRequest,
)
from contracts.text import cap_unmasked, decode
from subagents.terraform.argv import argv_of
from subagents.terraform.ends import CUT, FLOODED, SILENT, UNTOLD, with_said
from subagents.terraform.prose import diagnostics_of
from subagents.terraform.rescue import rescue, too_little_space
from subagents.terraform.scratch import CAP_BYTES, PUT_RIGHT, Scratch, object_in
from subagents.terraform.state_guard import (
    fault_before_init,
    fault_of,
    local_state,
    mark_in,
    mark_of,
    outputs_in,
)
from subagents.terraform.stream import Stream, outputs_of, values_of

_TEXT_CAP = 8192
APPLY_GRACE = Grace(interrupt=timedelta(minutes=5))
GRACE = Grace(interrupt=timedelta(seconds=30))
_SAID_CAP_BYTES = 8 << 20
_ORDERLY_CODES = frozenset({0, 1, 2})
_OF_SIGNALS = 128  # a shell in between ends with that and the number of the signal that ended its child


class Ran(NamedTuple):
    """One finished process and what it told."""

    exit: Exit
    stream: Stream
    diagnostics: tuple[Diagnostic, ...]
    text: str
    killed: str
    """See `TerraformResult.killed`."""


class EngineAgent:
    """Drives one engine over one module; implements `TerraformAgent`.

    Output goes to fresh files below `out_dir` (mode 0700) and is removed after
    an orderly end; it stays where it may be the only copy of a state. Each call
    raises `StoreError` or `EngineError` where the system refuses what it needs.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        runner: ProcessRunner,
        environment: Mapping[str, str],
        out_dir: Path,
        on_progress: OnProgress,
    ) -> None:
        self._engine = engine
        self._runner = runner
        self._environment = dict(environment)
        self._out_dir = out_dir
        self._on_progress = on_progress
        self._workspace = self._environment.get("TF_WORKSPACE")

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
            told = ran.stream.summed_up or _has_error(ran.diagnostics)
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

    def _run(
        self, request: TerraformRequest, scratch: Path, grace: Grace, stop: Stop, on_start: OnStart
    ) -> Ran:
        argv = argv_of(request, self._engine)
        return self._ran(self._command(argv, request, scratch, grace), stop, on_start)

    def _command(
        self, argv: tuple[str, ...], request: TerraformRequest | FixRequest, scratch: Path, grace: Grace
    ) -> Command:
        return Command(
            argv=argv,
            cwd=request.module,
            env=self._environment,
            stdout=scratch / "stdout",
            stderr=scratch / "stderr",
            timeout=request.timeout,
            grace=grace,
        )

    def _ran(self, command: Command, stop: Stop, on_start: OnStart) -> Ran:
        stream = Stream()

        def on_line(line: bytes) -> None:
            progress = stream.feed(line)
            if progress is not None:
                self._on_progress(progress)

        try:
            exit_ = self._runner.run(command, on_start=on_start, on_line=on_line, stop=stop)
            with command.stderr.open("rb") as file:
                said = decode(file.read(_SAID_CAP_BYTES))
        except OSError as error:
            raise EngineError(f"{self._engine.name} cannot be run: {error}", remedy=PUT_RIGHT) from error
        text = cap_unmasked(
            "\n".join(part for part in (stream.text.strip(), said.strip()) if part), _TEXT_CAP
        )
        diagnostics = tuple(stream.diagnostics)
        if exit_.ended is Ended.COMPLETED and _has_error(diagnostics):  # a wrapper swallowed its exit code
            exit_ = exit_.model_copy(update={"ended": Ended.ERRORED})
        if exit_.ended is not Ended.COMPLETED and not _has_error(diagnostics):
            prose, text = diagnostics_of(text)
            diagnostics += prose
        if exit_.flooded and exit_.ended is not Ended.COMPLETED:
            diagnostics = (FLOODED, *diagnostics)
        by = "" if stop.requested() else _signal_of(exit_, command)
        killed = (
            f"{self._engine.name} {command.argv[len(self._engine.argv)]} was killed by {by}" if by else ""
        )
        return Ran(exit_, stream, diagnostics, text, killed)


def _signal_of(exit_: Exit, command: Command) -> str:
    """The signal that somebody else ended a process with; empty where none did.

    One that was told to stop, for it took or printed too much, may have been killed by its runner.
    """
    number = exit_.signal or (exit_.code or 0) - _OF_SIGNALS
    ours = exit_.flooded or exit_.duration_s >= command.timeout.total_seconds()
    if number not in {*signal.Signals} or ours:
        return ""
    return f"signal {number} ({signal.Signals(number).name})"


def _has_error(diagnostics: tuple[Diagnostic, ...]) -> bool:
    return any(d.severity is Severity.ERROR for d in diagnostics)
