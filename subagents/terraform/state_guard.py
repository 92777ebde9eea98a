"""Looks at a local state before a plan, and says whether it is to be believed.

Terraform takes an empty state file for no state and plans to create everything
again, without a word. Reads files, starts nothing; remote states are guarded
by their backends.
"""

from __future__ import annotations

import json
from pathlib import Path

from contracts.diagnostic import Diagnostic, Severity

_RESTORE = (
    "Restore it from terraform.tfstate.backup or from your own copy, look at its serial, and run again. "
    "Nothing was planned."
)


def fault_of(module: Path, workspace: str | None = None) -> Diagnostic | None:
    """What is wrong with the module's local state; None: nothing, or the state is not local.

    `workspace` is what TF_WORKSPACE names; without it the one selected in the module counts.
    """
    unsaved = module / "errored.tfstate"
    if unsaved.exists():
        return _fault(
            "An unsaved state lies in the module",
            f"{unsaved.name} holds what an earlier apply made and could not save. "
            "Push it with `terraform state push errored.tfstate`, look at the plan, then remove the file.",
        )
    path = local_state(module, workspace)
    if path is None or not path.exists():
        return None
    name = str(path.relative_to(module)) if path.is_relative_to(module) else str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        return _fault(
            "State file cannot be read", f"{name}: {error.strerror}. Give yourself access to it; {_RESTORE}"
        )
    if not raw.strip():
        what = "has nothing in it, and Terraform would take that for no state and create everything again."
        first = f" Only if the very first apply here was cut off, and made nothing, remove {name} instead."
        return _fault("State file is empty", f"{name} {what} {_RESTORE}{first}")
    try:
        sound = isinstance(json.loads(raw), dict)
    except (ValueError, RecursionError):
        sound = False
    return None if sound else _fault("State file is damaged", f"{name} is no JSON object. {_RESTORE}")


def local_state(module: Path, workspace: str | None) -> Path | None:
    """Where the local state lies; None where another backend keeps it.

    `workspace` is what TF_WORKSPACE names; without it the one selected in the module counts.
    """
    path = "terraform.tfstate"
    try:
        backend = json.loads((module / ".terraform/terraform.tfstate").read_bytes()).get("backend") or {}
    except (OSError, ValueError, AttributeError):
        backend = {}
    if backend:
        if backend.get("type") != "local":
            return None
        path = (backend.get("config") or {}).get("path") or path
    selected = workspace_of(module, workspace)
    if selected != "default":
        folder = (backend.get("config") or {}).get("workspace_dir") or "terraform.tfstate.d"
        return module / folder / selected / "terraform.tfstate"
    return module / path


def workspace_of(module: Path, named: str | None) -> str:
    """The workspace that counts: what TF_WORKSPACE names, else the one selected in the module."""
    if named:
        return named
    try:
        return (module / ".terraform/environment").read_text(encoding="utf-8").strip() or "default"
    except OSError:
        return "default"


def _fault(summary: str, detail: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, summary=summary, detail=detail)
