"""Which hypotheses are the same one again. Pure.

Same category and the same cause in other words, or the very same change: trying
it twice would only cost time and money.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from contracts.hypothesis import Hypothesis
from contracts.remediation import TRANSIENT, RemediationKind

_WORD = re.compile(r"\w+(?:[.-]\w+)*")
_NAME = re.compile(r"[\"'`]([^\"'`]+)[\"'`]|\b(\w+(?:\.\w+)+)\b")
_SAME = 0.85


def repeated(candidate: Hypothesis, tried: Sequence[Hypothesis]) -> Hypothesis | None:
    """The earlier hypothesis that the candidate repeats, or None."""
    return next((earlier for earlier in tried if same(candidate, earlier)), None)


def same(a: Hypothesis, b: Hypothesis) -> bool:
    """Whether two hypotheses come to the same thing."""
    if _change(a) is not None and _change(a) == _change(b):
        return True
    if a.category is not b.category or _names(a.root_cause) != _names(b.root_cause):
        return False
    mine, other = sorted((_words(a.root_cause), _words(b.root_cause)))  # the ratio knows an order, we do not
    return mine == other or SequenceMatcher(None, mine, other, autojunk=False).ratio() >= _SAME


def _change(hypothesis: Hypothesis) -> str | None:
    """What its remedy would change, parameters included; None where it changes nothing or names none."""
    remedy = hypothesis.remediation
    if RemediationKind(remedy.kind) in TRANSIENT:
        return None
    parameters = remedy.model_dump(exclude={"kind", "summary"})
    return f"{remedy.kind} {parameters}" if any(parameters.values()) else None


def _words(text: str) -> list[str]:
    return sorted(_WORD.findall(text.lower()))


def _names(text: str) -> set[str]:
    return {quoted or dotted for quoted, dotted in _NAME.findall(text)}
