"""Journal entries → events of the log. Reads nothing, writes nothing.

Decides which entry is worth which lines, and what they say; the names and keys
are those of `observability.events`. Holds only what an entry leaves to the one
before it: which call has ended, and which incident was told already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_never

from contracts.budget import Usage
from contracts.incident import Decision, Incident
from contracts.journal import (
    Decided,
    EffectEnded,
    EffectIntended,
    EffectStarted,
    JournalLine,
    Moved,
    RunOpened,
    RunParked,
    RunResumed,
    Tried,
    Undone,
)
from contracts.record import RunRecord
from contracts.result import RunResult
from contracts.run import Effect, RunEvent

Told = tuple[str, dict[str, Any]]
"""An event's name and its keys."""
_IN_PLACE = (Decision.APPLIED, Decision.APPROVED)
_OURS = frozenset({Effect.VALIDATE, Effect.MODEL, Effect.PROMOTE})
"""Effects that are no call of Terraform; an undo is one where it changes the state."""


class Teller:
    """For one run, in one process."""

    def __init__(self, record: RunRecord) -> None:
        """`record` is as it was before what is told."""
        self._last = record.incidents[-1] if record.incidents else None
        self._open: EffectIntended | None = None
        self._pid: int | None = None

    def tell(self, line: JournalLine) -> Iterator[Told]:
        """The events of one entry, in order."""
        match line.entry:
            case EffectIntended() | EffectStarted() | EffectEnded() as entry:
                yield from self._effect(entry)
            case Moved() as entry:
                yield from self._moved(entry)
            case Tried() as entry:
                yield from self._diagnosed(entry.incident)
                yield (
                    "fix.kept" if entry.kept else "fix.refused",
                    _remedy(entry.incident, entry.incident.note),
                )
            case RunParked() as entry:
                yield from self._parked(entry)
            case RunOpened() | RunResumed() | Decided() | Undone() as entry:
                yield _said(entry)
            case _:
                assert_never(line.entry)

    def _effect(self, entry: EffectIntended | EffectStarted | EffectEnded) -> Iterator[Told]:
        match entry:
            case EffectIntended():
                self._open, self._pid = entry, None
                if entry.effect is Effect.MODEL:
                    yield "model.asked", {"model": entry.model}
            case EffectStarted():
                self._pid = entry.process.pid
                yield "terraform.started", self._call(entry.effect)
            case EffectEnded():
                yield from self._ended(entry)
                self._open = self._pid = None

    def _call(self, effect: Effect) -> dict[str, Any]:
        return {"effect": effect, "what": self._open.what if self._open else None, "pid": self._pid}

    def _ended(self, entry: EffectEnded) -> Iterator[Told]:
        intended = self._open
        of_files = entry.effect is Effect.UNDO and (intended is None or intended.change is None)
        if entry.effect is Effect.MODEL:
            fault = None if entry.ended == "done" else entry.ended
            model = intended.model if intended else None
            yield "model.answered", {"model": model, "fault": fault, **_tokens(entry.usage)}
        elif entry.effect is Effect.PROMOTE:
            files = intended.what.split(", ") if intended else []
            yield "fix.promoted", {"files": files, "ended": entry.ended}
        elif of_files:
            yield "fix.put_back", {"ended": entry.ended}
        elif entry.effect not in _OURS:
            known = {"ended": entry.ended, "duration_s": entry.duration_s}
            maybe = list(entry.maybe_created)
            yield "terraform.finished", {**self._call(entry.effect), **known, "maybe_created": maybe}

    def _moved(self, entry: Moved) -> Iterator[Told]:
        outcome = entry.outcome
        for check in outcome.checks or ():
            yield "check.finished", check.model_dump(mode="json")
        if outcome.incident is not None:
            yield from self._diagnosed(outcome.incident)
            if entry.event is RunEvent.REMEDIED:
                told = _remedy(outcome.incident) | {"wait_s": outcome.wait_s}
                yield "fix.applied", told | {"decision": outcome.incident.decision}
        yield (
            "run.transition",
            {
                "transition": entry.event,
                "source": entry.source,
                "target": entry.target,
                "reason": outcome.reason,
                "wait_s": outcome.wait_s,
                "stop": outcome.stop,
                "gave_up": outcome.gave_up,
            },
        )

    def _parked(self, entry: RunParked) -> Iterator[Told]:
        asked = entry.pending
        if asked is None or asked.proposal is not None:
            yield from self._diagnosed(entry.incident)
        self._last = entry.incident
        if asked is not None:
            if asked.proposal is not None:
                kinds = [remedy.kind for remedy in asked.proposal.remediations]
                findings = [f"{found.rule} {found.where}" for found in asked.proposal.findings]
                yield (
                    "fix.proven",
                    {"remediations": kinds, "findings": findings, "digest": asked.digest},
                )
            yield (
                "approval.asked",
                {
                    "digest": asked.digest,
                    "question": asked.question,
                    "changes": len(asked.changes),
                    "expires_at": asked.expires_at and asked.expires_at.isoformat(),
                },
            )
        yield "run.parked", {"reason": entry.reason}

    def _diagnosed(self, incident: Incident) -> Iterator[Told]:
        """Where it is a new one: what became of one that waited is told by other events."""
        last, self._last = self._last, incident
        waited = last is not None and last.decision is Decision.PARKED
        if waited and last is not None and last.fingerprint == incident.fingerprint:
            return
        yield (
            "incident.diagnosed",
            {
                "stage": incident.stage,
                "category": incident.category,
                "root_cause": incident.root_cause,
                "source": incident.source,
                "origin": incident.origin,
                "confidence": incident.confidence,
                "fingerprint": incident.fingerprint,
                "remediation": incident.remediation.kind,
                "decision": incident.decision,
                "model": incident.model,
            },
        )


def finished(record: RunRecord, result: RunResult) -> Told:
    """The canonical line."""
    last = result.incidents[-1] if result.incidents else None
    fixes = [i.remediation.kind for i in result.incidents if i.decision in _IN_PLACE]
    passed = sum(check.passed for check in result.checks)
    return "run.finished", {
        "state": result.state,
        "exit_code": result.exit_code,
        "reason": result.reason,
        "actor": record.actor,
        "engine": result.engine.name,
        "engine_version": result.engine.version,
        "attempts": len(result.attempts),
        "retries": record.retries,
        "category": last.category if last else None,
        "source": last.source if last else None,
        "fingerprint": last.fingerprint if last else None,
        "fixes": fixes,
        "checks_passed": passed,
        "checks_failed": len(result.checks) - passed,
        "model_calls": result.usage.model_calls,
        "input_tokens": result.usage.input_tokens,
        "cached_tokens": result.usage.cached_tokens,
        "output_tokens": result.usage.output_tokens,
        "cost_usd": result.usage.cost_usd,
        "duration_s": result.duration_s,
        "terraform_s": result.terraform_s,
    }


def _said(entry: RunOpened | RunResumed | Decided | Undone) -> Told:
    """What somebody did to the run."""
    match entry:
        case RunOpened():
            return "run.opened", _opened(entry)
        case RunResumed():
            return "run.resumed", {**_engine(entry), "actor": entry.actor}
        case Decided():
            said = entry.approval
            told = {"decision": said.decision, "digest": said.digest}
            return "approval.given", {**told, "actor": said.actor, "comment": said.comment}
        case Undone():
            return "run.undone", {"what": list(entry.what), "actor": entry.actor}


def _opened(entry: RunOpened) -> dict[str, Any]:
    asked = entry.request
    return {
        **_engine(entry),
        "planner_version": entry.planner_version,
        "actor": entry.actor,
        "workspace": asked.workspace,
        "autonomy": asked.autonomy,
        "model": asked.model,
        "destroy": asked.destroy,
        "yes": asked.yes,
    }


def _engine(entry: RunOpened | RunResumed) -> dict[str, str]:
    return {"engine": entry.engine.name, "engine_version": entry.engine.version}


def _remedy(incident: Incident, why: str | None = None) -> dict[str, Any]:
    told = {"remediation": incident.remediation.kind, "fingerprint": incident.fingerprint}
    return told if why is None else {**told, "why": why}


def _tokens(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return dict.fromkeys(("input_tokens", "cached_tokens", "output_tokens", "cost_usd"))
    return {
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": None if usage.cost_usd is None else float(usage.cost_usd),
    }
