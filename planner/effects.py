"""Every Terraform call of a run as an effect of its journal: intended, started, ended.

Holds no decision: when to call what is `planner.steps`' business.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from contracts.fixing import StateChange
from contracts.journal import EffectEnded, EffectIntended, EffectStarted
from contracts.ports import OnStart, Stop, TerraformAgent
from contracts.run import Effect
from contracts.terraform import (
    AppliedChange,
    ApplyRequest,
    ApplyResult,
    ChangeAction,
    Ended,
    InitMode,
    InitRequest,
    InitResult,
    OutputRequest,
    OutputResult,
    PlanRequest,
    PlanResult,
    TerraformResult,
)
from planner.journal import Journal
from planner.rundir import RunDir

_Result = TypeVar("_Result", bound=TerraformResult)


class TerraformEffects:
    """The agent, seen through the journal of one run."""

    def __init__(
        self,
        *,
        agent: TerraformAgent,
        journal: Journal,
        rundir: RunDir,
        stop: Stop,
        world: Callable[[], str] = str,
    ) -> None:
        """`world` tells the digest of what the module is made of, and where its plan would act."""
        self.world = world
        self._agent = agent
        self._journal = journal
        self._rundir = rundir
        self._stop = stop

    def init(self, timeout: timedelta) -> InitResult:
        """Make the module ready, as the fix that is in place asks for."""
        record = self._journal.record
        mode = record.carried.init if record.carried else InitMode.PLAIN
        request = InitRequest(module=record.request.module, timeout=timeout, mode=mode)
        return self._run(Effect.INIT, lambda on_start: self._agent.init(request, self._stop, on_start))

    def plan(self, timeout: timedelta, *, save: bool) -> PlanResult:
        """Plan with the run's own variables; `save` keeps the plan for an apply."""
        record = self._journal.record
        asked = record.request
        self._rundir.drop_plan()
        request = PlanRequest(
            module=asked.module,
            timeout=timeout,
            variables=self._rundir.variables(),
            var_files=asked.var_files,
            destroy=asked.destroy,
            plan_file=self._rundir.plan_file if save else None,
            replace=record.carried.replace if record.carried and save else (),
        )
        return self._run(Effect.PLAN, lambda on_start: self._agent.plan(request, self._stop, on_start))

    def apply(self, plan: PlanResult, timeout: timedelta) -> ApplyResult:
        """Apply the plan just saved, once: the file is gone afterwards, whatever came of it."""
        creates = tuple(
            c.address for c in plan.changes if c.action in {ChangeAction.CREATE, ChangeAction.REPLACE}
        )
        request = ApplyRequest(
            module=self._journal.record.request.module, timeout=timeout, plan_file=self._rundir.plan_file
        )
        try:
            return self._run(
                Effect.APPLY,
                lambda on_start: self._agent.apply(request, self._stop, on_start),
                creates=creates,
            )
        finally:
            self._rundir.drop_plan()

    def output(self, timeout: timedelta) -> OutputResult:
        """Read the outputs of the state."""
        request = OutputRequest(module=self._journal.record.request.module, timeout=timeout)
        return self._run(Effect.OUTPUT, lambda on_start: self._agent.output(request, self._stop, on_start))

    def _run(
        self, effect: Effect, call: Callable[[OnStart], _Result], creates: tuple[str, ...] = ()
    ) -> _Result:
        return as_effect(self._journal, effect, call, creates=creates)


def as_effect(
    journal: Journal,
    effect: Effect,
    call: Callable[[OnStart], _Result],
    *,
    creates: tuple[str, ...] = (),
    what: str = "",
    change: StateChange | None = None,
) -> _Result:
    """Make a Terraform call with its intention, its process and its end in the journal."""
    attempt = journal.record.attempt_number
    journal.append(EffectIntended(effect=effect, attempt=attempt, creates=creates, what=what, change=change))
    result = call(lambda process: journal.append(EffectStarted(effect=effect, process=process)))
    journal.append(
        EffectEnded(
            effect=effect,
            ended=result.ended,
            duration_s=result.duration_s,
            maybe_created=_maybe_created(result, creates),
        )
    )
    return result


def _maybe_created(result: TerraformResult, creates: tuple[str, ...]) -> tuple[str, ...]:
    """After a killed apply: what it had begun to create and never reported the end of."""
    if not isinstance(result, ApplyResult) or result.ended is not Ended.KILLED:
        return ()
    return unfinished(result.applied, creates)


def unfinished(applied: tuple[AppliedChange, ...], creates: tuple[str, ...]) -> tuple[str, ...]:
    """Of the addresses an apply was to create, those whose creation began and never ended well."""
    creations = {change.address: change.ok for change in applied if change.action is ChangeAction.CREATE}
    return tuple(address for address in creates if creations.get(address) is False)
