"""Values that are secret because of a name that does not stand right before them.

The name may stand behind its value, head a list or a map of them, or be that of
the block around it: `variable "db_password" { default = … }`. Leaves to
`diagnosis.redaction.names` which names and values count, to
`diagnosis.redaction.assigned` a value behind its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.redaction.lines import is_mixed
from diagnosis.redaction.names import HINTS, NAME, is_secret_name, is_secret_value
from diagnosis.redaction.view import Span

_TEXT = r"\"(?:[^\"\\\n\x00]|\\[^\n\x00]){0,2048}+\"|'[^'\n\x00]{0,2048}+'"
_BEHIND = re.compile(
    rf"(?<![\w-])\w{{0,16}}?value[\"']?[ \t]{{0,16}}[:=][ \t]{{0,16}}(?P<value>{_TEXT}"
    r"|[^\s,\"'{}=\x00]{1,512}+={0,2})"
    r"[,;]?\s{0,80}(?:[│|][ ]{0,16})?[\"']?\w{0,16}?(?:name|key)[\"']?[ \t]{0,16}[:=][ \t]{0,16}[\"']?"
    r"(?P<name>[\w./-]{1,80})",
    re.ASCII,
)
_SEVERAL = (
    rf"(?P<name>{NAME})s?[\"']?[ \t]{{0,16}}(?::|=>|=)[\s│|]{{0,16}}"
    r"(?:(?P<list>\[)|(?P<map>\{)|(?P<items>(?=-[ ])))"
)
_IN_LIST = re.compile(rf"[\s,│|]{{0,80}}(?P<value>{_TEXT})")
_IN_MAP = re.compile(
    rf"[\s,│|]{{0,80}}(?:{_TEXT}|[\w.-]{{1,128}})[ \t]{{0,16}}(?:=>|[:=])[ \t]{{0,16}}(?P<value>{_TEXT})"
)
_ITEM = re.compile(r"[ \t│|]{0,40}-[ ]{1,8}(?P<value>[^\r\n\x00]{1,2048}+)(?:\r?\n)?")
_OF_ONE = (
    rf"{NAME}s?\[[\"']?[\w.@ /-]{{1,64}}[\"']?\](?:\.\w{{1,64}})?[ \t]{{0,8}}(?:is|=|:)"
    rf"[ \t]{{0,8}}(?P<value>{_TEXT})"
)
"""These two are compiled when a text first needs them: they cost a clean run more than all that it reads."""
_BLOCK = re.compile(
    r"(?<![\w-])(?:(?P<said>variable|output)[ ]{1,8}\"(?P<name>[\w-]{1,128})\""
    r"|(?:resource|ephemeral)[ ]{1,8}\"(?P<type>\w{1,128})\"[ ]{1,8}\"[\w-]{1,128}\""
    r"|(?P<set>set_sensitive)(?=[ ]{0,8}\{))",
    re.ASCII,
)
_END = re.compile(r"\n[│|]?[ ]?(?:[ ]{0,8}\d{1,5}:[ ]?)?\}|\x00")
_OF_SECRETS = re.compile(r"\w*(?:secret|password|token|credential|access_key|private_key)\w*", re.ASCII)
_SECURE = re.compile(r"type[ ]{0,64}=[ ]{0,4}\"securestring\"")
_GIVEN = re.compile(
    r"(?<![\w.-])(?:default|value(?:_wo)?|plaintext_value|insecure_value|data_json(?:_wo)?|payload|plaintext)"
    rf"[ ]{{0,64}}=[ ]{{0,4}}(?:(?P<value>{_TEXT})|(?P<map>(?:jsonencode\()?\{{))"
)
_LONGEST_BLOCK = 8192
_MOST_WORDS = 3
"""Of a value of a list: what has more is a sentence about secrets."""


def beside_spans(text: str, folded: str) -> Iterator[Span]:
    """Where such values are; `folded` is `text` in lower case, as long as it is."""
    if any(hint in folded for hint in HINTS):
        yield from _behind(text, folded)
        yield from _several(text, folded)
        for found in re.finditer(_OF_ONE, folded, re.ASCII):
            yield from _secret(text, found.span("value"))
    yield from _in_blocks(text, folded)


def _behind(text: str, folded: str) -> Iterator[Span]:
    if "value" in folded:
        for found in _BEHIND.finditer(folded):
            if is_secret_name(found["name"]):
                yield from _secret(text, found.span("value"))


def _several(text: str, folded: str) -> Iterator[Span]:
    """The members of lists and maps of a secret name; but for passwords, those that nobody would write."""
    for found in re.finditer(_SEVERAL, folded, re.ASCII):
        pattern = _IN_LIST if found["list"] else _IN_MAP if found["map"] else _ITEM
        for span in _members(text, found.end(), pattern):
            if "pass" in found["name"] or is_mixed(text[slice(*span)]):
                yield from _secret(text, span)


def _in_blocks(text: str, folded: str) -> Iterator[Span]:
    heads = list(_BLOCK.finditer(folded))
    for at, head in enumerate(heads):
        most = heads[at + 1].start() if at + 1 < len(heads) else len(text)
        most = min(most, head.end() + _LONGEST_BLOCK)
        end = _END.search(text, head.end(), most)
        where = head.end(), end.start() if end else most
        if _is_secret(head, folded, where):
            for found in _GIVEN.finditer(folded, *where):
                spans = [found.span("value")] if found["value"] else _members(text, found.end(), _IN_MAP)
                for span in spans:
                    yield from _secret(text, span)


def _is_secret(head: re.Match[str], folded: str, where: Span) -> bool:
    """Whether what a block gives is secret: by its name, or by the type of the resource."""
    if head["name"]:
        return is_secret_name(head["name"])
    kind = head["type"] or ""
    return bool(
        head["set"] or _OF_SECRETS.fullmatch(kind) or ("parameter" in kind and _SECURE.search(folded, *where))
    )


def _members(text: str, start: int, pattern: re.Pattern[str]) -> Iterator[Span]:
    """The values of a list or of a map that begins at `start`."""
    while found := pattern.match(text, start):
        yield found.span("value")
        start = found.end()


def _secret(text: str, span: Span) -> Iterator[Span]:
    start, end = span
    said = text[start:end].strip()
    start = text.index(said, start) if said else start
    if len(said) > 1 and said[0] == said[-1] and said[0] in "\"'":
        start, said = start + 1, said[1:-1]
    if len(said.split()) <= _MOST_WORDS and is_secret_value(said):
        yield start, start + len(said)
