"""What a remediation says, done by a person with plain Terraform: proving a gold fix needs no planner."""

from __future__ import annotations

import shlex

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
from evals.faults import EditFile
from evals.sandbox import Sandbox, SetupError


def mend(made: Sandbox, fix: Remediation) -> tuple[str, ...]:
    """Do it; returns what `planner run` has to be told besides. Raises `SetupError` where it fails."""
    match fix:
        case EditConfig(edits=edits):
            for edit in edits:
                made.strike(EditFile(name="gold", file=edit.file, search=edit.search, replace=edit.replace))
        case SetVariable(name=name, value=value):
            return "--var", f"{name}={value}"
        case ForceUnlock():
            raise SetupError("a lock is released by healing it")
        case _:
            if words := _command(fix):
                made.plain(shlex.join(words))
    return ()


def _command(fix: Remediation) -> list[str]:
    """The command; none for waiting, trying again, and what only a person can do: that is healed."""
    words: list[str | None] = []
    match fix:
        case InitUpgrade():
            words = ["init", "-upgrade"]
        case InitReconfigure():
            words = ["init", "-reconfigure"]
        case Import(address=address, id=id_):
            words = ["import", address, id_]
        case StateRmOrMv(source=source, destination=destination):
            words = ["state", "mv" if destination else "rm", source, destination]
        case Replace(address=address):
            words = ["apply", f"-replace={address}"]
    return [word for word in words if word]
