"""A run's result as text for people. No logic: what is shown is what the result says.

Whatever Terraform or a provider said is folded to one line (`told_line`): no word of theirs can pass for a
line of planner's own. Diagnoses and questions are `planner.render_incident`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import click
from pydantic import JsonValue

from contracts.diagnostic import Diagnostic, Severity
from contracts.handover import Handover
from contracts.incident import Decision
from contracts.remediation import EditConfig
from contracts.result import RunResult
from contracts.run import TERMINAL, Attempt, RunState
from contracts.text import cap_unmasked, path_line
from planner.incident_words import known_line, span
from planner.render_incident import DONE, incidents_lines, money, pending_lines, told_line

_COLOURS = {RunState.SUCCESS: "green", RunState.FAILED: "red", RunState.DIAGNOSING: "yellow"}
_SHOWN_DIAGNOSTICS = 5
_SHOWN_DETAILS = 3
_DETAIL_CHARS = 320


def result_text(result: RunResult) -> str:
    """The whole result, a block a subject."""
    return "\n".join(_result_lines(result))


def _result_lines(result: RunResult) -> Iterator[str]:
    state = click.style(result.state, fg=_COLOURS.get(result.state), bold=True)
    yield f"{state}  {path_line(str(result.module))}"
    yield f"  {told_line(result.reason)}"
    asked = {incident.attempt for incident in result.incidents if incident.is_question}
    for attempts, said in _alike(result.attempts):
        yield from _attempt_lines(attempts, said, asked=attempts[-1].n in asked)
    yield from incidents_lines(result.incidents)
    yield from _what_next_lines(result)
    if result.checks:
        yield ""
    for check in result.checks:
        mark = click.style("✓", fg="green") if check.passed else click.style("✗", fg="red")
        yield f"  {mark} {told_line(check.name)}: {told_line(check.detail)}"
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
    elif result.undone:
        yield f"  files were edited and put back since: planner show {result.run_id} --patch"
    elif _has_edits(result, done=True):
        yield f"  files were edited: planner show {result.run_id} --patch, planner undo {result.run_id}"
    elif result.state is not RunState.SUCCESS and _has_edits(result, done=False):
        refused = any(incident.decision is Decision.REFUSED for incident in result.incidents)
        said = (
            "the refused edit as a patch, to be read before it is used" if refused else "the edit as a patch"
        )
        yield f"  {said}: planner show {result.run_id} --patch"
    if result.handover is not None:
        yield ""
        yield from _handover_lines(result.handover, _said_above(result))


def _alike(attempts: Sequence[Attempt]) -> list[tuple[list[Attempt], tuple[str, ...]]]:
    """Attempts that ended alike, one after the other, with what Terraform said in each."""
    groups: list[tuple[list[Attempt], tuple[str, ...]]] = []
    for attempt in attempts:
        said = tuple(_diagnostics_lines(attempt))
        if groups and groups[-1][1] == said and _end_of(groups[-1][0][-1]) == _end_of(attempt):
            groups[-1][0].append(attempt)
        else:
            groups.append(([attempt], said))
    return groups


def _end_of(attempt: Attempt) -> tuple[str, bool]:
    return attempt.stage, attempt.ok


def _attempt_lines(attempts: Sequence[Attempt], said: Sequence[str], *, asked: bool) -> Iterator[str]:
    yield ""
    first, last = attempts[0], attempts[-1]
    failed = click.style("stopped", fg="yellow") if asked else click.style("failed", fg="red")
    verdict = "ok" if last.ok else failed
    least, most = (f"{take(a.duration_s for a in attempts):.1f}" for take in (min, max))
    took = most if least == most else f"{least} to {most}"
    yield f"{span('attempt', first.n, last.n)}: {verdict} in {last.stage} after {took} s"
    yield from said


def _diagnostics_lines(attempt: Attempt) -> Iterator[str]:
    # Terraform says some things once for each module and each phase: a person needs them once.
    blocks = list(dict.fromkeys(_diagnostic_lines(said, attempt) for said in attempt.diagnostics))
    for lines in blocks[:_SHOWN_DIAGNOSTICS]:
        yield from lines
    if len(blocks) > _SHOWN_DIAGNOSTICS:
        yield f"  … and {len(blocks) - _SHOWN_DIAGNOSTICS} more"


def _diagnostic_lines(said: Diagnostic, attempt: Attempt) -> tuple[str, ...]:
    place = f" ({said.range.filename}:{said.range.start_line})" if said.range else ""
    told = [line.strip() for line in said.detail.splitlines() if line.strip()]
    shown = _SHOWN_DETAILS if said.severity is Severity.ERROR or not attempt.ok else 1
    return (
        f"  {said.severity}: {told_line(said.summary + place)}",
        *(f"    {told_line(cap_unmasked(line, _DETAIL_CHARS))}" for line in told[:shown]),
    )


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
    yield click.style("hand-over", bold=True) + f"  {told_line(handover.stopped)}"
    for title, lines in (("known", handover.known), ("tried", handover.tried), ("next", handover.next)):
        for place, line in enumerate(line for line in lines if line not in said):
            yield f"  {title if not place else '':<6} {told_line(line)}"


def _has_edits(result: RunResult, *, done: bool) -> bool:
    """Whether edits were made, or else are proposed."""
    return any(
        isinstance(incident.remediation, EditConfig)
        and incident.remediation.edits
        and (incident.decision in DONE) is done
        for incident in result.incidents
    )


def cost_text(result: RunResult) -> str:
    """How often a model was asked, and what it cost."""
    calls = result.usage.model_calls
    return f"{calls} model call{'' if calls == 1 else 's'}, {money(result.usage.cost_usd)}"


def _engine(result: RunResult) -> str:
    return f"{result.engine.name} {result.engine.version}"


def settings_text(settings: JsonValue, source: str) -> str:
    """Settings, masked, as JSON under a line that says where they come from."""
    return f"# {source}\n{json.dumps(settings, indent=2, ensure_ascii=False)}"
