"""Private keys, and what is encrypted, in PEM and in what is written like it: one block of many lines.

Decides where a block begins and ends, also where its end or its beginning was cut off.
Certificates and public keys are not secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.redaction.view import Span

_SIGNS = (
    *("PRIVATE KEY", "NKEY SEED", "Static key V1", "Private-Lines:"),
    *("AGE ENCRYPTED FILE", "PGP MESSAGE", "$ANSIBLE_VAULT;"),
)
_KINDS = (
    r"(?:[A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?|USER NKEY SEED|OpenVPN Static key V1"
    r"|AGE ENCRYPTED FILE|PGP MESSAGE)"
)
_BEGIN = re.compile(rf"-----BEGIN {_KINDS}-----|---- BEGIN {_KINDS} ----|Private-Lines: \d{{1,3}}")
_END = re.compile(rf"-----END {_KINDS}-----|---- END {_KINDS} ----|Private-MAC:")
_LONGEST = 32_768
"""Characters from the first to the last line; what follows later is another block's end."""
_BREAK = (  # of a line: escaped; or as it is, with what is drawn or quoted around it
    r"(?:\\+r)?+\\+n(?:[ \t│|]|\\+t)*+"
    r"|[ \t\r\"'+,]*+\n[ \t│|\"'+]*+"
)
_HEADER = r"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset):[^\n\\]*+"
_CUT = re.compile(  # headers, lines of the key, and what is left of its last line
    rf"(?:(?:{_BREAK}){{0,3}}+(?:{_HEADER}|[A-Za-z0-9+/=]{{16,}}+))*+"
    rf"(?:(?:{_BREAK})[A-Za-z0-9+/=]++(?=[\s\"'\\]|\Z))?"
)
_VAULT = re.compile(rf"\$ANSIBLE_VAULT;[\w.;-]{{1,80}}+(?:(?:{_BREAK})[0-9a-f]{{2,128}}+(?![\w-]))++")
_BREAKS = re.compile(_BREAK)
_LINE = re.compile(r"[A-Za-z0-9+/=]{16,}")
_LAST_LINE = re.compile(r"[A-Za-z0-9+/=]*")
_END_OF_LINE = re.compile(r"[A-Za-z0-9+/=]{16,128}\Z")


def key_spans(text: str) -> Iterator[Span]:
    """Where private keys are, their first and last lines included."""
    if not any(sign in text for sign in _SIGNS):
        return
    end = _END.search(text)
    done = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < done:
            continue
        while end and end.start() < begin.end():
            end = _END.search(text, begin.end())
        following = text.find("-----BEGIN", begin.end(), begin.end() + _LONGEST)
        limit = following if following >= 0 else begin.end() + _LONGEST
        if end and end.start() <= limit:
            done = end.end()
        else:
            rest = _CUT.match(text, begin.end())
            done = rest.end() if rest else begin.end()
        yield begin.start(), done
    yield from _without_beginning(text)
    yield from (vault.span() for vault in _VAULT.finditer(text))


def _without_beginning(text: str) -> Iterator[Span]:
    """What is left of a key before an end that nothing begins."""
    done = 0
    for end in _END.finditer(text):
        low = max(done, end.start() - _LONGEST)
        if text.rfind("-----BEGIN", low, end.start()) < 0:
            start = _first_line(text, low, end.start())
            if start < end.start():
                yield start, end.end()
        done = end.end()


def _first_line(text: str, low: int, end: int) -> int:
    """Where the lines of a key begin that go down to `end`; `end` where there are none."""
    start, below, last = end, end, True
    for found in reversed(list(_BREAKS.finditer(text, low, end))):
        if found.end() == end:  # the one before the last line
            below = found.start()
            continue
        pattern = _LAST_LINE if last else _LINE
        if not pattern.fullmatch(text, found.end(), below):
            low = found.end()
            break
        start, below, last = found.end(), found.start(), False
    cut = _END_OF_LINE.search(text, max(low, below - 128), below)
    return cut.start() if cut else start
