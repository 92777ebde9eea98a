"""The reports of a window's runs → its summary. Pure.

Decides what counts as what: a run belongs to the window in which it began, a
failure recurs when it comes in more than one run, and a run stands still when
nothing was written for longer than its own time limit. Which runs there are is
`planner.reporting.window`'s.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from contracts.budget import Usage
from contracts.incident import Decision, Incident
from contracts.remediation import RemediationKind
from contracts.report import Remedy, RemedyOutcome, RunReport
from contracts.run import TERMINAL
from contracts.summary import (
    CategoryCount,
    Figures,
    FixCount,
    ModuleCount,
    Recurring,
    Standing,
    Summary,
    Waiting,
)
from planner.reporting.words import is_waiting, verdict


class Window(NamedTuple):
    """The runs of one window, of the one before it, and all that have not ended."""

    since: datetime
    until: datetime
    runs: Sequence[RunReport]
    before: Sequence[RunReport]
    unfinished: Sequence[RunReport]
    """Whenever they began."""
    unreadable: Sequence[str]


class _Failure(NamedTuple):
    """One failure, and the run it came in."""

    report: RunReport
    incident: Incident
    remedy: Remedy


def summary_of(window: Window) -> Summary:
    """The summary of a window."""
    failures = list(_failures(window.runs))
    standing = [report for report in window.unfinished if not is_waiting(report.result)]
    return Summary(
        since=window.since,
        until=window.until,
        now=figures_of(window.runs),
        before=figures_of(window.before),
        categories=tuple(_categories(failures)),
        recurring=tuple(_recurring(failures)),
        fixes=tuple(_fixes(failures)),
        modules=tuple(_modules(window.runs)),
        waiting=tuple(_waiting(window.unfinished)),
        standing=tuple(sorted((_standing(r, window.until) for r in standing), key=lambda s: s.last_at)),
        unreadable=tuple(window.unreadable),
    )


def figures_of(reports: Sequence[RunReport]) -> Figures:
    """The numbers of one window's runs."""
    verdicts = Counter(verdict(report.result) for report in reports)
    succeeded = verdicts["succeeded"]
    ended = succeeded + verdicts["failed"] + verdicts["was stopped"]
    failures = list(_failures(reports))
    cost = _cost(reports)
    return Figures(
        runs=len(reports),
        succeeded=succeeded,
        failed=verdicts["failed"],
        stopped=verdicts["was stopped"],
        waiting=verdicts["waits for a person"],
        unfinished=verdicts["has not ended"],
        success_share=succeeded / ended if ended else None,
        incidents=len(failures),
        free_share=sum(not _paid(f.incident.usage) for f in failures) / len(failures) if failures else None,
        retries=sum(report.retries for report in reports),
        model_calls=sum(report.result.usage.model_calls for report in reports),
        cost_usd=cost,
        cost_per_incident_usd=cost / len(failures) if cost is not None and failures else None,
        cost_per_success_usd=cost / succeeded if cost is not None and succeeded else None,
        driven_s=round(sum(report.result.duration_s for report in reports), 3),
        waited_s=round(sum(report.waited_s for report in reports), 3),
    )


def _failures(reports: Iterable[RunReport]) -> Iterator[_Failure]:
    """Every incident that is a failure, with what became of it."""
    for report in reports:
        for remedy in report.remedies:
            incident = report.result.incidents[remedy.incident]
            if not incident.is_question:
                yield _Failure(report, incident, remedy)


def _cost(reports: Sequence[RunReport]) -> Decimal | None:
    usages = (incident.usage for report in reports for incident in report.result.incidents)
    return sum(usages, Usage()).cost_usd


def _paid(usage: Usage) -> bool:
    return usage.cost_usd is None or usage.cost_usd > 0


def _categories(failures: Sequence[_Failure]) -> Iterator[CategoryCount]:
    counted = Counter((f.incident.category, f.incident.source) for f in failures)
    for (category, source), times in sorted(counted.items(), key=lambda item: (-item[1], item[0][0])):
        yield CategoryCount(category=category, source=source, incidents=times)


def _recurring(failures: Sequence[_Failure]) -> Iterator[Recurring]:
    same: defaultdict[str, list[_Failure]] = defaultdict(list)
    for failure in failures:
        same[failure.incident.fingerprint].append(failure)
    found = [them for them in same.values() if len({f.report.result.run_id for f in them}) > 1]
    for them in sorted(found, key=len, reverse=True):
        last = max(them, key=lambda f: f.remedy.at)
        yield Recurring(
            fingerprint=last.incident.fingerprint,
            category=last.incident.category,
            root_cause=last.incident.root_cause,
            incidents=len(them),
            runs=len({f.report.result.run_id for f in them}),
            worked=sum(f.remedy.outcome is RemedyOutcome.WORKED for f in them),
            modules=tuple(sorted({f.report.result.module for f in them})),
            last_run=last.report.result.run_id,
            last_at=last.remedy.at,
        )


def _fixes(failures: Sequence[_Failure]) -> Iterator[FixCount]:
    kinds = Counter(f.incident.remediation.kind for f in failures)
    for kind, proposed in kinds.most_common():
        them = [f for f in failures if f.incident.remediation.kind == kind]
        decided = Counter(f.incident.decision for f in them)
        outcomes = Counter(f.remedy.outcome for f in them)
        yield FixCount(
            kind=RemediationKind(kind),
            proposed=proposed,
            applied=decided[Decision.APPLIED],
            approved=decided[Decision.APPROVED],
            refused=decided[Decision.REFUSED],
            waiting=decided[Decision.PARKED],
            worked=outcomes[RemedyOutcome.WORKED],
            failed=outcomes[RemedyOutcome.FAILED],
        )


def _modules(reports: Sequence[RunReport]) -> Iterator[ModuleCount]:
    by_module: defaultdict[str, list[RunReport]] = defaultdict(list)
    for report in reports:
        if report.result.state in TERMINAL:
            by_module[report.result.module].append(report)
    found = [_module(module, them) for module, them in by_module.items()]
    yield from sorted(found, key=lambda module: module.median_s, reverse=True)


def _module(module: str, reports: Sequence[RunReport]) -> ModuleCount:
    longest = max(reports, key=lambda report: report.result.duration_s)
    return ModuleCount(
        module=module,
        runs=len(reports),
        succeeded=sum(verdict(report.result) == "succeeded" for report in reports),
        incidents=len(list(_failures(reports))),
        median_s=round(median(report.result.duration_s for report in reports), 3),
        longest_s=longest.result.duration_s,
        longest_run=longest.result.run_id,
    )


def _waiting(reports: Sequence[RunReport]) -> Iterator[Waiting]:
    found = [(report.asked_at, report) for report in reports if is_waiting(report.result)]
    for since, report in sorted(
        ((since, report) for since, report in found if since is not None), key=lambda item: item[0]
    ):
        yield Waiting(
            run_id=report.result.run_id,
            module=report.result.module,
            since=since,
            question=report.result.pending.question if report.result.pending else report.result.reason,
        )


def _standing(report: RunReport, now: datetime) -> Standing:
    return Standing(
        run_id=report.result.run_id,
        module=report.result.module,
        state=report.result.state,
        last_at=report.last_at,
        stands_still=now - report.last_at > timedelta(seconds=report.time_limit_s),
    )
