"""What a run knew of a module before a fix: for the gate (G2-G12), and for what an approval is bound to (G1).

Reads the module, or the copy of it; starts nothing. Where the module could be planned
without the fix, that plan tells; where it could not, its files do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts.proposal import Binding
from contracts.record import RunRecord
from planner.binding import backend_digest, file_digest, lineage_of, place_digest, tree_digest
from planner.gate import Baseline, baseline_of_plan
from planner.gate_plan import UnreadableError
from planner.module_files import LOCK, Halt, called_files, go_on, installed, own_files, printed_in
from subagents.foreign_json import parsed
from subagents.remediator.edit_config import ENDINGS, Change
from subagents.remediator.edit_reach import Around, Node, folder_of, reach_of
from subagents.remediator.inventory import inventory, touched
from subagents.remediator.work import Work
from subagents.terraform.state_guard import local_state, workspace_of

_PROVIDER = re.compile(r'^provider "([^"\n]+)" \{', re.MULTILINE)
_BUILT_IN = "terraform.io/builtin/terraform"


def world_of(
    folder: Path,
    environment: Mapping[str, str],
    *,
    but: Path | None = None,
    halt: Halt = go_on,
    printed: frozenset[str] | None = None,
) -> Binding:
    """What a module, or the copy of one, is made of now, and where its plan would act; no plan yet.

    `but` is planner's own folder, which is no part of the module even where it lies in it.
    `printed`: see `planner.module_files.printed_in`; of a copy it has to be told.
    `modules` holds what init has installed so far: who compares it lets init go first, see `modules_of`.
    Raises `ModuleError` where there is too much to be looked at.
    """
    named = environment.get("TF_WORKSPACE")
    state = local_state(folder, named)
    return Binding(
        tree=tree_digest(own_files(folder, but, halt, printed=printed)),
        modules=modules_of(folder, but=but, halt=halt),
        lock=file_digest(_bytes(folder / LOCK) or None),
        backend=backend_digest(_bytes(folder / ".terraform/terraform.tfstate") or None),
        state=lineage_of(_bytes(state) or None) if state is not None else "",
        place=place_digest(environment, workspace_of(folder, named)),
    )


def world_of_copy(
    copy: Path, module: Path, environment: Mapping[str, str], *, but: Path | None = None, halt: Halt = go_on
) -> Binding:
    """The same of a copy, and of what lies in the module and was not copied: an apply will find that too."""
    printed = printed_in(module, but, halt)
    world = world_of(copy, environment, but=but, halt=halt, printed=printed)
    trees = {"copy": world.tree, "module": tree_digest(own_files(module, but, halt, printed=printed))}
    told = {name: tree.encode() for name, tree in trees.items()}
    return world.model_copy(update={"tree": tree_digest(told)})


def modules_of(folder: Path, *, but: Path | None = None, halt: Halt = go_on) -> str:
    """SHA-256 of the code of the modules called from elsewhere, as init has installed it.

    Before init nothing of it may be there, as in the checkout of the next job of a CI. So an answer is
    held against what an init has left, in the module or in the copy, never against what lay there before:
    an absence voids no approval then, and no file that changed gets by. Raises `ModuleError`.
    """
    return tree_digest(called_files(folder, but, halt))


def held_by(folder: Path, environment: Mapping[str, str]) -> frozenset[str] | None:
    """The addresses in the state behind the backend that was initialised last; None: that cannot be seen."""
    path = local_state(folder, environment.get("TF_WORKSPACE"))
    if path is None:
        return None
    try:
        told = parsed(path.read_bytes()).get("resources") or []
        return frozenset(_address(entry) for entry in told if entry.get("mode") == "managed")
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _address(entry: Mapping[str, Any]) -> str:
    place = f"{entry['module']}." if entry.get("module") else ""
    return f"{place}{entry.get('type')}.{entry.get('name')}"


def baseline_of(
    record: RunRecord,
    copy: Path,
    before: Mapping[str, str],
    work: Work,
    prior: Mapping[str, Any] | None,
    *,
    around: Around = Around(),  # noqa: B008 - it is frozen
) -> Baseline:
    """What the gate compares a plan with.

    `before` are the texts of the configuration before the fix, `around` is what belongs to it besides,
    `prior` is the plan of the module without it, None where that failed.
    """
    known = _of_plan(prior) or _of_files(copy, before)
    if record.first_plan is not None:  # older than `prior`, so it knows of a state that is lost since
        known = known._replace(
            first={change.address: change.action for change in record.first_plan},
            in_state=known.in_state | frozenset(record.in_state),
        )
    named = {name for place, texts in _edited(copy, work.files) for name in touched(*texts, place)}
    named |= {address for address, _ in work.imports} | set(work.replace)
    named |= {address for move in work.moves for address in move if address}
    named |= {f"var.{variable.name}" for variable in work.variables}
    return known._replace(
        named=frozenset(named),
        reached=_reached(copy, before, work, around),
        created=frozenset(record.created),
        imports=known.imports | frozenset(work.imports),
    )


def _reached(copy: Path, before: Mapping[str, str], work: Work, around: Around) -> frozenset[str]:
    """What reads what is edited, and that itself, with the address of each module in front."""
    texts = {**before, **{name: change.after for name, change in work.files.items()}}
    folders = {place: folder_of(os.path.relpath(where / "a.tf", copy)) for place, where in _modules(copy)}
    starts = [Node("", f"var.{variable.name}") for variable in work.variables]
    for place, edited in _edited(copy, work.files):
        starts += [Node(folders[place], name.removeprefix(place)) for name in touched(*edited, place)]
    nodes = reach_of(texts, around).of(starts)
    return frozenset(
        place + node.name for node in nodes for place, where in folders.items() if where == node.folder
    )


def _of_plan(prior: Mapping[str, Any] | None) -> Baseline | None:
    try:
        return None if prior is None else baseline_of_plan(prior)
    except UnreadableError:
        return None


def _of_files(copy: Path, before: Mapping[str, str]) -> Baseline:
    found = [
        inventory(texts, place)
        for place, folder in _modules(copy)
        for texts in [_texts(copy, folder, before)]
    ]
    return Baseline(
        declared=frozenset().union(*(one.resources for one in found)),
        provisioners=frozenset().union(*(one.provisioners for one in found)),
        module_sources=frozenset().union(*(one.sources for one in found)),
        sensitive=frozenset().union(*(one.sensitive for one in found)),
        outputs=found[0].outputs,
        imports=found[0].imports,
        providers=frozenset({_BUILT_IN, *_PROVIDER.findall(_bytes(copy / LOCK).decode(errors="replace"))}),
    )


def _modules(copy: Path) -> list[tuple[str, Path]]:
    """Address (`module.a.module.b.`; empty: the root, which is first) and folder of each installed module."""
    return [
        ("", copy),
        *(("".join(f"module.{part}." for part in key.split(".")), where) for key, where in installed(copy)),
    ]


def _texts(copy: Path, folder: Path, before: Mapping[str, str]) -> dict[str, str]:
    """The configuration of one folder as it was before the fix."""
    texts = {}
    for path in sorted(folder.glob("*.tf")):
        name = os.path.relpath(path, copy)
        texts[name] = before[name] if name in before else _bytes(path).decode(errors="replace")
    return texts


def _edited(copy: Path, files: Mapping[str, Change]) -> Iterator[tuple[str, tuple[str, str]]]:
    """The address of each module whose file is edited, with the two texts."""
    for name, change in files.items():
        if name.endswith(ENDINGS):
            folder = (copy / name).parent
            for place, where in _modules(copy):
                if where.resolve() == folder.resolve():
                    yield place, (change.before, change.after)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
