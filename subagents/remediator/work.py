"""Remediations → the one piece of work they come to: files, variables, `init`, state, lock.

One case a kind, each leaving to a file of its own what it may touch and what
it refuses. Pure: nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from contracts.fixing import StateChange
from contracts.proposal import Finding
from contracts.remediation import (
    EditConfig,
    ForceUnlock,
    Import,
    InitReconfigure,
    InitUpgrade,
    Remediation,
    Replace,
    SetVariable,
    StateRmOrMv,
)
from contracts.terraform import InitMode, Variable
from contracts.text import MASK
from subagents.remediator.addresses import address, import_block, moved_block, object_id, removed_block
from subagents.remediator.edit_config import Change, changed
from subagents.remediator.set_variable import GIVEN, setting
from subagents.workspace import RefusedError

LOCK_FILE = ".terraform.lock.hcl"
__all__ = ["GIVEN", "LOCK_FILE", "Work", "reader_of", "work_of"]
Unlocking = Callable[[str], tuple[str, tuple[Finding, ...]]]
"""Lock id → why it may be released and what is asked; raises `RefusedError`."""


class Work(NamedTuple):
    """What is to be done for a fix."""

    files: Mapping[str, Change] = {}
    """Texts of the module's files before and after."""
    variables: tuple[Variable, ...] = ()
    """Given to this run alone."""
    given: str = ""
    """The same as a file of variables would say it."""
    init: InitMode = InitMode.PLAIN
    replace: tuple[str, ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    """Address and id of each."""
    moves: tuple[tuple[str, str | None], ...] = ()
    """Source and destination; None: the state forgets it."""
    unlock: str | None = None
    blocks: str = ""
    """What a copy's configuration says of the imports and moves, so that its plan shows them."""
    made: tuple[StateChange, ...] = ()
    """Of its changes of the state those that this run has made already, before it was cut off."""
    findings: tuple[Finding, ...] = ()
    proof: tuple[str, ...] = ()

    @property
    def changes(self) -> Iterator[StateChange]:
        """What it changes in the state, or which lock it releases, in order."""
        if self.unlock is not None:
            yield StateChange(verb="unlock", source=self.unlock)
        for to, id_ in self.imports:
            yield StateChange(verb="import", source=to, destination=id_)
        for source, place in self.moves:
            yield StateChange(verb="rm" if place is None else "mv", source=source, destination=place)

    def with_files(self, files: Mapping[str, Change]) -> Work:
        """The same with the files as a copy has them now: formatted, and with its lock file.

        What was upgraded stands in the lock file then, and is not upgraded again.
        """
        upgraded = LOCK_FILE in files and self.init is InitMode.UPGRADE
        return self._replace(files=files, init=InitMode.PLAIN if upgraded else self.init)


def work_of(remedies: Sequence[Remediation], texts: Mapping[str, str], unlocking: Unlocking) -> Work:
    """All of them together; a later edit sees what earlier ones made.

    `texts` are the module's configuration files by name. Raises `RefusedError`.
    """
    work = Work()
    for remedy in remedies:
        now = {**texts, **{name: change.after for name, change in work.files.items()}}
        if type(remedy) not in _APPLIERS:
            raise RefusedError(f"{remedy.kind} is nothing to carry out")
        if MASK.search(remedy.model_dump_json()):
            raise RefusedError(f"{remedy.kind} holds a secret that is masked: it has to be done by hand")
        work = _with(work, _APPLIERS[type(remedy)](remedy, now, unlocking), texts)
    return work


def _edit_config(remedy: EditConfig, texts: Mapping[str, str], _: Unlocking) -> Work:
    return Work(files=changed(remedy.edits, reader_of(texts)))


def _set_variable(remedy: SetVariable, texts: Mapping[str, str], _: Unlocking) -> Work:
    files, variables, findings, given = setting(remedy.name, remedy.value, texts)
    return Work(files=files, variables=variables, findings=findings, given=given)


def _init_upgrade(_: InitUpgrade, __: Mapping[str, str], ___: Unlocking) -> Work:
    return Work(init=InitMode.UPGRADE)


def _init_reconfigure(_: InitReconfigure, __: Mapping[str, str], ___: Unlocking) -> Work:
    return Work(init=InitMode.RECONFIGURE)


def _import(remedy: Import, _: Mapping[str, str], __: Unlocking) -> Work:
    to, id_ = address(remedy.address), object_id(remedy.id)
    return Work(imports=((to, id_),), blocks=import_block(to, id_))


def _state_rm_or_mv(remedy: StateRmOrMv, _: Mapping[str, str], __: Unlocking) -> Work:
    source = address(remedy.source)
    if remedy.destination is None:
        return Work(moves=((source, None),), blocks=removed_block(source))
    to = address(remedy.destination)
    return Work(moves=((source, to),), blocks=moved_block(source, to))


def _replace(remedy: Replace, _: Mapping[str, str], __: Unlocking) -> Work:
    return Work(replace=(address(remedy.address),))


def _force_unlock(remedy: ForceUnlock, _: Mapping[str, str], unlocking: Unlocking) -> Work:
    why, findings = unlocking(remedy.lock_id or "")
    return Work(unlock=remedy.lock_id, findings=findings, proof=(why,))


_APPLIERS: dict[type[Any], Callable[[Any, Mapping[str, str], Unlocking], Work]] = {
    EditConfig: _edit_config,
    SetVariable: _set_variable,
    InitUpgrade: _init_upgrade,
    InitReconfigure: _init_reconfigure,
    Import: _import,
    StateRmOrMv: _state_rm_or_mv,
    Replace: _replace,
    ForceUnlock: _force_unlock,
}
"""One for each kind that changes something; the other kinds only wait, or advise."""


def _with(work: Work, more: Work, texts: Mapping[str, str]) -> Work:
    files = dict(work.files)
    for name, change in more.files.items():
        files[name] = Change(texts[name], change.after)
    return Work(
        files={name: change for name, change in files.items() if change.before != change.after},
        variables=work.variables + more.variables,
        given=work.given + more.given,
        init=work.init if more.init is InitMode.PLAIN else more.init,
        replace=work.replace + more.replace,
        imports=work.imports + more.imports,
        moves=work.moves + more.moves,
        unlock=more.unlock or work.unlock,
        blocks=work.blocks + more.blocks,
        findings=work.findings + more.findings,
        proof=work.proof + more.proof,
    )


def reader_of(texts: Mapping[str, str]) -> Callable[[str], str]:
    """A function from a file's name to its text; it raises `RefusedError` for one that is not there."""

    def read(name: str) -> str:
        if name not in texts:
            raise RefusedError(f"{name!r} is no file of the module's configuration")
        return texts[name]

    return read
