"""A text that holds an answer of `terraform validate -json` → its diagnostics, and the rest of the text.

Leaves to others: `-json` streams (`stream.py`), and what Terraform prints for people (`prose.py`).
"""

from __future__ import annotations

import json
import re

from contracts.diagnostic import Diagnostic
from subagents.terraform.stream import diagnostic_of

_BEGINS = re.compile(r'\{\s{0,20}"(?:format_version|valid|error_count|diagnostics)"\s{0,4}:')
_MOST = 1 << 20


def answered(text: str) -> tuple[tuple[Diagnostic, ...], str]:
    """The diagnostics of the first such answer, in its order; none, and the text itself, without one."""
    begins = _BEGINS.search(text) if '"diagnostics"' in text else None
    if begins is None:
        return (), text
    try:
        answer, size = json.JSONDecoder().raw_decode(text[begins.start() : begins.start() + _MOST])
    except (ValueError, RecursionError):
        return (), text
    listed = answer.get("diagnostics")
    if not isinstance(listed, list) or not isinstance(answer.get("valid"), bool):
        return (), text
    rest = f"{text[: begins.start()]}\n{text[begins.start() + size :]}"
    return tuple(diagnostic_of(one) for one in listed if isinstance(one, dict)), rest.strip("\n")
