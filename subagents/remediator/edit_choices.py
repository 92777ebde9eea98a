"""An argument that watches, tells, keeps, logs, guards or is paid for says another thing → for a person.

`edit_meanings` knows what arguments are there for. A repair of one mends how it is
written, which `edit_spelling` tells. A switch that goes is asked about
whatever it is called: what a provider does without it is not known here. Names
whose direction is known are `edit_weakening`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.edit_embedded import is_mended_json
from subagents.remediator.edit_meanings import meaning_of, snake
from subagents.remediator.edit_pairs import is_near
from subagents.remediator.edit_spelling import ALLOWED, EXACT, NUMBER, OFF, is_rewritten, plain
from subagents.remediator.edit_weakening import decides
from subagents.remediator.hcl_expression import Expression, Leaf

_VALUES = frozenset({"variable", "local", "setting"})
_CHECKS = frozenset({"precondition", "postcondition", "validation", "assert"})
_SWITCHES = frozenset({"true", "false"})
_OF_TERRAFORM = frozenset({"depends_on", "provider", "providers", "count", "for_each", "source", "version"})
_OFFS = frozenset({"disable", "disabled"})
_FILLERS = _OFFS | frozenset(
    {"enable", "enabled", "is", "are", "use", "has", "have", "allow", "allowed", "on"}
)
"""Words of a name that do not say what it is about."""
_HANDS_OVER = re.compile(
    r"(?:^|_)(?:uid|gid|user(?!_data)|cap_add|run_as\w*|superuser|ssh\w*|key_(?:name|pair)|polic(?:y|ies)|iam_instance_profile"
    r"|cidr\w*|source_ranges?|shared?\w*|remote_access|public_key|security_opts?|volumes_from)(?:_|$)"
)
"""What lets in, or hands over, where it is put in."""
_LASTS = re.compile(r"(?:^|_)(?:ret(?:ention|ain)\w*|ke(?:ep|pt)|backup\w*|expir\w+)(?:_|$)")
_OPENS = re.compile(r"(?:^|_)(?:password|token|key|secret|credential|cert|certificate|session|sas)s?(?:_|$)")
"""What lets somebody in, so that it is no safer for lasting longer."""


def choice_findings(
    change: Change,
    beside: Sequence[Change] = (),
    unknown: frozenset[str] = frozenset(),
    needed: frozenset[str] = frozenset(),
) -> Iterator[Finding]:
    """What of an argument is decided anew.

    `beside` is all that changed in its block; an argument that is `unknown` was never taken, and one
    that is `needed` has to come.
    """
    checked = not _CHECKS.isdisjoint(
        change.path
    )  # a check fails by itself, and its change is asked elsewhere
    if checked or change.top.kind not in {"resource", "module", *_VALUES}:
        return
    if change.before is None:
        must = not needed.isdisjoint((*change.path, change.name))
        what = _come(change, change.after, beside) if change.after is not None and not must else ""
    elif change.after is None:
        what = _gone(change, change.before, beside, unknown)
    elif change.top.kind == "variable" and change.name == "type":
        loosened = "any" in change.after.text.split() and "any" not in change.before.text.split()
        what = "what was taken for a value of one type is taken whatever it is" if loosened else ""
    else:
        what = next(_said_anew(change, change.before, change.after), "")
    if what:
        yield Finding(rule="edit:choice", verdict=Verdict.ASK, where=change.where, what=what)


def _come(change: Change, after: Expression, beside: Sequence[Change]) -> str:
    """What is decided by an argument that was not there, unless it is a new name of one that was."""
    given = not after.leaves and all(name.startswith(("var.", "local.")) for name in after.names)
    if change.name in _OF_TERRAFORM or (given and after.names):
        return ""
    if any(_is_its_new_name(other, change) for other in beside if other.after is None):
        return ""
    keys = tuple(key for leaf in after.leaves for key in leaf.keys[1:])
    if what := _meaning(change, keys):
        return f"it is decided anew: {what}"
    names = _names(change, keys)
    known = any(decides(name) or _HANDS_OVER.search(name) for name in names) or after.text in _SWITCHES
    return "a switch, or what protects, is put in" if known else ""


def _gone(change: Change, before: Expression, beside: Sequence[Change], unknown: frozenset[str]) -> str:
    if any(_is_its_new_name(change, other) for other in beside):
        return ""
    known = unknown.isdisjoint((*change.path, change.name))
    if before.text in _SWITCHES and known and change.top.kind in {"resource", "module"}:
        return "a switch is taken away, and what holds without it is not known"
    within = (_meaning(change, leaf.keys[1:]) for leaf in before.leaves)
    what = _meaning(change, ()) or next(filter(None, within), "")
    return f"what decided {what} is taken away" if what else ""


def _said_anew(change: Change, before: Expression, after: Expression) -> Iterator[str]:
    if _has_another_sign(before, after) and (what := _meaning(change, ())):
        yield f"another value is said of {what}"
    fresh = [leaf for leaf in after.leaves if leaf not in before.leaves]
    gone = [leaf for leaf in before.leaves if leaf not in after.leaves]
    for leaf in fresh:
        yield from _put_in(change, before, leaf, [one for one in gone if one.keys == leaf.keys])
    for leaf in gone:
        still = any(one.keys == leaf.keys or _is_under_its_key(leaf, one) for one in fresh)
        if not still and (what := _meaning(change, leaf.keys[1:])):
            yield f"something is said no longer of {what}"
    keys = tuple(sorted(before.keys - after.keys))
    if keys and (what := _meaning(change, keys)):
        yield f"a key of it is another, or gone: {what}"
    if _is_of_another(before, after) and (what := _meaning(change, ())) not in {"", ALLOWED}:
        yield f"it hangs on something else: {what}"


def _put_in(change: Change, before: Expression, leaf: Leaf, was: Sequence[Leaf]) -> Iterator[str]:
    """What is decided by a literal that is new; `was` stood under its keys before, and does no more."""
    what = _meaning(change, leaf.keys[1:])
    if not what or any(is_mended_json(one.text, leaf.text) for one in was):
        return
    off = before.text == '""' and plain(leaf.text) in OFF  # an empty text is no literal
    if was or off:
        if not any(_is_kept_longer(change, one, leaf) or is_rewritten(one, leaf, what) for one in was):
            yield f"another value is said of {what}"
    elif _is_one_more(before, leaf) and (what in EXACT or (what == ALLOWED and _is_elsewhere(before, leaf))):
        yield f"one more is added to {what}"


def _is_one_more(before: Expression, leaf: Leaf) -> bool:
    """Whether there were some of its like, and it stands beside them."""
    return leaf.quoted and any(one.keys == leaf.keys for one in before.leaves)


def _is_elsewhere(before: Expression, leaf: Leaf) -> bool:
    """Whether it names, in a policy, what is no part of anything that was named there."""
    places = [one.text.rstrip("/*:") for one in before.leaves if one.keys == leaf.keys]
    return leaf.text.startswith("arn:") and not any(leaf.text.startswith(place) for place in places)


def _has_another_sign(before: Expression, after: Expression) -> bool:
    """Whether both are numbers and only one is below zero, which a literal does not tell."""
    old, new = (each.text.replace(" ", "") for each in (before, after))
    numbers = NUMBER.fullmatch(old) and NUMBER.fullmatch(new)
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


def _is_under_its_key(was: Leaf, now: Leaf) -> bool:
    """Whether it is the same literal, under keys that were spelt in another way."""
    same = plain(was.text) == plain(now.text) and len(was.keys) == len(now.keys)
    return same and all(
        is_near(plain(one), plain(other)) for one, other in zip(was.keys, now.keys, strict=True)
    )


def _is_kept_longer(change: Change, was: Leaf, now: Leaf) -> bool:
    own = snake(now.keys[-1])
    kept = _LASTS.search(own) or own in {"days", "count", "hours"}
    named = kept and any(_LASTS.search(snake(name)) for name in (*change.path, *now.keys))
    about = (*change.top.labels, *change.path, *now.keys)
    if any("expir" in snake(name) for name in about) and any(_OPENS.search(snake(name)) for name in about):
        return False
    numbers = NUMBER.fullmatch(was.text), NUMBER.fullmatch(now.text)
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
    kind = top.labels[0] if top.kind == "resource" and top.labels else ""
    return meaning_of(_names(change, keys), kind)


def _names(change: Change, keys: tuple[str, ...]) -> tuple[str, ...]:
    """What leads to it, its own name last but for the keys in its value."""
    named = change.top.labels[-1:] if change.top.kind in _VALUES else ()
    return tuple(map(snake, (*named, *change.path, change.name, *keys)))
