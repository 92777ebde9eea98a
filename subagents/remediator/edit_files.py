"""Whether a plan reads the files that an edit changes, and what their comments tell other programs.

A proof shows what a plan makes of an edit: of a file that no plan reads it shows nothing. Decides by
the calls from the root module on; which names a file may have is `edit_policy`'s to say.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_called import Failed
from subagents.remediator.hcl import Block

_SCANNERS = re.compile(
    r"(?:#|//|/\*)[ \t]*(?:tfsec|checkov|trivy|kics|terrascan|tflint|snyk|semgrep|nosec|regula)\b[^\n]*",
    re.IGNORECASE,
)


def unread_findings(
    before: Mapping[str, Block], edited: Iterable[str], called: Iterable[str], failure: Failed | None
) -> Iterator[Finding]:
    """The edited files that are no part of what is planned; `called` are folders that init has installed."""
    folders = {*_planned(before), *called}
    for file in edited:
        folder, name = posixpath.split(file)
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


def _planned(trees: Mapping[str, Block]) -> set[str]:
    """The folders of the root module and of what it calls by a path, however deep."""
    found, waiting = set[str](), [""]
    while waiting:
        folder = waiting.pop()
        if folder in found:
            continue
        found.add(folder)
        for file, tree in trees.items():
            if posixpath.dirname(file) == folder:
                waiting += [_joined(folder, source) for block in tree.blocks for source in _sources(block)]
    return found


def _sources(block: Block) -> Iterator[str]:
    if block.kind == "module":
        for name, value in block.arguments:
            if name == "source":
                yield from (leaf.text for leaf in value.leaves if leaf.text.startswith("."))


def _joined(folder: str, source: str) -> str:
    path = posixpath.normpath(posixpath.join(folder, source))
    return "" if path == "." else path


def _names(failure: Failed, file: str) -> bool:
    places = {d.range.filename for d in failure.diagnostics if d.range}
    return file in places or file in failure.said


def _ask(rule: str, file: str, what: str) -> Finding:
    return Finding(rule=rule, verdict=Verdict.ASK, where=file, what=what)
