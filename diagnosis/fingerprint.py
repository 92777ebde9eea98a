"""What makes two failures the same: a stable, versioned id. Pure.

The same cause under other names, ids, regions and line numbers gives the same
id; the levers are category, resource type, error code and the first error's
summary with everything particular taken out.
"""

from __future__ import annotations

import hashlib
import re

from contracts.diagnostic import Severity
from contracts.hypothesis import Category
from contracts.incident import Evidence

VERSION = "f1"

_PARTICULAR = (
    (re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|`[^`\n]*`'), "Q"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "U"),
    (re.compile(r"\barn:[^\s,;]+"), "A"),
    (re.compile(r"https?://[^\s,;]+"), "L"),
    (re.compile(r"\b[a-z]{2}-[a-z]+-\d[a-z]?\b"), "R"),
    (re.compile(r"\b(?:[a-z]+-)?[0-9a-f]{8,}\b", re.IGNORECASE), "H"),
    (re.compile(r"\b\w+(?:\.\w+)+(?:\[[^\]\n]*\])?"), "N"),
    (re.compile(r"\d+"), "0"),
)
_CODE = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b|\b[45]\d\d\b")
_TYPE = re.compile(r"\b([a-z][a-z0-9]*_[a-z0-9_]+)\.")


def fingerprint_of(evidence: Evidence, category: Category | None) -> str:
    """`f1:` and 16 hex digits."""
    first = next((d for d in evidence.diagnostics if d.severity is Severity.ERROR), None)
    if first is not None:
        said = f"{first.summary}\n{first.detail}"
        subject = first.address or (first.snippet.context if first.snippet else "") or ""
    else:
        said = "\n".join(check.kind for check in evidence.failed_checks) or evidence.text
        subject = said
    found = _TYPE.search(subject)
    parts = (category or "", found[1] if found else "", *sorted(set(_CODE.findall(said))), _general(said))
    return f"{VERSION}:{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}"


def _general(said: str) -> str:
    """The first line that says something, with everything particular taken out."""
    line = next((line for line in said.splitlines() if line.strip()), "")
    for pattern, letter in _PARTICULAR:
        line = pattern.sub(letter, line)
    return " ".join(line.lower().split())
