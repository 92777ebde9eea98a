"""A result as text for people. No logic: what is shown is what the result says.

Whatever a model, Terraform or a provider said is folded to one line (`_told`)
or stands behind a bar: no word of theirs can pass for a line of planner's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import click
from pydantic import JsonValue

from contracts.approval import ApprovalRequest
from contracts.diagnostic import Diagnostic, Severity
from contracts.handover import Handover
from contracts.hypothesis import Source
from contracts.incident import Decision, Incident
from contracts.remediation import EditConfig
from contracts.result import RunResult
from contracts.run import TERMINAL, Attempt, RunState
from contracts.text import cap, one_line, path_line
from planner.incident_words import known_line

_COLOURS = {RunState.SUCCESS: "green", RunState.FAILED: "red", RunState.DIAGNOSING: "yellow"}
_SHOWN_DIAGNOSTICS = 5
_SHOWN_CHANGES = 20
_SHOWN_DETAILS = 3
_DETAIL_CHARS = 240
_LINE_CHARS = 1_000


def result_text(result: RunResult) -> str:
    """The whole result, a block a subject."""
    return "\n".join(_result_lines(result))


def incident_text(incident: Incident) -> str:
    """One diagnosis: what broke, how it is known, what to do."""
    return "\n".join(_incident_lines(incident))


def _told(text: str) -> str:
    return one_line(text, _LINE_CHARS)


def _result_lines(result: RunResult) -> Iterator[str]:
    state = click.style(result.state, fg=_COLOURS.get(result.state), bold=True)
    yield f"{state}  {path_line(str(result.module))}"
    yield f"  {_told(result.reason)}"
    asked = {incident.attempt for incident in result.incidents if incident.is_question}
    for attempt in result.attempts:
        yield from _attempt_lines(attempt, asked=attempt.n in asked)
    for incident in result.incidents:
        yield ""
        yield from _incident_lines(incident)
    yield from _what_next_lines(result)
    if result.checks:
        yield ""
    for check in result.checks:
        mark = click.style("✓", fg="green") if check.passed else click.style("✗", fg="red")
        yield f"  {mark} {_told(check.name)}: {_told(check.detail)}"
    if result.outputs:
        yield ""
    for name, value in result.outputs.items():
        yield f"  {name} = {json.dumps(value, ensure_ascii=False)}"
    yield ""
    spent = f"{result.duration_s:.2f} s ({result.terraform_s:.2f} s in {_engine(result)})"
    yield f"  {cost_text(result)} · {spent}"
    yield f"  run {result.run_id} · exit code {result.exit_code}"


def _what_next_lines(result: RunResult) -> Iterator[str]:
    """What a person has to do about a run that did not come to its end by itself."""
    if result.pending is not None:
        yield ""
        yield from pending_lines(result.run_id, result.pending)
    elif result.state not in TERMINAL:
        yield f"  it has not ended; where no process drives it, go on with it: planner resume {result.run_id}"
    elif _has_edits(result, done=True):
        yield f"  files were edited: planner show {result.run_id} --patch, planner undo {result.run_id}"
    elif result.state is not RunState.SUCCESS and _has_edits(result, done=False):
        yield f"  the edit as a patch: planner show {result.run_id} --patch"
    if result.handover is not None:
        yield ""
        yield from _handover_lines(result.handover, _said_above(result))


def _attempt_lines(attempt: Attempt, *, asked: bool) -> Iterator[str]:
    yield ""
    failed = click.style("stopped", fg="yellow") if asked else click.style("failed", fg="red")
    verdict = "ok" if attempt.ok else failed
    yield f"attempt {attempt.n}: {verdict} in {attempt.stage} after {attempt.duration_s:.1f} s"
    # Terraform says some things once for each module and each phase: a person needs them once.
    blocks = list(dict.fromkeys(_diagnostic_lines(said, attempt) for said in attempt.diagnostics))
    for lines in blocks[:_SHOWN_DIAGNOSTICS]:
        yield from lines
    if len(blocks) > _SHOWN_DIAGNOSTICS:
        yield f"  … and {len(blocks) - _SHOWN_DIAGNOSTICS} more"


def _diagnostic_lines(said: Diagnostic, attempt: Attempt) -> tuple[str, ...]:
    place = f" ({said.range.filename}:{said.range.start_line})" if said.range else ""
    told = [line.strip() for line in said.detail.splitlines() if line.strip()]
    details = told[:_SHOWN_DETAILS] if said.severity is Severity.ERROR or not attempt.ok else ()
    return (
        f"  {said.severity}: {_told(said.summary + place)}",
        *(f"    {_told(cap(line, _DETAIL_CHARS))}" for line in details),
    )


def _question_lines(incident: Incident) -> Iterator[str]:
    """A plan that needs a person is no failure: nothing is diagnosed."""
    yield click.style("a question", bold=True) + f"  ({incident.decision})"
    yield f"  {_told(incident.root_cause)}"
    if incident.decision is Decision.REFUSED:
        yield click.style("what to do", bold=True)
        yield f"  {_told(incident.remediation.summary)}"


def _incident_lines(incident: Incident) -> Iterator[str]:
    if incident.is_question:
        yield from _question_lines(incident)
        return
    source = incident.source or "unknown"
    sure = f", confidence {incident.confidence:.2f}" if incident.source else ""
    yield click.style(f"diagnosis: {incident.category}", bold=True) + f"  ({source}{sure})"
    yield f"  {_told(incident.root_cause)}"
    for quote in incident.evidence:
        first, *rest = quote.splitlines() or [""]
        yield f"  │ {first}"
        for line in rest:
            yield f"  │ {line}"
    done = incident.decision in {Decision.APPLIED, Decision.APPROVED}
    title = f"what was done, {incident.decision}" if done else "what to do"
    yield click.style(title, bold=True) + f"  ({incident.remediation.kind})"
    yield f"  {_told(incident.remediation.summary)}"
    if incident.note:
        yield f"  {incident.decision}: {_told(incident.note)}"
    if incident.source is Source.MEMORY:
        yield f"  mended the same failure in run {incident.origin} · {incident.fingerprint}"
    if incident.model and not incident.usage.calls:
        yield f"  an earlier answer of {incident.model} to the same question, $0"
    elif incident.usage.calls:
        calls = "1 call" if incident.usage.calls == 1 else f"{incident.usage.calls} calls"
        yield f"  asked {incident.model or 'a model'}: {calls}, {_money(incident.usage.cost_usd)}"


def pending_lines(run_id: str, request: ApprovalRequest) -> Iterator[str]:
    """What a parked run waits for: the diff, the plan, what the gates said, how to answer."""
    yield click.style("waits for a person", fg="yellow", bold=True)
    proposal = request.proposal
    for line in proposal.patch.splitlines() if proposal else ():
        yield "  " + click.style(line, fg=_diff_colour(line))
    for line in proposal.proof if proposal else ():
        yield f"  {click.style('✓', fg='green')} {_told(line)}"
    for finding in proposal.findings if proposal else ():
        said = _told(f"{finding.rule} {finding.where}: {finding.what}")
        yield f"  {click.style('?', fg='yellow')} {said}"
    for change in request.changes[:_SHOWN_CHANGES]:
        action = click.style(change.action, fg="red" if change.destructive else None)
        yield f"  {action} {_told(change.address)}"
    if len(request.changes) > _SHOWN_CHANGES:
        yield f"  … and {len(request.changes) - _SHOWN_CHANGES} more"
    yield f"  yes: {request.yes(run_id)}   no: planner reject {run_id}"
    if request.expires_at is not None:
        until = f"{request.expires_at:%Y-%m-%d %H:%M} UTC"
        yield f"  asked until {until}; an answer counts for this alone"


def _diff_colour(line: str) -> str | None:
    if line.startswith(("+++", "---")):
        return None
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])


def _said_above(result: RunResult) -> frozenset[str]:
    """Lines of a hand-over that this screen has shown already; elsewhere it stands alone."""
    last = result.attempts[-1:]
    return frozenset(
        (
            *(f"attempt {a.n} ended in {a.stage}" for a in last),
            *(i.remediation.summary for i in result.incidents),
        )
    ) | {known_line(incident) for incident in result.incidents}


def _handover_lines(handover: Handover, said: frozenset[str]) -> Iterator[str]:
    yield click.style("hand-over", bold=True) + f"  {_told(handover.stopped)}"
    for title, lines in (("known", handover.known), ("tried", handover.tried), ("next", handover.next)):
        for place, line in enumerate(line for line in lines if line not in said):
            yield f"  {title if not place else '':<6} {_told(line)}"


def _has_edits(result: RunResult, *, done: bool) -> bool:
    """Whether edits were made, or else are proposed."""
    return any(
        isinstance(incident.remediation, EditConfig)
        and incident.remediation.edits
        and (incident.decision in {Decision.APPLIED, Decision.APPROVED}) is done
        for incident in result.incidents
    )


def cost_text(result: RunResult) -> str:
    """How often a model was asked, and what it cost."""
    calls = result.usage.model_calls
    return f"{calls} model call{'' if calls == 1 else 's'}, {_money(result.usage.cost_usd)}"


def _money(usd: Decimal | float | None) -> str:
    return "cost unknown" if usd is None else f"${usd:.6f}".rstrip("0").rstrip(".") if usd else "$0"


def _engine(result: RunResult) -> str:
    return f"{result.engine.name} {result.engine.version}"


def settings_text(settings: JsonValue, source: str) -> str:
    """Settings, masked, as JSON under a line that says where they come from."""
    return f"# {source}\n{json.dumps(settings, indent=2, ensure_ascii=False)}"
