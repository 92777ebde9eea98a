"""When a wrong name is a slip of the keyboard for a right one.

Terraform suggests the first name that differs in up to two letters: `a` for
`bb`, `min_size` for `max_size`, `zone_a` for `zone_c`. Decides which of these
are slips: few letters of a long enough word, never a digit, and no other name
that would do as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MOST_LETTERS = 2
_SHORTEST = 3  # shorter words say too little: `ip` is no slip for `id`
_MOST_COMPARED = 100


def near(wrong: str, names: Iterable[str]) -> str | None:
    """The only one of the names that `wrong` can be a slip for; None where another is as near."""
    known = set(names)
    found = {name for name in known if is_slip(wrong, name)}
    if len(found) != 1:
        return None
    right = found.pop()
    most = _distance(wrong, right)
    others = (name for name in known - {right} if len(name) <= _MOST_COMPARED)
    return None if any(_distance(wrong, other) <= most for other in others) else right


def is_suggested(wrong: str, right: str) -> bool:
    """Whether Terraform's suggestion is a slip where nobody can see what else is as near.

    The first letter has to be right, or swapped: `egress` is as near to `igress` as `ingress`.
    """
    begun = wrong[:1].lower() == right[:1].lower() or wrong[:2] == right[1::-1]
    return begun and is_slip(wrong, right)


def is_one_off(wrong: str, right: str) -> bool:
    """Whether a single slip lies between two words, however short: `vr` and `var`."""
    return wrong != right and abs(len(wrong) - len(right)) <= 1 and _distance(wrong, right) == 1


def is_slip(wrong: str, right: str) -> bool:
    """Whether `wrong` differs from `right` as a slip would make it."""
    if wrong == right or max(len(wrong), len(right)) > _MOST_COMPARED or _digits(wrong) != _digits(right):
        return False
    if wrong.lower() == right.lower():
        return True
    wrongs, rights = _words(wrong), _words(right)
    if len(wrongs) != len(rights):
        return _is_slip("".join(wrongs), "".join(rights)) or _is_slip(wrong, right)
    pairs = [pair for pair in zip(wrongs, rights, strict=True) if pair[0] != pair[1]]
    slips = all(_is_slip(*pair) for pair in pairs)
    return slips and sum(_distance(*pair) for pair in pairs) <= _MOST_LETTERS


def _is_slip(wrong: str, right: str) -> bool:
    shortest = min(len(wrong), len(right))
    if shortest < _SHORTEST:
        return wrong == right
    return _distance(wrong, right) <= min(_MOST_LETTERS, max(len(wrong), len(right)) // 3)


def _distance(wrong: str, right: str) -> int:
    """Letters put in, left out, exchanged, or swapped with their neighbour."""
    above: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(wrong, 1):
        above, last, row = row, above, [i]
        for j, other in enumerate(right, 1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != other))
            if i > 1 and j > 1 and (letter, other) == (right[j - 2], wrong[i - 2]):
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]


def _words(name: str) -> list[str]:
    return re.split(r"[_-]", name)


def _digits(name: str) -> list[str]:
    return re.findall(r"\d+", name)
