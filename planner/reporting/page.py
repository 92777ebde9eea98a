"""The report of one run as one HTML page that needs nothing else: no script, no network. Pure.

Decides the order of the sections and what is cut; what is said in them is
`planner.reporting.words`, and that no text becomes markup is `planner.reporting.markup`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from textwrap import dedent

from contracts.diagnostic import Diagnostic
from contracts.incident import Decision, Incident
from contracts.report import FileEdit, Moment, MomentKind, Remedy, RemedyOutcome, RunReport
from contracts.result import RunResult
from contracts.run import Attempt, RunState
from contracts.terraform import PlannedChange
from planner.change_words import why
from planner.reporting import words
from planner.reporting.markup import Child, Markup, el, page
from planner.reporting.parts import diff, facts, rows, section, when
from planner.reporting.path_svg import drawn
from planner.reporting.words import count, head_and_tail, instant, span

_CHANGES = 60
_MOMENTS = 200
_QUOTES = 20
_INCIDENTS = 20
_ATTEMPTS = 30
_ERRORS = 5
_SNIPPET_LINES = 8
_TONES = {
    MomentKind.PROOF: "mixed",
    MomentKind.TRIED: "mixed",
    MomentKind.ASKED: "mixed",
    MomentKind.ANSWERED: "mixed",
    MomentKind.FIX: "pass",
}


def html(report: RunReport) -> str:
    """The page, as text to be written in UTF-8."""
    result = report.result
    name = words.module_name(result.module)
    sections = (
        ("Waits for a person", _pending(report)),
        ("The way it took", [drawn(report.path)]),
        ("What broke, and what was tried", _incidents(report)),
        ("Attempts", _attempts(report)),
        ("What changed", _changes(report)),
        ("Checks", _checks(result)),
        ("Outputs", _outputs(result)),
        ("Hand-over", _handover(result)),
        ("Timeline", _timeline(report)),
        ("Model calls", _calls(report)),
    )
    return page(
        f"{name} {words.verdict(result)}",
        el("header", _header(report, name)),
        el("main", [section(title, list(body)) for title, body in sections]),
        el("footer", f"Told by the journal of run {result.run_id} alone. planner {report.planner_version}."),
    )


def _header(report: RunReport, name: str) -> Iterator[Markup]:
    result = report.result
    yield el(
        "div", el("h1", name), el("span", words.verdict(result), class_=f"badge {tone(result)}"), class_="top"
    )
    yield el("p", result.reason, class_="reason")
    yield facts(words.facts(report))


def tone(result: RunResult) -> str:
    """The colour of a run's badge."""
    if result.state is RunState.SUCCESS:
        return "pass"
    if result.state is RunState.FAILED:
        return "fail"
    return "mixed" if words.is_waiting(result) else "gone"


def _pending(report: RunReport) -> Iterator[Markup]:
    pending = report.result.pending
    if pending is None:
        return
    proposal = pending.proposal
    run_id = report.result.run_id
    until = [("Asked until", instant(pending.expires_at))] if pending.expires_at else []
    yield el(
        "div",
        el("p", pending.question, class_="cause"),
        diff(proposal.patch) if proposal and proposal.patch else None,
        _proof(report.remedies[-1]) if report.remedies and proposal else None,
        _planned(pending.changes),
        el("p", "and with it, in the same apply:", class_="soft") if pending.beside else None,
        _planned(pending.beside),
        facts((("Yes", pending.yes(run_id)), ("No", f"planner reject {run_id}"), *until), "pairs"),
        class_="card asks",
    )


def _planned(changes: Sequence[PlannedChange]) -> Markup | None:
    shown = [
        (el("span", c.action.value, class_="takes" if c.destructive else "act"), c.address, why(c))
        for c in changes[:_CHANGES]
    ]
    return _change_list(shown, len(changes) - _CHANGES)


def _change_list(shown: Sequence[tuple[Child, str, str]], more: int) -> Markup | None:
    """What is done, to what, and why where that is told."""
    if not shown:
        return None
    lines = [
        el("li", act, " ", el("code", address), el("span", f" {said}", class_="soft") if said else None)
        for act, address, said in shown
    ]
    rest = el("li", f"and {count(more, 'more change')}", class_="soft") if more > 0 else None
    return el("ul", lines, rest, class_="changes")


def _proof(remedy: Remedy) -> Markup | None:
    if remedy.proposal is None:
        return None
    held = [el("li", el("b", "✓"), line, class_="yes") for line in remedy.proposal.proof]
    asks = [
        el("li", el("b", "?"), el("code", f.rule), f" {f.where}: {f.what}", class_="ask")
        for f in remedy.proposal.findings
    ]
    return el("ul", held, asks, class_="marks") if held or asks else None


def _incidents(report: RunReport) -> Iterator[Markup]:
    head, more, tail = head_and_tail(report.remedies, _INCIDENTS)
    yield from (_incident(report.result.incidents[remedy.incident], remedy) for remedy in head)
    if more:
        yield el("p", f"… {count(more, 'more failure')} …", class_="soft")
    yield from (_incident(report.result.incidents[remedy.incident], remedy) for remedy in tail)


def _incident(incident: Incident, remedy: Remedy) -> Markup:
    waits = incident.decision is Decision.PARKED
    tone = "mended" if remedy.outcome is RemedyOutcome.WORKED else "asks" if waits else "broke"
    return el(
        "article",
        el("h3", words.subject(incident)),
        el("p", incident.root_cause, class_="cause"),
        [el("div", quote, class_="quote") for quote in incident.evidence[:_QUOTES]],
        facts(words.incident_facts(incident, remedy), "pairs"),
        None if waits else _proof(remedy),
        class_=f"card {tone}",
    )


def _attempts(report: RunReport) -> Iterator[Markup]:
    head, more, tail = head_and_tail(report.result.attempts, _ATTEMPTS)
    lines = [_attempt(attempt) for attempt in head]
    if more:
        lines.append(el("li", f"… {count(more, 'more attempt')} …", class_="soft"))
    lines += [_attempt(attempt) for attempt in tail]
    if lines:
        yield el("ul", lines, class_="marks")


def _attempt(attempt: Attempt) -> Markup:
    errors, more = words.errors_of(attempt, _ERRORS)
    return el(
        "li",
        el("b", "✓" if attempt.ok else "✗"),
        words.attempt_line(attempt),
        [_error(error) for error in errors],
        el("div", f"and {count(more, 'more error')}", class_="soft") if more else None,
        class_="yes" if attempt.ok else "no",
    )


def _error(error: Diagnostic) -> Markup:
    place = words.place_of(error)
    lines = dedent(error.snippet.code).strip("\n").splitlines() if error.snippet else []
    return el(
        "div",
        el("div", error.summary, (" ", el("code", place)) if place else None),
        el("pre", el("code", "\n".join(lines[:_SNIPPET_LINES]))) if lines else None,
        class_="error",
    )


def _changes(report: RunReport) -> Iterator[Markup]:
    for edit in report.edits:
        yield from _edit(edit)
    for changes in report.changes:
        some = words.changes_of(changes, _CHANGES)
        yield el("h3", f"Attempt {changes.n}: {changes.said}")
        if told := words.plan_told(changes):
            yield el("p", f"It was to {told}.")
        if (
            listed := _change_list([(el("span", a, class_="act"), b, "") for a, b in some.shown], some.more)
        ) is not None:
            yield listed
    yield from (el("p", line) for line in words.outlines(report))


def _edit(edit: FileEdit) -> Iterator[Markup]:
    back = ", put back later" if edit.put_back else ""
    yield el("h3", "Edited ", el("code", edit.files), el("small", f" at {instant(edit.at)}{back}"))
    yield diff(edit.patch)


def _checks(result: RunResult) -> Iterator[Markup]:
    if result.checks:
        lines = []
        for check in result.checks:
            waited = f" (waited {span(check.waited_s)})" if check.waited_s else ""
            mark, kind = ("✓", "yes") if check.passed else ("✗", "no")
            lines.append(el("li", el("b", mark), f"{check.name}: {check.detail}{waited}", class_=kind))
        yield el("ul", lines, class_="marks")


def _outputs(result: RunResult) -> Iterator[Markup]:
    if result.outputs:
        told = {name: json.dumps(value, ensure_ascii=False) for name, value in result.outputs.items()}
        yield rows(("output", "value"), [(el("code", n), el("code", v)) for n, v in told.items()])


def _handover(result: RunResult) -> Iterator[Markup]:
    if result.handover is None:
        return
    parts = (
        ("Known", result.handover.known),
        ("Tried", result.handover.tried),
        ("Next", result.handover.next),
    )
    yield el("p", f"Stopped: {result.handover.stopped}")
    for title, lines in parts:
        if lines:
            yield el("h3", title)
            yield el("ol", [el("li", line) for line in lines])


def _timeline(report: RunReport) -> Iterator[Markup]:
    head, more, tail = head_and_tail(report.timeline, _MOMENTS)
    body = [_moment(moment) for moment in head]
    if more:
        body.append(("", "", f"… {count(more, 'more line')}", ""))
    body += [_moment(moment) for moment in tail]
    yield rows(("time (UTC)", "kind", "what happened", "took"), body, (3,), "timeline")


def _moment(moment: Moment) -> tuple[Child, ...]:
    kind = "fail" if moment.ok is False else _TONES.get(moment.kind, "gone")
    if moment.kind is MomentKind.MOVED and moment.ok:
        kind = "pass"
    who = el("small", f" ({moment.who})") if moment.who else None
    took = span(moment.duration_s) if moment.duration_s is not None else ""
    return when(moment.at), el("span", moment.kind, class_=f"kind {kind}"), (moment.what, who), took


def _calls(report: RunReport) -> Iterator[Markup]:
    if report.calls:
        body = [words.call_facts(call) for call in report.calls]
        yield rows(("asked", "model", "took", "tokens", "cost"), body, numbers=(2, 3, 4))
