"""The report of one run as Markdown. Pure.

Decides the order of the sections and what is cut; what is said in them is
`planner.reporting.words`, and what foreign text may do is `planner.reporting.marks`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from contracts.incident import Incident
from contracts.report import FileEdit, Remedy, RunReport
from planner.change_words import why
from planner.reporting import words
from planner.reporting.marks import block, code, plain, table
from planner.reporting.words import count, head_and_tail, instant, span

_CHANGES = 40
_ERRORS = 5
_INCIDENTS = 20
_MOMENTS = 120
_STAYS = 60


def markdown(report: RunReport) -> str:
    """The whole report."""
    result = report.result
    title = f"# {plain(words.module_name(result.module))} {words.verdict(result)}"
    head = [title, "", plain(result.reason), "", *_facts(words.facts(report))]
    sections = (
        ("State path", _path(report)),
        ("Waits for a person", _pending(report)),
        ("What broke", _incidents(report)),
        ("Attempts", _attempts(report)),
        ("What changed", _changes(report)),
        ("Checks", _checks(report)),
        ("Outputs", _outputs(report)),
        ("Hand-over", _handover(report)),
        ("Timeline", _timeline(report)),
        ("Model calls", _calls(report)),
    )
    for heading, lines in sections:
        body = list(lines)
        if body:
            head += ["", f"## {heading}", "", *body]
    return "\n".join(head) + "\n"


def _facts(found: Iterable[words.Fact]) -> Iterator[str]:
    for label, text in found:
        yield f"- **{label}:** {plain(text)}"


def _path(report: RunReport) -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    head, more, tail = head_and_tail(report.path, _STAYS)
    for stay in (*head, None, *tail):
        if stay is not None:
            took = span(stay.seconds) if stay.seconds or stay.event else ""
            waited = f"{span(stay.waited_s)}" if stay.waited_s else ""
            rows.append((stay.state, instant(stay.entered_at), took, waited, stay.event or ""))
        elif more:
            rows.append((f"… {count(more, 'more state')}", "", "", "", ""))
    yield from table(("state", "entered", "for", "of it waited", "left by"), rows)


def _pending(report: RunReport) -> Iterator[str]:
    pending = report.result.pending
    if pending is None:
        return
    yield plain(pending.question)
    yield ""
    proposal = pending.proposal
    if proposal is not None:
        if proposal.patch:
            yield from block(proposal.patch, "diff")
            yield ""
        yield from (f"- proven: {plain(line)}" for line in proposal.proof)
        yield from (
            f"- to look at: {code(f.rule)} {plain(f.where)}: {plain(f.what)}" for f in proposal.findings
        )
    for changes, with_it in ((pending.changes, ""), (pending.beside, "with it ")):
        for change in changes[:_CHANGES]:
            because = f" ({plain(said)})" if (said := why(change)) else ""
            yield f"- would {with_it}{change.action.value} {code(change.address)}{because}"
        yield from _and_more(len(changes) - _CHANGES, "change")
    yield ""
    run_id = report.result.run_id
    yield f"Yes: `{pending.yes(run_id)}`. No: `planner reject {run_id}`."
    if pending.expires_at is not None:
        yield f"An answer counts until {instant(pending.expires_at)}."


def _incidents(report: RunReport) -> Iterator[str]:
    head, more, tail = head_and_tail(report.remedies, _INCIDENTS)
    for place, remedy in enumerate((*head, *tail)):
        if place:
            yield ""
        if more and place == len(head):
            yield f"… {count(more, 'more failure')} …"
            yield ""
        yield from _incident(report.result.incidents[remedy.incident], remedy)


def _incident(incident: Incident, remedy: Remedy) -> Iterator[str]:
    yield f"### {remedy.incident + 1}. {words.subject(incident)}"
    yield ""
    yield plain(incident.root_cause)
    yield ""
    if incident.evidence:
        yield from block("\n".join(incident.evidence))
        yield ""
    yield from _facts(words.incident_facts(incident, remedy))
    proof = remedy.proposal.proof if remedy.proposal else ()
    yield from (f"- **Proven:** {plain(line)}" for line in proof)


def _attempts(report: RunReport) -> Iterator[str]:
    for attempt in report.result.attempts:
        yield f"- {words.attempt_line(attempt)}"
        errors, more = words.errors_of(attempt, _ERRORS)
        for error in errors:
            place = words.place_of(error)
            yield f"  - {plain(error.summary)}" + (f" ({code(place)})" if place else "")
        yield from (f"  {line}" for line in _and_more(more, "error"))


def _changes(report: RunReport) -> Iterator[str]:
    for changes in report.changes:
        some = words.changes_of(changes, _CHANGES)
        yield f"- Attempt {changes.n}: {plain(changes.said)}"
        if told := words.plan_told(changes):
            yield f"  - it was to {plain(told)}"
        yield from (f"  - {plain(action)} {code(address)}" for action, address in some.shown)
        yield from (f"  {line}" for line in _and_more(some.more, "change"))
    yield from (f"- {plain(line)}" for line in words.outlines(report))
    for edit in report.edits:
        yield ""
        yield from _edit(edit)


def _edit(edit: FileEdit) -> Iterator[str]:
    back = ", and put back later" if edit.put_back else ""
    yield f"Edited {code(edit.files)} at {instant(edit.at)}{back}:"
    yield ""
    yield from block(edit.patch, "diff")


def _checks(report: RunReport) -> Iterator[str]:
    for check in report.result.checks:
        waited = f" (waited {span(check.waited_s)})" if check.waited_s else ""
        verdict = "passed" if check.passed else "**failed**"
        yield f"- {verdict}: {plain(check.name)}: {plain(check.detail)}{waited}"


def _outputs(report: RunReport) -> Iterator[str]:
    outputs = report.result.outputs
    if outputs:
        rows = ((code(name), code(json.dumps(value, ensure_ascii=False))) for name, value in outputs.items())
        yield from table(("output", "value"), rows)


def _handover(report: RunReport) -> Iterator[str]:
    handover = report.result.handover
    if handover is None:
        return
    yield f"Stopped: {plain(handover.stopped)}"
    parts = (("Known", handover.known), ("Tried", handover.tried), ("Next", handover.next))
    for heading, lines in parts:
        if lines:
            yield ""
            yield f"{heading}:"
            yield ""
            yield from (f"{place}. {plain(line)}" for place, line in enumerate(lines, 1))


def _timeline(report: RunReport) -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    head, more, tail = head_and_tail(report.timeline, _MOMENTS)
    for moment in (*head, None, *tail):
        if moment is not None:
            took = span(moment.duration_s) if moment.duration_s is not None else ""
            who = f" ({plain(moment.who)})" if moment.who else ""
            rows.append((f"{moment.at:%Y-%m-%d %H:%M:%S}", moment.kind, plain(moment.what) + who, took))
        elif more:
            rows.append(("", "", f"… {count(more, 'more line')}", ""))
    yield from table(("time (UTC)", "kind", "what happened", "took"), rows)


def _calls(report: RunReport) -> Iterator[str]:
    if report.calls:
        rows = (tuple(map(plain, words.call_facts(call))) for call in report.calls)
        yield from table(("asked", "model", "took", "tokens", "cost"), rows)


def _and_more(more: int, what: str) -> Iterator[str]:
    if more > 0:
        yield f"- and {count(more, f'more {what}')}"
