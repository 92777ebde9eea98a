"""Tokens of a published shape that the end of a line cuts in two, however long the line is.

Decides where a line may have been cut inside a token: it ends in a word with a digit, and the next
one goes on with a letter. Leaves to `diagnosis.redaction.view` lines as long as a screen, and
to `diagnosis.redaction.rules` what a token is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.redaction.rules import token_spans
from diagnosis.redaction.view import Span

_CUT = re.compile(
    r"(?<![\w+/=.-])(?P<head>(?=[A-Za-z_+/=.-]{0,40}[0-9])[\w+/=.-]{8,128}+)"
    r"\n(?:[│|][ ]?)?(?P<tail>[\w+/=-]{4,128}+)",
    re.ASCII,
)


def cut_spans(text: str) -> Iterator[Span]:
    """Where such tokens are, the end of the line and the bar that Terraform draws included."""
    if "\n" not in text:
        return
    for found in _CUT.finditer(text):
        head, tail = found["head"], found["tail"]
        if any(True for _ in token_spans(head, head.lower())):
            continue  # it is whole: the next line is something else
        whole = head + tail
        for start, end in token_spans(whole, whole.lower()):
            if start < len(head) < end:
                yield found.start() + start, found.start("tail") + end - len(head)
