"""Whether a plan reads the files that an edit changes, and what their comments tell other programs.

A proof shows what a plan makes of an edit: of a file that no plan reads it shows nothing. Which module
calls which, `edit_reach` tells; which names a file may have is `edit_policy`'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_called import Failed
from subagents.remediator.edit_reach import Around, Reach, folder_of
from subagents.remediator.hcl import Block

_SCANNERS = re.compile(
    r"(?:#|//|/\*)[ \t]*(?:tfsec|checkov|trivy|kics|terrascan|tflint|snyk|semgrep|nosec|regula)\b[^\n]*",
    re.IGNORECASE,
)


def unread_findings(
    before: Mapping[str, Block], edited: Collection[str], around: Around, failure: Failed | None
) -> Iterator[Finding]:
    """The edited files that are no part of what is planned."""
    folders = {"", *around.called.values()}
    if any(map(folder_of, edited)):
        folders |= _planned(Reach(before, around))
    for file in edited:
        folder, name = folder_of(file), PurePosixPath(file).name
        if name.endswith(".tfvars"):
            loaded = not folder and (name == "terraform.tfvars" or name.endswith(".auto.tfvars"))
            read = loaded or (not folder and (failure is None or _names(failure, file)))
        else:
            read = folder in folders
        if not read:
            yield _ask("edit:unread", file, "no plan of this module reads it, so nothing is proven of it")


def scanner_findings(before: Mapping[str, str], edited: Mapping[str, str]) -> Iterator[Finding]:
    """The comments that tell a scanner to look away, where there were none."""
    for file, text in edited.items():
        if set(_SCANNERS.findall(text)) - set(_SCANNERS.findall(before.get(file, ""))):
            yield _ask("edit:comment", file, "a comment tells a scanner to look away")


def _planned(reach: Reach) -> set[str]:
    """The folders of the root module and of what it calls, however deep."""
    found, waiting = set[str](), [""]
    while waiting:
        folder = waiting.pop()
        if folder not in found:
            found.add(folder)
            calls = (one for one in reach.blocks if one.folder == folder and one.block.kind == "module")
            waiting += [child for call in calls if (child := reach.child(call)) is not None]
    return found


def _names(failure: Failed, file: str) -> bool:
    places = {d.range.filename for d in failure.diagnostics if d.range}
    return file in places or file in failure.said


def _ask(rule: str, file: str, what: str) -> Finding:
    return Finding(rule=rule, verdict=Verdict.ASK, where=file, what=what)
