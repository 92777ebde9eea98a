"""What makes two failures the same: a stable, versioned id. Pure.

The same cause under other names, ids, regions, places and request ids gives
the same id; the levers are the resource type, the error codes and the first
error's words with everything particular taken out. It is made from the
evidence alone, so that a failure can be looked up before anybody names it.
"""

from __future__ import annotations

import hashlib
import re

from contracts.diagnostic import Diagnostic, Severity
from contracts.incident import Evidence
from diagnosis.signatures.codes import codes_of, statuses_of

VERSION = "f2"
"""Changes whenever the same failure would get another id: memory of other versions is not asked."""

_HEX = r"[0-9a-fA-F]"
_PARTICULAR = (
    (re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|`[^`\n]*`|\u201c[^\u201d\n]*\u201d'), "Q"),
    (re.compile(r"https?://[^\s,;)]+"), "L"),
    (re.compile(r"\barn:[^\s,;)]+"), "A"),
    (re.compile(rf"\b{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b"), "U"),
    (re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+"), "E"),
    (re.compile(r"\b[a-z]{2,12}(?:-[a-z]{2,12}){1,2}-?\d{1,2}(?:-?[a-z])?\b"), "R"),  # eu-west-1, us-east1-b
    (re.compile(r"\((?:[^()\s]|\[[^\]\n]*\]){1,200}\)"), "P"),  # AWS puts an object's id in brackets
    (re.compile(r"(?:(?<=\s)|^)(?:\.{0,2}/[\w.@+-]+)+/?"), "F"),
    (re.compile(r"\b(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{8,}"), "H"),
    (re.compile(r"\b\w+(?:\.\w+)+(?:\[[^\]\n]*\])?"), "N"),
    (re.compile(r"\[\d+\]|\[Q\]"), ""),
    (re.compile(r"\d+"), "0"),
)
_CODE = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b")
_TYPE = re.compile(
    r"(?:^|\.)([a-z][a-z0-9]*_\w+)\.[^.\[\]]+(?:\[.*\])?$"  # the end of an address
    r"|^\w+ \"([a-z][a-z0-9]*_\w+)\"",  # a block's header
    re.DOTALL,
)
_MOST = 4_000
_STATUS_MEANS = range(400, 600)


def fingerprint_of(evidence: Evidence) -> str:
    """`f2:` and 16 hex digits."""
    first = next((d for d in evidence.diagnostics if d.severity is Severity.ERROR), None)
    if first is not None:
        said, subject = first.text, first.address or (first.snippet.context if first.snippet else "") or ""
        said = _without_own_name(first, said)
    elif evidence.failed_checks:
        said = "\n".join(
            f"{check.kind.value} {check.name}: {check.detail}" for check in evidence.failed_checks
        )
        subject = ""
    else:
        said, subject = evidence.text, ""
    said = said[:_MOST]
    found = _TYPE.search(subject)
    plain = general(said)
    codes = codes_of(said) | {f"http:{status}" for status in statuses_of(said) if status in _STATUS_MEANS}
    words = {word.lower() for word in _CODE.findall(_stripped(said))}
    parts = ((found[1] or found[2]) if found else "", *sorted(codes), *sorted(words), plain)
    return f"{VERSION}:{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}"


def general(said: str) -> str:
    """A text with everything particular taken out, in lower case, white space levelled."""
    return " ".join(_stripped(said[:_MOST]).lower().split())


def _stripped(said: str) -> str:
    for pattern, letter in _PARTICULAR:
        said = pattern.sub(letter, said)
    return said


def _without_own_name(diagnostic: Diagnostic, said: str) -> str:
    """The text without the address and the bare name of the resource that it is about."""
    address = diagnostic.address
    if not address:
        return said
    said = said.replace(address, "X")
    name = re.sub(r"\[.*?\]$", "", address).rpartition(".")[2]
    return re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", "X", said) if name else said
