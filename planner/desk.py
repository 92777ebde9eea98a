"""What a person decides about a run: approve, reject, edit, undo.

Each takes the module's lock and writes the journal; none drives the run on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contracts.approval import Approval, ApprovalRequest
from contracts.errors import UnknownRunError
from contracts.journal import Decided
from contracts.record import RunRecord
from contracts.result import RunResult
from planner.app import App
from planner.approvals import expired
from planner.assembly import Assembly, log_of
from planner.journal import Journal
from planner.last_shown import was_shown_another
from planner.result import result_of
from planner.resume import recorded, waiting
from planner.run_list import newest
from planner.rundir import RunDir
from planner.wiring import actor

if TYPE_CHECKING:
    from subagents.remediator.edit_config import Change

_MOST_RUNS = 1000
_LEAST_SEEN = 8
"""Digits of a digest that nobody says by chance, or with a variable that is empty."""


class Desk:
    """Decisions over the runs of one store."""

    def __init__(self, app: App) -> None:
        self._app = app

    def decide(self, run_id: str, *, approve: bool, comment: str, seen: str | None = None) -> None:
        """Journal a person's answer to a parked run; `seen` is how the digest of what they were shown begins.

        Without it a yes answers what they were shown last, as far as that is known. Raises
        `UnknownRunError` where none waits for one, or asks something else by now, and `StoppedError`
        while the kill switch is on: an answer that is taken and not acted on could not be taken back.
        """
        record, request = self._waiting(run_id)
        self._app.refuse_if_stopped(run_id)
        now = self._app.clock.now()
        if approve and expired(request, now):
            raise UnknownRunError(
                f"what run {run_id} asked has expired", remedy=f"ask anew: planner resume {run_id}"
            )
        if approve:
            self._app.refuse_otherwise(record)
        with self._journal(record, ends=not approve) as journal:
            now_asked = journal.record.pending if journal.record.parked else None
            unseen = seen is None and approve and was_shown_another(self._app.store, actor(), run_id, request)
            other = seen is not None and (len(seen) < _LEAST_SEEN or not request.digest.startswith(seen))
            if now_asked != request or unseen or other:
                raise UnknownRunError(
                    f"run {run_id} asks something else by now", remedy=f"look at it: planner show {run_id}"
                )
            approval = Approval(
                decision="approve" if approve else "reject",
                digest=request.digest,
                actor=actor(),
                comment=comment,
                at=now,
            )
            journal.append(Decided(approval=approval))

    def queue(self) -> list[RunResult]:
        """The runs that wait for a person, oldest first."""
        rows = newest(self._app.store, _MOST_RUNS)
        records = [record for row in rows if (record := waiting(self._app.store, row)) is not None]
        return [result_of(record) for record in records[::-1]]

    def proposed(self, run_id: str) -> Mapping[str, Change]:
        """The files that a waiting fix edits. Raises `UnknownRunError` where none waits."""
        from planner.revising import proposed_texts  # noqa: PLC0415 - only where a fix is edited

        record, _ = self._waiting(run_id)
        return proposed_texts(record)

    def revise(self, run_id: str, texts: Mapping[str, str], named_engine: str | None) -> None:
        """Prove a person's edit and ask about it in the place of the proposed one. Raises `PlannerError`."""
        from planner.revising import revise  # noqa: PLC0415 - only where a fix is edited

        record, _ = self._waiting(run_id)
        self._app.refuse_if_stopped(run_id)
        engine = self._app.engine(named_engine)
        rundir = RunDir(self._app.home, run_id)
        with self._journal(record) as journal:
            mender = Assembly(self._app, journal, engine, rundir).mender(
                lambda: record.request.limits.timeout
            )
            revise(journal, mender, self._app.clock, texts, actor())

    def undo(self, run_id: str, named_engine: str | None) -> tuple[str, ...]:
        """Take back what a run's fixes changed; what was done, a line each. Raises `PlannerError`."""
        from planner.undoing import refuse_if_nothing, undo  # noqa: PLC0415 - only where something is undone

        record, _ = recorded(self._app.store, run_id)
        refuse_if_nothing(record)
        self._app.refuse_if_stopped(run_id)
        engine = self._app.engine(named_engine)
        rundir = RunDir(self._app.home, run_id)
        with self._journal(record) as journal:
            one = Assembly(self._app, journal, engine, rundir)
            effects = one.fix_effects(lambda: record.request.limits.timeout)
            return undo(journal, effects, rundir, actor())

    def _waiting(self, run_id: str) -> tuple[RunRecord, ApprovalRequest]:
        record, _ = recorded(self._app.store, run_id)
        if not record.parked or record.pending is None:
            raise UnknownRunError(
                f"run {run_id} does not wait for an approval",
                remedy=f"see where it stands: planner show {run_id}",
            )
        return record, record.pending

    @contextmanager
    def _journal(self, seen: RunRecord, *, ends: bool = False) -> Iterator[Journal]:
        """The run's journal as it is now that the module is held; `ends`: nothing is done but to end it."""
        self._app.stop.run_id = seen.run_id
        self._app.learn(seen.request, RunDir(self._app.home, seen.run_id))
        if not ends:
            self._app.refuse_elsewhere(seen)
        with self._app.locked(seen.request.module, seen.run_id, ends=ends):
            record, written = recorded(self._app.store, seen.run_id)
            journal = Journal(
                store=self._app.store,
                clock=self._app.clock,
                redactor=self._app.redactor,
                record=record,
                written=written,
                actor=actor(),
            )
            log = log_of(self._app, journal)
            try:
                with self._app.masking():
                    yield journal
            finally:
                log.close()
