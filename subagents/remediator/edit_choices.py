"""An argument that watches, tells, keeps, logs, guards or is paid for says another thing → for a person.

`edit_meanings` knows what arguments are there for. A repair of one mends how it is
written; this decides what is a way of writing. A switch that goes is asked about
whatever it is called: what a provider does without it is not known here. Names
whose direction is known are `edit_weakening`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from ipaddress import ip_network

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.edit_meanings import meaning_of, snake
from subagents.remediator.edit_pairs import is_near
from subagents.remediator.hcl_expression import Expression, Leaf

_NO_WORD = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"(?<![\w.])-\d+|\d+")
"""A number with its sign; what stands between two others is none."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_VALUES = frozenset({"variable", "local", "setting"})
_EXACT = frozenset({"who may do what", "who is told, and where things are sent"})
"""What a letter more or less gives to somebody else."""
_DENIALS = frozenset({"un", "in", "im", "dis", "non", "not"})
_OFF = frozenset({"off", "none", "no", "never", "false", "disable", "disabled", "suspended", "inactive"})
_SHORTEST = 3
_DOUBTFUL = 8
"""In a text as short as this, a letter beside digits is a unit and no slip."""
_OPPOSITES = frozenset({"min", "max"})
_LONGER = 2.4
_CHECKS = frozenset({"precondition", "postcondition", "validation", "assert"})
_SWITCHES = frozenset({"true", "false"})
_OFFS = frozenset({"disable", "disabled"})
_FILLERS = _OFFS | frozenset(
    {"enable", "enabled", "is", "are", "use", "has", "have", "allow", "allowed", "on"}
)
"""Words of a name that do not say what it is about."""
_LASTS = re.compile(r"(?:^|_)(?:ret(?:ention|ain)\w*|ke(?:ep|pt)|backup\w*|expir\w+)(?:_|$)")
_OPENS = re.compile(r"(?:^|_)(?:password|token|key|secret|credential|cert|certificate|session|sas)s?(?:_|$)")
"""What lets somebody in, so that it is no safer for lasting longer."""


def choice_findings(
    change: Change, beside: Sequence[Change] = (), unknown: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """What of an argument that was there is decided anew.

    `beside` is all that changed in its block; an argument that is `unknown` was never taken.
    """
    checked = not _CHECKS.isdisjoint(
        change.path
    )  # a check fails by itself, and its change is asked elsewhere
    if change.before is None or checked or change.top.kind not in {"resource", "module", *_VALUES}:
        return
    if change.after is None:
        what = _gone(change, change.before, beside, unknown)
    elif change.top.kind == "variable" and change.name == "type":
        loosened = "any" in change.after.text.split() and "any" not in change.before.text.split()
        what = "what was taken for a value of one type is taken whatever it is" if loosened else ""
    else:
        what = next(_said_anew(change, change.before, change.after), "")
    if what:
        yield Finding(rule="edit:choice", verdict=Verdict.ASK, where=change.where, what=what)


def _gone(change: Change, before: Expression, beside: Sequence[Change], unknown: frozenset[str]) -> str:
    if any(_is_its_new_name(change, other) for other in beside):
        return ""
    known = unknown.isdisjoint((*change.path, change.name))
    if before.text in _SWITCHES and known and change.top.kind in {"resource", "module"}:
        return "a switch is taken away, and what holds without it is not known"
    what = _meaning(change, ())
    return f"what decided {what} is taken away" if what else ""


def _said_anew(change: Change, before: Expression, after: Expression) -> Iterator[str]:
    if _has_another_sign(before, after) and (what := _meaning(change, ())):
        yield f"another value is said of {what}"
    fresh = [leaf for leaf in after.leaves if leaf not in before.leaves]
    gone = [leaf for leaf in before.leaves if leaf not in after.leaves]
    for leaf in fresh:
        was = [one for one in gone if one.keys == leaf.keys]
        what = _meaning(change, leaf.keys[1:])
        same = any(_is_kept_longer(change, one, leaf) or is_rewritten(one, leaf, what) for one in was)
        off = before.text == '""' and _plain(leaf.text) in _OFF  # an empty text is no literal
        if (was or off) and not same and what:
            yield f"another value is said of {what}"
    for leaf in gone:
        still = any(one.keys == leaf.keys or _is_under_its_key(leaf, one) for one in fresh)
        if not still and (what := _meaning(change, leaf.keys[1:])):
            yield f"something is said no longer of {what}"
    keys = tuple(sorted(before.keys - after.keys))
    if keys and (what := _meaning(change, keys)):
        yield f"a key of it is another, or gone: {what}"
    if _is_of_another(before, after) and (what := _meaning(change, ())):
        yield f"it hangs on something else: {what}"


def _has_another_sign(before: Expression, after: Expression) -> bool:
    """Whether both are numbers and only one is below zero, which a literal does not tell."""
    old, new = (each.text.replace(" ", "") for each in (before, after))
    numbers = _NUMBER.fullmatch(old) and _NUMBER.fullmatch(new)
    return bool(numbers) and old.startswith("-") != new.startswith("-")


def _is_its_new_name(gone: Change, come: Change) -> bool:
    """Whether an argument that came says what one said that went, under a name like it."""
    if come.before is not None or come.after is None or gone.before is None:
        return False
    if come.after.text != gone.before.text or is_near(gone.name, come.name):
        return come.after.text == gone.before.text
    said = [set(snake(each.name).split("_")) for each in (gone, come)]
    old, new = (words - _FILLERS for words in said)
    if gone.before.text in _SWITCHES:
        same = said[0].isdisjoint(_OFFS) == said[1].isdisjoint(_OFFS)
        return same and bool(old and new) and (old <= new or new <= old)
    lost, got = ({meaning_of((word,), "") for word in words} for words in (old - new, new - old))
    return bool(old & new) and lost <= got | {""} and _meaning(gone, ()) == _meaning(come, ())


def is_rewritten(was: Leaf, now: Leaf, what: str = "") -> bool:
    """Whether it says the same, written in another way, or spelt as it was meant; `what` it decides."""
    old, new = was.text.strip(), now.text.strip()
    if _NUMBER.fullmatch(old) and _NUMBER.fullmatch(new):
        return Decimal(old) == Decimal(new)
    if old.lower() == new.lower() or _is_address(new):  # what an address opens is asked elsewhere
        return True
    digits = _DIGITS.findall(old), _DIGITS.findall(new)
    if digits[0] != digits[1]:
        words = was.quoted and not digits[0] and (bool(old) or new != "0")
        return words and _NUMBER.fullmatch(new) is not None
    if "@" in old + new or (old and what in _EXACT):
        return False
    if _plain(old) == _plain(new) and old.count("*") == new.count("*"):
        return True
    return (bool(digits[0]) and was.quoted and not now.quoted) or _is_spelt(old, new)


def _is_address(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return not text.isdigit()


def _is_spelt(old: str, new: str) -> bool:
    """Whether a text is the other one mistyped or cut short; one that was empty says nothing yet."""
    short, long = sorted((_plain(old), _plain(new)), key=len)
    if "@" in new or "*" in new or len(short) < _SHORTEST:
        return not old and "*" not in new and long not in _OFF
    if {short[:3], long[:3]} >= _OPPOSITES or (_DIGITS.search(long) and len(long) < _DOUBTFUL):
        return False
    if _is_denied(short, long) or _are_opposed(old, new):
        return False
    near = len(short) > _SHORTEST and is_near(short, long)
    return near or (len(long) <= _LONGER * len(short) and short[0] == long[0] and _is_within(short, long))


def _are_opposed(old: str, new: str) -> bool:
    was, now = (snake(text).split("_") for text in (old, new))
    return any(_is_denied(one, other) or _is_denied(other, one) for one in was for other in now)


def _is_denied(word: str, other: str) -> bool:
    """Whether the other word is this one with what makes its opposite before it."""
    return bool(word) and other.endswith(word) and other.removesuffix(word) in _DENIALS


def _is_under_its_key(was: Leaf, now: Leaf) -> bool:
    """Whether it is the same literal, under keys that were spelt in another way."""
    same = _plain(was.text) == _plain(now.text) and len(was.keys) == len(now.keys)
    return same and all(
        is_near(_plain(one), _plain(other)) for one, other in zip(was.keys, now.keys, strict=True)
    )


def _is_within(short: str, long: str) -> bool:
    """Whether a text is another one with letters left out: an abbreviation."""
    rest = iter(long)
    return all(letter in rest for letter in short)


def _is_kept_longer(change: Change, was: Leaf, now: Leaf) -> bool:
    own = snake(now.keys[-1])
    kept = _LASTS.search(own) or own in {"days", "count", "hours"}
    named = kept and any(_LASTS.search(snake(name)) for name in (*change.path, *now.keys))
    about = (*change.top.labels, *change.path, *now.keys)
    if any("expir" in snake(name) for name in about) and any(_OPENS.search(snake(name)) for name in about):
        return False
    numbers = _NUMBER.fullmatch(was.text), _NUMBER.fullmatch(now.text)
    return bool(named and all(numbers)) and 0 < float(was.text) <= float(now.text)


def _is_of_another(before: Expression, after: Expression) -> bool:
    """Whether what it names gave way to something else, that is no spelling of it."""
    gone, come = before.names - after.names, after.names - before.names
    return bool(gone) and not any(
        is_near(one, other) or _same_object(one, other) for one in gone for other in come
    )


def _same_object(one: str, other: str) -> bool:
    """Whether both are attributes of one object."""
    old, new = one.split(".")[:2], other.split(".")[:2]
    return old == new and old[0] not in {"var", "local"}


def _meaning(change: Change, keys: tuple[str, ...]) -> str:
    top = change.top
    named = top.labels[-1:] if top.kind in _VALUES else ()
    kind = top.labels[0] if top.kind == "resource" and top.labels else ""
    return meaning_of(tuple(map(snake, (*named, *change.path, change.name, *keys))), kind)


def _plain(text: str) -> str:
    return _NO_WORD.sub("", text).lower()
