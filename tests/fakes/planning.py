"""Doubles for the ports that a run's loop uses, and a bench to drive one run on.

Each says in its name how it lies. The store, the journal and the machine are real.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue

from contracts.approval import Proposal
from contracts.context import ModuleFacts
from contracts.diagnostic import Diagnostic, Severity
from contracts.hypothesis import Category, Hypothesis, Source
from contracts.identity import EngineId, ProcessId
from contracts.incident import Diagnosis, Evidence, Named, Unknown
from contracts.journal import RunOpened
from contracts.permit import ModelPermit
from contracts.ports import Diagnoser, OnStart, Permits, Redactor, Stop
from contracts.record import RunRecord
from contracts.remediation import Remediation, Retry
from contracts.run import Carried, RunRequest, StopKind
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
    TerraformRequest,
)
from contracts.validation import CheckKind, CheckResult, ValidationReport, ValidationRequest
from planner.declined import declined_before
from planner.diagnosing import DiagnosingStep
from planner.effects import TerraformEffects
from planner.fold import fold
from planner.journal import Journal
from planner.loop import drive
from planner.proving import Proof, Proven
from planner.resume import taken_up
from planner.rundir import RunDir
from planner.settling import Failure
from planner.steps import Steps
from planner.store import Store
from subagents.remediator.work import Work
from tests.fakes.clock import ManualClock

_T = TypeVar("_T")
ENGINE = EngineId(name="terraform", version="1.11.4")
PROCESS = ProcessId(pid=4242, start="1", boot_id="boot")
CREATE_A = PlannedChange(address="terraform_data.a", action=ChangeAction.CREATE)
DESTROY_B = PlannedChange(address="terraform_data.b", action=ChangeAction.DELETE)


def error(summary: str = "it broke") -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, summary=summary)


def plan_of(*changes: PlannedChange) -> PlanResult:
    return PlanResult(ended=Ended.COMPLETED, changes=changes, duration_s=1)


def apply_of(*changes: PlannedChange, ended: Ended = Ended.COMPLETED) -> ApplyResult:
    ok = ended is Ended.COMPLETED
    return ApplyResult(
        ended=ended,
        applied=tuple(AppliedChange(address=c.address, action=c.action, ok=ok) for c in changes),
        diagnostics=() if ok else (error(),),
        duration_s=1,
    )


INIT_OK = InitResult(ended=Ended.COMPLETED, duration_s=1)
SHOWN = ShowResult(ended=Ended.COMPLETED, plan={"resource_changes": []}, duration_s=1)
INIT_BROKEN = InitResult(ended=Ended.ERRORED, diagnostics=(error(),), duration_s=1)


class ScriptedTerraform:
    """Answers from four queues, whose last answer repeats; remembers what was asked."""

    def __init__(
        self,
        *,
        inits: Sequence[InitResult] = (INIT_OK,),
        plans: Sequence[PlanResult] = (),
        applies: Sequence[ApplyResult] = (),
        shows: Sequence[ShowResult] = (SHOWN,),
    ) -> None:
        self.asked: list[TerraformRequest] = []
        self._inits, self._plans, self._applies = list(inits), list(plans), list(applies)
        self._shows = list(shows)

    def init(self, request: InitRequest, stop: Stop, on_start: OnStart) -> InitResult:
        self._note(request, on_start)
        return _next(self._inits)

    def plan(self, request: PlanRequest, stop: Stop, on_start: OnStart) -> PlanResult:
        self._note(request, on_start)
        return _next(self._plans)

    def apply(self, request: ApplyRequest, stop: Stop, on_start: OnStart) -> ApplyResult:
        self._note(request, on_start)
        return _next(self._applies)

    def output(self, request: OutputRequest, stop: Stop, on_start: OnStart) -> OutputResult:
        self._note(request, on_start)
        return OutputResult(ended=Ended.COMPLETED)

    def show(self, request: ShowRequest, stop: Stop, on_start: OnStart) -> ShowResult:
        self._note(request, on_start)
        return _next(self._shows)

    def calls(self) -> list[str]:
        return [type(request).__name__.removesuffix("Request").lower() for request in self.asked]

    def _note(self, request: TerraformRequest, on_start: OnStart) -> None:
        self.asked.append(request)
        on_start(PROCESS)


def _next(queue: list[_T]) -> _T:
    return queue.pop(0) if len(queue) > 1 else queue[0]


class AgreeableValidator:
    """Passes every check, after failing the first `fails` times."""

    def __init__(self, fails: int = 0) -> None:
        self.requests: list[ValidationRequest] = []
        self._fails = fails

    def validate(self, request: ValidationRequest, stop: Stop) -> ValidationReport:
        self.requests.append(request)
        passed = len(self.requests) > self._fails
        check = CheckResult(
            name="health: a", kind=CheckKind.HEALTH, passed=passed, detail="expected 1, saw 1"
        )
        return ValidationReport(checks=(check,))


def hypothesis(
    remediation: Remediation, *, cause: str = "a passing fault", retryable: bool = True
) -> Hypothesis:
    return Hypothesis(
        category=Category.NETWORK,
        retryable=retryable,
        root_cause=cause,
        confidence=0.9,
        remediation=remediation,
    )


RETRY = hypothesis(Retry(summary="try again"))


class ScriptedDiagnoser:
    """Gives its answers in order, the last one for ever; remembers the permits it was given."""

    def __init__(self, *answers: Diagnosis) -> None:
        self._answers = list(answers) or [Named(hypothesis=RETRY, source=Source.SIGNATURE, origin="t")]
        self.permits: list[ModelPermit | None] = []
        self.tried: list[int] = []
        self.evidence: list[Evidence] = []

    def diagnose(self, evidence: Evidence, permits: Permits, tried: Sequence[Hypothesis]) -> Diagnosis:
        self.permits.append(permits())
        self.evidence.append(evidence)
        self.tried.append(len(tried))
        return _next(self._answers)

    def mend(self, evidence: Evidence, permits: Permits, tried: Sequence[Hypothesis]) -> Diagnosis:
        return Unknown(why="nobody else knows", next_step="look")


class CredulousMender:
    """Finds every remedy proven, and remembers what it carried out; or finds what it is told to."""

    def __init__(self, *proofs: Proof) -> None:
        self._proofs = list(proofs)
        self.proved: list[tuple[Remediation, ...]] = []
        self.done: list[Proven] = []

    def completed(self, remedy: Remediation, failure: Failure, kept: Sequence[Remediation]) -> Remediation:
        return remedy

    def prove(self, remedies: Sequence[Remediation], failure: Failure) -> Proof:
        self.proved.append(tuple(remedies))
        if self._proofs:
            return _next(self._proofs)
        told = "".join(remedy.model_dump_json() for remedy in remedies)
        return Proven(Proposal(remediations=tuple(remedies)), told, Work(), None)

    def carry_out(self, proven: Proven) -> Carried:
        self.done.append(proven)
        return Carried(changes_digest=proven.changes_digest)


class PlainRedactor:
    """Knows one secret."""

    def __init__(self, secret: str = "\0") -> None:
        self._secret = secret

    def redact(self, text: str) -> str:
        return text.replace(self._secret, "<secret>")

    def redact_json(self, value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list):
            return [self.redact_json(item) for item in value]
        if isinstance(value, dict):
            return {key: self.redact_json(item) for key, item in value.items()}
        return value


class SetStop:
    """Wants the run to end once `kind` is set."""

    def __init__(self) -> None:
        self.kind: StopKind | None = None

    def requested(self) -> StopKind | None:
        return self.kind

    def said(self) -> str:
        return ""

    def insisted(self) -> bool:
        return False

    def starting(self) -> AbstractContextManager[StopKind | None]:
        return nullcontext(self.requested())


class Bench:
    """One run with scripted sub-agents, on a real store in `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        request: RunRequest | None = None,
        terraform: ScriptedTerraform | None = None,
        diagnoser: ScriptedDiagnoser | None = None,
        validator: AgreeableValidator | None = None,
        redactor: Redactor | None = None,
        named_by: Diagnoser | None = None,
        mender: CredulousMender | None = None,
        facts: Callable[[Sequence[Diagnostic]], ModuleFacts] = lambda _: ModuleFacts(),
        run_id: str = "run-1",
    ) -> None:
        """`named_by` takes the place of the scripted diagnoser."""
        self._named_by = named_by
        self._facts = facts
        self.clock = ManualClock()
        self.stop = SetStop()
        self.terraform = terraform or ScriptedTerraform(plans=[plan_of()])
        self.diagnoser = diagnoser or ScriptedDiagnoser()
        self.validator = validator or AgreeableValidator()
        self.mender = mender or CredulousMender()
        self.redactor = redactor or PlainRedactor()
        self.store = Store(folder / "planner.db")
        self.rundir = RunDir(folder, run_id)
        request = request or RunRequest(module=folder)
        self.rundir.create()
        self.journal = Journal.open(
            store=self.store,
            clock=self.clock,
            redactor=self.redactor,
            run_id=run_id,
            entry=RunOpened(request=request, engine=ENGINE, planner_version="0"),
        )
        self.rundir.keep_variables(request.variables)

    @property
    def record(self) -> RunRecord:
        return self.journal.record

    def drive(self, *listeners: object) -> RunRecord:
        steps = Steps(
            journal=self.journal,
            terraform=TerraformEffects(
                agent=self.terraform, journal=self.journal, rundir=self.rundir, stop=self.stop
            ),
            validator=self.validator,
            diagnosing=DiagnosingStep(
                journal=self.journal,
                mender=self.mender,
                diagnoser=self._named_by or self.diagnoser,
                redactor=self.redactor,
                clock=self.clock,
                facts=self._facts,
                must_stop=lambda: steps.must_stop(),  # noqa: PLW0108 - it is made below
                declined=partial(declined_before, self.store),
            ),
            clock=self.clock,
            stop=self.stop,
        )
        return drive(self.journal, steps, list(listeners))

    def take_up(self) -> None:
        """As another process does after this one died."""
        self.journal = taken_up(
            actor="somebody",
            store=self.store,
            clock=self.clock,
            redactor=self.redactor,
            stop=self.stop,
            run_id="run-1",
            rundir=self.rundir,
            engine=ENGINE,
        )

    def refolded(self) -> RunRecord:
        """The record as another process would read it."""
        return fold("run-1", self.store.lines("run-1"))
