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
    ShowRequest,
    ShowResult,
    TerraformResult,
)
from planner.journal import Journal
from planner.rundir import RunDir
from planner.world import PlainWorld, World

_Result = TypeVar("_Result", bound=TerraformResult)
_MOST_TOLD = 40  # changes of a plan that a diagnosis, or the journal of an apply, is told


class TerraformEffects:
    """The agent, seen through the journal of one run."""

    def __init__(
        self,
        *,
        agent: TerraformAgent,
        journal: Journal,
        rundir: RunDir,
        stop: Stop,
        world: World | None = None,
    ) -> None:
        """`world` is what is around the module; None: nothing that is strange."""
        self.world = world or PlainWorld()
        self._agent = agent
        self._journal = journal
        self._rundir = rundir
        self._stop = stop

    def init(self, timeout: timedelta) -> InitResult:
        """Make the module ready, as the fix that is in place asks for; nothing is done where it is."""
        record = self._journal.record
        mode = record.carried.init if record.carried else InitMode.PLAIN
        if mode is InitMode.PLAIN and self.world.is_ready():
            return InitResult(ended=Ended.COMPLETED)
        request = InitRequest(module=record.request.module, timeout=timeout, mode=mode)
        result = self._run(Effect.INIT, lambda on_start: self._agent.init(request, self._stop, on_start))
        if result.ok:
            self.world.made_ready()
        return result

    def plan(self, timeout: timedelta, *, save: bool) -> PlanResult:
        """Plan with the run's own variables; `save` keeps the plan for an apply."""
        record = self._journal.record
        asked = record.request
        self.world.stays()
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
        result = self._run(Effect.PLAN, lambda on_start: self._agent.plan(request, self._stop, on_start))
        if result.ok:
            self.world.known.found(result)
        else:
            self.world.doubt_readiness()
        return result

    def apply(self, plan: PlanResult, timeout: timedelta) -> ApplyResult:
        """Apply the plan just saved, once: the file is gone afterwards, whatever came of it."""
        creates = tuple(
            c.address for c in plan.changes if c.action in {ChangeAction.CREATE, ChangeAction.REPLACE}
        )
        record, known = self._journal.record, self.world.known
        asked = record.request
        given = self._rundir.variables()
        ephemeral = self.world.ephemeral() if given or asked.var_files else frozenset()
        request = ApplyRequest(
            module=asked.module,
            timeout=timeout,
            plan_file=self._rundir.plan_file,
            variables=tuple(variable for variable in given if variable.name in ephemeral),
            var_files=asked.var_files if ephemeral else (),
        )

        def call(on_start: OnStart) -> ApplyResult:
            known.begins(record.run_id, plan, record.maybe_created)
            return self._agent.apply(request, self._stop, on_start)

        try:
            self.world.stays()
            doubted = record.maybe_created | known.doubted(plan)
            result = as_effect(self._journal, Effect.APPLY, call, creates=creates, plan=plan, doubted=doubted)
            known.ended(plan, result, record.maybe_created)
            return result
        finally:
            self._rundir.drop_plan()

    def show(self, timeout: timedelta) -> ShowResult:
        """Read the values of the plan just saved."""
        request = ShowRequest(
            module=self._journal.record.request.module, timeout=timeout, plan_file=self._rundir.plan_file
        )
        return self._run(Effect.SHOW, lambda on_start: self._agent.show(request, self._stop, on_start))

    def output(self, timeout: timedelta) -> OutputResult:
        """Read the outputs of the state."""
        self.world.stays()
        request = OutputRequest(module=self._journal.record.request.module, timeout=timeout)
        return self._run(Effect.OUTPUT, lambda on_start: self._agent.output(request, self._stop, on_start))

    def _run(self, effect: Effect, call: Callable[[OnStart], _Result]) -> _Result:
        return as_effect(self._journal, effect, call)


def as_effect(
    journal: Journal,
    effect: Effect,
    call: Callable[[OnStart], _Result],
    *,
    creates: tuple[str, ...] = (),
    what: str = "",
    change: StateChange | None = None,
    plan: PlanResult | None = None,
    doubted: frozenset[str] = frozenset(),
) -> _Result:
    """Make a Terraform call with its intention, its process and its end in the journal.

    `plan` is applied, where `doubted` may exist before without the state telling of it.
    """
    attempt = journal.record.attempt_number
    intended = EffectIntended(effect=effect, attempt=attempt, creates=creates, what=what, change=change)
    if plan is not None:
        known = {"objects": len(plan.state_addresses), "destroys": bool(plan.destructive)}
        intended = intended.model_copy(update={"what": ", ".join(told(plan)), **known})
    journal.append(intended)
    result = call(lambda process: journal.append(EffectStarted(effect=effect, process=process)))
    refused = plan is not None and journal.record.open_process is None
    still = doubted.difference(creates, plan.state_addresses) if plan is not None else frozenset()
    journal.append(
        EffectEnded(
            effect=effect,
            ended=result.ended,
            duration_s=result.duration_s,
            maybe_created=tuple(sorted(doubted if refused else still.union(_maybe_created(result, creates)))),
            state=None if effect is Effect.PROVE else result.state,  # a copy's state is nobody's
        )
    )
    return result


def told(plan: PlanResult) -> tuple[str, ...]:
    """What a plan is to do, a line a change; a long one is cut, and says so."""
    lines = [f"{change.action.value} {change.address}" for change in plan.changes[:_MOST_TOLD]]
    more = len(plan.changes) - len(lines)
    return (*lines, f"and {more} more changes") if more else tuple(lines)


def _maybe_created(result: TerraformResult, creates: tuple[str, ...]) -> tuple[str, ...]:
    """What the state may not tell of.

    After a kill what was begun, or all where nothing that it told was seen; if the state is unsaved, all
    that was made; else what was asked for and never answered.
    """
    if not isinstance(result, ApplyResult):
        return ()
    if result.unsaved:
        return tuple(c.address for c in result.applied if c.action is ChangeAction.CREATE)
    if result.ended is Ended.KILLED:
        return begun(result.applied, creates) if result.told else creates
    if result.ok:
        return ()
    from subagents.terraform.lost_answers import unanswered  # noqa: PLC0415 - only after a failure

    lost = frozenset(unanswered(result))
    return tuple(address for address in creates if address in lost)


def begun(applied: tuple[AppliedChange, ...], creates: tuple[str, ...]) -> tuple[str, ...]:
    """Of the addresses an apply was to create, those whose creation began.

    Also those that Terraform told the end of: it tells that before it saves the state, which a remote
    backend is sent every twenty seconds only.
    """
    begun = {change.address for change in applied if change.action is ChangeAction.CREATE}
    return tuple(address for address in creates if address in begun)
