"""An argument that watches, tells, keeps, logs, guards or is paid for says another thing → for a person.

`edit_meanings` knows what arguments are there for. A repair of one mends how it is
written; this decides what is a way of writing. A switch that goes is asked about
whatever it is called: what a provider does without it is not known here. Names
whose direction is known are `edit_weakening`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.edit_embedded import expanded
from subagents.remediator.edit_meanings import meaning_of
from subagents.remediator.edit_pairs import is_near
from subagents.remediator.hcl_expression import Expression, Leaf

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_VALUES = frozenset({"variable", "local", "setting"})
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d+)?|[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:/\d+)?")
_SHORTEST = 4
_DOUBTFUL = 8
"""In a text as short as this, a letter beside digits is a unit and no slip."""
_OPPOSITES = frozenset({"min", "max"})
_LONGER = 2.4
_CHECKS = frozenset({"precondition", "postcondition", "validation", "assert"})
_SWITCHES = frozenset({"true", "false"})
_LASTS = re.compile(r"(?:^|_)(?:ret(?:ention|ain)\w*|backup\w*)(?:_|$)")


def choice_findings(
    change: Change, beside: Sequence[Change] = (), unknown: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """What of an argument that was there is decided anew.

    `beside` is all that changed in its block; an argument that is `unknown` was never taken.
    """
    checked = not _CHECKS.isdisjoint(change.path)  # a check fails by itself, and its change is asked elsewhere
    if change.before is None or checked or change.top.kind not in {"resource", "module", *_VALUES}:
        return
    if change.after is None:
        if any(_is_its_new_name(change, other) for other in beside):
            return
        switch = change.before.text in _SWITCHES and unknown.isdisjoint((*change.path, change.name))
        if switch and change.top.kind in {"resource", "module"}:
            yield _ask(change, "a switch is taken away, and what holds without it is not known")
        elif what := _meaning(change, ()):
            yield _ask(change, f"what decided {what} is taken away")
        return
    if change.top.kind == "variable" and change.name == "type":
        if "any" in change.after.text.split() and "any" not in change.before.text.split():
            yield _ask(change, "what was taken for a value of one type is taken whatever it is")
        return
    old, new = (list(_all(value)) for value in (change.before, change.after))
    fresh = [leaf for leaf in new if leaf not in old]
    gone = [leaf for leaf in old if leaf not in new]
    for leaf in fresh:
        was = [one for one in gone if one.keys == leaf.keys]
        if was and (what := _meaning(change, leaf.keys[1:])):
            longer = any(_is_kept_longer(change, one, leaf) for one in was)
            if not longer and not any(is_rewritten(one, leaf) for one in was):
                yield _ask(change, f"another value is said of {what}")
    for leaf in gone:
        if not any(one.keys == leaf.keys or _is_under_its_key(leaf, one) for one in fresh):
            if what := _meaning(change, leaf.keys[1:]):
                yield _ask(change, f"something is said no longer of {what}")
    if _is_of_another(change.before, change.after) and (what := _meaning(change, ())):
        yield _ask(change, f"it hangs on something else: {what}")
    if change.before.keys - change.after.keys and (what := _meaning(change, tuple(sorted(change.before.keys - change.after.keys)))):
        yield _ask(change, f"a key of it is another, or gone: {what}")


def _is_its_new_name(gone: Change, come: Change) -> bool:
    """Whether an argument that came says what one said that went, under a name like it."""
    if come.before is not None or come.after is None or gone.before is None:
        return False
    words = set(_snake(gone.name).split("_")) & set(_snake(come.name).split("_"))
    return come.after.text == gone.before.text and (bool(words) or is_near(gone.name, come.name))


def is_rewritten(was: Leaf, now: Leaf) -> bool:
    """Whether it says the same, written in another way, or spelt as it was meant."""
    old, new = was.text.strip(), now.text.strip()
    if _plain(old) == _plain(new) and old.count("*") == new.count("*"):
        return True
    if _ADDRESS.fullmatch(new):  # what it opens is asked elsewhere
        return True
    if _DIGITS.findall(old) == _DIGITS.findall(new) != [] and was.quoted and not now.quoted:
        return True
    if _DIGITS.findall(old) != _DIGITS.findall(new):
        return was.quoted and not _NUMBER.search(old) and _NUMBER.fullmatch(new) is not None
    short, long = sorted((_plain(old), _plain(new)), key=len)
    if "@" in new or "*" in new or len(short) < _SHORTEST - 1:
        return not old
    if _OPPOSITES <= {short[:3], long[:3]} or (_DIGITS.search(long) and len(long) < _DOUBTFUL):
        return False
    near = len(short) >= _SHORTEST and is_near(short, long)
    return near or (len(long) <= _LONGER * len(short) and short[0] == long[0] and _is_within(short, long))


def _is_under_its_key(was: Leaf, now: Leaf) -> bool:
    """Whether it is the same literal, under keys that were spelt in another way."""
    same = _plain(was.text) == _plain(now.text) and len(was.keys) == len(now.keys)
    return same and all(is_near(_plain(one), _plain(other)) for one, other in zip(was.keys, now.keys, strict=True))


def _is_within(short: str, long: str) -> bool:
    """Whether a text is another one with letters left out: an abbreviation."""
    rest = iter(long)
    return all(letter in rest for letter in short)


def _is_kept_longer(change: Change, was: Leaf, now: Leaf) -> bool:
    own = _snake(now.keys[-1])
    kept = _LASTS.search(own) or own in {"days", "count", "hours"}
    named = kept and any(_LASTS.search(_snake(name)) for name in (*change.path, *now.keys))
    numbers = _NUMBER.fullmatch(was.text), _NUMBER.fullmatch(now.text)
    return bool(named and all(numbers)) and 0 < float(was.text) <= float(now.text)


def _is_of_another(before: Expression, after: Expression) -> bool:
    """Whether what it names gave way to something else, that is no spelling of it."""
    gone, come = before.names - after.names, after.names - before.names
    return bool(gone) and not any(is_near(one, other) or _same_object(one, other) for one in gone for other in come)


def _same_object(one: str, other: str) -> bool:
    """Whether both are attributes of one object."""
    return one.split(".")[:2] == other.split(".")[:2] and one.split(".")[0] not in {"var", "local"}


def _meaning(change: Change, keys: tuple[str, ...]) -> str:
    top = change.top
    named = top.labels[-1:] if top.kind in _VALUES else ()
    kind = top.labels[0] if top.kind == "resource" and top.labels else ""
    return meaning_of(tuple(map(_snake, (*named, *change.path, change.name, *keys))), kind)


def _all(value: Expression) -> Iterator[Leaf]:
    return (each for leaf in value.leaves for each in list(expanded(leaf))[:1])


def _plain(text: str) -> str:
    return _NO_WORD.sub("", text).lower()


def _snake(key: str) -> str:
    return _NO_WORD.sub("_", _CAMEL.sub("_", key)).lower()


def _ask(change: Change, what: str) -> Finding:
    return Finding(rule="edit:choice", verdict=Verdict.ASK, where=change.where, what=what)
