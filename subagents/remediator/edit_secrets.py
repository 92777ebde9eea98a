"""A literal and its keys → whether it looks like a secret that does not belong in a file.

Decides by the name it stands under, or by its own shape. Leaves masking, which
errs to the other side, to `diagnosis.redact`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from subagents.remediator.hcl_expression import GAP, Leaf

_NAMED = re.compile(
    r"(?:^|.*[_.-])(?:password|passwd|passphrase|pwd|pass|secrets?|secret_?string|secret_?key|token|api_?key|access_?key"
    r"|private_?key|client_?secret|credentials?|auth_?token|connection_?string|shared_?key|signing_?key|pre_?shared_?key"
    r"|key_?material|license_?key|webhook_?url|data_?base64_?secret)(?:_?(?:value|wo|base64|b64|pem|plaintext))?",
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GENERIC = frozenset({"default", "value", "", "data", "string_data"})
_SHAPES = re.compile(
    r"\b(?:AKIA|ASIA|ABIA)[A-Z0-9]{16}\b"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\bgh[opusr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bxox[abeoprs]-[\w-]{10,}|\bsk-(?:ant-|proj-)?[\w-]{20,}|\b[sr]k_(?:live|test)_\w{16,}|\bnpm_\w{30,}"
    r"|\bAIza[\w-]{35}|\bya29\.[\w-]{20,}|\bhvs\.[\w-]{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bdop_v1_\w{32,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}"
    r"|://[^/\s:@]+:[^/\s:@" + GAP + r"]+@"
)
_DENSE = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/]{36,}={0,2}(?![\w+/=-])")
_DIGEST = re.compile(
    r"hash|sha\d*|checksum|digest|fingerprint|thumbprint|public|certificate|cert|ssh_keys?|uuid",
    re.IGNORECASE,
)
_FEWEST_DIGITS = 3


def is_named_secret(leaf: Leaf) -> bool:
    """Whether it is the value of something called a secret: a text of its own, with nothing put in."""
    name = next((key for key in reversed(leaf.keys) if key.lower() not in _GENERIC), "")
    named = _NAMED.fullmatch(_CAMEL.sub("_", name).lower()) is not None
    return named and bool(leaf.text.strip()) and GAP not in leaf.text and not _points(leaf.text)


def shapes(leaf: Leaf) -> Iterator[str]:
    """The parts of the literal that have the shape of a secret."""
    yield from (found.group() for found in _SHAPES.finditer(leaf.text))
    if not any(_DIGEST.search(key) for key in leaf.keys) and not leaf.text.startswith("ssh-"):
        yield from (found.group() for found in _DENSE.finditer(leaf.text) if _is_dense(found.group()))


def _points(text: str) -> bool:
    """Whether it says where a secret is, and not what it is."""
    return text.startswith(("arn:", "projects/", "/subscriptions/", "vault:", "{{resolve:")) or text in {
        "true",
        "false",
    }


def _is_dense(text: str) -> bool:
    """Whether it is as mixed as only chance makes a text."""
    digits = sum(letter.isdigit() for letter in text)
    return digits >= _FEWEST_DIGITS and text.lower() != text and text.upper() != text
