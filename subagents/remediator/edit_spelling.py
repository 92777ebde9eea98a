"""Whether a literal says the same as another, written in another way or spelt as it was meant.

Decides nothing about what may be changed: `edit_choices` says where another value is a choice.
"""

from __future__ import annotations

import re
from decimal import Decimal
from ipaddress import ip_network

from subagents.remediator.edit_meanings import snake
from subagents.remediator.edit_pairs import is_near
from subagents.remediator.hcl_expression import Leaf

_NO_WORD = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"(?<![\w.])-\d+|\d+")
"""A number with its sign; what stands between two others is none."""
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
EXACT = frozenset({"who may do what", "who is told, and where things are sent"})
"""What a letter more or less gives to somebody else."""
ALLOWED = "what a policy allows"
_VERB = re.compile(
    r"(?:^|:)(get|put|list|delete|describe|create|update|read|write|start|stop|run|attach|detach|set|add|remove)",
    re.IGNORECASE,
)
_DENIALS = frozenset({"un", "in", "im", "dis", "non", "not"})
OFF = frozenset({"off", "none", "no", "never", "false", "disable", "disabled", "suspended", "inactive"})
_SHORTEST = 3
_DOUBTFUL = 8
"""In a text as short as this, a letter beside digits is a unit and no slip."""
_OPPOSITES = frozenset({"min", "max"})
_LONGER = 2.4


def is_rewritten(was: Leaf, now: Leaf, what: str = "") -> bool:
    """Whether it says the same, written in another way, or spelt as it was meant; `what` it decides."""
    old, new = was.text.strip(), now.text.strip()
    if NUMBER.fullmatch(old) and NUMBER.fullmatch(new):
        return Decimal(old) == Decimal(new)
    if old.lower() == new.lower() or _is_address(new):  # what an address opens is asked elsewhere
        return True
    digits = _DIGITS.findall(old), _DIGITS.findall(new)
    if digits[0] != digits[1]:
        words = was.quoted and not digits[0] and (bool(old) or new != "0")
        return words and NUMBER.fullmatch(new) is not None
    if "@" in old + new or (old and what in EXACT):
        return False
    if plain(old) == plain(new) and old.count("*") == new.count("*"):
        return True
    return not (what == ALLOWED and _allows_other(old, new)) and _is_slip(was, now, digits[0])


def _is_slip(was: Leaf, now: Leaf, digits: list[str]) -> bool:
    return (bool(digits) and was.quoted and not now.quoted) or _is_spelt(was.text.strip(), now.text.strip())


def _allows_other(old: str, new: str) -> bool:
    """Whether a policy as a whole says something else, or a right of it is to do something else."""
    return bool(old) and ('"' in new or _verb(old) != _verb(new))


def _verb(action: str) -> str:
    found = _VERB.search(action)
    return found[1].lower() if found else ""


def _is_address(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return not text.isdigit()


def _is_spelt(old: str, new: str) -> bool:
    """Whether a text is the other one mistyped or cut short; one that was empty says nothing yet."""
    short, long = sorted((plain(old), plain(new)), key=len)
    if "@" in new or "*" in new or len(short) < _SHORTEST:
        return not old and "*" not in new and long not in OFF
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


def _is_within(short: str, long: str) -> bool:
    """Whether a text is another one with letters left out: an abbreviation."""
    rest = iter(long)
    return all(letter in rest for letter in short)


def plain(text: str) -> str:
    """Its letters and digits, small."""
    return _NO_WORD.sub("", text).lower()
