"""The work of each state: record → typed request → result → outcome.

Decides the order of the calls within a state. What is allowed is asked of
`planner.questions`, `planner.approvals` and `planner.policy`, every Terraform call goes through
`planner.effects`, where an outcome leads is the machine's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from contracts.diagnostic import Diagnostic
from contracts.incident import Stage
from contracts.journal import EffectEnded, EffectIntended
from contracts.ports import Clock, ToldStop, Validator
from contracts.run import Attempt, Effect, Outcome, Parked, RunEvent, RunState, StopKind
from contracts.terraform import ApplyResult, ChangeAction, Ended, PlanResult, TerraformResult
from contracts.validation import DriftPolicy, Observed, ValidationRequest
from planner import approvals, policy, questions
from planner.change_words import outside
from planner.effects import TerraformEffects, told
from planner.journal import Journal
from planner.observing import Applied, observed_of, own_checks_of

Step = Callable[[], Outcome | Parked]

_WAIT_SLICE_S = 0.2  # how long a wait goes on unasked when somebody wants the run to stop


class Steps:
    """One function a state, over the record of one journal."""

    def __init__(
        self,
        *,
        journal: Journal,
        terraform: TerraformEffects,
        validator: Validator,
        diagnosing: Step,
        clock: Clock,
        stop: ToldStop,
    ) -> None:
        self._journal = journal
        self._terraform = terraform
        self._validator = validator
        self._clock = clock
        self._stop = stop
        self._began = clock.monotonic() - journal.record.duration_s
        self._attempt_began = clock.monotonic()
        self._applied: Applied | None = None
        self._allowed = ""
        self.of: dict[RunState, Step] = {
            RunState.INIT: self._init,
            RunState.RUNNING: self._running,
            RunState.VALIDATING: self._validating,
            RunState.DIAGNOSING: diagnosing,
        }

    def must_stop(self) -> Outcome | None:
        """The outcome that ends the run before its next step, where somebody or a limit wants that."""
        kind = self._stop.requested()
        if kind is None and not self.time_left():
            kind = StopKind.TIMEOUT
        return self._stopped(kind, f"in {self._journal.record.state}") if kind else None

    def _stopped(self, kind: StopKind, during: str) -> Outcome:
        return policy.stopped(kind, during, self._stop.said())

    # --- INIT -----------------------------------------------------------------------------------

    def _init(self) -> Outcome:
        engine, workspace = self._journal.record.engine, self._journal.record.request.workspace
        where = "" if workspace == "default" else f", workspace {workspace}"
        return Outcome(event=RunEvent.BEGIN, reason=f"{engine.name} {engine.version} on the module{where}")

    # --- RUNNING --------------------------------------------------------------------------------

    def _running(self) -> Outcome:
        self._wait(self._journal.record.wait_s)
        self._attempt_began = self._clock.monotonic()
        if (halt := self.must_stop()) is not None:
            return halt
        init = self._terraform.init(self.time_left())
        if not init.ok:
            return self._failed(Stage.INIT, init)
        self._terraform.world.hold()
        record = self._journal.record
        doubt = questions.doubtful_state(record, self._terraform.world.doubt(record.state_mark))
        if doubt is not None and not approvals.is_approved(record, doubt, self._clock.now()):
            attempt = self._attempt(Stage.PLAN, (), ok=False)
            return Outcome(event=RunEvent.ERRORED, reason=doubt.question, attempt=attempt, pending=doubt)
        code = self._terraform.world.code()
        plan = self._terraform.plan(self.time_left(), save=True)
        if not plan.ok:
            return self._failed(Stage.PLAN, plan)
        return self._gated(plan, code)

    def _gated(self, plan: PlanResult, code: Mapping[str, str]) -> Outcome:
        """What comes of a plan: nothing to do, a question, or an apply."""
        record = self._journal.record
        if plan.empty:
            self._applied = Applied(plan, None, code)
            return self._moved_on(plan.diagnostics, "the plan is empty: nothing to apply")
        if (waits := self._unanswered(plan)) is not None:
            return waits
        if (halt := self.must_stop()) is not None:
            return halt
        limit = record.request.limits.apply_timeout
        apply = self._terraform.apply(plan, min(limit, self.time_left()))
        created = tuple(c.address for c in apply.applied if c.action is ChangeAction.CREATE)
        if not apply.ok:
            failed = self._failed(Stage.APPLY, apply, created=created)
            known = {"planned_changes": plan.changes, "in_state": plan.state_addresses}
            return failed.model_copy(update={"planned": told(plan), **known})
        self._applied = Applied(plan, apply, code)
        done = len(plan.changes) - len({c.address for c in apply.applied if not c.ok})
        reason = f"applied {done} of {len(plan.changes)} changes{outside(plan.met)}{self._allowed}"
        return self._moved_on(plan.diagnostics + apply.diagnostics, reason, created)

    def _unanswered(self, plan: PlanResult) -> Outcome | None:
        """The question that must be answered before the plan is applied; None: nobody has to be asked.

        What a person is asked about is bound to its values; reading them is a call of its own, and
        `--yes` needs none.
        """
        record, now = self._journal.record, self._clock.now()
        asked = questions.approval_needed(record, plan, self._terraform.world, now)
        covered = questions.covered(record, plan, now)
        if not covered and (asked is None or approvals.is_answered(record, asked, now)):
            self._allowed = f"; --yes allowed it: {asked.question}" if asked and record.request.yes else ""
            return None
        shown = self._terraform.show(self.time_left())
        if not shown.ok:
            return self._failed(Stage.PLAN, shown)
        values = shown.plan or {}
        if covered and questions.has_other_values(record, covered, values):
            asked = questions.approval_needed(record, plan, self._terraform.world, now, other_values=True)
        if asked is None:
            return None
        asked = questions.bound_to(asked, values)
        if approvals.is_answered(record, asked, now):
            return None
        return Outcome(
            event=RunEvent.ERRORED,
            reason=asked.question,
            attempt=self._attempt(Stage.PLAN, plan.diagnostics, ok=False),
            pending=asked,
            planned_changes=plan.changes,
            in_state=plan.state_addresses,
        )

    def _moved_on(
        self, diagnostics: tuple[Diagnostic, ...], reason: str, created: tuple[str, ...] = ()
    ) -> Outcome:
        attempt = self._attempt(Stage.APPLY, diagnostics, ok=True)
        return Outcome(event=RunEvent.APPLIED, reason=reason, attempt=attempt, created=created)

    # --- VALIDATING -----------------------------------------------------------------------------

    def _validating(self) -> Outcome:
        own = own_checks_of(self._applied)
        observed = self._observe()
        if isinstance(observed, TerraformResult):
            return self._failed(Stage.VALIDATE, observed)
        record = self._journal.record
        self._journal.append(EffectIntended(effect=Effect.VALIDATE, attempt=record.attempt_number))
        request = ValidationRequest(
            checks=record.request.checks, observed=observed, time_left=self.time_left()
        )
        report = self._validator.validate(request, self._stop)
        self._journal.append(EffectEnded(effect=Effect.VALIDATE, ended="done"))
        if (halt := self.must_stop()) is not None:
            return halt
        failed = [check.name for check in report.checks if not check.passed]
        return Outcome(
            event=RunEvent.VERIFIED if report.passed else RunEvent.REJECTED,
            reason=f"failed: {', '.join(failed)}" if failed else f"{len(report.checks)} checks passed{own}",
            attempt=self._attempt(Stage.VALIDATE, (), ok=report.passed),
            checks=report.checks,
            outputs=observed.outputs,
        )

    def _observe(self) -> Observed | TerraformResult:
        """The world after the apply; a failed Terraform call where it could not be seen.

        A plan that was empty is the re-plan already; one that was not is made
        again, unless the module ignores drift.
        """
        applied, self._applied = self._applied, None
        drift = self._journal.record.request.checks.drift
        if applied is None or (applied.apply is not None and drift is DriftPolicy.NONE):
            made = self._terraform.plan(self.time_left(), save=False)
            if not made.ok:
                return made
            replan: PlanResult | None = made
        else:
            replan = None if applied.apply is not None else applied.plan
        outputs = applied.apply.outputs if applied is not None and applied.apply is not None else {}
        known = replan or (applied.plan if applied is not None else None)
        if not outputs and known is not None and known.outputs:  # no apply told them, or in too long a line
            told = self._terraform.output(self.time_left())
            if not told.ok:
                return told
            outputs = told.outputs
        pending = replan is not None and bool(replan.changes)
        code = self._terraform.world.code() if applied is not None and pending else {}
        return observed_of(applied, replan, outputs, code)

    # --- shared ---------------------------------------------------------------------------------

    def _failed(self, stage: Stage, result: TerraformResult, created: tuple[str, ...] = ()) -> Outcome:
        """A Terraform call that did not complete: stopped from outside, or a failure to diagnose."""
        attempt = self._attempt(stage, result.diagnostics, ok=False)
        if (halt := self._halted(stage, result)) is not None:
            return halt.model_copy(update={"attempt": attempt, "created": created})
        first = next((d.summary for d in result.diagnostics if d.severity == "error"), "")
        killed = result.killed or (f"{stage} was killed" if result.ended is Ended.KILLED else "")
        return Outcome(
            event=RunEvent.REJECTED if stage is Stage.VALIDATE else RunEvent.ERRORED,
            reason=f"{stage} failed: {first or killed or 'no diagnostic was printed'}",
            attempt=attempt,
            created=created,
            failure_text="\n".join(part for part in (killed, result.text) if part),
        )

    def _halted(self, stage: Stage, result: TerraformResult) -> Outcome | None:
        """What ends the run where the call was told to end; None: it failed by itself."""
        if result.ended in {Ended.STOPPED, Ended.TIMED_OUT}:
            kind = StopKind.TIMEOUT if result.ended is Ended.TIMED_OUT else self._stop.requested()
            untold = isinstance(result, ApplyResult) and not result.told
            saved = "nothing tells whether the state was saved" if untold else "the state is saved"
            return self._stopped(kind or StopKind.INTERRUPT, f"during {stage}; {saved}")
        if result.ended is not Ended.KILLED or result.killed:
            return None
        kind = self._stop.requested() or (None if self.time_left() else StopKind.TIMEOUT)
        return self._stopped(kind, f"during {stage}, which hung and had to be killed") if kind else None

    def _attempt(self, stage: Stage, diagnostics: tuple[Diagnostic, ...], *, ok: bool) -> Attempt:
        record = self._journal.record
        n = record.attempt_number
        earlier = record.attempts[-1].diagnostics if record.attempts and record.attempts[-1].n == n else ()
        seconds = round(self._clock.monotonic() - self._attempt_began, 3)
        return Attempt(n=n, stage=stage, ok=ok, duration_s=seconds, diagnostics=earlier + diagnostics)

    def time_left(self) -> timedelta:
        """What is left of the run's wall-clock limit."""
        return policy.time_left(self._journal.record, self._clock.monotonic() - self._began)

    def _wait(self, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0 and self.must_stop() is None:
            self._clock.sleep(min(left, _WAIT_SLICE_S))
