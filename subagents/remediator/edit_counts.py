"""`count`, `for_each` and what they hang on → whether an edit makes instances go away, or come.

Terraform destroys what is no longer counted, so none at all is a deletion, and
another number than before, or a condition, is for a person. What a number is at
all is told by `edit_sizes`; where there is a plan, the gate counts in that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change, title
from subagents.remediator.edit_constants import Constants
from subagents.remediator.edit_pairs import are_near
from subagents.remediator.edit_reach import Reach
from subagents.remediator.edit_sizes import size
from subagents.remediator.hcl import Block, loose
from subagents.remediator.hcl_expression import PUT_IN, Expression

COUNTS = ("count", "for_each")
_NONE = re.compile(r'(?:to(?:set|map|list) )?(?:\( )*(?:0|0\.0|""|\{ *\}|\[ *\]|false|null|"0"|-\d+)(?: \))*')
_GATHERING = re.compile(
    r"toset|tomap|tolist|keys|values|flatten|merge|concat|distinct|sort|zipmap|length|tonumber|setunion"
    r"|setproduct|max|try|coalesce|lookup|one"
)
_ONE, _UNTOLD = Expression("1"), Expression("")
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
    numbers = before.text.isdecimal() and after.text.isdecimal() and before.text != after.text
    return not _is_plain(after) or numbers or len(after.leaves) < len(before.leaves)


def _count(change: Change) -> Iterator[Finding]:
    before, after = change.before, change.after
    if after is None:
        if not any(change.top.values(name) for name in COUNTS):
            yield _finding("edit:count", Verdict.ASK, change, "what was counted is there once at most")
    elif _NONE.fullmatch(after.text):
        yield _finding(
            "edit:deletion", Verdict.STOP, change, "the count comes to nothing, so everything is destroyed"
        )
    elif not _is_plain(after) or _is_less(before, after):
        yield _finding("edit:count", Verdict.ASK, change, "the count may be another than before")


class Known(NamedTuple):
    """The files of a module at one time, and what they set their values to."""

    reach: Reach
    constants: Constants


def more_findings(before: Known, after: Known, *, literals: bool) -> Iterator[Finding]:
    """What there may be more of than before: each instance is paid for, and may be one too many.

    `literals`: whether the edit says anything that was not said; one that does not mends a number
    that could not be told by what the module says itself.
    """
    was = {placed.name: placed for placed in before.reach.blocks}
    for placed in after.reach.blocks:
        old = was.get(placed.name)
        if old is None or placed.block.kind not in {"resource", "module"}:
            continue
        for (_, earlier), (name, later) in zip(_counting(old.block), _counting(placed.block), strict=False):
            stood = _bare(name + later.text) in _bare(old.block.raw or "")
            if not stood and _is_more(
                earlier, later, old.folder, before.constants, after.constants, literals=literals
            ):
                where = f"{title(placed.block)}, {name}"
                what = "there may be more of it than before"
                yield Finding(rule="edit:count", verdict=Verdict.ASK, where=where, what=what)


def _bare(text: str) -> str:
    """Code without layout and signs, one of which may be what was missing."""
    return loose(text).replace("=", "")


def _counting(block: Block) -> Iterator[tuple[str, Expression]]:
    """What counts the block, or one of it; then what counts its dynamic blocks."""
    once = _UNTOLD if block.raw else _ONE
    yield next(((name, value) for name in COUNTS for value in block.values(name)), ("count", once))
    for inner in block.inner():
        if inner.kind == "dynamic":
            yield from (("dynamic", value) for value in inner.values("for_each"))


def _is_more(
    was: Expression, now: Expression, folder: str, old: Constants, new: Constants, *, literals: bool
) -> bool:
    before, after = size(was, folder, old), size(now, folder, new)
    if before is None or after is None:  # then nothing can be compared: one of it is the least there is
        told = literals and after is not None and after > 1 and not _is_mended(was, now)
        return told or (after is None and before is not None and was.text != now.text)
    return after > before


def _is_mended(was: Expression, now: Expression) -> bool:
    """Whether a name in it that could not be followed is the same, but for a letter or two."""
    return was.text != now.text and are_near(was.names, now.names)


def _is_plain(value: Expression) -> bool:
    """Whether it gathers what is there, and leaves nothing out."""
    calls = (call.name for call in value.calls if call.name != PUT_IN)  # a text is one, whatever it says
    return not _HIDES_NONE.search(value.text) and all(_GATHERING.fullmatch(name) for name in calls)


def _is_less(before: Expression | None, after: Expression) -> bool:
    """Whether it is a lower number; for a higher one see `more_findings`."""
    was = before.text if before is not None else "1"
    return was.isdecimal() and after.text.isdecimal() and int(after.text) < int(was)


def _finding(rule: str, verdict: Verdict, change: Change, what: str) -> Finding:
    return Finding(rule=rule, verdict=verdict, where=change.where, what=what)
