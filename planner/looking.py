"""A module's plan, made to be looked at: what differs from its code, and what somebody else changed.

Decides what a look comes to. Applies nothing, asks no model and keeps nothing;
what a run does about a difference is `planner.steps`'.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from contracts.drift import DriftReport, DriftState
from contracts.identity import EngineId
from contracts.incident import Incident, Stage, Unknown
from contracts.run import RunRequest, StopKind
from contracts.terraform import Ended, Engine, InitRequest, InitResult, PlanRequest, PlanResult
from diagnosis.evidence import evidence_of
from planner.app import App
from planner.incidents import incident_of
from planner.naming import signatures
from planner.result import FAILED, INTERRUPTED, STOPPED, SUCCESS
from subagents.terraform.agent import EngineAgent

_NEXT = (
    "Read what Terraform said, or ask a model: `planner run`, or `terraform plan 2>&1 | planner diagnose`."
)

_WHY = {
    StopKind.INTERRUPT: "interrupted",
    StopKind.TIMEOUT: "the time limit is reached",
    StopKind.KILL_SWITCH: "the kill switch is on",
}


def looked_at(app: App, request: RunRequest, engine: Engine) -> DriftReport:
    """Init and a plan that is not kept. Raises `EngineError` or `StoreError` as a run would."""
    began = app.clock.monotonic()

    def left() -> timedelta:
        spent = timedelta(seconds=app.clock.monotonic() - began)
        return max(timedelta(0), request.limits.timeout - spent)

    with TemporaryDirectory(prefix="planner-") as scratch:
        agent = EngineAgent(
            engine=engine,
            runner=app.runner,
            environment=app.terraform_environment,
            out_dir=Path(scratch, "output"),
            on_progress=lambda _: None,
        )
        init = agent.init(InitRequest(module=request.module, timeout=left()), app.stop, lambda _: None)
        wanted = PlanRequest(
            module=request.module,
            timeout=left(),
            variables=request.variables,
            var_files=request.var_files,
        )
        ran = agent.plan(wanted, app.stop, lambda _: None) if init.ok else init
    said = _said(app, ran, Stage.PLAN if init.ok else Stage.INIT, engine)
    return said.model_copy(
        update={"module": str(request.module), "duration_s": round(app.clock.monotonic() - began, 3)}
    )


def _said(app: App, ran: InitResult | PlanResult, stage: Stage, engine: Engine) -> DriftReport:
    state, reason, code = DriftState.IN_SYNC, "nothing differs: an apply would change nothing", SUCCESS
    incident = None
    plan = ran if isinstance(ran, PlanResult) and ran.ok else PlanResult(ended=ran.ended)
    if not ran.ok and (kind := _stopped(app, ran)) is not None:
        state, reason = DriftState.STOPPED, f"{_WHY[kind]} (in {stage})"
        code = INTERRUPTED if kind is StopKind.INTERRUPT else STOPPED
    elif not ran.ok:
        incident = _named(app, ran, stage, engine)
        state, reason, code = DriftState.FAILED, f"{stage} failed: {incident.category}", FAILED
    elif plan.met and not plan.empty:
        state, code = DriftState.DRIFTED, FAILED
        reason = f"{_count(len(plan.met), 'object')} changed outside Terraform"
    elif not plan.empty:
        state, code = DriftState.PENDING, FAILED
        made = _count(len(plan.changes), "change") if plan.changes else "a change of an output"
        reason = f"an apply would make {made}"
    return DriftReport(
        module="",
        state=state,
        exit_code=code,
        reason=reason,
        drifted=plan.met,
        changes=plan.changes,
        outputs_change=plan.outputs_change,
        incident=incident,
        duration_s=0,
        engine=EngineId(name=engine.name, version=engine.version),
    )


def _stopped(app: App, ran: InitResult | PlanResult) -> StopKind | None:
    """Who ended it before its time."""
    if ran.ended is Ended.TIMED_OUT:
        return StopKind.TIMEOUT
    return app.stop.requested()


def _named(app: App, ran: InitResult | PlanResult, stage: Stage, engine: Engine) -> Incident:
    evidence = evidence_of(
        stage=stage,
        diagnostics=ran.diagnostics,
        failed_checks=(),
        text=ran.text,
        engine=engine.name,
        redact=app.redactor.redact,
    )
    unknown = Unknown(why="no signature names it, and a look asks no model", next_step=_NEXT)
    return incident_of(signatures()(evidence) or unknown, evidence, attempt=0)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
