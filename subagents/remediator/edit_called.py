"""Whether the failure speaks of what an edit changes; what it does not speak of is for a person.

A fix owes its freedom to a failure, so it may mend unasked what the diagnostics
point at: a block that they name or in whose lines they stand, or what that
refers to; and in it an argument that they name, or whose value they quote.
What they say may be foreign: being spoken of is needed and never enough, the
other rules judge on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from contracts.diagnostic import Diagnostic, Severity
from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.edit_pairs import is_near
from subagents.remediator.edit_pointed import lines_at, needed, unknown
from subagents.remediator.hcl import Block, read
from subagents.remediator.hcl_expression import GAP, PUT_IN, Expression, Leaf

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_REFERENCE = re.compile(r"(?<![\w.-])[A-Za-z_][\w-]*(?:(?:\[[^\[\]\s]{0,200}\])?\.[A-Za-z_][\w-]*)+")
_INDEX = re.compile(r"\[[^\[\]]{0,200}\]")
_HEAD = re.compile(r"^([a-z]+)((?:[ \t]+\"?[\w-]+\"?)*)[ \t]*\{?")
_LABEL = re.compile(r"[\w-]+")
_NAMESPACES = {"variable": "var", "setting": "var", "local": "local", "output": "output", "module": "module"}
_CALL = re.compile(r"(\w+)\(")
_PLAIN = frozenset({"true", "false", "null", "0", "1", ""})
_MOST_TEXT = 65536
"""Of what is said and of what is pointed at: whoever says more is not heard to the end."""
_LEAST_LETTERS = 2


@dataclass(frozen=True)
class Failed:
    """What the diagnostics of a failure say, and where they point in the module as it was."""

    diagnostics: tuple[Diagnostic, ...]
    text: str = ""
    """What was printed beside them, or of a check that did not pass."""

    @classmethod
    def of(cls, diagnostics: Sequence[Diagnostic], text: str = "") -> Failed:
        """Of what failed; warnings are no failure."""
        return cls(tuple(d for d in diagnostics if d.severity is not Severity.WARNING), text)

    @cached_property
    def said(self) -> str:
        """Their own words."""
        return "\n".join([*(d.text for d in self.diagnostics), self.text])


class Called:
    """What of a module a failure speaks of."""

    def __init__(self, failed: Failed, texts: Mapping[str, str], trees: Mapping[str, Block]) -> None:
        """`texts` and `trees` are the module's files before the edit."""
        lines = [line for d in failed.diagnostics for line in lines_at(d, texts)]
        self._broken = {d.range.filename for d in failed.diagnostics if d.range}
        self._broken &= {file for file, text in texts.items() if read(text) is None}
        quoted = [d.snippet.code for d in failed.diagnostics if d.snippet]
        values = [value.traversal for d in failed.diagnostics if d.snippet for value in d.snippet.values]
        self._unread = "\n".join(texts[file] for file in self._broken)
        self.unknown = frozenset(unknown(failed.diagnostics, texts))
        """What is no argument of anything, in Terraform's own words."""
        self.needed = frozenset(needed(failed.diagnostics))
        """What has to be there and is not, likewise."""
        pointed = "\n".join([*lines, *quoted, *values])[:_MOST_TEXT]
        self._text = f"{failed.said[:_MOST_TEXT]}\n{pointed}"
        self._words, self._lines = _folded(self._text), _folded(pointed)
        self._heard = dict[str, bool]()
        """Of each literal that was asked for, whether it is said."""
        self._blocks = {_bare(d.address) for d in failed.diagnostics if d.address}
        self._blocks |= {place for d in failed.diagnostics if (place := _enclosing(d, texts))}
        self._names = {_INDEX.sub("", name) for name in _REFERENCE.findall(self._text)}
        self._declared = dict[str, list[Block]]()
        for tree in trees.values():
            for block in _tops(tree):
                self._declared.setdefault(_name(block), []).append(block)
        self._blocks |= {name for name in self._declared if name in self._names}
        checked = [] if failed.diagnostics else _REFERENCE.findall(failed.text[:_MOST_TEXT])
        self._whole = {_bare(name) for name in checked} & self._blocks
        """What a check names, which tells no argument."""
        self._follow()
        self._objects = {_object(name) for name in self._names}

    def _follow(self) -> None:
        """Whatever is named by what is spoken of: the arguments that are, or all of a block where none is."""
        itself = any(name.startswith("self.") for name in self._names)  # a condition on the whole block
        waiting = [*self._names, *self._blocks]
        seen = set[str]()
        leads = dict[str, dict[str, set[str]]]()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            head = _object(name)
            if head not in leads:
                leads[head] = self._leads(head, itself=itself)
            for attribute in ("", name[len(head) + 1 :].partition(".")[0]):
                found = leads[head].pop(attribute, set())
                self._names |= found
                waiting += found

    def _leads(self, head: str, *, itself: bool) -> dict[str, set[str]]:
        """What the blocks of a name refer to, by argument; under no argument, what is so in any case."""
        found = dict[str, set[str]]()
        called = head in self._blocks
        for block in self._declared.get(head, ()):
            spoken = {argument for argument, value in _arguments(block) if self._says(argument, value)}
            whole = block.kind in {"local", "setting", "variable", "output"}
            whole = whole or (called and (itself or not spoken))
            for argument, value in _arguments(block):
                loops = argument in {"for_each", "count"}
                always = whole or loops or (called and argument in spoken)
                there = found.setdefault("" if always else argument, set())
                there |= {*value.names, *({f"{head}.{argument}"} if loops else ())}
        return found

    def _says(self, argument: str, value: Expression) -> bool:
        return self._has(argument) or self._quotes(value)

    def is_of(self, file: str, change: Change, beside: Sequence[Change]) -> bool:
        """Whether it speaks of this change, or of what the argument was called before."""
        if file in self._broken and (change.before is None or not change.before.text) and self._stood(change):
            return True
        if self._is_pointed_at(change):
            return True
        if change.before is not None or change.after is None:
            return False
        said = {leaf.text for leaf in change.after.leaves} or {change.after.text}
        for other in beside:
            if other.after is None and other.before is not None and self._is_pointed_at(other):
                had = {leaf.text for leaf in other.before.leaves} or {other.before.text}
                if said <= had or is_near(change.name, other.name):
                    return True
        return False

    def _stood(self, change: Change) -> bool:
        """Whether what could not be read before said it all."""
        calls = {call.name for call in change.calls} - {PUT_IN}
        if not calls <= set(_CALL.findall(self._unread)):
            return False
        return all(GAP in x.text and all(y in self._unread for y in x.text.split(GAP)) for x in change.fresh)

    def _is_pointed_at(self, change: Change) -> bool:
        top = change.top
        name = _name(top)
        if top.kind in {"local", "variable", "setting", "output"}:
            return (
                name in self._names or name in self._blocks or self._has(top.labels[-1] if top.labels else "")
            )
        if name not in self._blocks and name not in self._objects and not self._is_of_module(top):
            return False
        value = change.before or change.after or Expression("")
        deeper = {_key(leaf) for leaf in change.leaves if len(leaf.keys) > 1}
        if deeper and change.before is not None and change.after is not None:
            gone = tuple(leaf for leaf in change.before.leaves if leaf not in change.after.leaves)
            return all(map(self._has, deeper)) or self._quotes(Expression("", gone))
        if name in self._whole or f"{name}.{change.name}" in self._names or self._quotes(value):
            return True
        if change.before is not None and change.after is not None:  # to be named says nothing of its value
            return _folded(change.name) in self._lines
        return any(map(self._has, (*change.path, change.name)))

    def _is_of_module(self, top: Block) -> bool:
        return top.kind == "module" and any(block.startswith(_name(top) + ".") for block in self._blocks)

    def _has(self, name: str) -> bool:
        """Whether a name is among the words, in whatever case and form."""
        words = _folded(name)
        return bool(words.strip()) and words in self._words

    def _quotes(self, value: Expression) -> bool:
        """Whether a literal of it, or an object that it names, is said."""
        texts = [
            leaf.text for leaf in value.leaves if leaf.text not in _PLAIN and len(leaf.text) >= _LEAST_LETTERS
        ]
        if any(map(self._hears, texts)):
            return True
        return any(_object(name) in self._blocks for name in value.names if "." in name)

    def _hears(self, text: str) -> bool:
        if text not in self._heard:
            said = text in self._text  # most are not, and this is told sooner than by the expression
            said = said and re.search(rf"(?<![\w.]){re.escape(text)}(?![\w])", self._text) is not None
            self._heard[text] = said
        return self._heard[text]


def called_findings(called: Called, file: str, change: Change, beside: Sequence[Change]) -> Iterator[Finding]:
    """Whether the failure says nothing of a change; `beside` is all that changed in its block."""
    if not called.is_of(file, change, beside):
        what = "the failure says nothing of what is altered here"
        yield Finding(rule="edit:beside", verdict=Verdict.ASK, where=change.where, what=what)


def _key(leaf: Leaf) -> str:
    """The key it stands under; of a `value` that has a name beside it, `value`."""
    return "value" if leaf.keys[-2] == "value" else leaf.keys[-1]


def _enclosing(diagnostic: Diagnostic, texts: Mapping[str, str]) -> str:
    """The name of the block in whose lines a diagnostic stands."""
    place = diagnostic.range
    if place is None or place.filename not in texts:
        return ""
    for line in reversed(texts[place.filename].splitlines()[: place.start_line]):
        found = _HEAD.match(line)
        if found and line[:1].isalpha():
            return _name(Block(found[1], tuple(_LABEL.findall(found[2]))))
    return ""


def _tops(tree: Block) -> Iterator[Block]:
    for name, value in tree.arguments:
        yield Block("setting", (name,), ((name, value),))
    for block in tree.blocks:
        if block.kind == "locals":
            yield from (Block("local", (name,), ((name, value),)) for name, value in block.arguments)
        else:
            yield block


def _name(block: Block) -> str:
    """As it is referred to."""
    if block.kind in _NAMESPACES:
        return f"{_NAMESPACES[block.kind]}.{(*block.labels, '')[-1 if block.kind == 'setting' else 0]}"
    return ".".join((*(["data"] if block.kind == "data" else []), *block.labels)) or block.kind


def _object(name: str) -> str:
    parts = name.split(".")
    return ".".join(parts[: 3 if parts[0] == "data" else 2])


def _bare(address: str) -> str:
    return _INDEX.sub("", address)


def _arguments(block: Block) -> Iterator[tuple[str, Expression]]:
    for each in (block, *block.inner()):
        yield from each.arguments


def _folded(text: str) -> str:
    """Its words in small letters and without the ends of plurals, a blank around each."""
    return " " + " ".join(word.lower().rstrip("s") for word in _WORD.findall(text)) + " "
