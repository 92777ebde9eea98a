"""The blocks of a module before and after → which became which.

A block is what its kind and labels say, in whatever file of its folder it stands:
another folder is another module, or none at all, and files that override come on
top of the others. Each local and each value of a `.tfvars` file counts as one.
Decides which new name is a name mended, and which makes another thing of it.
Leaves to the rules what of that may happen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from subagents.remediator.hcl import Block

Identity = tuple[str, ...]

_NAME = re.compile(r"[^\W\d][\w-]*")
_KINDS = re.compile(
    r"action|check|data|ephemeral|import|list|local|locals|module|moved|output|provider|removed|resource"
    r"|setting|settings|terraform|variable"
)
_MENDED_KINDS = frozenset({"resource", "variable", "output"})
_TWINS = frozenset({"resource", "data", "module", "variable", "output", "local", "check"})
"""Kinds of which two with one name are an error, so that one of them can go."""
_FREE_NAMES = frozenset({"variable", "output", "data"})
"""Kinds whose name means nothing outside the module's text."""
_NEAR = 2


class Pair(NamedTuple):
    """A block and what became of it."""

    file: str
    before: Block | None
    after: Block | None
    renamed: bool = False
    """Whether Terraform takes it for another thing, to be made anew, unless it is moved."""
    twin: bool = False
    """Of a block that went: whether another one of its name is still there."""


class _Place(NamedTuple):
    file: str
    block: Block

    @property
    def layer(self) -> tuple[str, bool]:
        """What a block can be moved within without meaning something else: a folder's files of one sort."""
        path = PurePosixPath(self.file)
        return str(path.parent), path.stem == "override" or path.stem.endswith("_override")

    @property
    def named(self) -> tuple[tuple[str, bool], Identity]:
        """What there is once in a module that Terraform takes."""
        return self.layer, _identity(self.block)


def pairs(before: Mapping[str, Block], after: Mapping[str, Block]) -> list[Pair]:
    """Every block that is not the same in both; the mappings hold the files of the module by path."""
    was, now = list(_tops(before)), list(_tops(after))
    names = Counter(place.named for place in was)
    left = {place.named for place in now}
    old, new = _without(was, now), _without(now, was)
    homes = [old.pop(i) for i in reversed(range(len(old))) if _is_home(old[i].block)]
    found = []
    for rule, renamed in ((_is_same, False), (_is_mended, False), (_has_new_name, True)):
        for place in list(new):
            partner = next(
                (each for each in old if each.layer == place.layer and rule(each.block, place.block)), None
            )
            if partner is not None:
                old.remove(partner)
                new.remove(place)
                twin = names[partner.named] > 1
                found.append(Pair(place.file, partner.block, place.block, renamed=renamed and not twin))
    found += [Pair(place.file, _home(homes, place), place.block) for place in new]
    gone = ((each, each.block.kind in _TWINS and each.named in left) for each in old)
    return found + [Pair(each.file, each.block, None, twin=twin) for each, twin in gone]


def _tops(files: Mapping[str, Block]) -> Iterator[_Place]:
    for file, root in files.items():
        yield from (_Place(file, Block("setting", (file, name), ((name, v),))) for name, v in root.arguments)
        if root.raw is not None:
            yield _Place(file, Block("settings", (file,), raw=root.raw))
        for block in root.blocks:
            if block.kind == "locals" and block.raw is None and not block.blocks:
                yield from (
                    _Place(file, Block("local", (name,), ((name, v),))) for name, v in block.arguments
                )
            else:
                yield _Place(file, block)


def _identity(block: Block) -> Identity:
    alias = [value.text for value in block.values("alias")] if block.kind == "provider" else []
    return (block.kind, *block.labels, *alias)


def _without(places: list[_Place], others: list[_Place]) -> list[_Place]:
    """Those that have no equal among the others, each of which equals one."""
    there = Counter((place.layer, place.block.text) for place in others)
    rest = []
    for place in places:
        if there[place.layer, place.block.text]:
            there[place.layer, place.block.text] -= 1
        else:
            rest.append(place)
    return rest


def _is_home(block: Block) -> bool:
    """Whether it is the unreadable rest in which locals or settings once stood."""
    return block.raw is not None and block.kind in {"locals", "settings"}


def _home(homes: list[_Place], place: _Place) -> Block | None:
    kind = {"local": "locals", "setting": "settings"}.get(place.block.kind)
    fitting = (home.block for home in homes if home.block.kind == kind and home.layer == place.layer)
    return next((block for block in fitting if kind == "locals" or block.labels == (place.file,)), None)


def _is_same(old: Block, new: Block) -> bool:
    return _identity(old) == _identity(new)


def _is_mended(old: Block, new: Block) -> bool:
    """Whether the old name was one that Terraform refuses, or one that only this module knew."""
    if not _KINDS.fullmatch(old.kind):
        return new.kind in _MENDED_KINDS and old.labels == new.labels and is_near(old.kind, new.kind)
    if old.kind != new.kind or len(old.labels) != len(new.labels) or not old.labels:
        return False
    *old_type, old_name = old.labels
    *new_type, new_name = new.labels
    if old_name == new_name:
        return bool(old_type) and old.kind in {"resource", "data"} and _is_near_type(old_type[0], new_type[0])
    free = old.kind in _FREE_NAMES or not _NAME.fullmatch(old_name)
    return free and old_type == new_type and (old.body == new.body or old.raw is not None)


def _has_new_name(old: Block, new: Block) -> bool:
    return (
        old.kind == new.kind
        and len(old.labels) == len(new.labels)
        and old.body == new.body
        and bool(new.body)
    )


def _is_near_type(old: str, new: str) -> bool:
    """Whether one type of resource is the other mistyped, of the same provider."""
    return old.partition("_")[0] == new.partition("_")[0] and is_near(old, new)


def are_near(old: Collection[str], new: Collection[str]) -> bool:
    """Whether there are new texts, and each is near one of the old ones."""
    return bool(new) and all(any(is_near(one, other) for other in old) for one in new)


def is_near(old: str, new: str) -> bool:
    """Whether at most two letters are put in, left out or replaced from one text to the other."""
    if abs(len(old) - len(new)) > _NEAR:
        return False
    return _differ_by_at_most(old, new, _NEAR)


def _differ_by_at_most(old: str, new: str, left: int) -> bool:
    """Whether so few letters part the texts; what they begin with alike parts nothing, so it is skipped."""
    length = min(len(old), len(new))
    same = next((i for i, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), length)
    old, new = old[same:], new[same:]
    if not old or not new:
        return max(len(old), len(new)) <= left
    return left > 0 and any(
        _differ_by_at_most(one, other, left - 1)
        for one, other in ((old[1:], new[1:]), (old[1:], new), (old, new[1:]))
    )
