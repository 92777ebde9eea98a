"""A Terraform for fixes that answers as it is told, and the real prover, fixer and promotion over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from contracts.fixing import (
    ChangeRequest,
    FormatRequest,
    ImportRequest,
    StateRequest,
    ValidateRequest,
)
from contracts.hypothesis import Source
from contracts.incident import Named
from contracts.ports import OnStart, Stop
from contracts.remediation import Remediation
from contracts.run import RunRequest
from contracts.terraform import (
    ApplyRequest,
    ApplyResult,
    ChangeAction,
    Ended,
    InitRequest,
    InitResult,
    OutputRequest,
    OutputResult,
    PlannedChange,
    PlanRequest,
    PlanResult,
    ShowRequest,
    ShowResult,
    TerraformResult,
)
from planner.fix_effects import FixEffects
from planner.mending import RunMender
from subagents.remediator.unlock import Machine
from tests.fakes.plan_json import change, plan, resource
from tests.fakes.planning import (
    PROCESS,
    Bench,
    ScriptedDiagnoser,
    ScriptedTerraform,
    error,
    hypothesis,
    plan_of,
)
from tests.fakes.recording_fixer import Asked

_WORDS = {
    ChangeAction.CREATE: ("create",),
    ChangeAction.UPDATE: ("update",),
    ChangeAction.DELETE: ("delete",),
    ChangeAction.REPLACE: ("delete", "create"),
}
BROKEN_PLAN = PlanResult(ended=Ended.ERRORED, diagnostics=(error(),))


class Planned(NamedTuple):
    """What a plan of the copy would do."""

    changes: tuple[PlannedChange, ...] = ()
    state: tuple[str, ...] = ()
    parts: Mapping[str, Any] = {}
    """More of its JSON."""

    @property
    def document(self) -> dict[str, Any]:
        changes = [change(one.address, *_WORDS[one.action]) for one in self.changes]
        told = plan(*changes, resources=tuple(resource(one["address"]) for one in changes))
        told["configuration"]["provider_config"] = {}
        return told | dict(self.parts)


class ScriptedFixer:
    """Implements `FixingAgent`; a call that nobody told of completes.

    `plans` come in order, the last one for ever. `ends` are by what is called: `init`,
    `validate`, `plan`, `show`, `fmt`, `import`, `rm`, `mv`, `unlock`; `happens` is called before each.
    """

    def __init__(
        self,
        *plans: Planned,
        ends: Mapping[str, TerraformResult] | None = None,
        happens: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.asked: list[Asked] = []
        self.calls: list[str] = []
        self.ends = dict(ends or {})
        self.happens = happens
        self._plans = list(plans) or [Planned()]
        self._shown = self._plans[0]

    def init(self, request: InitRequest, stop: Stop, on_start: OnStart) -> InitResult:
        return InitResult(**dict(self._noted("init", request, on_start)))

    def validate(self, request: ValidateRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        return self._noted("validate", request, on_start)

    def plan(self, request: PlanRequest, stop: Stop, on_start: OnStart) -> PlanResult:
        ended = self._noted("plan", request, on_start)
        self._shown = self._plans.pop(0) if len(self._plans) > 1 else self._plans[0]
        return PlanResult(
            ended=ended.ended,
            diagnostics=ended.diagnostics,
            changes=self._shown.changes,
            state_addresses=self._shown.state,
        )

    def show(self, request: ShowRequest, stop: Stop, on_start: OnStart) -> ShowResult:
        ended = self._noted("show", request, on_start)
        return ShowResult(**dict(ended), plan=self._shown.document if ended.ok else None)

    def change(self, request: ChangeRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        match request:
            case FormatRequest():
                return self._noted("fmt", request, on_start)
            case ImportRequest():
                return self._noted("import", request, on_start)
            case StateRequest():
                return self._noted("mv" if request.destination else "rm", request, on_start)
            case _:
                return self._noted("unlock", request, on_start)

    def apply(self, request: ApplyRequest, stop: Stop, on_start: OnStart) -> ApplyResult:
        raise AssertionError(f"no fix applies: {request}")

    def output(self, request: OutputRequest, stop: Stop, on_start: OnStart) -> OutputResult:
        raise AssertionError(f"no fix asks for outputs: {request}")

    def _noted(self, what: str, request: Asked, on_start: OnStart) -> TerraformResult:
        self.asked.append(request)
        self.calls.append(what)
        on_start(PROCESS)
        self.happens(what)
        return self.ends.get(what, TerraformResult(ended=Ended.COMPLETED))


NOWHERE = Machine("here", (), None)
"""A machine on which planner started nothing, and no Terraform runs."""


def effects_of(bench: Bench, module: ScriptedFixer, copies: ScriptedFixer | None = None) -> FixEffects:
    """The effects of a bench's run: `copies` works on copies of the module."""
    return FixEffects(
        agent=module,
        prover=copies or module,
        journal=bench.journal,
        stop=bench.stop,
        time_left=lambda: timedelta(minutes=5),
    )


def mended_by(
    bench: Bench,
    module: ScriptedFixer,
    copies: ScriptedFixer | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Give a bench the real prover, fixer and promotion."""
    bench.mender = RunMender(  # type: ignore[assignment]
        journal=bench.journal,
        effects=effects_of(bench, module, copies),
        rundir=bench.rundir,
        redactor=bench.redactor,
        machine=lambda: NOWHERE,
        environment=environment or {},
        clock=bench.clock,
    )


def named(remedy: Remediation) -> Named:
    """A cause that this would mend."""
    return Named(hypothesis=hypothesis(remedy, retryable=False), source=Source.SIGNATURE, origin="t")


def broken(
    folder: Path,
    files: Mapping[str, str],
    *remedies: Remediation,
    plans: Sequence[PlanResult] = (BROKEN_PLAN, plan_of()),
    **asked: Any,
) -> Bench:
    """A run on a module of these files whose first plan fails, and whose diagnosis proposes these."""
    module = folder / "module"
    module.mkdir(parents=True)
    for name, text in files.items():
        (module / name).write_text(text, encoding="utf-8")
    bench = Bench(
        folder,
        request=RunRequest(module=module, **asked),
        terraform=ScriptedTerraform(plans=plans),
        diagnoser=ScriptedDiagnoser(*map(named, remedies)),
    )
    bench.store._db.execute("PRAGMA synchronous=OFF")  # the power stays on
    return bench
