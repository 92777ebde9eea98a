"""The Terraform calls that prove a fix and put it in place; a clean run never loads them.

Decides their arguments and reads what they print. When they are made, on a
copy of the module or on the module itself, is the Planner's business.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, assert_never

from contracts.fixing import (
    ChangeRequest,
    FixRequest,
    FormatRequest,
    ImportRequest,
    ShowRequest,
    ShowResult,
    StateRequest,
    UnlockRequest,
    ValidateRequest,
)
from contracts.ports import Grace, OnStart, Stop
from contracts.terraform import Ended, Engine, TerraformResult
from subagents.terraform.agent import APPLY_GRACE, GRACE, EngineAgent, Ran, Scratch
from subagents.terraform.argv import inputs
from subagents.terraform.state_guard import mark_of
from subagents.terraform.stream import diagnostic_of

_PLAN_CAP_BYTES = 512 << 20


class EngineFixer(EngineAgent):
    """Implements `FixingAgent`."""

    def validate(self, request: ValidateRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        """See `FixingAgent.validate`."""
        with Scratch(self._out_dir, "validate") as scratch:
            ran = self._fix(request, scratch.path, GRACE, stop, on_start)
            told = _object_in(scratch.path / "stdout")
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

    def show(self, request: ShowRequest, stop: Stop, on_start: OnStart) -> ShowResult:
        """See `FixingAgent.show`."""
        with Scratch(self._out_dir, "show") as scratch:
            ran = self._fix(request, scratch.path, GRACE, stop, on_start)
            plan = _object_in(scratch.path / "stdout") if ran.exit.ended is Ended.COMPLETED else {}
        garbled = ran.exit.ended is Ended.COMPLETED and not plan
        return ShowResult(
            ended=Ended.ERRORED if garbled else ran.exit.ended,
            diagnostics=ran.diagnostics,
            killed=ran.killed,
            duration_s=ran.exit.duration_s,
            plan=plan or None,
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
        case ShowRequest():
            arguments = ["show", "-json", str(request.plan_file)]
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


def _object_in(output: Path) -> dict[str, Any]:
    """The one JSON object that an output holds; empty where there is none."""
    with output.open("rb") as file:
        text = file.read(_PLAN_CAP_BYTES)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
