"""How a report says things: units, money, times, and what became of a run and its remedies. Pure.

What Markdown and HTML have in common; each escapes what is said here in its own
way, for nearly all of it quotes Terraform, a provider or a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import PurePath
from typing import NamedTuple, TypeVar

from contracts.diagnostic import Diagnostic, Severity
from contracts.hypothesis import Category, Source
from contracts.incident import Decision, Incident, Stage
from contracts.remediation import ADVISORY
from contracts.report import AttemptChanges, ModelCall, Remedy, RemedyOutcome, RunReport
from contracts.result import RunResult
from contracts.run import TERMINAL, Attempt, RunState
from planner.result import INTERRUPTED, PARKED, STOPPED

_T = TypeVar("_T")
_EXACT, _MINUTE, _HOUR, _DAY = 10, 60, 3600, 86400
"""Seconds; below the first one, hundredths are told."""
_ACTIONS = {"noop": "leave", "delete": "destroy", "remove": "forget", "unknown": "change in an unknown way"}
_BECAME = {
    RemedyOutcome.WORKED: "it worked",
    RemedyOutcome.FAILED: "the same failure came again",
    RemedyOutcome.OPEN: "",
}
Fact = tuple[str, str]
"""A label, and what is said under it."""


class Some(NamedTuple):
    """The first of many lines, and how many more there are."""

    shown: tuple[Fact, ...]
    more: int


def span(seconds: float) -> str:
    """A time span: `0.28 s`, `45 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    if seconds < _MINUTE:
        return f"{seconds:.2f} s" if seconds < _EXACT else f"{seconds:.0f} s"
    if seconds < _HOUR:
        return _two(seconds, _MINUTE, "min", 1, "s")
    if seconds < _DAY:
        return _two(seconds, _HOUR, "h", _MINUTE, "min")
    return _two(seconds, _DAY, "d", _HOUR, "h")


def _two(seconds: float, large: int, name: str, small: int, small_name: str) -> str:
    whole, rest = divmod(int(seconds), large)
    return f"{whole} {name} {rest // small} {small_name}" if rest // small else f"{whole} {name}"


def money(usd: Decimal | float | None) -> str:
    """`$0`, `$0.0123`, `$0.000245`, or `unknown` where a price is."""
    if usd is None:
        return "unknown"
    if not usd:
        return "$0"
    return f"${usd:.4f}" if usd >= Decimal("0.001") else f"${usd:.6f}"


def instant(at: datetime) -> str:
    """`2026-11-21 14:46:07 UTC`."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def count(number: int, one: str, many: str = "") -> str:
    """`1 retry`, `2 retries`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def head_and_tail(items: Sequence[_T], most: int) -> tuple[Sequence[_T], int, Sequence[_T]]:
    """The first, how many are left out, and the last, `most` shown at most."""
    if len(items) <= most:
        return items, 0, ()
    return items[: most // 2], len(items) - 2 * (most // 2), items[-(most // 2) :]


def cause(category: Category) -> str:
    """`invalid reference`."""
    return category.replace("_", " ")


def subject(incident: Incident) -> str:
    """What a section about it is called: its cause, or that nothing failed and a plan needed a person."""
    return "a question about the plan" if incident.is_question else cause(incident.category)


def module_name(path: str) -> str:
    """The folder's own name."""
    return PurePath(path).name or path


def verdict(result: RunResult) -> str:
    """What became of the run, in a word or two."""
    if result.state is RunState.SUCCESS:
        return "succeeded"
    if result.state is RunState.FAILED:
        return "was stopped" if result.exit_code in {STOPPED, INTERRUPTED} else "failed"
    return "waits for a person" if is_waiting(result) else "has not ended"


def is_waiting(result: RunResult) -> bool:
    """Whether a person must answer before it goes on."""
    return result.exit_code == PARKED


def facts(report: RunReport) -> Iterator[Fact]:
    """What stands at the top of a report."""
    result = report.result
    code = f", exit code {result.exit_code}" if result.state in TERMINAL or is_waiting(result) else ""
    yield "Result", f"{result.state}{code}"
    yield "Folder", result.module
    yield "Run", result.run_id
    by = f", by {report.people[0]}" if report.people else ""
    yield "Started", instant(report.started_at) + by
    if report.ended_at is not None:
        yield "Ended", instant(report.ended_at)
    elif report.asked_at is not None:
        yield "Waits since", instant(report.asked_at)
    else:
        yield "Last entry", instant(report.last_at)
    yield "Driven", f"{span(result.duration_s)}, {span(result.terraform_s)} of it in Terraform"
    if report.waited_s:
        yield "Waited", f"{span(report.waited_s)}, for a person or until it was taken up again"
    retried = f", {count(report.retries, 'retry', 'retries')}" if report.retries else ""
    yield "Attempts", f"{len(result.attempts)}{retried}"
    yield "Engine", f"{result.engine.name} {result.engine.version}"
    yield "Autonomy", report.autonomy + (", a destroy run" if report.destroy else "")
    yield "Cost", cost(result)


def cost(result: RunResult) -> str:
    """How often a model was asked, and for how much."""
    calls = result.usage.model_calls
    return (
        f"{money(result.usage.cost_usd)}, {count(calls, 'model call')}" if calls else "$0, no model was asked"
    )


def source(incident: Incident) -> str:
    """Who named the cause, and how sure they were."""
    names = {
        Source.SIGNATURE: f"the signature {incident.origin}" if incident.origin else "a rule of planner",
        Source.MEMORY: f"memory: run {incident.origin} mended the same failure",
        Source.MODEL: f"the model {incident.model or incident.origin}",
        None: "nobody",
    }
    sure = f", confidence {incident.confidence:.2f}" if incident.source else ""
    return names[incident.source] + sure


def incident_facts(incident: Incident, remedy: Remedy) -> Iterator[Fact]:
    """One diagnosis and what came of it, but for its cause and its quotes."""
    place = f"attempt {incident.attempt}" + (f", in {incident.stage}" if incident.stage else "")
    yield "Where", place
    if not incident.is_question:
        yield "Named by", source(incident)
        yield "Remedy", f"{incident.remediation.kind}: {incident.remediation.summary}"
    yield "What came of it", became(incident, remedy)
    for answer in remedy.answers:
        said = "approved" if answer.decision == "approve" else "rejected"
        comment = f": {answer.comment}" if answer.comment else ""
        yield "Answer", f"{said} by {answer.actor} on {instant(answer.at)}{comment}"
    if incident.usage.calls:
        yield "Cost", f"{money(incident.usage.cost_usd)}, {count(incident.usage.calls, 'model call')}"
    yield "Fingerprint", incident.fingerprint


def became(incident: Incident, remedy: Remedy) -> str:
    """What was done about it, and whether that helped."""
    advised = incident.remediation.kind in ADVISORY
    done = {
        Decision.APPLIED: "put in place without asking, as the profile allows",
        Decision.APPROVED: "put in place after a person approved it",
        Decision.PARKED: "waits for a person",
        Decision.REFUSED: "refused",
        Decision.NONE: "told, for a person to do" if advised else "nothing was tried",
    }[incident.decision]
    if incident.decision is Decision.NONE and incident.note:
        done = "tried on a copy"
    parts = [done, incident.note, _BECAME[remedy.outcome]]
    return "; ".join(part for part in parts if part)


def changes_of(changes: AttemptChanges, most: int) -> Some:
    """What an attempt created, and what else it planned: action and address, `most` at most."""
    done = frozenset(changes.created)
    planned = changes.planned or ()
    others = [c for c in planned if c.address not in done]
    told = [("created", address) for address in changes.created[:most]]
    told += [(f"planned to {_ACTIONS.get(c.action, c.action.value)}", c.address) for c in others[:most]]
    return Some(tuple(told[:most]), max(0, len(done) + len(others) - most))


def plan_told(changes: AttemptChanges) -> str:
    """What an apply was to do, where the list of what was created does not tell; else empty."""
    said = changes.told if changes.planned is None else ""
    return "" if all(part.startswith("create ") for part in said.split(", ")) else said


def call_facts(call: ModelCall) -> tuple[str, str, str, str, str]:
    """One model call as a row: when, model, how long, tokens, cost."""
    took = span(call.duration_s) if call.duration_s is not None else "its end was not seen"
    if call.usage is None:
        return instant(call.at), call.model, took, "unknown", "unknown"
    used = call.usage
    cached = f" ({used.cached_tokens:,} cached)" if used.cached_tokens else ""
    tokens = f"{used.input_tokens + used.cached_tokens:,} in{cached}, {used.output_tokens:,} out"
    return instant(call.at), call.model, took, tokens, money(used.cost_usd)


def errors_of(attempt: Attempt, most: int) -> tuple[tuple[Diagnostic, ...], int]:
    """The errors an attempt ended with, `most` at most, and how many more there are."""
    errors = tuple(d for d in attempt.diagnostics if d.severity is Severity.ERROR)
    return errors[:most], max(0, len(errors) - most)


def place_of(diagnostic: Diagnostic) -> str:
    """Where an error points: file and line, and the instance concerned; empty where it does not tell."""
    at = diagnostic.range
    parts = (f"{at.filename}:{at.start_line}" if at else "", diagnostic.address or "")
    return ", ".join(part for part in parts if part)


def attempt_line(attempt: Attempt) -> str:
    """`Attempt 1 failed in plan, after 0.20 s`; a plan without an error was stopped, and nothing failed."""
    asked = attempt.stage is Stage.PLAN and not errors_of(attempt, 1)[0]
    ended = "went well" if attempt.ok else "stopped" if asked else "failed"
    return f"Attempt {attempt.n} {ended} in {attempt.stage}, after {span(attempt.duration_s)}"


def outlines(report: RunReport) -> Iterator[str]:
    """What is left of the run in the world, beside what Terraform applied: a line each."""
    for change in report.state_changes:
        yield f"The state was changed: {change.command}"
    for change in report.doubtful_changes:
        yield f"Whether this was done nobody saw: {change.command}"
    if report.maybe_created:
        shown = ", ".join(report.maybe_created[:10])
        more = len(report.maybe_created) - 10
        yield f"May exist although the state does not tell: {shown}" + (
            f" and {more:,} more" if more > 0 else ""
        )
    if report.undone:
        yield "What the fixes changed was taken back with `planner undo`."
