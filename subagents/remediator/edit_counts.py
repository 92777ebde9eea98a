"""`count`, `for_each` and what they hang on → whether an edit makes instances go away.

Terraform destroys what is no longer counted, so none at all is a deletion, and
less than before, or a condition, is for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_expression import Expression

_COUNTS = ("count", "for_each")
_NONE = re.compile(r'(?:to(?:set|map|list) )?(?:\( )*(?:0|0\.0|""|\{ *\}|\[ *\]|false|null|"0"|-\d+)(?: \))*')
_GATHERING = re.compile(
    r"toset|tomap|tolist|keys|values|flatten|merge|concat|distinct|sort|zipmap|length|tonumber|setunion"
    r"|setproduct|max|try|coalesce|lookup|one"
)
_HIDES_NONE = re.compile(
    r"(?:^| )(?:[-+*/%<>!]|[<>!=]=|&&|\|\|) |\?|\bif\b|\{ *\}|\[ *\]|(?<![\w.])0(?![\w.])"
)


class Counted:
    """What the counts of the module's blocks refer to."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        values = [value for block in blocks for name in _COUNTS for value in block.values(name)]
        self._names = frozenset(name for value in values for name in value.names)

    def hangs_on(self, change: Change) -> bool:
        """Whether the argument is a local, a default or a setting that a count hangs on."""
        kind, name = change.top.kind, change.top.labels[-1] if change.top.labels else ""
        if (kind == "variable" and change.name == "default") or kind == "setting":
            return self._refers(f"var.{name}")
        return kind == "local" and self._refers(f"local.{name}")

    def _refers(self, name: str) -> bool:
        return any(each == name or each.startswith(f"{name}.") for each in self._names)


def count_findings(change: Change, counted: Counted) -> Iterator[Finding]:
    """What the argument makes of the number of instances."""
    if change.top.kind in {"resource", "module"} and not change.path and change.name in _COUNTS:
        yield from _count(change)
    elif counted.hangs_on(change) and _comes_to_nothing(change):
        yield _finding("edit:count", Verdict.ASK, change, "a count hangs on it, and it comes to nothing")


def _count(change: Change) -> Iterator[Finding]:
    before, after = change.before, change.after
    if after is None:
        if not any(change.top.values(name) for name in _COUNTS):
            yield _finding("edit:count", Verdict.ASK, change, "what was counted is there once at most")
    elif _NONE.fullmatch(after.text):
        yield _finding(
            "edit:deletion", Verdict.STOP, change, "the count comes to nothing, so everything is destroyed"
        )
    elif not _is_plain(after) or _is_less(before, after):
        yield _finding("edit:count", Verdict.ASK, change, "the count may come to less than before")


def _comes_to_nothing(change: Change) -> bool:
    if change.after is None or not _NONE.fullmatch(change.after.text):
        return False
    return change.before is None or not _NONE.fullmatch(change.before.text)


def _is_plain(value: Expression) -> bool:
    """Whether it gathers what is there, and leaves nothing out."""
    return not _HIDES_NONE.search(value.text) and all(_GATHERING.fullmatch(call.name) for call in value.calls)


def _is_less(before: Expression | None, after: Expression) -> bool:
    was = before.text if before is not None else "1"
    return was.isdecimal() and after.text.isdecimal() and int(after.text) < int(was)


def _finding(rule: str, verdict: Verdict, change: Change, what: str) -> Finding:
    return Finding(rule=rule, verdict=verdict, where=change.where, what=what)
