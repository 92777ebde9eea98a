"""The standard streams: each is there, and one that cannot show every letter shows `->` for an arrow.

Decides what stands for a letter that an encoding lacks, and whether there are colours. What programs
read (JSON, CSV, a patch) is UTF-8 wherever it goes: `planner.commands.options.document`.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from io import TextIOWrapper

_STANDS_FOR = {
    "→": "->",
    "✓": "+",
    "✗": "x",
    "│": "|",
    "┃": "|",
    "─": "-",
    "━": "-",
    "•": "*",
    "·": "-",
    "…": "...",
    "\u2013": "-",
    "\u2014": "-",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "╷": "",
    "╵": "",
    "├": "|",
    "╭": "+",
    "╮": "+",
    "╰": "+",
    "╯": "+",
}
_ALL = "".join(_STANDS_FOR)
_SPINNER = range(0x2800, 0x2900)  # braille: rich turns a wheel of it
_STANDARD = 2  # the last descriptor of the standard streams
_HANDLER, _ASCII = "planner.legible", "planner-ascii"


def fill_standard() -> None:
    """Have something where the caller left a standard stream closed: else a pipe of ours would lie there.

    And what we start would take it for its own output.
    """
    with suppress(OSError):
        descriptor = os.open(os.devnull, os.O_RDWR)  # the lowest that is free
        while descriptor <= _STANDARD:
            descriptor = os.open(os.devnull, os.O_RDWR)
        os.close(descriptor)


def make_legible() -> None:
    """Have standard output and standard error show what they can, where their encoding lacks letters."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and not _can_show(stream.encoding):
            codecs.register_error(_HANDLER, _stand_in)
            codecs.register(_codec)
            is_ascii = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=_ASCII if is_ascii else None, errors=_HANDLER)


def colour_of(env: Mapping[str, str]) -> bool | None:
    """Whether what is printed may have colours; None: where the stream is a terminal."""
    return False if env.get("NO_COLOR") or env.get("TERM") == "dumb" else None


def _can_show(encoding: str) -> bool:
    try:
        _ALL.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_stand_in_for, error.object[error.start : error.end])), error.end


def _stand_in_for(letter: str) -> str:
    return "*" if ord(letter) in _SPINNER else _STANDS_FOR.get(letter, ascii(letter)[1:-1])


def _codec(name: str) -> codecs.CodecInfo | None:
    """ASCII under a name of its own: under its own one, click takes it for a mistake and writes UTF-8."""
    if name != _ASCII.replace("-", "_"):
        return None
    plain = codecs.lookup("ascii")
    return codecs.CodecInfo(
        plain.encode,
        plain.decode,
        incrementalencoder=plain.incrementalencoder,
        incrementaldecoder=plain.incrementaldecoder,
        streamreader=plain.streamreader,
        streamwriter=plain.streamwriter,
        name=_ASCII,
    )
