"""A run's journal → the spans of its trace. Pure: no SDK, no clock, no thread.

Whoever folds the same journal gets the same spans: a process that takes a run
up goes on where the one before it was cut off, and closes what that one left
open. Attributes are made in `observability.span_facts`; who sends the spans,
and when, is the business of `observability.tracing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from contracts.incident import Incident
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
)
from contracts.result import RunResult
from contracts.run import TERMINAL, Attempt, Effect, RunEvent, RunState
from contracts.terraform import Ended, Progress
from contracts.validation import CheckResult
from observability import conventions as c
from observability import span_facts as facts
from observability.spans import ROOT, Event, Fact, Facts, Span

MOST_STEPS = 100
"""Steps of resource instances that a span keeps, errors aside; the SDK keeps 128 events a span."""
_MOST_DIAGNOSTICS = 20
_WELL = frozenset({Ended.COMPLETED.value, "done"})
_BAD = frozenset({RunEvent.ERRORED, RunEvent.REJECTED, RunEvent.EXHAUSTED, RunEvent.KILLED})


class SpanTree:
    """The spans of one run; takes its entries in order, from the first."""

    def __init__(self) -> None:
        self._closed: list[Span] = []
        self._root: Span | None = None
        self._engine = ""
        self._at = RunState.INIT
        self._state: Span | None = None
        self._effect: Span | None = None
        self._diagnosis: Span | None = None
        self._asked = False
        self._steps = 0
        self._checks_began: datetime | None = None
        self._told = (0, 0)
        self._last: datetime | None = None
        self._known: dict[type[Any], Callable[[JournalLine, Any], None]] = {
            RunOpened: self._opened,
            RunResumed: self._resumed,
            Moved: self._moved,
            RunParked: self._parked,
            Decided: self._decided,
            EffectIntended: self._intended,
            EffectStarted: self._started,
            EffectEnded: self._ended,
            Tried: self._tried,
        }

    def take(self, line: JournalLine) -> Sequence[Span]:
        """The spans that this entry closes, inner ones first."""
        self._closed = []
        known = self._known.get(type(line.entry))
        if known is not None:
            known(line, line.entry)
        self._last = line.at
        return self._closed

    def progress(self, at: datetime, progress: Progress) -> None:
        """One step of one resource instance, told by the Terraform call that runs."""
        if self._effect is None or progress.phase == "progress":
            return
        self._steps += 1
        if self._steps <= MOST_STEPS or progress.phase == "errored":
            self._effect.events.append(Event(c.RESOURCE, at, facts.of_progress(progress)))
        else:
            self._effect.facts[c.OMITTED] = int(self._effect.facts.get(c.OMITTED, 0)) + 1

    def finish(self, result: RunResult) -> Sequence[Span]:
        """The root, where the run is over; nothing where another process will go on with it."""
        self._closed = []
        root = self._root
        if root is not None and self._last is not None and result.state in TERMINAL:
            root.facts |= facts.of_result(result)
            if result.state is RunState.FAILED:
                why = (root.facts.get(name) for name in (c.STOPPED_BY, c.CATEGORY, c.GAVE_UP))
                root.failed(str(next(filter(None, why), "_OTHER")), result.reason)
            self._close(root, self._last)
        return self._closed

    # --- states ---------------------------------------------------------------------------------

    def _opened(self, line: JournalLine, entry: RunOpened) -> None:
        self._engine = entry.engine.name
        name = f"{c.WORKFLOW} {c.PLANNER}"
        self._root = Span(ROOT, None, name, line.at, facts.of_run(line.run_id, entry))
        self._enter(line)

    def _resumed(self, line: JournalLine, _: RunResumed) -> None:
        """What a process that was cut off left open ended when it last wrote something."""
        if self._state is not None:
            at = self._last or line.at
            self._note(c.CUT_OFF, at)
            for span in filter(None, (self._effect, self._diagnosis, self._state)):
                span.failed("cut_off", "planner was cut off")
                self._close(span, at)
            self._effect = self._diagnosis = None
        self._note(c.RESUMED, line.at)
        self._enter(line)

    def _moved(self, line: JournalLine, entry: Moved) -> None:
        outcome = entry.outcome
        self._concluded(line, outcome.incident)
        if outcome.attempt is not None:
            self._attempted(line, outcome.attempt)
        for place, check in enumerate(outcome.checks or ()):
            self._checked(line, place, check)
        self._asked = outcome.pending is not None
        bad = entry.event in _BAD and not self._asked
        self._left(line, outcome.reason, error=entry.event.value if bad else None)
        if self._root is not None:
            ends = {c.GAVE_UP: outcome.gave_up, c.STOPPED_BY: outcome.stop}
            self._root.facts |= {name: why.value for name, why in ends.items() if why is not None}
        self._at = entry.target
        self._enter(line)

    def _parked(self, line: JournalLine, entry: RunParked) -> None:
        """A wait for a person is no span: it may last for days, and its end may never be seen."""
        self._concluded(line, entry.incident)
        self._left(line, entry.reason)
        self._note(c.PARKED, line.at, **{c.REASON: entry.reason})
        self._asked = True

    def _decided(self, line: JournalLine, entry: Decided) -> None:
        self._note(c.DECIDED, line.at, **{c.DECISION: entry.approval.decision})

    def _enter(self, line: JournalLine) -> None:
        if self._at in TERMINAL:
            return
        self._state = Span(f"{line.seq} state", ROOT, self._at.value, line.at, {c.STATE: self._at.value})
        if self._at is RunState.DIAGNOSING and not self._asked:
            self._diagnose(line)

    def _left(self, line: JournalLine, reason: str, error: str | None = None) -> None:
        span, self._state = self._state, None
        if span is not None:
            span.facts[c.REASON] = reason
            if error is not None:
                span.failed(error, reason)
            self._close(span, line.at)

    def _attempted(self, line: JournalLine, attempt: Attempt) -> None:
        """Of an attempt's diagnostics, which add up over its states, those that are new."""
        before = self._told[1] if self._told[0] == attempt.n else 0
        self._told = (attempt.n, len(attempt.diagnostics))
        if self._state is not None:
            self._state.facts[c.ATTEMPT] = attempt.n
            for told in attempt.diagnostics[before : before + _MOST_DIAGNOSTICS]:
                self._state.events.append(Event(c.DIAGNOSTIC, line.at, facts.of_diagnostic(told)))

    def _checked(self, line: JournalLine, place: int, check: CheckResult) -> None:
        began = self._checks_began or line.at
        name = f"{c.CHECK} {check.kind.value}"
        span = self._below(f"{line.seq} check {place}", name, began, facts.of_check(check))
        if not check.passed:
            span.failed("check_failed", check.detail)
        self._close(span, began + timedelta(seconds=check.waited_s))

    # --- effects --------------------------------------------------------------------------------

    def _intended(self, line: JournalLine, entry: EffectIntended) -> None:
        if entry.effect is Effect.VALIDATE:  # its checks are the spans
            self._checks_began = line.at
            return
        if self._diagnosis is not None:  # naming ends where proving begins, unless a model is asked on
            since = self._diagnosis.ended or line.at
            self._diagnosis.ended = None if entry.effect is Effect.MODEL else since
        self._steps = 0
        self._effect = self._below(f"{line.seq} effect", *_at(line, facts.of_effect(entry, self._engine)))
        self._effect.calls_out = entry.effect is Effect.MODEL

    def _started(self, _: JournalLine, entry: EffectStarted) -> None:
        if self._effect is not None:
            self._effect.facts[c.PID] = entry.process.pid

    def _ended(self, line: JournalLine, entry: EffectEnded) -> None:
        span, self._effect = self._effect, None
        if span is not None:
            span.facts[c.ENDED] = entry.ended
            span.facts |= facts.of_usage(entry.usage) if entry.usage is not None else {}
            if entry.ended not in _WELL:
                span.failed(entry.ended, entry.ended)
            self._close(span, line.at)

    # --- diagnoses ------------------------------------------------------------------------------

    def _diagnose(self, line: JournalLine) -> None:
        told: Facts = {c.OPERATION: c.AGENT, c.AGENT_NAME: c.DIAGNOSER}
        self._diagnosis = self._below(f"{line.seq} diagnosis", f"{c.AGENT} {c.DIAGNOSER}", line.at, told)

    def _tried(self, line: JournalLine, entry: Tried) -> None:
        self._concluded(line, entry.incident)
        self._diagnose(line)

    def _concluded(self, line: JournalLine, incident: Incident | None) -> None:
        span, self._diagnosis = self._diagnosis, None
        if span is not None:
            span.facts |= facts.of_incident(incident) if incident is not None else {}
            self._close(span, span.ended or line.at)

    # --- shared ---------------------------------------------------------------------------------

    def _below(self, key: str, name: str, at: datetime, told: Facts) -> Span:
        """A span below the diagnosis while a cause is looked for, else below the state."""
        naming = self._diagnosis is not None and self._diagnosis.ended is None
        above = self._diagnosis if naming else self._state
        return Span(key, above.key if above is not None else ROOT, name, at, told)

    def _note(self, event: str, at: datetime, **told: Fact) -> None:
        if self._root is not None:
            self._root.events.append(Event(event, at, told))

    def _close(self, span: Span, at: datetime) -> None:
        span.ended = max(at, span.began)
        self._closed.append(span)


def _at(line: JournalLine, named: tuple[str, Facts]) -> tuple[str, datetime, Facts]:
    name, told = named
    return name, line.at, told
