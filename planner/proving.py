"""Tries remediations on a copy of the module: edit, format, init, validate, plan, gate.

Decides the order of the proof, and what a person has to be asked. Whether the
failure is settled, wholly or in part, is said in `planner.settling`. Nothing
here touches the module itself: `planner.fixing` carries out what is proven.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from contracts.approval import Proposal
from contracts.diagnostic import Diagnostic
from contracts.fixing import StateChange
from contracts.incident import Stage
from contracts.ports import Clock, Redactor
from contracts.proposal import Binding, Finding, Verdict
from contracts.record import RunRecord
from contracts.remediation import Remediation
from contracts.terraform import (
    ChangeAction,
    InitMode,
    PlannedChange,
    PlanResult,
)
from contracts.text import clean
from planner.around import around_of
from planner.baseline import baseline_of, modules_of, world_of_copy
from planner.binding import digest_of, plan_digest_of, values_digest
from planner.fix_effects import FixEffects
from planner.gate import gate
from planner.gate_backend import left_behind, reconfigured
from planner.given import values_given
from planner.judging import failed_of, judged
from planner.plan_policy import asked_about, changes_digest, forbidden_changes
from planner.rundir import RunDir
from planner.settling import Disproved, Failure, Progress, compared
from planner.shown import changes_nothing, in_vain, of_others, stands, unseen
from planner.trial import Trial
from subagents.remediator.edit_config import patch
from subagents.remediator.edit_reach import Around
from subagents.remediator.work import Work, work_of
from subagents.sandbox import Sandbox
from subagents.workspace import RefusedError

_PROOF_BLOCKS = "planner_proof.tf"
_SHOWN = 3
_VALID = "terraform validate: the configuration is valid"
_INIT = {
    InitMode.PLAIN: (),
    InitMode.READONLY: (),
    InitMode.UPGRADE: ("terraform init -upgrade: done on the copy",),
    InitMode.RECONFIGURE: ("terraform init -reconfigure: the new settings are taken, no state is moved",),
}
_PATCH_CHARS = 60_000
_TRUSTED = ("edit:lifecycle", "edit:state", "edit:version")
"""What a profile that trusts edits lets pass; what would be lost by them is still asked of the plan."""


class Proven(NamedTuple):
    """It settles the failure as far as a plan can tell."""

    proposal: Proposal
    digest: str
    """G1: of the remediations, the plan, and the files, backend and state they were proven with."""
    work: Work
    changes_digest: str | None
    values_digest: str | None = None
    """Of what of these changes a person has to allow, with their values; None: nothing."""


class _Judged(NamedTuple):
    """Work that nothing forbids."""

    before: Mapping[str, str]
    around: Around
    work: Work
    world: Binding
    findings: tuple[Finding, ...]


Proof = Disproved | Progress | Proven
JudgedLock = Callable[[str, Sequence[Diagnostic]], tuple[str, tuple[Finding, ...]]]
"""Lock id and the failure's diagnostics → why it may be released, and what is asked."""


class Prover:
    """Proves remediations for one run."""

    def __init__(
        self,
        *,
        effects: FixEffects,
        rundir: RunDir,
        redactor: Redactor,
        unlocking: JudgedLock,
        environment: Mapping[str, str],
        clock: Clock,
    ) -> None:
        """`environment` is what Terraform sees of it."""
        self._environment = environment
        self._clock = clock
        self._effects = effects
        self._rundir = rundir
        self._redactor = redactor
        self._unlocking = unlocking

    def prove(self, record: RunRecord, remedies: Sequence[Remediation], failure: Failure) -> Proof:
        """What comes of doing all of these, in their order, about a failure."""
        try:
            Sandbox.sweep(self._rundir.sandbox)  # of a proof that was cut off
            module, home, halt = record.request.module, self._rundir.home, self._effects.halt
            with Sandbox.create(module, self._rundir.sandbox, but=home, halt=halt) as sandbox:
                return self._tried(record, sandbox, tuple(remedies), failure)
        except RefusedError as error:
            return Disproved(str(error))

    def _tried(
        self, record: RunRecord, sandbox: Sandbox, remedies: tuple[Remediation, ...], failure: Failure
    ) -> Proof:
        before = sandbox.texts()
        work = work_of(remedies, before, lambda said: self._unlocking(said, failure.diagnostics))
        home, halt = self._rundir.home, self._effects.halt
        world = world_of_copy(sandbox.module, record.request.module, self._environment, but=home, halt=halt)
        around = around_of(sandbox.module, before) if work.files or work.variables else Around()
        findings = (
            *work.findings,
            *judged(work, before, around, failed_of(record, failure)),
            *values_given(record.request, work, before),
        )
        if refused := _stopped(findings):
            return refused
        if work.unlock is not None:
            if len(remedies) > 1:  # nothing can be planned while the lock stands
                return Disproved("a lock stands in the way of proving the rest: it has to be released first")
            work = Trial(self._effects, self._rundir, record.request, sandbox).standing(work)
            proposal = Proposal(remediations=remedies, findings=findings, proof=work.proof, tree=world.tree)
            world = world.model_copy(
                update={"modules": ""}
            )  # nothing of theirs is run, and no init was needed
            return Proven(proposal, _digest(world, {}, remedies), work, None)
        return self._planned(
            record, sandbox, remedies, failure, _Judged(before, around, work, world, findings)
        )

    def _planned(
        self,
        record: RunRecord,
        sandbox: Sandbox,
        remedies: tuple[Remediation, ...],
        failure: Failure,
        judged: _Judged,
    ) -> Proof:
        """What the copy says of work that nothing forbids."""
        trial = Trial(self._effects, self._rundir, record.request, sandbox)
        began = self._clock.now()
        before, around, work, world, findings = judged
        behind = left_behind(work.init, record.request.module, self._environment)
        prior = trial.prior(failure)
        for name, text in trial.formatted(work).items():
            sandbox.read(name)
            sandbox.write(name, text)
        if work.blocks:
            _add(sandbox.module / _PROOF_BLOCKS, work.blocks)
        ran = trial.ran(work)
        if isinstance(ran, Failure):
            return compared(failure, ran, work.files)
        plan, document = ran
        if failure.stage is Stage.VALIDATE and plan.empty and changes_nothing(prior):
            return Disproved("it changes nothing that a check could see: the plan with it is empty")
        unsaid = tuple(unseen(document, work))
        begun = {*record.doubtful_changes, *record.state_changes}
        made = tuple(change for change in unsaid if change in begun and stands(document, change))
        work = work.with_files(sandbox.changes())._replace(made=made)
        baseline = baseline_of(record, sandbox.module, before, work, prior, around=around)
        told, lost = reconfigured(behind, sandbox.module, self._environment, plan.state_addresses)
        work, findings = work._replace(proof=(*work.proof, *told)), (*findings, *lost)
        findings += (*in_vain(c for c in unsaid if c not in made), *of_others(document, made))
        findings += (*gate(document, baseline, prior, oldest=began), *_forbidden(record, plan))
        if refused := _stopped(findings):
            return refused
        if record.request.trusted_edits:
            findings = tuple(f for f in findings if not f.rule.startswith(_TRUSTED))
        shown = clean(self._redactor.redact(patch(work.files)))
        if len(shown) > _PATCH_CHARS:  # cut, it could hide what is changed
            return Disproved("the lines around what it changes are too long for anybody to be shown it")
        proposal = Proposal(
            remediations=remedies,
            patch=shown,
            changes=plan.changes,
            findings=findings,
            proof=(*work.proof, *_INIT[work.init], _VALID, *map(_was_made, made), _counted(plan)),
            tree=world.tree,
        )
        called = modules_of(
            sandbox.module, but=self._rundir.home, halt=self._effects.halt
        )  # now that an init has been there
        digest = _digest(world.model_copy(update={"modules": called}), document, remedies)
        left = _left_to_do(plan, work)
        asked = asked_about(record, left)
        values = values_digest(document, asked) if asked else None
        return Proven(proposal, digest, work, changes_digest(left), values)


def _forbidden(record: RunRecord, plan: PlanResult) -> Iterator[Finding]:
    """What the policy allows nobody: refused here, before anything of the module is changed."""
    for change in forbidden_changes(record, plan.changes):
        what = f"the policy says never: {change.action}"
        yield Finding(rule="policy:never", verdict=Verdict.STOP, where=change.address, what=what)


def _stopped(findings: Sequence[Finding]) -> Disproved | None:
    stops = [finding for finding in findings if finding.verdict is Verdict.STOP]
    if not stops:
        return None
    return Disproved("refused: " + "; ".join(f"{f.where}: {f.what} ({f.rule})" for f in stops[:_SHOWN]))


def _add(file: Path, text: str) -> None:
    """Write a file that is not there yet, through no link. Raises `RefusedError`."""
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError as error:
        raise RefusedError(f"the module has a file {file.name} already, which a proof needs") from error


def _was_made(change: StateChange) -> str:
    return f"{change.command}: is made already, by this run"


def _counted(plan: PlanResult) -> str:
    counts = Counter(change.action.value for change in plan.changes)
    told = ", ".join(f"{count} to {action}" for action, count in sorted(counts.items()))
    return f"terraform plan: {told or 'nothing to change'}"


def _left_to_do(plan: PlanResult, work: Work) -> tuple[PlannedChange, ...]:
    """What the module's own plan will still do once imports and moves are in its state."""
    settled = {to for to, _ in work.imports} | {place for move in work.moves for place in move if place}
    done = {ChangeAction.IMPORT, ChangeAction.MOVE, ChangeAction.REMOVE}
    return tuple(c for c in plan.changes if not (c.action in done and c.address in settled))


def _digest(world: Binding, plan: dict[str, Any], remedies: tuple[Remediation, ...]) -> str:
    told = json.dumps([remedy.model_dump(mode="json") for remedy in remedies], sort_keys=True)
    bound = world.model_copy(update={"plan": plan_digest_of(plan)}) if plan else world
    return digest_of(bound, told)
