"""A blameless postmortem as a Markdown draft, from the journal's report alone. Pure.

Decides what can be told from the journal; the rest is a marked prompt for
people. Names nobody: who did what stands in the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contracts.incident import Decision, Incident, Stage
from contracts.report import Moment, MomentKind, RunReport
from contracts.run import RunState
from planner.reporting import words
from planner.reporting.marks import block, code, plain, table
from planner.reporting.words import count, head_and_tail, instant, span

_CREATED = 10
_MOMENTS = 60
_TOLD = frozenset(MomentKind) - {MomentKind.TERRAFORM, MomentKind.CHECKS, MomentKind.PROOF}
"""What a postmortem's timeline tells; each call of Terraform stands in the report's."""


def failed_at_all(report: RunReport) -> bool:
    """Whether there is anything to write a postmortem about."""
    unwell = any(not attempt.ok for attempt in report.result.attempts)
    return unwell or bool(report.remedies) or report.result.state is RunState.FAILED


def postmortem_of(report: RunReport) -> str:
    """The draft."""
    result = report.result
    name = plain(words.module_name(result.module))
    what = words.cause(result.incidents[0].category) if result.incidents else words.verdict(result)
    sections = (
        ("Summary", _summary(report)),
        ("Impact", _impact(report)),
        ("Timeline", _timeline(report)),
        ("Cause", _cause(report)),
        ("Resolution", _resolution(report)),
        ("What went well", _went_well(report)),
        ("Where we got lucky", iter((_ask("what could have made it worse, and did not"),))),
        ("Follow-ups", _follow_ups(report)),
    )
    lines = [
        f"# Postmortem (draft): {what} in {name}, {report.started_at:%Y-%m-%d}",
        "",
        f"Filled from the journal of run {code(result.run_id)} alone. It asks what happened, not who is to",
        "blame. What the journal cannot know is left to people, and marked so.",
    ]
    for heading, body in sections:
        lines += ["", f"## {heading}", "", *body]
    return "\n".join(lines) + "\n"


def _ask(what: str) -> str:
    return f"_to be filled in by a person: {what}_"


def _sentence(text: str) -> str:
    return plain(text.rstrip(".")) + "."


def _summary(report: RunReport) -> Iterator[str]:
    result = report.result
    first = next((a for a in result.attempts if not a.ok), None)
    stage = f" failed in {first.stage}" if first else " was driven"
    aim = "A destroy run" if report.destroy else "A run"
    end = "in the end it" if report.ended_at else "it"
    yield (
        f"{aim} of {code(words.module_name(result.module))}{stage} on {instant(report.started_at)}; "
        f"{end} {words.verdict(result)}: {_sentence(result.reason)}"
    )
    if result.incidents:
        yield ""
        yield plain(result.incidents[0].root_cause)


def _impact(report: RunReport) -> Iterator[str]:
    result = report.result
    known = next((stay.entered_at for stay in report.path if stay.state is RunState.DIAGNOSING), None)
    if known is not None and result.state is RunState.SUCCESS and report.ended_at is not None:
        took = (report.ended_at - known).total_seconds()
        yield f"- From the first failure to the end of the run: {span(took)}."
    if report.waited_s:
        yield f"- Of that, {span(report.waited_s)} went by waiting."
    created = sorted({address for changes in report.changes for address in changes.created})
    if created:
        shown = ", ".join(code(address) for address in created[:_CREATED])
        more = len(created) - _CREATED
        yield f"- Created: {shown}" + (f" and {count(more, 'more object')}" if more > 0 else "") + "."
    elif not report.maybe_created:
        yield "- As far as the journal tells, nothing was created."
    yield from (f"- {plain(line)}" for line in words.outlines(report))
    yield f"- {count(report.retries, 'retry', 'retries')}; cost: {words.cost(result)}."
    yield f"- {_ask('who noticed, how, and what it meant for users')}"


def _timeline(report: RunReport) -> Iterator[str]:
    told = [moment for moment in report.timeline if moment.kind in _TOLD]
    head, more, tail = head_and_tail(told, _MOMENTS)
    rows = [_row(moment) for moment in head]
    if more:
        rows.append(("", f"… {count(more, 'more line')}"))
    yield from table(("time (UTC)", "what happened"), rows + [_row(moment) for moment in tail])
    yield ""
    yield _ask("what happened before the run began and after it ended")


def _row(moment: Moment) -> tuple[str, str]:
    by = "a person: " if moment.kind is MomentKind.ANSWERED else ""
    return f"{moment.at:%Y-%m-%d %H:%M:%S}", by + plain(moment.what)


def _cause(report: RunReport) -> Iterator[str]:
    for place, incident in enumerate(_causes(report.result.incidents)):
        if place:
            yield ""
        yield f"**{words.subject(incident)}**: {plain(incident.root_cause)}"
        yield ""
        if incident.evidence:
            yield from block("\n".join(incident.evidence))
            yield ""
        yield f"Named by {plain(words.source(incident))}."
    if not report.result.incidents:
        yield f"The run names no cause; it says: {_sentence(report.result.reason)}"
    yield ""
    yield _ask("what made it possible for this to get so far: review, tests, habits")


def _causes(incidents: Sequence[Incident]) -> Iterator[Incident]:
    """Each cause once, however often it came."""
    yield from {(i.fingerprint, i.root_cause): i for i in reversed(incidents)}.values().__reversed__()


def _resolution(report: RunReport) -> Iterator[str]:
    result = report.result
    for remedy in report.remedies:
        incident = result.incidents[remedy.incident]
        summary = _sentence(incident.remediation.summary)
        became = _sentence(words.became(incident, remedy))
        yield f"- {code(incident.remediation.kind)}: {summary} What came of it: {became}"
    for edit in report.edits:
        yield ""
        yield from block(edit.patch, "diff")
    yield ""
    if result.state is RunState.SUCCESS:
        passed = sum(check.passed for check in result.checks)
        yield f"The run then succeeded: {count(passed, 'check')} passed."
    elif words.is_waiting(result):
        yield "Not resolved yet: the run waits for a person."
    else:
        yield f"Not resolved by the run, which {words.verdict(result)}."
        yield ""
        yield _ask("what resolved it in the end, and when")


def _went_well(report: RunReport) -> Iterator[str]:
    told = list(_well(report))
    yield from (f"- {line}" for line in told)
    yield ("- " if told else "") + _ask("what else went well" if told else "what went well")


def _well(report: RunReport) -> Iterator[str]:
    result = report.result
    failed = [attempt.stage for attempt in result.attempts if not attempt.ok]
    if failed and all(stage in {Stage.INIT, Stage.PLAN} for stage in failed):
        yield "It failed before anything was applied."
    named = [incident for incident in result.incidents if incident.source is not None]
    if named and not result.usage.model_calls:
        yield "The cause was named for $0, without asking a model."
    if any(remedy.proposal is not None for remedy in report.remedies):
        yield "The fix was proven on a copy of the module before anybody was asked about it."
    if any(i.decision is Decision.REFUSED and i.note for i in result.incidents):
        yield "A remedy that did not hold was refused before it touched the module."
    if result.state is RunState.SUCCESS and report.remedies:
        yield "Every check passed afterwards."


def _follow_ups(report: RunReport) -> Iterator[str]:
    result = report.result
    items = [plain(line) for line in (result.handover.next if result.handover else ())]
    if words.is_waiting(result):
        run_id = result.run_id
        items.append(f"Answer the run: `planner approve {run_id}` or `planner reject {run_id}`.")
    items += [
        f"Commit the edit of {code(edit.files)}, or take it back with `planner undo {result.run_id}`."
        for edit in report.edits
        if not edit.put_back
    ]
    items += [
        f"Look at why {code(i.remediation.kind)} was refused: {plain(i.note)}"
        for i in result.incidents
        if i.decision is Decision.REFUSED and i.note
    ]
    items += [
        f"Look whether {code(a)} exists; the state does not tell." for a in report.maybe_created[:_CREATED]
    ]
    yield from (f"- [ ] {item} {_ask('owner, date')}" for item in dict.fromkeys(items))
    yield f"- [ ] {_ask('what would keep this from happening again, and who does it')}"
