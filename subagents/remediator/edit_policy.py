"""Whether an edit of a module's files may be made: what no edit may do, and what a person must allow.

Compares the files as trees, so that layout and comments hide nothing and cost
nothing. Every rule is a file beside this one; this one decides what comes before
them: which files, how much, and that what the edit makes can be read. Pure.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_blocks import block_findings
from subagents.remediator.edit_called import Called, Failed, called_findings
from subagents.remediator.edit_calls import Moved, call_findings
from subagents.remediator.edit_changes import Change, changes
from subagents.remediator.edit_choices import choice_findings
from subagents.remediator.edit_constants import Constants
from subagents.remediator.edit_costs import cost_findings
from subagents.remediator.edit_counts import Known, count_findings, more_findings
from subagents.remediator.edit_exposure import exposed_blocks, exposure_findings
from subagents.remediator.edit_far import far_findings
from subagents.remediator.edit_files import scanner_findings, unread_findings
from subagents.remediator.edit_literals import Said, literal_findings
from subagents.remediator.edit_pairs import pairs
from subagents.remediator.edit_powers import power_findings
from subagents.remediator.edit_reach import Around, Reach
from subagents.remediator.edit_reached import reach_findings
from subagents.remediator.edit_renamed import Renamed
from subagents.remediator.edit_secrecy import (
    Secrecy,
    laid_open,
    mark_findings,
    marked,
    told_before,
    told_secrets,
    unmarked,
)
from subagents.remediator.edit_weakening import weakening
from subagents.remediator.hcl import Block, read
from subagents.remediator.hcl_broken import read_or_recovered

_ENDINGS = (".tf", ".tfvars")
_MOST_LINES = 60
_MOST_BYTES = 4096
_UNREADABLE = "what the edit makes cannot be read without doubt"


def judge(
    before: Mapping[str, str],
    after: Mapping[str, str],
    around: Around = Around(),  # noqa: B008 - it is frozen
    failure: Failed | None = None,
) -> tuple[Finding, ...]:
    """What an edit would do that it may not, or not without a person; nothing: it may be made.

    `before` holds all `.tf` and `.tfvars` texts of the module by their path in
    it, `after` those that the edit changes. A text in `before` may be broken.
    `around` is what else belongs to the configuration: looked at for what hangs on the edit.
    `failure` is what the edit is to mend; without one, nothing is asked of what it speaks of.
    """
    edited = {file: text for file, text in after.items() if before.get(file) != text}
    trees = {file: read(text) for file, text in edited.items()}
    found = [*_files(before, edited)]
    found += [_stop("edit:syntax", file, _UNREADABLE) for file, tree in trees.items() if tree is None]
    read_trees = {file: tree for file, tree in trees.items() if tree is not None}
    if read_trees and not found:
        was = {file: read_or_recovered(text) for file, text in before.items()}
        called = Called(failure, before, was) if failure is not None else None
        found += _compared(was, read_trees, around, called)
        found += unread_findings(was, edited, around, failure)
    return _each_once([*found, *scanner_findings(before, edited), *_size(before, edited)])


def defaults(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """The variables whose default the edit sets or changes; what it makes can be read."""
    was = {file: read_or_recovered(text) for file, text in before.items()}
    now = {file: tree for file, text in after.items() if (tree := read(text)) is not None}
    for pair in pairs(was, was | now):
        for change in changes(pair).arguments:
            if change.top.kind == "variable" and not change.path and change.name == "default":
                yield ".".join(change.top.labels)


def _files(before: Mapping[str, str], edited: Mapping[str, str]) -> Iterator[Finding]:
    for file in edited:
        path = PurePosixPath(file)
        hidden = any(part.startswith(".") for part in path.parts) or path.is_absolute()
        if hidden or path.suffix not in _ENDINGS or not file.isprintable() or "\\" in file:
            yield _stop("edit:file", file, "it is hidden, or no file of configuration")
        elif file not in before:
            yield _stop("edit:file", file, "it is not there yet, and an edit makes no files")


def _size(before: Mapping[str, str], edited: Mapping[str, str]) -> Iterator[Finding]:
    sizes = [_changed(before.get(file, ""), text) for file, text in edited.items()]
    if sum(lines for lines, _ in sizes) > _MOST_LINES or sum(size for _, size in sizes) > _MOST_BYTES:
        what = f"it changes more than {_MOST_LINES} lines or {_MOST_BYTES} bytes"
        yield _stop("edit:size", ", ".join(sorted(edited)), what)


def _changed(before: str, after: str) -> tuple[int, int]:
    """How many lines differ, and how many bytes are in them."""
    old, new = before.split("\n"), after.split("\n")
    start = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    old, new = old[start:], new[start:]
    end = next(
        (i for i, (a, b) in enumerate(zip(reversed(old), reversed(new), strict=False)) if a != b), None
    )
    end = min(len(old), len(new)) if end is None else end
    old, new = old[: len(old) - end], new[: len(new) - end]
    lines = size = 0
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            lines += max(j - i, m - k)
            size += max(_bytes(old[i:j]), _bytes(new[k:m]))
    return lines, size


def _bytes(lines: list[str]) -> int:
    return sum(len(line.encode(errors="replace")) for line in lines)


def _compared(
    before: Mapping[str, Block], edited: Mapping[str, Block], around: Around, called: Called | None
) -> Iterator[Finding]:
    after = {**before, **edited}
    altered: list[tuple[str, Change]] = []
    unknown = called.unknown if called is not None else frozenset[str]()
    found = list(_one_by_one(before, after, around, unknown, altered))
    reach, earlier = Reach(after, around), Reach(before, around)
    found += [*reach_findings(reach, altered), *cost_findings(reach, altered)]
    was, now = Known(earlier, Constants(before, earlier)), Known(reach, Constants(after, reach))
    found += more_findings(was, now, literals=any(change.leaves for _, change in altered))
    asked = {each.where for each in found}
    found += far_findings(was, now, [change for _, change in altered], asked)
    yield from found
    asked |= {each.where for each in found}
    yield from _left([one for one in altered if one[1].where not in asked], altered, called)


def _left(
    unasked: Iterable[tuple[str, Change]], altered: Iterable[tuple[str, Change]], called: Called | None
) -> Iterator[Finding]:
    """What is asked where no other rule asks: a choice, and what the failure does not speak of."""
    unknown = called.unknown if called is not None else frozenset[str]()
    needed = called.needed if called is not None else frozenset[str]()
    for file, change in unasked:
        if change.after is None and change.top.kind in {"local", "setting"}:
            continue  # of a broken block that held others, too, each of which is looked at by itself
        beside = [other for _, other in altered if other.top is change.top]
        choices = list(choice_findings(change, beside, unknown, needed))
        yield from choices
        if not choices and called is not None:
            yield from called_findings(called, file, change, beside)


def _one_by_one(
    before: Mapping[str, Block],
    after: Mapping[str, Block],
    around: Around,
    unknown: frozenset[str],
    altered: list[tuple[str, Change]],
) -> Iterator[Finding]:
    """What each block and argument says for itself; tells the arguments, with their files, in `altered`."""
    was = [block for root in before.values() for block in (root, *root.blocks)]
    now = [block for root in after.values() for block in (root, *root.blocks)]
    beside = [block for file, root in around.files.items() if "/" not in file for block in root.blocks]
    said, moved, secret = Said(before.values()), Moved(was, now), marked([*was, *now, *beside])
    renamed = Renamed([*was, *beside], unknown)
    matched = pairs(before, after)
    yield from unmarked(matched)
    secrecy = Secrecy(now, secret)
    yield from laid_open(Secrecy(was, secret), secrecy)
    for pair in matched:
        found = changes(pair)
        had = told_before(pair.before)
        yield from renamed.asked(block_findings(pair, found), found)
        for inner in found.inner if pair.before is not None else ():
            yield from exposed_blocks(inner)
        for change in found.arguments if pair.after is not None else ():
            yield from call_findings(change, moved)
            yield from literal_findings(change, said)
            yield from renamed.asked(weakening(change), found)
            yield from power_findings(change)
            yield from exposure_findings(change)
            yield from mark_findings(change, secret)
            yield from told_secrets(change, had, secrecy)
            yield from count_findings(change)
            altered.append((pair.file, change))


def _each_once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What is refused first, then what a person may allow."""
    once = {(each.rule, each.verdict, each.where): each for each in findings}
    return tuple(sorted(once.values(), key=lambda each: each.verdict is not Verdict.STOP))


def _stop(rule: str, where: str, what: str) -> Finding:
    return Finding(rule=rule, verdict=Verdict.STOP, where=where, what=what)
