"""Looks at a local state before a plan, and says whether it is to be believed.

Terraform takes an empty state file for no state and plans to create everything
again, without a word. Reads files, starts nothing. What a remote state is known
again by, a saved plan tells (`mark_in`); what follows is `planner.known_state`'s.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contracts.diagnostic import Diagnostic, Severity
from contracts.terraform import StateMark
from subagents.foreign_json import parsed
from subagents.terraform.cloud import named_workspace
from subagents.terraform.held_lock import held_lock
from subagents.terraform.unsaved import advice_on

_VERSION = 4
_WHO = frozenset(
    {"access_key", "secret_key", "token", "password", "username", "sas_token", "client_secret", "credentials"}
)
"""Settings of backends that say who asks, and not for what: they may be others in each job of a CI."""
_RESTORE = (
    "Restore it from terraform.tfstate.backup or from your own copy, look at its serial, and run again. "
    "Nothing was planned."
)


def fault_of(module: Path, workspace: str | None = None) -> Diagnostic | None:
    """What is wrong with the module's local state; None: nothing, or the state is not local.

    `workspace` is what TF_WORKSPACE names; without it the one selected in the module counts.
    """
    return fault_before_init(module, workspace) or _fault_before_plan(module, workspace)


def fault_before_init(module: Path, workspace: str | None = None) -> Diagnostic | None:
    """Of that, what init must not meet: it would stop at it, or wait, and not say what to do.

    An empty state it may meet: where a backend is new in the code, that file is no state any more.
    """
    unsaved = module / "errored.tfstate"
    if unsaved.exists():
        return _fault("An unsaved state lies in the module", advice_on(unsaved, _mark(unsaved)))
    path = local_state(module, workspace)
    if path is None or not path.exists():
        return None
    if not path.is_file():
        return _fault(
            "State file is no file",
            f"{name_of(path, module)} is a folder, a pipe or a device, where the state is to lie. "
            "See who put it there, and move it away; where there was a state, put that in its place. "
            "Nothing was planned.",
        )
    return None


def _fault_before_plan(module: Path, workspace: str | None) -> Diagnostic | None:
    path = local_state(module, workspace)
    if path is None or not path.exists():
        return None
    fault = _fault_in(path, module)  # first: who ends between the two looks has written it
    return fault and (held_lock(path) or fault)


def _fault_in(path: Path, module: Path) -> Diagnostic | None:
    name = name_of(path, module)
    try:
        raw = path.read_bytes()
    except OSError as error:
        return _fault(
            "State file cannot be read",
            f"{name}: {error.strerror}. Give yourself access to it. Nothing was planned.",
        )
    if not raw.strip():
        what = "has nothing in it, and Terraform would take that for no state and create everything again."
        first = f" Only if the very first apply here was cut off, and made nothing, remove {name} instead."
        return _fault("State file is empty", f"{name} {what} {_RESTORE}{first}")
    try:
        sound = isinstance(parsed(raw), dict)
    except (ValueError, RecursionError):
        sound = False
    return None if sound else _fault("State file is damaged", f"{name} is no JSON object. {_RESTORE}")


def mark_of(module: Path, workspace: str | None = None) -> StateMark | None:
    """What the module's local state is known again by; None: there is none here, or it is no state."""
    path = local_state(module, workspace)
    return _mark(path) if path is not None else None


def mark_in(plan_file: Path) -> StateMark | None:
    """What the state that a saved plan was made from is known again by; None: it was none, or is not told.

    So a remote state is known without a call of its own.
    """
    from zipfile import BadZipFile, ZipFile  # noqa: PLC0415 - only where the state is not local

    try:
        with ZipFile(plan_file) as saved:
            mark = _marked(saved.read("tfstate"))
    except (OSError, BadZipFile, KeyError, RuntimeError, NotImplementedError, EOFError):
        return None
    return mark if mark is not None and mark.lineage else None


def doubt_about(known: StateMark | None, module: Path, workspace: str | None = None) -> str | None:
    """What is strange about the local state of a module, given what was last seen of it; None: nothing.

    A state with a higher serial was written by somebody else, and is fine. One that
    is not there is not looked at here.
    """
    path = local_state(module, workspace)
    now = _mark(path) if path is not None else None
    if known is None or now is None or path is None:
        return None
    if now.lineage != known.lineage:
        what = f"the local state is not the one planner last saw (lineage {_short(now)}, was {_short(known)})"
    elif now.serial < known.serial:
        what = f"the local state is older than planner last saw (serial {now.serial}, was {known.serial})"
    elif now.serial == known.serial and now.instances != known.instances:
        what = f"the local state was edited ({_objects(now)}, were {known.instances}, at the same serial)"
    elif not now.instances and known.instances:
        what = f"the local state has no objects any more, and planner last saw {known.instances}"
    else:
        return None
    backup = _mark(path.with_name(f"{path.name}.backup"))
    if backup is not None and backup.lineage == known.lineage and _tells_more(backup, now):
        what += f"; {path.name}.backup holds serial {backup.serial} with {_objects(backup)}"
    return what + ": restore it first, unless this state is the right one"


def outputs_in(module: Path, workspace: str | None = None) -> dict[str, Any] | None:
    """The outputs that a local state keeps, as `output -json` would print them; None: ask the engine.

    It is asked where the state is not local, is encrypted, or is of another format than version 4.
    """
    path = local_state(module, workspace)
    try:
        state = parsed(path.read_bytes()) if path is not None else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(state, dict) or state.get("version") != _VERSION:
        return None
    outputs = state.get("outputs")
    return outputs if isinstance(outputs, dict) else None


def _mark(path: Path) -> StateMark | None:
    try:
        return _marked(path.read_bytes()) if path.is_file() else None  # a pipe would never end
    except OSError:
        return None


def _marked(raw: bytes) -> StateMark | None:
    try:
        state = parsed(raw)
        instances = sum(
            len(resource.get("instances", ()))
            for resource in state.get("resources", ())
            if resource.get("mode") == "managed"
        )
        return StateMark(lineage=state["lineage"], serial=state["serial"], instances=instances)
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return None


def _tells_more(backup: StateMark, now: StateMark) -> bool:
    """Whether there is anything in restoring it: it is newer, or holds objects where there are none now."""
    return backup.serial > now.serial or backup.instances > now.instances


def _short(mark: StateMark) -> str:
    return mark.lineage[:8]


def _objects(mark: StateMark) -> str:
    return f"{mark.instances} object" if mark.instances == 1 else f"{mark.instances} objects"


def state_key(module: Path, workspace: str | None = None) -> str:
    """Which state the module works on: the same for every module that keeps its state in one place.

    A backend's settings may hold secrets: the key is for hashing, never for showing.
    """
    path = local_state(module, workspace)
    if path is not None:
        at = path.parent.stat() if path.parent.is_dir() else None
        return f"{at.st_dev} {at.st_ino} {path.name}" if at else str(path)
    backend = backend_of(module)
    config = {name: value for name, value in (backend.get("config") or {}).items() if name not in _WHO}
    return json.dumps([backend.get("type"), config, workspace_of(module, workspace)], sort_keys=True)


def place_of(module: Path, workspace: str | None = None) -> str:
    """Where the module's state lies, by name: like `state_key`, but also of a folder that is made anew."""
    path = local_state(module, workspace)
    return str(path) if path is not None else state_key(module, workspace)


def local_state(module: Path, workspace: str | None) -> Path | None:
    """Where the local state lies; None where another backend keeps it.

    `workspace` is what TF_WORKSPACE names; without it the one selected in the module counts.
    """
    path = "terraform.tfstate"
    backend = backend_of(module)
    if backend:
        if backend.get("type") != "local":
            return None
        path = (backend.get("config") or {}).get("path") or path
    selected = workspace_of(module, workspace)
    if selected != "default":
        folder = (backend.get("config") or {}).get("workspace_dir") or "terraform.tfstate.d"
        return module / folder / selected / "terraform.tfstate"
    return module / path


def backend_of(module: Path) -> dict[str, Any]:
    """The backend that the module was made ready for; empty where that is the local one, or none yet."""
    try:
        return parsed((module / ".terraform/terraform.tfstate").read_bytes()).get("backend") or {}
    except (OSError, ValueError, AttributeError):
        return {}


def workspace_of(module: Path, named: str | None) -> str:
    """The workspace that counts: what TF_WORKSPACE names, else the one selected in the module.

    In a module that no init has seen yet: the one that init will select.
    """
    if named:
        return named
    chosen = module / ".terraform/environment"
    try:
        if chosen.is_file():  # a pipe would never end
            return chosen.read_text(encoding="utf-8", errors="replace").strip() or "default"
    except OSError:
        pass
    return (not backend_of(module) and named_workspace(module)) or "default"


def name_of(path: Path, module: Path) -> str:
    """What people are told of a file: from the module, where it lies below it."""
    return str(path.relative_to(module)) if path.is_relative_to(module) else str(path)


def _fault(summary: str, detail: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, summary=summary, detail=detail)
