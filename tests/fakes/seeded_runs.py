"""Runs as they come in a fleet, each written entry by entry through the real journal, machine and ledger.

Nothing of it runs Terraform or asks a model. What happens in them: `tests.fakes.seeded_stories`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

from contracts.approval import Approval, ApprovalRequest, Proposal
from contracts.budget import Ceiling, Limits, Reservation, Usage
from contracts.hypothesis import Category, Source
from contracts.incident import Decision, Incident, Stage
from contracts.journal import Decided, EffectEnded, EffectIntended, EffectStarted, RunOpened, RunParked
from contracts.model import Fault, ModelReply
from contracts.remediation import (
    Remediation,
)
from contracts.run import Attempt, Effect, GaveUp, Outcome, RunEvent, RunRequest
from contracts.validation import CheckKind, CheckResult
from diagnosis.pricing import Tokens, price_of
from planner.fold import TERRAFORM
from planner.journal import Journal
from planner.ledger import Ledger
from planner.machine import RunMachine
from planner.memory import IncidentMemory
from planner.purse import RunPurse
from planner.store import Store
from tests.fakes.clock import ManualClock
from tests.fakes.planning import ENGINE, PROCESS, PlainRedactor

HAIKU, SONNET = "anthropic:claude-haiku-5-5", "anthropic:claude-sonnet-5-5"
OPENAI, SCRIPTED = "openai:gpt-6-mini", "scripted:/home/somebody/answers.json"
_LIMITS = Limits(max_usd=Decimal(10), max_tokens=10**9, max_usd_per_day=Decimal(100))
_NOTHING = Usage()


class Told:
    """One run while its story is told; `pace` stretches its times."""

    def __init__(self, store: Store, run_id: str, module: Path, at: datetime, pace: float = 1.0) -> None:
        self.clock = ManualClock(at)
        self.journal = Journal.open(
            store=store,
            clock=self.clock,
            redactor=PlainRedactor(),
            run_id=run_id,
            entry=RunOpened(
                request=RunRequest(module=module, limits=_LIMITS),
                engine=ENGINE,
                planner_version="0.1.0",
                actor="ci",
            ),
        )
        self.machine = RunMachine(model=self.journal.record, listeners=[self.journal])
        self._store = store
        self._purse = RunPurse(Ledger(store, self.clock, Decimal(100)), self.journal)
        self._pace = pace
        self._digests = count(1)
        self.move(RunEvent.BEGIN)

    def move(self, event: RunEvent, **facts: object) -> None:
        self.clock.advance(0.01)
        outcome = Outcome.model_validate({"event": event, "reason": f"{event} it is", **facts})
        self.machine.send(event, outcome=outcome)

    def effect(self, effect: Effect, seconds: float, ended: str = "completed") -> None:
        attempt = self.journal.record.attempt_number
        self.journal.append(EffectIntended(effect=effect, attempt=attempt))
        if effect in TERRAFORM:
            self.journal.append(EffectStarted(effect=effect, process=PROCESS))
        self.clock.advance(seconds * self._pace)
        self.journal.append(
            EffectEnded(effect=effect, ended=ended, duration_s=round(seconds * self._pace, 3))
        )

    def attempt(self, stage: Stage, *, ok: bool) -> Attempt:
        return Attempt(n=self.journal.record.attempt_number, stage=stage, ok=ok, duration_s=1)

    def fails(self, stage: Stage, **facts: object) -> None:
        """An attempt that comes to a stage, and no further."""
        for effect, seconds in ((Effect.INIT, 2.0), (Effect.PLAN, 4.0), (Effect.APPLY, 40.0)):
            last = effect.value == stage.value
            self.effect(effect, seconds, "errored" if last else "completed")
            if last:
                break
        self.move(RunEvent.ERRORED, attempt=self.attempt(stage, ok=False), **facts)

    def applies(self) -> None:
        self.effect(Effect.INIT, 1.5)
        self.effect(Effect.PLAN, 6)
        self.effect(Effect.APPLY, 70)
        self.move(RunEvent.APPLIED, attempt=self.attempt(Stage.APPLY, ok=True))

    def checks(self, failed: CheckKind | None = None) -> None:
        self.effect(Effect.PLAN, 5)
        self.effect(Effect.VALIDATE, 0.2, "done")
        checks = tuple(
            CheckResult(name=f"{kind}: it", kind=kind, passed=kind is not failed, detail="as seen")
            for kind in CheckKind
        )
        event = RunEvent.VERIFIED if failed is None else RunEvent.REJECTED
        ended = self.attempt(Stage.VALIDATE, ok=failed is None)
        self.move(event, attempt=ended, checks=checks)

    def succeeds(self) -> None:
        self.applies()
        self.checks()

    def ask(self, model: str, fault: Fault | None = None) -> Usage:
        """A model call through the ledger: what it took."""
        price = price_of(model, date.max)
        tokens = Tokens(input=4200, cached=1100, output=380) if fault is None else Tokens()
        free = model.startswith("scripted") or fault is not None
        cost = Decimal(0) if free else price and price.cost_usd(tokens)
        most = Decimal("0.002" if price else "0.05")
        held = self._purse.reserve(model, Ceiling(usd=most, tokens=6000), patience_s=1e9)
        assert isinstance(held, Reservation), held
        self.clock.advance(held.wait_s + 2.5)
        usage = Usage(
            calls=1,
            input_tokens=tokens.input,
            cached_tokens=tokens.cached,
            output_tokens=tokens.output,
            cost_usd=cost,
        )
        self._purse.settle(held, ModelReply(text="{}", stop="end", usage=usage, fault=fault))
        return usage

    def incident(
        self,
        category: Category,
        source: Source | None,
        remedy: Remediation,
        *,
        decision: Decision = Decision.NONE,
        usage: Usage = _NOTHING,
        fingerprint: str = "",
    ) -> Incident:
        record = self.journal.record
        return Incident(
            attempt=record.attempts[-1].n,
            fingerprint=fingerprint or f"f1:{category.value}-{record.request.module.name}",
            stage=record.attempts[-1].stage,
            category=category,
            retryable=True,
            root_cause=f"It broke: {category.value}.",
            evidence=("it broke",),
            confidence=0 if source is None else 0.9,
            source=source,
            remediation=remedy,
            decision=decision,
            usage=usage,
        )

    def mends(self, incident: Incident) -> None:
        self.move(RunEvent.REMEDIED, incident=incident)

    def gives_up(self, incident: Incident, why: GaveUp) -> None:
        self.move(RunEvent.EXHAUSTED, incident=incident, gave_up=why)

    def parks(self, incident: Incident, *, fix: bool) -> Incident:
        proposal = Proposal(remediations=(incident.remediation,), patch="--- a\n+++ b\n") if fix else None
        request = ApprovalRequest(
            digest=f"{next(self._digests):064x}", question="May it?", changes=(), proposal=proposal
        )
        parked = incident.model_copy(update={"decision": Decision.PARKED})
        self.journal.append(RunParked(reason="approval needed", incident=parked, pending=request))
        return parked

    def answered(self, decision: str, after_s: float) -> None:
        self.clock.advance(after_s)
        pending = self.journal.record.pending
        assert pending is not None
        approval = Approval.model_validate(
            {"decision": decision, "digest": pending.digest, "actor": "ana", "at": self.clock.now()}
        )
        self.journal.append(Decided(approval=approval))

    def kept(self) -> None:
        """What the run's end leaves in the memory of incidents."""
        if self.journal.record.incidents:
            IncidentMemory(self._store).keep(self.journal.record)
