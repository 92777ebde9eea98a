"""What was called by a name that is none, and stands under the right one → nothing that protects has gone.

Decides for arguments and blocks that Terraform itself does not know, and for
configurations of a provider that the module does not declare. Whether the new
name is the one that was meant shows in what it says: the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Changes
from subagents.remediator.edit_pairs import is_near
from subagents.remediator.edit_weakening import is_guard
from subagents.remediator.hcl import Block

_RULES = frozenset({"edit:protection", "edit:provider"})


class Renamed:
    """What an edit calls by another name."""

    def __init__(self, before: Iterable[Block], unknown: frozenset[str]) -> None:
        """`before` are all blocks of the module; `unknown` is what Terraform has no argument or block of."""
        self._unknown = unknown
        self._configured = {
            f"{block.labels[0]} . {leaf.text}"
            for block in before
            if block.kind == "provider" and block.labels
            for alias in block.values("alias")
            for leaf in alias.leaves
        }

    def asked(self, findings: Iterable[Finding], found: Changes) -> Iterator[Finding]:
        """The findings without those for what only has its right name now."""
        same = {*self._arguments(found), *self._blocks(found), *self._providers(found)}
        for each in findings:
            if not (each.rule in _RULES and each.verdict is Verdict.ASK and each.where in same):
                yield each

    def _arguments(self, found: Changes) -> Iterator[str]:
        come = [
            (change.path, change.after.text)
            for change in found.arguments
            if change.before is None and change.after is not None and is_guard(change.name)
        ]
        for change in found.arguments:
            gone = change.before if change.after is None and change.name in self._unknown else None
            if gone is not None and gone.text and (change.path, gone.text) in come:
                yield change.where

    def _blocks(self, found: Changes) -> Iterator[str]:
        come = [
            (each.path[:-1], each.after.body)
            for each in found.inner
            if each.before is None and each.after is not None and is_guard(each.path[-1])
        ]
        for each in found.inner:
            gone = each.before if each.after is None and each.path[-1] in self._unknown else None
            if gone is not None and gone.body and (each.path[:-1], gone.body) in come:
                yield each.where

    def _providers(self, found: Changes) -> Iterator[str]:
        for change in found.arguments:
            if change.name == "provider" and not change.path and change.before and change.after:
                old, new = change.before.text, change.after.text
                if old not in self._configured and new in self._configured and is_near(old, new):
                    yield change.where
