"""Proves fixes by what they make of the module's two files; carries them out with the real fixer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contracts.approval import Proposal
from contracts.incident import Stage
from contracts.remediation import EditConfig, Import, Remediation
from contracts.run import Carried, Effect
from contracts.terraform import Ended
from planner import resume
from planner.fix_effects import FixEffects
from planner.fixing import Fixer
from planner.journal import Journal
from planner.plan_policy import changes_digest
from planner.proving import Proof, Proven
from planner.rundir import RunDir
from planner.settling import Disproved, Failure, HaltedError, Progress
from subagents import backup, promotion
from subagents.remediator.edit_config import changed
from subagents.remediator.work import Work
from subagents.workspace import RefusedError, read_inside
from tests.assurance.patching import patched
from tests.assurance.sim_naming import FILES
from tests.assurance.sim_terraform import MISSPELT, SPELT, error
from tests.assurance.sim_world import WANTED, World


class SimMender:
    """Implements `Mender`."""

    def __init__(self, world: World, journal: Journal, effects: FixEffects, rundir: RunDir) -> None:
        self._world = world
        self._journal = journal
        self._effects = effects
        self._fixer = Fixer(journal=journal, effects=effects, rundir=rundir)

    def completed(self, remedy: Remediation, failure: Failure, kept: Sequence[Remediation]) -> Remediation:
        return remedy

    def prove(self, remedies: Sequence[Remediation], failure: Failure) -> Proof:
        try:
            return self._proof(self._journal.record.request.module, remedies)
        except RefusedError as error_:
            return Disproved(str(error_))

    def _proof(self, module: Path, remedies: Sequence[Remediation]) -> Proof:
        valid = self._effects.validate(module)
        if valid.ended in {Ended.STOPPED, Ended.TIMED_OUT}:
            raise HaltedError(valid.ended)
        edits = [edit for remedy in remedies if isinstance(remedy, EditConfig) for edit in remedy.edits]
        files = changed(edits, lambda name: read_inside(module, name))
        if not valid.ok or any(MISSPELT.split(" ")[0] in change.after for change in files.values()):
            return Disproved("the failure stays as it is")
        if self._world.fate.happens("a fix settles a part", 0.1):
            said = self._world.fate.choice("what is left", ("Reference to undeclared", "already exists"))
            told = error(said).model_copy(update={"address": WANTED[0]})
            return Progress("it settles its part", Failure(Stage.PLAN, (told,)))
        imports = tuple((str(r.address), str(r.id)) for r in remedies if isinstance(r, Import))
        asked = "".join(remedy.model_dump_json() for remedy in remedies) + digest_of(module)
        record, held = self._journal.record, self._world.cloud.state
        begun = {*record.doubtful_changes, *record.state_changes}
        work = Work(files=files, imports=imports)
        made = tuple(change for change in work.changes if change in begun and change.source in held)
        left = [c for c in self._world.cloud.changes() if c.address not in {a for a, _ in imports}]
        return Proven(
            Proposal(remediations=tuple(remedies), changes=tuple(left)),
            hashlib.sha256(asked.encode()).hexdigest(),
            work._replace(made=made),
            changes_digest(left),
        )

    def carry_out(self, proven: Proven) -> Carried:
        return self._fixer.carry_out(proven)


def digest_of(module: Path) -> str:
    """What the module is made of."""
    return hashlib.sha256("".join(texts(module)).encode()).hexdigest()


def texts(module: Path) -> list[str]:
    return [(module / name).read_text(encoding="utf-8") for name in FILES]


def in_order(module: Path, *, mended: bool, misspelt: bool) -> str:
    """What is wrong with the module's files (I11): both old or both new, and nothing beside them."""
    found = texts(module)
    old = [MISSPELT if misspelt else SPELT] * len(FILES)
    strange = sorted(path.name for path in module.iterdir() if path.name not in FILES)
    if strange:
        return f"left in the module: {strange}"
    if found not in (old, [SPELT] * len(FILES)):
        return f"half of a fix: {found}"
    if found != old and not mended:
        return "the module is changed, and no promotion is recorded"
    return ""


@contextmanager
def staged(world: World, seen: Callable[[Effect, str], None]) -> Iterator[None]:
    """The doors of this machine that are no ports: other processes, and the files of a promotion."""
    real: Any = vars(promotion)["replace_at"]

    def replace_at(folder: int, name: str, file: Any, *, via: str) -> None:
        world.death("before a file is replaced", 0.04)
        in_module = name in FILES
        if in_module:
            seen(Effect.PROMOTE, name)
        real(folder, name, file, via=via)
        if in_module:
            world.did("promote", name)
        world.death("after a file is replaced", 0.04)

    doors = [
        (resume, "is_alive", world.is_alive),
        (resume, "boot_id", world.boot_id),
        *((room, "replace_at", replace_at) for room in (backup, promotion)),
    ]
    with patched(doors):
        yield
