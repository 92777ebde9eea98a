"""What a run proposes to edit, as a patch of the module as it lies there now.

Decides which proposal is meant (the last one with edits) and that a patch is
shown whole or not at all. Leaves what an edit may touch to `subagents.remediator`.
"""

from __future__ import annotations

from contracts.errors import UnknownRunError
from contracts.ports import Redactor
from contracts.remediation import Edit, EditConfig
from contracts.run import RunRecord
from contracts.text import clean
from subagents.remediator.edit_config import changed, patch
from subagents.workspace import RefusedError, read_inside


def patch_of(record: RunRecord, redactor: Redactor) -> str:
    """A unified diff for `git apply` in the module's folder.

    Raises `UnknownRunError`: nothing to edit is proposed, the edits do not fit
    the module any more, or lines around them hold a secret or unseen characters.
    """
    edits = _edits(record)
    if not edits:
        raise UnknownRunError(
            f"run {record.run_id} proposes no edit", remedy=f"see what it says: planner show {record.run_id}"
        )
    module = record.request.module
    try:
        text = patch(changed(edits, lambda name: read_inside(module, name)))
    except RefusedError as error:
        raise UnknownRunError(
            f"the edit that run {record.run_id} proposes does not fit {module}: {error}",
            remedy="make the change by hand, or run the module again",
        ) from error
    plain = text.replace("\r\n", "\n")
    if clean(redactor.redact(plain)) != plain:
        raise UnknownRunError(
            "the patch would show a secret, or characters that cannot be seen",
            remedy=f"make the change by hand: planner show {record.run_id} --json",
        )
    return text


def _edits(record: RunRecord) -> tuple[Edit, ...]:
    proposed = (incident.remediation for incident in reversed(record.incidents))
    return next((found.edits for found in proposed if isinstance(found, EditConfig) and found.edits), ())
