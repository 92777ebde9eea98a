"""Where a text stands when it reaches a sink, and what of a secret can still be read there."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

_WIDTH = 80
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def _wrapped(carrier: str, secret: str) -> str:
    """A box as Terraform draws it, cut hard at the terminal's width."""
    lines = ("Error: the provider said: " + carrier).split("\n")
    cut = [line[i : i + _WIDTH - 2] for line in lines for i in range(0, max(len(line), 1), _WIDTH - 2)]
    return "\n".join(["╷", *(f"│ {line}" for line in cut), "╵"])


def _coloured(carrier: str, secret: str) -> str:
    return "\x1b[31m│\x1b[0m \x1b[1m" + carrier.replace(secret, f"\x1b[33m{secret}\x1b[0m") + "\x1b[0m"


def _json_line(carrier: str, secret: str) -> str:
    diagnostic = {"severity": "error", "summary": "Provider said no", "detail": carrier, "address": "a_b.c"}
    return json.dumps(
        {"@level": "error", "@message": "Error: no", "diagnostic": diagnostic, "type": "diagnostic"}
    )


CONTEXTS: dict[str, Callable[[str, str], str]] = {
    "bare": lambda carrier, secret: carrier,
    "HCL": lambda carrier, secret: (
        'resource "a_b" "c" {\n  note = "'
        + carrier.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        + '"\n}'
    ),
    "JSON": lambda carrier, secret: json.dumps({"id": 7, "message": carrier, "next": None}),
    "environment": lambda carrier, secret: f"TF_VAR_region=eu\nTF_VAR_note='{carrier}'\nTF_VAR_size=3",
    "URL": lambda carrier, secret: f"https://hook.example/p?id=7&note={quote(carrier)}&last=1",
    "-json line": _json_line,
    "coloured": _coloured,
    "wrapped at 80": _wrapped,
}


def _read(text: str) -> str:
    """What a person gets out of a text who knows how it is written, without any white space."""
    plain = _COLOUR.sub("", text)
    plain = re.sub(r"\\+u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), plain)
    plain = re.sub(r"\\+[nrt]", "", plain).replace("\\", "")
    return re.sub(r"[\s│]", "", html.unescape(unquote(plain)))


def visible(secret: str, text: str) -> int:
    """Characters of the longest piece of `secret` that can be read in `text`."""
    wanted, seen = re.sub(r"\s", "", unquote(secret)), _read(text)
    longest = 0
    for start in range(len(wanted)):
        while start + longest < len(wanted) and wanted[start : start + longest + 1] in seen:
            longest += 1
    return longest
