"""Calls that an edit brings in → those that read files, lift a mark or put a text together to hide it.

A call that the same block made before may stay or change its argument; one
that went from another block may not reach an output.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_expression import PUT_IN, Call, Expression

DENIED = re.compile(r"file\w*|template\w*|pathexpand|nonsensitive|.*::.*")
_DECODING = re.compile(r"base64decode|base64gunzip|textdecodebase64|strrev|urldecode")
_BUILDING = re.compile(
    r"format|formatlist|join|replace|substr|split|regex|regexall|jsondecode|yamldecode|csvdecode|chomp"
    r"|trim|trimprefix|trimsuffix|trimspace|lower|upper|title"
    r"|" + re.escape(PUT_IN)
)
"""What makes one text of others; of literals alone, it says what could be said plainly."""


class Moved:
    """How often each call stands in the module, before and after."""

    def __init__(self, before: Iterable[Block], after: Iterable[Block]) -> None:
        self._less = _calls(before)
        self._less.subtract(_calls(after))

    def has(self, call: Call) -> bool:
        """Whether the call stood elsewhere and is not made more often than it was."""
        return call.text in self._less and self._less[call.text] >= 0


def _calls(blocks: Iterable[Block]) -> Counter[str]:
    return Counter(call.text for block in blocks for value in block.expressions() for call in value.calls)


def is_of_a_file(value: Expression | None) -> bool:
    """Whether all that it says comes from files: no text is written beside what reads them."""
    reads = [call.text for call in value.calls if DENIED.fullmatch(call.name)] if value is not None else []
    rest = value.text if value is not None else ""
    for call in reads:
        rest = rest.replace(call, "")
    return bool(reads) and '"' not in rest


def call_findings(change: Change, moved: Moved) -> Iterator[Finding]:
    """What the new calls of an argument do that no edit may."""
    for call in change.calls:
        if DENIED.fullmatch(call.name):
            if change.top.kind == "output" or not moved.has(call):
                what = f"the function {call.name} is called, which reads files, code or marked values"
                yield Finding(rule="edit:function", verdict=Verdict.STOP, where=change.where, what=what)
        elif call.constant and _DECODING.fullmatch(call.name):
            what = f"the function {call.name} hides what a text says"
            yield Finding(rule="edit:hidden", verdict=Verdict.STOP, where=change.where, what=what)
        elif call.constant and _BUILDING.fullmatch(call.name):
            by = "a template" if call.name == PUT_IN else f"the function {call.name}"
            what = f"{by} puts together a text that could be written down"
            yield Finding(rule="edit:hidden", verdict=Verdict.ASK, where=change.where, what=what)
