"""What a run edited or proposes to edit, as a patch of the module.

Decides which change is meant (what waits for a person, what was promoted, the
last proposal with edits) and that a patch is shown whole or not at all. Leaves
to `subagents.remediator` what an edit may touch.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from contracts.errors import UnknownRunError
from contracts.ports import Redactor
from contracts.record import RunRecord
from contracts.remediation import Edit, EditConfig
from contracts.text import clean
from subagents.remediator.edit_config import changed, patch
from subagents.workspace import RefusedError, read_inside

_MASKED = re.compile(r"<secret:[0-9a-f]{4}>|\[… \d+ characters cut …\]")


def patch_of(record: RunRecord, redactor: Redactor) -> str:
    """A unified diff for `git apply` in the module's folder.

    Raises `UnknownRunError`: nothing to edit is proposed, the edits do not fit
    the module any more, or lines around them hold a secret or unseen characters.
    """
    known = record.pending.proposal.patch if record.pending and record.pending.proposal else record.patch
    if known:
        return _with_line_ends(_whole(known, record), record.request.module)
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
        raise _unseen(record)
    return text


def _whole(patch: str, record: RunRecord) -> str:
    """A patch that was kept for people, if nothing in it is masked or cut."""
    if _MASKED.search(patch):
        raise _unseen(record)
    return patch if patch.endswith("\n") else f"{patch}\n"


def _with_line_ends(patch: str, module: Path) -> str:
    """The patch with the carriage returns that no journal keeps, for files whose every line has one."""
    lines, end, found = patch.split("\n"), "", []
    for line, after in pairwise([*lines, ""]):
        if line.startswith("+++ b/"):
            end = "\r" if _is_crlf(module, line.removeprefix("+++ b/").rstrip("\t")) else ""
        is_content = line[:1] in set(" +-") and not line.startswith(("--- a/", "+++ b/"))
        found.append(line + end if is_content and not after.startswith("\\") else line)
    return "\n".join(found)


def _is_crlf(module: Path, name: str) -> bool:
    try:
        text = read_inside(module, name)
    except RefusedError:
        return False
    return 0 < text.count("\n") == text.count("\r\n")


def _unseen(record: RunRecord) -> UnknownRunError:
    return UnknownRunError(
        "the patch would show a secret, or characters that cannot be seen",
        remedy=f"make the change by hand: planner show {record.run_id} --json",
    )


def _edits(record: RunRecord) -> tuple[Edit, ...]:
    proposed = (incident.remediation for incident in reversed(record.incidents))
    return next((found.edits for found in proposed if isinstance(found, EditConfig) and found.edits), ())
