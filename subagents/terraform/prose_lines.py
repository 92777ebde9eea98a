"""The lines that Terraform printed, out of what a CI system, a quote or another program made of them.

Decides what stands before a line and is none of Terraform's: timestamps, names
of jobs, levels of logs, the escapes of a JSON string. Leaves to `prose.py`
what the lines say. Pure, linear in the length of the text, and total.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.text import clean

LONGEST_LINE = 4000
"""Beyond it no line of Terraform has structure; it is only text."""
_CI_PREFIX = re.compile(
    r"\s*(?:>(?:[ ]|$)){0,3}"  # as mail and Markdown quote
    r"(?:\S{1,80}\t[^\t]{1,80}\t)?"  # job and step names of a downloaded CI log
    r"(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?:?[ ]?"
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\]?[ ]{1,2})?"
    r"(?:##\[(?:error|warning)\][ ]?|::(?:error|warning)::)?"
    r"(?:(?:STDERR|STDOUT|ERROR)[ ]{1,3}(?:\[[^\]]{0,200}\][ ])?(?:terraform|tofu): |(?:terraform|tofu) \| )?"
)
_LOGGED = re.compile(r"\s*\S[^│┃]{0,160}?(?=[│┃] (?:Error|Warning): )")  # whatever a log puts before a box
_FRAME = ("│", "┃", "╷", "╵")
_ESCAPED = re.compile(r"\\n(?:(?:│|\\u2502) )?(?:Error|Warning): ")
_COLOUR = re.compile(r"(?:(?:\\(?:x1b|u001[bB]|033|e)|#x1[bB])\[[0-9;]{0,20}m)+((?:Error|Warning):)?")
"""Colours as a program prints them that shows a string, and not what the string says."""
_GARBLED = re.compile(r"\s*\ufffd{1,3}(?= |$)")
"""What is left of a frame where its encoding was lost."""
_ESCAPE = re.compile(r'\\(?:n|"|u25(?:02|77|75))')
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\u2502": "│", "\\u2577": "╷", "\\u2575": "╵"}


def lines_of(text: str) -> Iterator[str]:
    """Terraform's lines in `text`, in order; what is too long to be one is left as it is."""
    logged = 0  # how far from the left a log keeps the box
    for line in _told(text):
        if len(line) > LONGEST_LINE:
            yield line
            continue
        prefix = _CI_PREFIX.match(line)
        bare = line[prefix.end() :] if prefix and prefix.group().strip() else line
        if found := _LOGGED.match(bare):
            logged = found.end()
        yield bare[logged:] if bare.startswith(_FRAME, logged) else bare


def _told(text: str) -> Iterator[str]:
    """The lines as they came; those in a string of JSON, as Ansible and APIs hand them on, one by one."""
    for line in map(_mended, clean(text).split("\n")):
        if "\\n" in line and _ESCAPED.search(line):
            yield from _ESCAPE.sub(lambda escape: _ESCAPES[escape.group()], line).split("\n")
        else:
            yield line


def _mended(line: str) -> str:
    """The line as it was before its frame lost its encoding, and its colours were spelt out."""
    if lost := _GARBLED.match(line):
        line = f"│{line[lost.end() :]}"
    if "[" in line and ("\\" in line or "#x1" in line):
        line = _COLOUR.sub(lambda found: f"\\n{found[1]}" if found[1] else "", line)
    return line
