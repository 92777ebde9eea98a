"""A Terraform that proves and changes nothing: it writes down what is asked, and answers as it is told."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.fixing import ChangeRequest, FixRequest, ValidateRequest
from contracts.ports import OnStart, Stop
from contracts.terraform import (
    ApplyRequest,
    ApplyResult,
    ChangeAction,
    Ended,
    Engine,
    InitRequest,
    InitResult,
    OutputRequest,
    OutputResult,
    PlannedChange,
    PlanRequest,
    PlanResult,
    ShowRequest,
    ShowResult,
    TerraformRequest,
    TerraformResult,
)
from subagents.terraform.argv import argv_of
from subagents.terraform.fixing import fix_argv
from tests.fakes.plan_json import change, plan, resource
from tests.fakes.planning import PROCESS, error

Asked = TerraformRequest | FixRequest
ENGINE = Engine(name="terraform", version="1.11.4", argv=("/bin/terraform",), init_json=True)
OK = TerraformResult(ended=Ended.COMPLETED)
BROKEN = TerraformResult(ended=Ended.ERRORED, diagnostics=(error("another one"),))
FLAGS = (
    *("-json", "-input=false", "-no-color", "-upgrade", "-reconfigure", "-lockfile=readonly", "-force"),
    *("-list=false", "-destroy"),
)
GIVEN = ("-replace=", "-var-file=", "-out=")


class RecordingFixer:
    """Implements `FixingAgent`; `destroys`: its plans take something away."""

    def __init__(self, *, destroys: bool = False, fails: str = "") -> None:
        """`fails` names the call that ends with an error."""
        self.asked: list[Asked] = []
        self.destroys = destroys
        self._fails = fails

    def init(self, request: InitRequest, stop: Stop, on_start: OnStart) -> InitResult:
        return InitResult(**dict(self._noted(request, on_start, "init")))

    def validate(self, request: ValidateRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        return self._noted(request, on_start, "validate")

    def plan(self, request: PlanRequest, stop: Stop, on_start: OnStart) -> PlanResult:
        taken = (PlannedChange(address="aws_db_instance.main", action=ChangeAction.DELETE),)
        changes = taken if self.destroys else ()
        return PlanResult(**dict(self._noted(request, on_start, "plan")), changes=changes)

    def show(self, request: ShowRequest, stop: Stop, on_start: OnStart) -> ShowResult:
        taken = (change("aws_db_instance.main", "delete"),) if self.destroys else ()
        told: dict[str, Any] = plan(*taken, resources=tuple(resource(c["address"]) for c in taken))
        told["configuration"]["provider_config"] = {}
        return ShowResult(**dict(self._noted(request, on_start, "show")), plan=told)

    def change(self, request: ChangeRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        return self._noted(request, on_start, "change")

    def apply(self, request: ApplyRequest, stop: Stop, on_start: OnStart) -> ApplyResult:
        raise AssertionError(f"no fix applies: {request}")

    def output(self, request: OutputRequest, stop: Stop, on_start: OnStart) -> OutputResult:
        raise AssertionError(f"no fix asks for outputs: {request}")

    def _noted(self, request: Asked, on_start: OnStart, what: str) -> TerraformResult:
        self.asked.append(request)
        on_start(PROCESS)
        return BROKEN if what == self._fails else OK


def a_fixer(rng: random.Random) -> RecordingFixer:
    """One that helps, mostly."""
    return RecordingFixer(
        destroys=rng.random() < 0.25, fails=rng.choice(("", "", "", "", "init", "validate", "plan", "show"))
    )


def argv(request: Asked) -> tuple[str, ...]:
    """What follows the program on the command line."""
    if isinstance(request, TerraformRequest):
        return argv_of(request, ENGINE)[1:]
    return fix_argv(request, ENGINE)[1:]


def paths(request: Asked) -> Iterator[Path]:
    """Where it works, and what it writes."""
    yield request.module
    if isinstance(request, PlanRequest | ShowRequest) and request.plan_file is not None:
        yield request.plan_file


def smuggled(arguments: tuple[str, ...], *, verb: int = 1) -> list[str]:
    """Arguments that Terraform would take for an option and that are none of ours."""
    found, value_is_next = [], False
    for argument in arguments[verb:]:
        if value_is_next:
            value_is_next = False
        elif argument == "-var":
            value_is_next = True
        elif argument.startswith("-") and argument not in FLAGS:
            name = next((given for given in GIVEN if argument.startswith(given)), None)
            if name is None or argument.removeprefix(name).startswith("-"):
                found.append(argument)
    return found
