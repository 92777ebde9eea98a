"""Whether words tell a cause. Pure.

A keyword counts only where the failure's own text does not hold it already, so
that repeating the text scores nothing; where the text holds all of them, two are
asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_STEM = 5
"""Letters that two forms of a word have in common."""


def tells(words: str, keywords: Sequence[str], *, known: str) -> bool:
    """Whether `words` hold enough of the keywords that `known`, the failure's text, does not."""
    shown, said = _stems(known), _stems(words)
    new = [key for key in keywords if not _stems(key) <= shown]
    wanted, least = (new, 1) if new else (list(keywords), 2)
    return sum(bool(_stems(key)) and _stems(key) <= said for key in wanted) >= least


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in re.findall(r"[a-z0-9_./]+", text.lower()))
