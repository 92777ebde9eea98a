"""What planner itself says of how a call ended, where the engine says nothing of it. Decides nothing."""

from __future__ import annotations

from contracts.diagnostic import Diagnostic, Severity
from contracts.text import cap_unmasked

FLOODED = Diagnostic(
    severity=Severity.ERROR,
    summary="The output does not end",
    detail="More than 1 GiB was printed, so that the command was interrupted, in order, before it filled the "
    "disk. A provisioner's command, or a provider, prints without end: see what it prints, and have it stop.",
)
_MOST_SAID = 500
UNTOLD = Diagnostic(
    severity=Severity.ERROR,
    summary="The plan does not tell what it would do",
    detail="It ended well, and what it printed lacks the summary of changes. A wrapper that is called "
    "in the engine's place keeps its -json output back, or the disk with planner's home is full. See that "
    "`terraform plan -json`, called as planner calls it, prints a line of the type change_summary.",
)
CUT = Diagnostic(
    severity=Severity.ERROR,
    summary="The plan does not tell all that it would do",
    detail="It ended well, and its summary counts more changes than it named one by one. A wrapper that is "
    "called in the engine's place keeps some of its -json lines back, or the disk with planner's home is "
    "full. See that `terraform plan -json`, called as planner calls it, prints a planned_change for each.",
)
SILENT = Diagnostic(
    severity=Severity.ERROR,
    summary="The apply failed without a word of why",
    detail="It told neither an error nor its end: it may have been killed behind a wrapper that is called in "
    "its place. What it was making may exist without the state telling of it: look before it is made again.",
)


def with_said(end: Diagnostic, text: str) -> Diagnostic:
    """That, with what was printed in other words than the engine's: the only hint there is."""
    said = cap_unmasked(text.strip(), _MOST_SAID)
    return end.model_copy(update={"detail": f"{end.detail}\nIt printed: {said}"}) if said else end
