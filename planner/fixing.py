"""Puts a proven fix in place, as effects of the run's journal.

Decides the order: the module's files first, all at once, for an import may need
them; then what changes the state or a lock; and the files back if that fails.
What is to be done was proven in `planner.proving`; `planner.undoing` undoes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import assert_never

from contracts.errors import ModuleError, StoppedError
from contracts.fixing import (
    ChangeRequest,
    FileChange,
    ImportRequest,
    StateChange,
    StateRequest,
    UnlockRequest,
)
from contracts.journal import EffectEnded, EffectIntended
from contracts.run import Carried, Effect
from contracts.terraform import Ended
from contracts.text import cap_unmasked
from planner.fix_effects import FixEffects
from planner.journal import Journal
from planner.proving import Proven
from planner.rundir import RunDir
from planner.settling import HaltedError
from subagents.promotion import StuckError, promote, restore
from subagents.remediator.work import Work
from subagents.terraform.state_guard import mark_of
from subagents.workspace import RefusedError

_SOON = timedelta(0)  # set by the effects to what is left of the run


class Fixer:
    """Carries out what was proven, for one run."""

    def __init__(self, *, journal: Journal, effects: FixEffects, rundir: RunDir) -> None:
        self._journal = journal
        self._effects = effects
        self._rundir = rundir

    def carry_out(self, proven: Proven) -> Carried:
        """Do it. Raises `HaltedError` where a command was stopped, `RefusedError` where one fails.

        Then, and where a file has changed meanwhile, the module's files are as they were.
        """
        work = proven.work
        if work.files:
            self._promote(work, proven.proposal.patch)
        try:
            for change in work.changes:
                self._change(change, work)
        except (RefusedError, HaltedError):
            if work.files:
                self._put_back()
            raise
        if work.variables:
            self._rundir.add_variables(work.variables)
        return Carried(
            changes_digest=proven.changes_digest,
            values_digest=proven.values_digest,
            init=work.init,
            replace=work.replace,
        )

    def _change(self, change: StateChange, work: Work) -> None:
        doubtful = change in self._journal.record.doubtful_changes
        if change in work.made:
            if doubtful:
                self._found_made(change)
            return
        if doubtful and change.verb == "unlock":
            return  # not twice: on some backends the lock of whoever came since would go; the next plan looks
        result = self._effects.change(self._request(change, work), change)
        if result.ended in {Ended.STOPPED, Ended.TIMED_OUT}:
            raise HaltedError(result.ended)
        if not result.ok:
            said = next((d.summary for d in result.diagnostics), "") or cap_unmasked(result.text.strip(), 200)
            raise RefusedError(f"`{change.command}` failed: {said or result.ended}")

    def _found_made(self, change: StateChange) -> None:
        """It was made before the run was cut off: from now on the journal knows, and `undo` takes it back."""
        record = self._journal.record
        attempt, asked = record.attempt_number, record.request
        self._journal.append(
            EffectIntended(effect=Effect.CHANGE, attempt=attempt, what=change.command, change=change)
        )
        mark = mark_of(asked.module, asked.workspace)
        self._journal.append(EffectEnded(effect=Effect.CHANGE, ended=Ended.COMPLETED, state=mark))

    def _put_back(self) -> None:
        """The files of a fix whose other half failed, or was stopped: alone they may make a thing twice."""
        record = self._journal.record
        self._journal.append(EffectIntended(effect=Effect.UNDO, attempt=record.attempt_number, what="files"))
        ended = "refused"
        try:
            restore(record.request.module, self._rundir.backup(record.promotions - 1))
            ended = "done"
        finally:
            self._journal.append(EffectEnded(effect=Effect.UNDO, ended=ended))

    def _promote(self, work: Work, shown: str) -> None:
        record = self._journal.record
        self._journal.append(
            EffectIntended(
                effect=Effect.PROMOTE,
                attempt=record.attempt_number,
                what=", ".join(sorted(work.files)),
                patch=shown,
                files=tuple(sums(work)),
            )
        )
        ended = "refused"
        try:
            with self._effects.starting() as why:
                if why is not None:
                    raise StoppedError(
                        f"the run was stopped ({why})", remedy=f"planner resume {record.run_id}"
                    )
                promote(record.request.module, work.files, self._rundir.backup(record.promotions))
            ended = "done"
        except StuckError as error:
            ended = ""  # whoever takes the run up puts the files back, as after a crash
            raise ModuleError(
                f"an edit of run {record.run_id} is half done: {error}",
                remedy=f"put the disk right, then `planner resume {record.run_id}`",
            ) from error
        finally:
            if ended:
                self._journal.append(EffectEnded(effect=Effect.PROMOTE, ended=ended))

    def _request(self, change: StateChange, work: Work) -> ChangeRequest:
        request = self._journal.record.request
        module = request.module
        match change.verb:
            case "unlock":
                return UnlockRequest(module=module, timeout=_SOON, lock_id=change.source)
            case "import":
                return ImportRequest(
                    module=module,
                    timeout=_SOON,
                    address=change.source,
                    id=change.destination or "",
                    variables=(*self._rundir.variables(), *work.variables),
                    var_files=request.var_files,
                )
            case "rm" | "mv":
                return StateRequest(
                    module=module, timeout=_SOON, source=change.source, destination=change.destination
                )
            case _:
                assert_never(change.verb)


def sums(work: Work) -> Iterator[FileChange]:
    """What becomes of each file that the work edits, by name."""
    for name, change in sorted(work.files.items()):
        before, after = (
            hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
            for text in (change.before, change.after)
        )
        yield FileChange(name=name, before=before, after=after)
