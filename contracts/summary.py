"""All runs of a window of time, and of the one before it: counts, shares, money, and what waits.

Who fills it: `planner.reporting.summary`, from the reports of the runs.
"""

from __future__ import annotations

from datetime import datetime

from contracts.base import Contract, Document, Usd
from contracts.hypothesis import Category, Source
from contracts.remediation import RemediationKind
from contracts.run import RunState
from contracts.text import CleanText


class Figures(Contract):
    """The numbers of one window; a share is None where there is nothing to divide by."""

    runs: int
    """Begun in the window."""
    succeeded: int
    failed: int
    stopped: int
    """By a person, a limit or the kill switch."""
    waiting: int
    """For a person, now."""
    unfinished: int
    """Neither ended nor waiting, now."""
    success_share: float | None
    """Of those that succeeded, failed or were stopped."""
    incidents: int
    """Failures that were looked into; plans that only waited for a person are none."""
    free_share: float | None
    """Of the incidents, those that took no paid call."""
    retries: int
    model_calls: int
    cost_usd: Usd | None
    """None where a price is unknown."""
    cost_per_incident_usd: Usd | None
    cost_per_success_usd: Usd | None
    driven_s: float
    waited_s: float


class CategoryCount(Contract):
    """How often one kind of cause was named, and by whom."""

    category: Category
    source: Source | None
    """None: nobody could name the cause."""
    incidents: int


class Recurring(Contract):
    """One failure that came in more than one run."""

    fingerprint: str
    category: Category
    root_cause: CleanText
    incidents: int
    runs: int
    worked: int
    """How often its remedy worked."""
    modules: tuple[CleanText, ...]
    last_run: str
    last_at: datetime


class FixCount(Contract):
    """What became of all remedies of one kind."""

    kind: RemediationKind
    proposed: int
    applied: int
    """Put in place without a person."""
    approved: int
    """Put in place after a person's yes."""
    refused: int
    """By a proof, a gate or a person."""
    waiting: int
    worked: int
    failed: int
    """Put in place, and the same failure came again."""


class ModuleCount(Contract):
    """The runs over one module."""

    module: CleanText
    runs: int
    succeeded: int
    incidents: int
    median_s: float
    """Seconds driven, of the runs that ended."""
    longest_s: float
    longest_run: str


class Waiting(Contract):
    """A run that waits for a person, whenever it began."""

    run_id: str
    module: CleanText
    since: datetime
    question: CleanText


class Standing(Contract):
    """A run that has neither ended nor waits for a person, whenever it began."""

    run_id: str
    module: CleanText
    state: RunState
    last_at: datetime
    """When its last entry was written."""
    stands_still: bool
    """Whether that is longer ago than the run's own time limit: nobody drives it any more."""


class Summary(Document):
    """What `planner report --since 7d --format json` prints."""

    since: datetime
    until: datetime
    now: Figures
    before: Figures
    """Of the window of the same length that ended where this one begins."""
    categories: tuple[CategoryCount, ...]
    """The most frequent first, as below."""
    recurring: tuple[Recurring, ...]
    fixes: tuple[FixCount, ...]
    modules: tuple[ModuleCount, ...]
    """The slowest first."""
    waiting: tuple[Waiting, ...]
    """The oldest first."""
    standing: tuple[Standing, ...]
    """The oldest first."""
    unreadable: tuple[str, ...]
    """Runs whose journal is damaged or of another version; counted nowhere else."""
