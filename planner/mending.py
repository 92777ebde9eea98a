"""One run's means to mend: makes a remedy concrete, proves it, carries it out. The port `Mender`.

Ties `subagents.remediator` to the run's module, journal and machine; decides
nothing of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from contracts.diagnostic import Diagnostic
from contracts.ports import Clock, Redactor
from contracts.proposal import Finding
from contracts.remediation import EditConfig, ForceUnlock, Remediation, Retry, WaitAndRetry, is_whole
from contracts.run import Carried
from planner import policy
from planner.fix_effects import FixEffects
from planner.fixing import Fixer
from planner.journal import Journal
from planner.module_files import Halt, go_on
from planner.proving import Proof, Proven, Prover
from planner.rundir import RunDir
from planner.settling import Failure
from planner.surroundings import refuse_elsewhere
from subagents.remediator.edit_config import ENDINGS
from subagents.remediator.near_paths import near_paths
from subagents.remediator.repair import repair
from subagents.remediator.unedited import why_unedited
from subagents.remediator.unlock import Machine, lock_of, unlocking
from subagents.remediator.work import reader_of, work_of
from subagents.workspace import RefusedError, read_inside

_MOST_FILES = 500


class RunMender:
    """Implements `Mender` for one run."""

    def __init__(
        self,
        *,
        journal: Journal,
        effects: FixEffects,
        rundir: RunDir,
        redactor: Redactor,
        machine: Callable[[], Machine],
        environment: Mapping[str, str],
        clock: Clock,
    ) -> None:
        """`machine` tells what is known of this machine, and of what planner started on the module."""
        self._journal = journal
        self._machine = machine
        self._effects = effects
        self._environment = environment
        self._prover = Prover(
            effects=effects,
            rundir=rundir,
            redactor=redactor,
            unlocking=self._unlocking,
            environment=environment,
            clock=clock,
        )
        self._fixer = Fixer(journal=journal, effects=effects, rundir=rundir)

    def completed(self, remedy: Remediation, failure: Failure, kept: Sequence[Remediation]) -> Remediation:
        """See `Mender.completed`; the files are seen as the remedies that are kept leave them."""
        if isinstance(remedy, Retry | WaitAndRetry):
            return self._freed(failure.diagnostics) or remedy
        if is_whole(remedy):
            return remedy
        texts = texts_of(self._journal.record.request.module, self._effects.halt)
        try:
            work = work_of(kept, texts, lambda said: self._unlocking(said, failure.diagnostics))
        except RefusedError:
            return remedy
        texts |= {name: change.after for name, change in work.files.items() if name in texts}
        whole = repair(remedy, failure.diagnostics, reader_of(texts), sorted(texts))
        if is_whole(whole) or not isinstance(whole, EditConfig):
            return whole
        module, errors = self._journal.record.request.module, failure.diagnostics
        why = why_unedited(module, errors, texts)
        hints = [*([f"Not edited: {why}"] if why else []), *near_paths(module, errors, texts)]
        return whole.model_copy(update={"summary": " ".join([whole.summary, *(f"{one}." for one in hints)])})

    def prove(self, remedies: Sequence[Remediation], failure: Failure) -> Proof:
        """See `Mender.prove`."""
        return self._prover.prove(self._journal.record, remedies, failure)

    def carry_out(self, proven: Proven) -> Carried:
        """See `Mender.carry_out`."""
        refuse_elsewhere(self._journal.record.request, self._environment)
        return self._fixer.carry_out(proven)

    def _freed(self, diagnostics: Sequence[Diagnostic]) -> ForceUnlock | None:
        """What takes the place of waiting for a lock: its release.

        At once where its holder is dead for certain; a person is asked only where waiting had its chance.
        """
        lock = lock_of(diagnostics)
        if lock is None:
            return None
        try:
            why, asked = self._unlocking(lock.id, diagnostics)
        except RefusedError:
            return None
        if asked and not policy.has_waited(self._journal.record, lock.id):
            return None
        return ForceUnlock(
            lock_id=lock.id, summary=f"Release the lock {lock.id} (terraform force-unlock {lock.id}): {why}."
        )

    def _unlocking(self, lock_id: str, diagnostics: Sequence[Diagnostic]) -> tuple[str, tuple[Finding, ...]]:
        return unlocking(lock_id, diagnostics, self._machine())


def texts_of(module: Path, halt: Halt = go_on) -> dict[str, str]:
    """The module's own plain configuration files by name; what cannot be read is left out.

    `halt` is called again and again, and raises where somebody wants the look to end.
    """
    found: dict[str, str] = {}
    for folder, folders, files in os.walk(module):
        halt()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(ENDINGS) and len(found) < _MOST_FILES:
                path = str(Path(folder, name).relative_to(module))
                try:
                    found[path] = read_inside(module, path)
                except RefusedError:
                    continue
    return found
