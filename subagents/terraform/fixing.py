"""The Terraform calls that prove a fix and put it in place; a clean run never loads them.

Decides their arguments and reads what they print. When they are made, on a
copy of the module or on the module itself, is the Planner's business.
"""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from contracts.fixing import (
    ChangeRequest,
    FixRequest,
    FormatRequest,
    ImportRequest,
    StateRequest,
    UnlockRequest,
    ValidateRequest,
)
from contracts.ports import Grace, OnStart, Stop
from contracts.terraform import Engine, TerraformResult
from subagents.terraform.agent import APPLY_GRACE, GRACE, EngineAgent
from subagents.terraform.argv import inputs
from subagents.terraform.calls import Ran
from subagents.terraform.scratch import Scratch, object_in
from subagents.terraform.state_guard import mark_of
from subagents.terraform.stream import diagnostic_of


class EngineFixer(EngineAgent):
    """Implements `FixingAgent`."""

    def validate(self, request: ValidateRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        """See `FixingAgent.validate`."""
        with Scratch(self._out_dir, "validate") as scratch:
            ran = self._fix(request, scratch.path, GRACE, stop, on_start)
            told = object_in(scratch.path / "stdout") or {}
        diagnostics = tuple(
            diagnostic_of(raw) for raw in told.get("diagnostics") or () if isinstance(raw, dict)
        )
        return TerraformResult(
            ended=ran.exit.ended,
            diagnostics=diagnostics or ran.diagnostics,
            text="" if told else ran.text,
            killed=ran.killed,
            duration_s=ran.exit.duration_s,
        )

    def change(self, request: ChangeRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        """See `FixingAgent.change`."""
        grace = GRACE if isinstance(request, FormatRequest) else APPLY_GRACE
        with Scratch(self._out_dir, "change") as scratch:
            ran = self._fix(request, scratch.path, grace, stop, on_start)
        return TerraformResult(
            ended=ran.exit.ended,
            state=mark_of(request.module, self._workspace),
            diagnostics=ran.diagnostics,
            text=ran.text,
            killed=ran.killed,
            duration_s=ran.exit.duration_s,
        )

    def _fix(self, request: FixRequest, scratch: Path, grace: Grace, stop: Stop, on_start: OnStart) -> Ran:
        argv = fix_argv(request, self._engine)
        return self._ran(self._command(argv, request, scratch, grace), stop, on_start)


def fix_argv(request: FixRequest, engine: Engine) -> tuple[str, ...]:
    """The whole command line; the working directory is the module, or the copy of it."""
    match request:
        case ValidateRequest():
            arguments = ["validate", "-json"]
        case FormatRequest():
            arguments = ["fmt", "-list=false", *request.files]
        case ImportRequest():
            given = inputs(request.variables, request.var_files)
            arguments = ["import", "-no-color", "-input=false", *given, request.address, request.id]
        case StateRequest():
            verb = ("rm",) if request.destination is None else ("mv",)
            to = () if request.destination is None else (request.destination,)
            arguments = ["state", *verb, request.source, *to]
        case UnlockRequest():
            arguments = ["force-unlock", "-force", request.lock_id]
        case _:
            assert_never(request)
    return (*engine.argv, *arguments)
