"""Secrets that a module's code or its variables spell out under a telling name: `password = "…"`.

A provider or a script prints such a value without its name, where nothing tells it from
any other word. Decides which of the values are secret enough to be masked wherever they
stand: a name of a thing and the path of a file are not. Leaves to others: where a value
begins and ends (`diagnosis.redaction.assigned`), and what is marked `sensitive`
(`planner.declared`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.redaction.assigned import assigned_spans

_A_WORD = 12
_A_NAME = re.compile(r"[a-z]+[0-9]{0,3}(?:[-_./][a-z]*[0-9]{0,3})*")
"""`prod-db-password`: what `secret` and `token` are given where they mean the thing."""
_A_FILE = re.compile(r"[^\s]*\.[a-z]{2,5}")
_OF_A_PASSWORD = re.compile(r"pass|pwd", re.IGNORECASE)
_BEFORE = 80


def written_secrets(text: str) -> Iterator[str]:
    """The values in a text of HCL, of JSON or of variables that must not be shown."""
    folded = text.replace("\u0130", "I").lower()
    for start, end in assigned_spans(text, folded):
        value = text[start:end]
        name = text[max(0, start - _BEFORE) : start].rpartition("\n")[2]
        if _is_told(value, of_a_password=_OF_A_PASSWORD.search(name) is not None):
            yield value


def _is_told(value: str, *, of_a_password: bool) -> bool:
    """Whether this is the secret itself, and no word of everybody's."""
    if "${" in value or "%{" in value or _A_FILE.fullmatch(value):
        return False
    if value.isalpha() and value.islower() and len(value) < _A_WORD:
        return False
    return of_a_password or not _A_NAME.fullmatch(value)
