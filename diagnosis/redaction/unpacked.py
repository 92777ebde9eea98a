"""Texts that stand in another one in base64 or in hexadecimal digits: user data, a command of PowerShell.

Decides which runs of letters are such a text, compressed or in UTF-16 too, and where a
part of it lies in the run. Leaves to others: what of it is a secret. Nothing random is
decoded beyond its first letters, and no more is unpacked than a text may hold.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from diagnosis.redaction.view import Span

_RUN = re.compile(r"[A-Za-z0-9+/_-]{24,}+", re.ASCII)
_HEX = re.compile("[0-9a-fA-F]+")
_IN_BASE64, _IN_HEX = 4, 6
_URL_SAFE = str.maketrans("-_", "+/")
_LOOKED_AT = 24
"""Letters by which a text is told from what is random: 18 bytes."""
_PRINTED = string.printable.encode()
_GZIP = "H4sI"
_MOST_UNPACKED = 1 << 20
"""Bytes that all compressed runs of one text may unpack to; what holds more is not read."""
_TIMES_UNPACKED = 2
"""The same for a text that stands in another one, in times of its length: many may stand there."""


class Unpacked(NamedTuple):
    """A text, and how the run it was read from is laid out."""

    text: str
    run: Span
    signs: int
    """Signs of the run that three letters of the text take; 0: no part of the run is a part of the text."""

    def original(self, span: Span) -> Span:
        """Where a part of the text lies in what it was read from."""
        start, end = self.run
        if not self.signs:
            return self.run
        return start + span[0] * self.signs // 3, min(end, start - (-span[1] * self.signs // 3))


def unpacked(text: str, *, is_unpacked: bool = False) -> Iterator[Unpacked]:
    """The texts that stand in a text, which may be unpacked itself."""
    left = _TIMES_UNPACKED * len(text) if is_unpacked else _MOST_UNPACKED
    for found in _RUN.finditer(text):
        said = found[0]
        if said.startswith(_GZIP):
            inside = _decompressed(_decoded(said), left)
            left -= len(inside)
            if inside:
                yield Unpacked(inside.decode("latin-1"), found.span(), 0)
            continue
        if _HEX.fullmatch(said, 0, _LOOKED_AT):
            if (digits := _HEX.match(said)) and not bytes.fromhex(said[:_LOOKED_AT]).translate(
                None, _PRINTED
            ):
                raw = bytes.fromhex(said[: digits.end() // 2 * 2])
                yield Unpacked(raw.decode("latin-1"), found.span(), _IN_HEX)
            continue
        begin = _decoded(said[:_LOOKED_AT])
        if not begin.translate(None, _PRINTED):
            yield Unpacked(_decoded(said).decode("latin-1"), found.span(), _IN_BASE64)
        elif not any(begin[1::2]) and not begin[::2].translate(None, _PRINTED):
            yield Unpacked(_decoded(said)[::2].decode("latin-1"), found.span(), 2 * _IN_BASE64)


def _decoded(said: str) -> bytes:
    whole = said.translate(_URL_SAFE)
    whole = whole[: len(whole) - (len(whole) % 4 == 1)]
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4))
    except binascii.Error:  # not with this alphabet
        return b""


def _decompressed(raw: bytes, most: int) -> bytes:
    if most <= 0:
        return b""
    try:
        return zlib.decompressobj(wbits=31).decompress(raw, most)
    except zlib.error:
        return b""
