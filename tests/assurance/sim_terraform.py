"""Terraform over a simulated cloud: fails, is killed, and outlives planner as the real one does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from contracts.diagnostic import Diagnostic, Severity
from contracts.fixing import ChangeRequest, ImportRequest, ValidateRequest
from contracts.identity import ProcessId
from contracts.ports import OnStart, Stop
from contracts.run import Effect
from contracts.terraform import (
    AppliedChange,
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
from planner.rundir import RunDir
from tests.assurance.fate import Died
from tests.assurance.sim_world import World

SECRET = "hunter2-canary"
SPELT, MISSPELT = 'input = "x"\n', 'inptu = "x"\n'
FATES = ("saves and ends", "works on", "is killed too", "power cut")


def error(summary: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, summary=summary, detail=f"said with {SECRET}")


class Refusal(NamedTuple):
    """How a call ends that never began."""

    ended: Ended


class SimTerraform:
    """Implements `FixingAgent`. `seen` is told of each effect before it starts."""

    def __init__(self, world: World, rundir: RunDir, seen: Callable[[Effect, str], None]) -> None:
        self._world = world
        self._rundir = rundir
        self._seen = seen
        self._applies = 0

    def init(self, request: InitRequest, stop: Stop, on_start: OnStart) -> InitResult:
        return InitResult(**self._plainly(Effect.INIT, stop, on_start, "Failed to query available providers"))

    def plan(self, request: PlanRequest, stop: Stop, on_start: OnStart) -> PlanResult:
        failed = self._plainly(Effect.PLAN, stop, on_start, "connection reset by peer")
        if failed["ended"] is not Ended.COMPLETED:
            return PlanResult(**failed)
        if MISSPELT in (request.module / "main.tf").read_text(encoding="utf-8"):
            return PlanResult(ended=Ended.ERRORED, diagnostics=(error("Unsupported argument"),))
        cloud = self._world.cloud
        if self._world.fate.happens("drift", 0.04) and cloud.state:
            cloud.objects[min(cloud.state)] = 0
        changes = cloud.changes(request.replace)
        if request.plan_file is not None:
            name = f"plan {len(cloud.plans)}"
            cloud.plans[name] = (cloud.serial, changes)
            request.plan_file.write_text(name, encoding="utf-8")
        return PlanResult(
            ended=Ended.COMPLETED, changes=changes, state_addresses=tuple(sorted(cloud.state)), duration_s=1
        )

    def apply(self, request: ApplyRequest, stop: Stop, on_start: OnStart) -> ApplyResult:
        world, cloud = self._world, self._world.cloud
        plan = request.plan_file.read_text(encoding="utf-8")
        serial, changes = cloud.plans[plan]
        with self._begun(Effect.APPLY, plan, stop) as process:
            if isinstance(process, Refusal):
                return ApplyResult(ended=process.ended)
            on_start(process)
            if serial != cloud.serial:
                return ApplyResult(ended=Ended.ERRORED, diagnostics=(error("Saved plan is stale"),))
            world.did("apply", plan)
            self._applies += 1
            work = _Apply(world, changes, self._rundir.output / f"apply-{world.session}-{self._applies}")
            try:
                return work.done(stop)
            except Died:
                fate = world.fate.choice("Terraform, its parent dead,", FATES)
                if fate == "works on":
                    world.orphaned(process, 2.0 if world.session % 7 else 700.0, work.rest)
                elif fate == "saves and ends":
                    work.saved()
                elif fate == "power cut":
                    world.power_cut()
                raise

    def output(self, request: OutputRequest, stop: Stop, on_start: OnStart) -> OutputResult:
        return OutputResult(**self._plainly(Effect.OUTPUT, stop, on_start, "no state"))

    def validate(self, request: ValidateRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        return TerraformResult(**self._plainly(Effect.PROVE, stop, on_start, "invalid"))

    def show(self, request: ShowRequest, stop: Stop, on_start: OnStart) -> ShowResult:
        effect = Effect.SHOW if request.plan_file == self._rundir.plan_file else Effect.PROVE
        return ShowResult(**self._plainly(effect, stop, on_start, "no plan"))

    def change(self, request: ChangeRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        """Imports, which is all that simulated fixes do to a state."""
        told = self._plainly(Effect.CHANGE, stop, on_start, "cannot import")
        cloud = self._world.cloud
        if told["ended"] is Ended.COMPLETED and isinstance(request, ImportRequest):
            if not cloud.objects[request.address] or request.address in cloud.state:
                return TerraformResult(ended=Ended.ERRORED, diagnostics=(error("Cannot import"),))
            cloud.save(cloud.state | {request.address})
            self._world.point("after an import", 25)
        return TerraformResult(**told)

    def _plainly(self, effect: Effect, stop: Stop, on_start: OnStart, fails: str) -> dict[str, Any]:
        """A call that changes nothing."""
        fate = self._world.fate
        with self._begun(effect, "", stop) as process:
            if isinstance(process, Refusal):
                return {"ended": process.ended}
            on_start(process)
            self._world.point("while Terraform runs")
            self._world.clock.sleep(0.5)
            if stop.requested():
                return {"ended": Ended.STOPPED}
            if fate.happens(f"{effect} fails", 0.08):
                return {"ended": Ended.ERRORED, "diagnostics": (error(fails),), "duration_s": 0.5}
            if fate.happens("Terraform is killed", 0.01):
                return {"ended": Ended.KILLED, "duration_s": 0.5}
            return {"ended": Ended.COMPLETED, "duration_s": 0.5}

    @contextmanager
    def _begun(self, effect: Effect, what: str, stop: Stop) -> Iterator[ProcessId | Refusal]:
        """As `subagents.process` starts one: the last look at the switch and the start are one step."""
        self._world.point("before a process starts")
        with stop.starting() as why:
            if why is None:
                self._seen(effect, what)
                process: ProcessId | Refusal = self._world.process()
            else:
                process = Refusal(Ended.STOPPED)
        yield process


class _Apply:
    """One apply under way."""

    def __init__(self, world: World, changes: tuple[PlannedChange, ...], out: Path) -> None:
        self._world = world
        self._left = list(changes)
        self._state = set(world.cloud.state)
        self._applied: list[AppliedChange] = []
        self._out = out
        out.mkdir(parents=True)

    def done(self, stop: Stop) -> ApplyResult:
        world = self._world
        while self._left:
            if stop.requested():
                self.saved()
                return self._result(Ended.STOPPED)
            if world.fate.happens("apply is killed", 0.03):
                return self._result(Ended.KILLED)
            change = self._left[0]
            if world.fate.happens("apply fails", 0.06) or self._exists_already(change):
                self._applied.append(AppliedChange(address=change.address, action=change.action, ok=False))
                self.saved()
                said = "already exists" if self._exists_already(change) else "Throttling: Rate exceeded"
                return self._result(Ended.ERRORED, error(said).model_copy(update={"address": change.address}))
            self._tell(change, "start")
            self._applied.append(AppliedChange(address=change.address, action=change.action, ok=False))
            world.point("before an object is made", 12)
            self._make(change)
            world.point("after an object is made", 12)
            if world.fate.happens("apply is killed", 0.03):
                return self._result(Ended.KILLED)
            self._tell(change, "complete")
            world.point("after Terraform has told of an object", 12)
            self._applied[-1] = self._applied[-1].model_copy(update={"ok": True})
            world.point("while Terraform runs")
            world.clock.sleep(1)
        self.saved()
        world.point("after the state is saved", 12)
        return self._result(Ended.COMPLETED)

    def rest(self) -> None:
        """What an orphan does when nobody looks."""
        for change in list(self._left):
            if not self._exists_already(change):
                self._make(change)
        self.saved()

    def saved(self) -> None:
        self._world.cloud.save(self._state)

    def _make(self, change: PlannedChange) -> None:
        cloud = self._world.cloud
        self._left.remove(change)
        if change.action is ChangeAction.DELETE:
            cloud.objects[change.address] = 0
            self._state.discard(change.address)
            self._world.did("delete", change.address)
        else:
            self._world.did("create again" if cloud.objects[change.address] else "create", change.address)
            cloud.objects[change.address] += 1
            self._state.add(change.address)
        if cloud.saves_each:
            self.saved()

    def _exists_already(self, change: PlannedChange) -> bool:
        cloud = self._world.cloud
        creates = change.action is ChangeAction.CREATE
        return creates and cloud.unique_names and cloud.objects[change.address] > 0

    def _tell(self, change: PlannedChange, phase: str) -> None:
        hook = {"resource": {"addr": change.address}, "action": change.action.value}
        with (self._out / "stdout").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"type": f"apply_{phase}", "hook": hook}) + "\n")

    def _result(self, ended: Ended, *diagnostics: Diagnostic) -> ApplyResult:
        return ApplyResult(ended=ended, applied=tuple(self._applied), diagnostics=diagnostics, duration_s=1)
