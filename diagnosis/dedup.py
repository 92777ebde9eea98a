"""Which hypotheses are the same one again. Pure.

The same cause in other words, or the very same change: trying it twice only
costs time and money. In doubt two hypotheses differ, for a cause that is
merged with another one is never tried.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from contracts.hypothesis import Hypothesis
from contracts.remediation import ADVISORY, TRANSIENT, UNCHANGING, RemediationKind

_CHANCE = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # of a request
    r"|\b(?=[a-f]*[0-9])[0-9a-f]{16,}\b"
    r"|\b\d+(?:\.\d+)?\s?(?:ms|s|m|h|seconds?|minutes?|hours?)\b"  # how long somebody waited
)
_TOKEN = re.compile(r"[\w*]+(?:[-.:/@\[\]\"*]+\w+)*")
_QUOTED = re.compile(r"\"([^\"\n]+)\"|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)")
_NAME = re.compile(r".*[^a-z]")
"""More than letters: an address, an attribute, a path, a number."""
_NOT = frozenset({"not", "no", "never", "cannot", "without", "neither", "nor", "none"})
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        """a an and any are as at be because been being but by can could did do does for from had has have how
        if in into is it its itself of on or our so some such than that the their them then there these they
        this those to us was we were what when where which while who will with would you your""",
    )
)
_MORE = 0.25  # of the longer cause's words may be its own
_STEM = 0.6  # of the longer word must be a common beginning: throttled, throttling
_SHORTEST_STEM = 4


def repeated(candidate: Hypothesis, tried: Sequence[Hypothesis]) -> Hypothesis | None:
    """The earliest hypothesis that the candidate repeats, or None.

    A change repeats no wait, whatever the cause: waiting did not help, and nothing was changed yet.
    """
    if _kind(candidate) not in UNCHANGING | ADVISORY:
        tried = [one for one in tried if _kind(one) not in TRANSIENT]
    return next((earlier for earlier in tried if same(candidate, earlier)), None)


def same(a: Hypothesis, b: Hypothesis) -> bool:
    """Whether two hypotheses come to the same thing."""
    change = _change(a)
    if change is not None and change == _change(b):
        return True
    return a.category is b.category and _same_cause(a.root_cause, b.root_cause)


def same_fix(a: Hypothesis, b: Hypothesis) -> bool:
    """Whether two hypotheses would do the very same thing, whatever they take for the cause."""
    change = _change(a)
    if change is not None or _change(b) is not None:
        return change == _change(b)
    return _kind(a) is _kind(b) and _kind(a) not in ADVISORY


def _kind(hypothesis: Hypothesis) -> RemediationKind:
    return RemediationKind(hypothesis.remediation.kind)


def _change(hypothesis: Hypothesis) -> tuple[str, object] | None:
    """What the remediation would change; None where it changes nothing, or does not say what."""
    remediation = hypothesis.remediation
    if _kind(hypothesis) in ADVISORY | TRANSIENT:
        return None
    parameters = remediation.model_dump(exclude={"kind", "summary"})
    return (remediation.kind, parameters) if any(parameters.values()) else None


def _same_cause(a: str, b: str) -> bool:
    """Whether one cause is the other one with other fillers, inflections, order, or a few words more.

    Never where they name other things, one denies what the other says, or
    each has a word that the other lacks: that word may be the point.
    """
    mine, others = _words(a), _words(b)
    if mine == others:
        return True
    if not (_names(a) <= others and _names(b) <= mine) or bool(mine & _NOT) != bool(others & _NOT):
        return False
    mine, others = mine - _FILLERS - _NOT, others - _FILLERS - _NOT
    own, theirs = _lacking(mine, others), _lacking(others, mine)
    if own and theirs:
        return False
    return own + theirs <= _MORE * max(len(mine), len(others)) and bool(mine and others)


def _plain(text: str) -> str:
    return _CHANCE.sub(" ", re.sub(r"n['\u2019]t\b", " not", text.lower()))


def _words(text: str) -> frozenset[str]:
    return frozenset(_TOKEN.findall(_plain(text)))


def _names(text: str) -> frozenset[str]:
    """The words that name a thing: quoted ones, and those that are not of letters only."""
    quoted = (token for found in _QUOTED.findall(_plain(text)) for token in _TOKEN.findall("".join(found)))
    return frozenset({*quoted, *filter(_NAME.match, _words(text))})


def _lacking(words: frozenset[str], others: frozenset[str]) -> int:
    """How many of `words` have no relative in `others`."""
    return sum(not any(_related(word, other) for other in others) for word in words)


def _related(a: str, b: str) -> bool:
    """Whether two words are one, or two forms of one; names have no forms."""
    if a == b:
        return True
    common = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return a.isalpha() and b.isalpha() and common >= _SHORTEST_STEM and common >= _STEM * max(len(a), len(b))
