"""A block before and after → the arguments and inner blocks that are not the same.

Decides what is new in an argument: the literals, under their keys, and the
calls that the block did not have. Of a block that was too broken for a tree,
what stands in its text counts as there before. Judges nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from subagents.remediator.edit_embedded import expanded, is_mended_json
from subagents.remediator.edit_pairs import Pair
from subagents.remediator.hcl import Block, loose
from subagents.remediator.hcl_expression import Call, Expression, Leaf

_UNKNOWN = Expression("")
"""An argument of a broken block: that it was there is all one knows."""
_ARGUMENT = re.compile(r"^([\w-]+)\s*=(?![=>])", re.MULTILINE)


class Inner(NamedTuple):
    """A block in a block that is not the same."""

    where: str
    path: tuple[str, ...]
    """The kinds of the blocks that lead to it, its own last."""
    before: Block | None
    after: Block | None


@dataclass(frozen=True, slots=True)
class Change:
    """An argument that is not the same."""

    where: str
    top: Block
    """The block of the file in which it stands."""
    path: tuple[str, ...]
    """The kinds of the blocks that lead to it from there."""
    name: str
    before: Expression | None
    after: Expression | None
    leaves: tuple[Leaf, ...] = ()
    """Literals that are new under their key."""
    fresh: tuple[Leaf, ...] = ()
    """Those of them that were nowhere in the top block."""
    calls: tuple[Call, ...] = ()
    """Calls that were nowhere in the top block."""


@dataclass(frozen=True, slots=True)
class Changes:
    """All that is not the same in a pair of blocks."""

    arguments: list[Change]
    inner: list[Inner]


def changes(pair: Pair) -> Changes:
    """What is not the same in the two blocks; with one missing, everything in the other."""
    found = Changes([], [])
    top = pair.after or pair.before
    if top is not None:
        walk = _Walk(pair, top, found)
        walk.blocks(pair.before, pair.after, ())
    return found


def title(block: Block) -> str:
    """What a person calls the block."""
    kind = "" if block.kind in {"resource", "local", "setting"} else block.kind
    name = block.labels[-1] if block.kind == "setting" else ".".join(block.labels)
    return " ".join(filter(None, [kind, name])) or block.kind


class _Walk:
    """Goes down two blocks side by side."""

    def __init__(self, pair: Pair, top: Block, found: Changes) -> None:
        self._top, self._found = top, found
        self._where = f"{pair.file}: {title(top)}"
        self._past = _Past(pair.before)

    def blocks(self, before: Block | None, after: Block | None, path: tuple[str, ...]) -> None:
        """Compares what is in them; one that is missing is empty."""
        old, new = _as_written(before or Block(), after or Block()), after or Block()
        self._arguments(old, new, path)
        was, now = list(old.blocks), list(new.blocks)
        for block in old.blocks:
            if block in now:
                now.remove(block)
                was.remove(block)
        for block in list(now):
            partner = next((b for b in was if (b.kind, b.labels) == (block.kind, block.labels)), None)
            if partner is not None:
                was.remove(partner)
            self._inner(partner, block, path)
        for block in was:
            self._inner(block, None, path)

    def _inner(self, before: Block | None, after: Block | None, path: tuple[str, ...]) -> None:
        block = after or before
        assert block is not None  # noqa: S101 - one of the two is there
        deeper = (*path, block.kind, *block.labels)
        self._found.inner.append(Inner(self._place(deeper), deeper, before, after))
        self.blocks(before, after, deeper)

    def _arguments(self, old: Block, new: Block, path: tuple[str, ...]) -> None:
        lost = {name: [_UNKNOWN] for name in _ARGUMENT.findall(old.raw or "")}
        there = loose(old.raw or "")
        for name in dict.fromkeys([*(name for name, _ in (*old.arguments, *new.arguments)), *lost]):
            was, now = old.values(name) or lost.get(name, []), new.values(name)
            known = {value.text for value in was}
            for value in now:
                if value.text not in known and loose(f"{name} = {value.text}") not in there:
                    self._argument(name, was[0] if was else None, value, path)
            if was and not now:
                self._argument(name, was[0], None, path)

    def _argument(
        self, name: str, before: Expression | None, after: Expression | None, path: tuple[str, ...]
    ) -> None:
        leaves = self._past.new_leaves(before, after)
        change = Change(
            self._place((*path, name)),
            self._top,
            path,
            name,
            before,
            after,
            tuple(self._under(leaf) for leaf in leaves),
            tuple(self._under(leaf) for leaf in leaves if not self._past.has_literal(leaf.text)),
            tuple(call for call in (after.calls if after else ()) if not self._past.has_call(call)),
        )
        self._found.arguments.append(change)

    def _under(self, leaf: Leaf) -> Leaf:
        """A variable's default, or an output's value, is found under the name of that."""
        named = self._top.kind in {"variable", "output"}
        return leaf._replace(keys=(*self._top.labels, *leaf.keys)) if named else leaf

    def _place(self, path: tuple[str, ...]) -> str:
        return (
            f"{self._where}, {'.'.join(path)}" if self._top.kind not in {"local", "setting"} else self._where
        )


def _as_written(old: Block, new: Block) -> Block:
    """The old block with what was written as an object, and is a block of the same words now, as a block."""
    come = [block for block in new.blocks if not block.labels and not block.blocks and block.raw is None]
    same = {(block.kind, _object(block)): block for block in come}
    found = [(name, value.text) for name, value in old.arguments if (name, value.text) in same]
    rest = tuple(each for each in old.arguments if (each[0], each[1].text) not in found)
    return replace(old, arguments=rest, blocks=(*old.blocks, *(same[each] for each in found)))


def _object(block: Block) -> str:
    """The tokens of an object that says what the block says."""
    return "{ " + " , ".join(f'"{name}" = {value.text}' for name, value in block.arguments) + " }"


class _Past:
    """What the top block held before."""

    def __init__(self, before: Block | None) -> None:
        values = list((before or Block()).expressions())
        raws = [block.raw for block in (before, *before.inner()) if block.raw] if before else []
        self._raw = "\n".join(raws)
        self._texts = {each.text for value in values for leaf in value.leaves for each in expanded(leaf)}
        self._calls = {call.text for value in values for call in value.calls}
        self._loose = loose(self._raw)

    def has_literal(self, text: str) -> bool:
        return text in self._texts or self._in_raw(text)

    def has_call(self, call: Call) -> bool:
        return call.text in self._calls or loose(call.text) in self._loose

    def new_leaves(self, before: Expression | None, after: Expression | None) -> list[Leaf]:
        """The literals that stand where they did not stand; JSON that is mended says nothing new."""
        old, new = (each.leaves if each else () for each in (before, after))
        was = Counter(each for leaf in old for each in expanded(leaf))
        now = Counter(each for leaf in new if not _is_mended(old, leaf) for each in expanded(leaf))
        return [leaf for leaf in (now - was).elements() if not self._stood_in_raw(leaf)]

    def _stood_in_raw(self, leaf: Leaf) -> bool:
        """Whether a broken block had it under the same key."""
        key, text = re.escape(leaf.keys[-1]), re.escape(leaf.text)
        said = rf'(?<!\w)"?{key}"?\s*[=:][\s\[]*["\'“‘]?{text}(?!\w)'  # noqa: RUF001 - what editors make of a quote
        return re.search(said, self._raw) is not None

    def _in_raw(self, text: str) -> bool:
        """Whether a broken block had it as a literal: with a quote at one end at least, or bare."""
        said = re.escape(text)
        return (
            re.search(rf'"{said}["\s]|[=:,\[(]\s*{said}"?\s*(?:$|[,\]}})])', self._raw, re.MULTILINE)
            is not None
        )


def _is_mended(old: Iterable[Leaf], leaf: Leaf) -> bool:
    return any(is_mended_json(one.text, leaf.text) for one in old if one.keys == leaf.keys)
