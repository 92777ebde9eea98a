"""Which characters of foreign text may enter a contract.

Terraform, providers, clouds and models print what they like (ESC sequences,
bidi overrides, invisible tag characters). This file decides what survives;
what is *secret* is decided in `diagnosis.redact`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC, to its terminator: titles, hyperlinks
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor, clear screen
    r"|\x1b[ -/]*[0-~]?"  # any other two-character escape
)
MASK = re.compile(r"<secret:[0-9a-f]{4}>")
"""What a journal and a prompt show in the place of a secret; it must never be written to a file."""
_LONGEST_WORD = 1024
UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, fillers, Mongolian selectors
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidi
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"  # fillers, variation selectors, BOM
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # formats of shorthand and of music
    r"\U000e0000-\U000e0fff"  # tag block, more selectors
)
"""What no reader sees, for a class of a pattern: Unicode's default ignorables, and separators of lines."""
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    rf"{UNSEEN}\ud800-\udfff]"  # lone surrogates: not writable as UTF-8
)


def clean(text: str) -> str:
    """`text` as a person would see it: no escape sequences, no invisible characters.

    CRLF and lone CR become newlines; tab and newline stay. Linear in the length.
    """
    if text.isascii() and text.isprintable():
        return text
    plain = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    return _INVISIBLE.sub("", plain.replace("\r", "\n"))


def decode(raw: bytes) -> str:
    """Foreign bytes as clean text; what is not UTF-8 becomes U+FFFD, never an error."""
    return clean(raw.decode("utf-8", errors="replace"))


def cap(text: str, limit: int) -> str:
    """At most about `limit` characters: head and tail, and a note of what was cut between."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    note = f"\n[… {len(text) - limit} characters cut …]\n"
    if len(text) - limit <= len(note):
        return text  # the note would be longer than what it stands for
    return f"{text[:head]}{note}{text[-tail:]}"


def cap_unmasked(text: str, limit: int) -> str:
    """As `cap`, of a text whose secrets are not masked yet: nobody would know half of one.

    A word across a cut is left out, with what of it is within 1,024 characters of the cut.
    """
    if len(text) <= limit:
        return text
    end, start = limit * 2 // 3, len(text) - (limit - limit * 2 // 3)
    if not text[end].isspace():
        near = text[max(0, end - _LONGEST_WORD) : end]
        end -= 0 if near[-1:].isspace() else len(near.split()[-1])
    if not text[start - 1].isspace():
        near = text[start : start + _LONGEST_WORD]
        start += 0 if near[:1].isspace() else len(near.split()[0])
    note = f"\n[… {start - end} characters cut …]\n"
    return text if start - end <= len(note) else f"{text[:end]}{note}{text[start:]}"


def one_line(text: str, most: int = 300) -> str:
    """Foreign text on one line, without what nobody can see, cut at `most` characters.

    What is shown so cannot pass for a line of planner's own.
    """
    plain = " ".join(clean(text).split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def listed(names: Sequence[str], most: int) -> str:
    """The first `most` of the names in a sentence, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def path_line(path: str) -> str:
    """A path as it is, but for what cannot be seen or begins a line of its own: that is spelt out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)


CleanText = Annotated[str, AfterValidator(clean)]
"""Text from outside, cleaned at the door of the contract that holds it."""
