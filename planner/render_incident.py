"""A diagnosis, or what a run waits for, as text for people. No logic: what is shown is what they say.

Whatever a model, Terraform or a provider said is folded to one line (`told_line`)
or stands behind a bar: no word of theirs can pass for a line of planner's own. Runs as a whole are
`planner.render`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import click

from contracts.approval import ApprovalRequest
from contracts.hypothesis import Source
from contracts.incident import Decision, Incident
from contracts.terraform import PlannedChange
from contracts.text import one_line
from planner.change_words import why
from planner.incident_words import span

_SHOWN_CHANGES = 20
_LINE_CHARS = 1_000
DONE = frozenset({Decision.APPLIED, Decision.APPROVED})


def incident_text(incident: Incident) -> str:
    """One diagnosis: what broke, how it is known, what to do."""
    return "\n".join(_incident_lines(incident))


def told_line(text: str) -> str:
    """Foreign text as one line."""
    return one_line(text, _LINE_CHARS)


def incidents_lines(incidents: Sequence[Incident]) -> Iterator[str]:
    """All of a run's, a block each; the same cause with the same remedy, come again, is one block."""
    groups: list[list[Incident]] = []
    for incident in incidents:
        if groups and _same(groups[-1][-1], incident):
            groups[-1].append(incident)
        else:
            groups.append([incident])
    for group in groups:
        yield ""
        yield from _incident_lines(group[-1])
        done = [incident.attempt for incident in group if incident.decision in DONE]
        if len(group) > 1 and done:
            yield f"  done after {span('attempt', done[0], done[-1])}"


def _same(one: Incident, other: Incident) -> bool:
    """Whether a person learns nothing from the second but that it came again."""
    if one.is_question or one.usage.calls or other.usage.calls:
        return False
    alike = {"attempt": one.attempt, "decision": one.decision}
    return other.model_copy(update=alike) == one


def _question_lines(incident: Incident) -> Iterator[str]:
    """A plan that needs a person is no failure: nothing is diagnosed."""
    yield click.style("a question", bold=True) + f"  ({incident.decision})"
    yield f"  {told_line(incident.root_cause)}"
    if incident.decision is Decision.REFUSED:
        yield click.style("what to do", bold=True)
        yield f"  {told_line(incident.remediation.summary)}"


def _incident_lines(incident: Incident) -> Iterator[str]:
    if incident.is_question:
        yield from _question_lines(incident)
        return
    source = incident.source or "unknown"
    sure = f", confidence {incident.confidence:.2f}" if incident.source else ""
    yield click.style(f"diagnosis: {incident.category}", bold=True) + f"  ({source}{sure})"
    yield f"  {told_line(incident.root_cause)}"
    for quote in incident.evidence:
        first, *rest = quote.splitlines() or [""]
        yield f"  │ {first}"
        for line in rest:
            yield f"  │ {line}"
    title = f"what was done, {incident.decision}" if incident.decision in DONE else "what to do"
    yield click.style(title, bold=True) + f"  ({incident.remediation.kind})"
    yield f"  {told_line(incident.remediation.summary)}"
    if incident.note:
        became = "tried on a copy" if incident.decision is Decision.NONE else incident.decision
        yield f"  {became}: {told_line(incident.note.removeprefix(f'{became}: '))}"
    if incident.source is Source.MEMORY:
        yield f"  mended the same failure in run {incident.origin} · {incident.fingerprint}"
    if incident.model and not incident.usage.calls:
        yield f"  an earlier answer of {incident.model} to the same question, $0"
    elif incident.usage.calls:
        calls = "1 call" if incident.usage.calls == 1 else f"{incident.usage.calls} calls"
        yield f"  asked {incident.model or 'a model'}: {calls}, {money(incident.usage.cost_usd)}"


def pending_lines(run_id: str, request: ApprovalRequest) -> Iterator[str]:
    """What a parked run waits for: the diff, the plan, what the gates said, how to answer."""
    yield click.style("waits for a person", fg="yellow", bold=True)
    proposal = request.proposal
    for line in proposal.patch.splitlines() if proposal else ():
        yield "  " + click.style(line, fg=_diff_colour(line))
    for line in proposal.proof if proposal else ():
        yield f"  {click.style('✓', fg='green')} {told_line(line)}"
    for finding in proposal.findings if proposal else ():
        said = told_line(f"{finding.rule} {finding.where}: {finding.what}")
        yield f"  {click.style('?', fg='yellow')} {said}"
    yield from _change_lines(request.changes)
    if request.beside:
        yield "  and with it, in the same apply:"
        yield from _change_lines(request.beside)
    yield f"  yes: {request.yes(run_id)}   no: planner reject {run_id}"
    if request.expires_at is not None:
        until = f"{request.expires_at:%Y-%m-%d %H:%M} UTC"
        yield f"  asked until {until}; an answer counts for this alone"


def _change_lines(changes: Sequence[PlannedChange]) -> Iterator[str]:
    """All that takes something away, and then of the rest as many as one looks at."""
    gone = sum(change.destructive for change in changes)
    changes = sorted(changes, key=lambda change: not change.destructive)
    most = max(_SHOWN_CHANGES, gone)
    for change in changes[:most]:
        action = click.style(change.action, fg="red" if change.destructive else None)
        because = f"  ({said})" if (said := why(change)) else ""
        yield f"  {action} {told_line(change.address)}{because}"
    if len(changes) > most:
        yield f"  … and {len(changes) - most} more"


def money(usd: Decimal | float | None) -> str:
    """US dollars without needless zeros; what nobody knows is not $0."""
    return "cost unknown" if usd is None else f"${usd:.6f}".rstrip("0").rstrip(".") if usd else "$0"


def _diff_colour(line: str) -> str | None:
    if line.startswith(("+++", "---")):
        return None
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
