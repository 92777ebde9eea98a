"""Puts a proven fix in place, as effects of the run's journal.

Decides the order: what changes the state or a lock first, the module's files
last and all at once. What is to be done was decided and proven in
`planner.proving`; how it is undone, in `planner.undoing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from contracts.errors import StoppedError
from contracts.fixing import ChangeRequest, ImportRequest, StateRequest, UnlockRequest
from contracts.journal import EffectEnded, EffectIntended
from contracts.run import Carried, Effect
from planner.fix_effects import FixEffects
from planner.journal import Journal
from planner.proving import Proven
from planner.rundir import RunDir
from subagents.promotion import promote
from subagents.remediator.work import Work
from subagents.workspace import RefusedError

_SOON = timedelta(0)  # set by the effects to what is left of the run


class Fixer:
    """Carries out what was proven, for one run."""

    def __init__(self, *, journal: Journal, effects: FixEffects, rundir: RunDir) -> None:
        self._journal = journal
        self._effects = effects
        self._rundir = rundir

    def carry_out(self, proven: Proven) -> Carried:
        """Do it. Raises `RefusedError` where a command fails or a file has changed meanwhile."""
        work = proven.work
        for request, what in self._requests(work):
            result = self._effects.change(request, what)
            if not result.ok:
                said = next((d.summary for d in result.diagnostics), "") or result.text.strip()[:200]
                raise RefusedError(f"`{what}` failed: {said or result.ended}")
        if work.variables:
            self._rundir.add_variables(work.variables)
        if work.files:
            self._promote(work, proven.proposal.patch)
        return Carried(changes_digest=proven.changes_digest, init=work.init, replace=work.replace)

    def _promote(self, work: Work, shown: str) -> None:
        record = self._journal.record
        self._journal.append(
            EffectIntended(
                effect=Effect.PROMOTE,
                attempt=record.attempt_number,
                what=", ".join(sorted(work.files)),
                patch=shown,
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
        finally:
            self._journal.append(EffectEnded(effect=Effect.PROMOTE, ended=ended))

    def _requests(self, work: Work) -> Iterator[tuple[ChangeRequest, str]]:
        request = self._journal.record.request
        module = request.module
        if work.unlock is not None:
            yield (
                UnlockRequest(module=module, timeout=_SOON, lock_id=work.unlock),
                f"terraform force-unlock {work.unlock}",
            )
        for address, id_ in work.imports:
            variables = (*self._rundir.variables(), *work.variables)
            yield (
                ImportRequest(
                    module=module,
                    timeout=_SOON,
                    address=address,
                    id=id_,
                    variables=variables,
                    var_files=request.var_files,
                ),
                f"terraform import {address} {id_}",
            )
        for source, to in work.moves:
            verb = f"rm {source}" if to is None else f"mv {source} {to}"
            yield (
                StateRequest(module=module, timeout=_SOON, source=source, destination=to),
                f"terraform state {verb}",
            )
