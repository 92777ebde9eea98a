"""Values that are secret because of the name beside them: `db_password = "…"`.

Decides where a value begins and ends: in HCL, JSON, YAML, XML, environments,
queries, connection strings and what Terraform says of a value. Leaves to
`diagnosis.redaction.names` which names and values count.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from diagnosis.redaction.names import HINTS, NAME, is_secret_name, is_secret_value
from diagnosis.redaction.view import Span

_ASSIGNED = re.compile(
    rf"{NAME}(?:[\"']?\]|[\"'])?"  # ["password"], "password"
    r"(?:[ \t]{0,80}(?:\n[ \t│|]{0,16})?(?P<by>=>|:=|==?|:|is(?=[ \t]))[ \t]{0,8}(?:\n[ \t│|]{0,16})?"
    r"|>(?![\s<]))(?!\"\"|'')",
    re.ASCII,
)
_PAIRED = re.compile(
    r"(?:name|key)[\"']?[ \t]{0,16}[:=][ \t]{0,16}[\"']?(?P<name>[\w./-]{1,80})[\"']?"
    r"[,;]?\s{0,80}[\"']?value[\"']?[ \t]{0,16}(?P<by>[:=])[ \t]{0,16}",
    re.ASCII,
)
_QUOTED = re.compile(
    r"\"(?P<d>(?:[^\"\\\n\x00]|\\[^\n\x00]){1,8192}+)(?:\"|(?=\n)|\Z)"
    r"|'(?P<s>[^'\n\x00]{1,8192}+)(?:'|(?=\n)|\Z)"
)
_AFTER_CHANGE = re.compile(r"\"[ \t]{0,80}->[ \t]{0,80}(?=\")")
_BLOCK = re.compile(
    r"[|>][+-]?[ \t]*\n(?P<indent>[ \t]{1,80})(?P<lines>[^\n\x00]*(?:\n(?P=indent)[^\n\x00]*)*+)"
)
_HEREDOC = re.compile(r"<<[-~]?[ \t]*(?P<end>[A-Za-z_]\w{0,40})[ \t]*\n")
_LONGEST_HEREDOC = 16_384
_IN_TAG = re.compile(r"[^<\n\x00]{1,4096}+")
_BARE = re.compile(r"[^\s\"'\\<>\x00]{1,4096}+")
_IN_QUERY = re.compile(r"[^&;#)\]}]+")
_PADDED = re.compile(r"[\w+/-]{6,}={1,2}", re.ASCII)
"""Base64, rather than a name that is given a value itself."""
_NAME_LETTERS = string.ascii_letters + string.digits + "_.-"
_CODE = re.compile(
    r"[(\[{<].*"
    r"|[A-Za-z_][\w.]*\(.*"  # a function's call
    r"|[A-Za-z_][\w-]*(?:\.[\w*-]+){2,}",  # a path through an object
    re.ASCII | re.DOTALL,
)
_TELLING = re.compile(r"(?=.*[0-9])[^\s]{6,}")
_LONGEST_NAME = 64


def assigned_spans(text: str, folded: str) -> Iterator[Span]:
    """Where values are that a secret name is given; `folded` is `text` in lower case, as long as it is."""
    if not any(hint in folded for hint in HINTS):
        return
    done = 0
    for found in _ASSIGNED.finditer(folded):
        if found.start() < done or (found["by"] and text[found.start() - 1 : found.start()] == "<"):
            continue
        for span in _values(text, found):
            yield span
            done = span[1]
    if "value" in folded:
        for found in _PAIRED.finditer(folded):
            if is_secret_name(found["name"]):
                yield from _values(text, found)


def _values(text: str, found: re.Match[str]) -> Iterator[Span]:
    """The values after one name: one, or the old and the new one of a planned change."""
    quoted = _QUOTED.match(text, found.end())
    if not quoted:
        begins_block = text[found.end() : found.end() + 1] in {"|", ">", "<"}
        span = (_lines(text, found.end()) if begins_block else None) or _bare(text, found)
        if span and is_secret_value(text[slice(*span)]):
            yield span
    while quoted:
        group = quoted.lastgroup or 0
        if is_secret_value(quoted[group]):
            yield quoted.span(group)
        change = _AFTER_CHANGE.match(text, quoted.end() - 1)
        quoted = _QUOTED.match(text, change.end()) if change else None


def _lines(text: str, start: int) -> Span | None:
    """The lines of a block of YAML or of a heredoc that begins at `start`."""
    block = _BLOCK.match(text, start)
    if block:
        return block.span("lines")
    heredoc = _HEREDOC.match(text, start)
    if not heredoc:
        return None
    most = heredoc.end() + _LONGEST_HEREDOC
    end = re.compile(rf"^[ \t│|]*{heredoc['end']}\b", re.MULTILINE).search(text, heredoc.end(), most)
    stop = end.start() - 1 if end else min(most, len(text))
    return (heredoc.end(), stop) if stop > heredoc.end() else None


def _bare(text: str, found: re.Match[str]) -> Span | None:
    """A value without quotes: of an environment, a query, YAML, XML, or a configuration of old."""
    value = (_BARE if found["by"] else _IN_TAG).match(text, found.end())
    if not value:
        return None
    before = text[max(0, found.start() - _LONGEST_NAME) : found.start()].rstrip(_NAME_LETTERS)[-1:] or "\n"
    if not found["by"]:  # <password>…</password>
        return value.span() if before == "<" else None
    if before in "?&;":
        value = _IN_QUERY.match(text, value.start(), value.end()) or value
    word = _without_tail(value[0])
    if found["by"] == "=":
        word = word.rstrip(":")  # `password=x: denied` goes on after it; `password: x:` is a key in a key
    span = value.start(), value.start() + len(word)
    if word.endswith((":", "=")) and not _PADDED.fullmatch(word):
        return None
    if (found["by"] != "=" or found[0][-1] in " \t") and _CODE.fullmatch(word):
        return None  # an environment and a query have no code, and no spaces
    if found["by"] in {":", "is"} and not _is_value(text, found, before, span):
        return None
    return span


def _without_tail(word: str) -> str:
    """A word without what a sentence or a structure puts behind it: brackets, and what follows a bracket."""
    bare = word.rstrip(",;)]}:.!?")
    tail = word[len(bare) :]
    bracket = next((n for n, letter in enumerate(tail) if letter in ",;)]}"), len(tail))
    return bare + tail[:bracket]


def _is_value(text: str, found: re.Match[str], before: str, span: Span) -> bool:
    """Whether what follows a colon, or `is`, is a value rather than the rest of a sentence or of an ARN."""
    word = text[slice(*span)]
    if before not in " \t\n{[(,'\"|-=&?;>":
        return False
    if _TELLING.fullmatch(word):
        return True
    if found["by"] == "is":
        return False
    line = text.rfind("\n", max(0, found.start() - _LONGEST_NAME), found.start()) + 1
    alone = not re.sub(r"[\w.│|-]+", "", text[line : found.start()].strip(), flags=re.ASCII)
    ends = text[span[1] : span[1] + 1] in {"", "\n"}
    return (alone and ends) or (text[found.end() - 1] == ":" and len(word) > 1)
