"""`count`, `for_each` and what they hang on → whether an edit makes instances go away.

Terraform destroys what is no longer counted, so none at all is a deletion, and
another number than before, or a condition, is for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.hcl_expression import PUT_IN, Expression

COUNTS = ("count", "for_each")
_NONE = re.compile(r'(?:to(?:set|map|list) )?(?:\( )*(?:0|0\.0|""|\{ *\}|\[ *\]|false|null|"0"|-\d+)(?: \))*')
_GATHERING = re.compile(
    r"toset|tomap|tolist|keys|values|flatten|merge|concat|distinct|sort|zipmap|length|tonumber|setunion"
    r"|setproduct|max|try|coalesce|lookup|one"
)
_FEW = 10
_NAMED = re.compile(r"(?:var|local|data|module|[a-z]\w*_\w+)(?: ?\. ?[\w-]+)+")
_HIDES_NONE = re.compile(
    r"(?:^| )(?:[-+*/%<>!]|[<>!=]=|&&|\|\|) |\?|\bif\b|\{ *\}|\[ *\]|(?<![\w.])0(?![\w.])"
)


def count_findings(change: Change) -> Iterator[Finding]:
    """What the argument makes of the number of instances."""
    if change.top.kind in {"resource", "module"} and not change.path and change.name in COUNTS:
        yield from _count(change)


def is_other_count(change: Change) -> bool:
    """Whether an argument on which a count hangs may come to another number of instances, or to none."""
    before, after = change.before, change.after
    if after is None or before is None:
        return after is not None and not _is_plain(after)
    if _NONE.fullmatch(after.text):
        return not _NONE.fullmatch(before.text)
    if _NAMED.sub("", before.text) == _NAMED.sub("", after.text):
        return _NAMED.fullmatch(after.text) is not None
    return not _is_plain(after) or _is_another(before, after) or len(after.leaves) < len(before.leaves)


def _count(change: Change) -> Iterator[Finding]:
    before, after = change.before, change.after
    if after is None:
        if not any(change.top.values(name) for name in COUNTS):
            yield _finding("edit:count", Verdict.ASK, change, "what was counted is there once at most")
    elif _NONE.fullmatch(after.text):
        yield _finding(
            "edit:deletion", Verdict.STOP, change, "the count comes to nothing, so everything is destroyed"
        )
    elif not _is_plain(after) or _is_another(before, after):
        yield _finding("edit:count", Verdict.ASK, change, "the count may be another than before")


def _is_plain(value: Expression) -> bool:
    """Whether it gathers what is there, and leaves nothing out."""
    calls = (call.name for call in value.calls if call.name != PUT_IN)  # a text is one, whatever it says
    return not _HIDES_NONE.search(value.text) and all(_GATHERING.fullmatch(name) for name in calls)


def _is_another(before: Expression | None, after: Expression) -> bool:
    """Whether it is a lower number, or one so much higher that somebody has to pay for it."""
    was = before.text if before is not None else "1"
    if not was.isdecimal() or not after.text.isdecimal():
        return False
    return not int(was) <= int(after.text) <= max(2 * int(was), _FEW)


def _finding(rule: str, verdict: Verdict, change: Change, what: str) -> Finding:
    return Finding(rule=rule, verdict=verdict, where=change.where, what=what)
