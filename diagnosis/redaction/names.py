"""Values that are secret because of the name beside them: `db_password = "…"`.

Decides which names make a value secret, in HCL, JSON, YAML, environments,
queries, connection strings and what Terraform says of a value, and which values are none: references, marks
that Terraform prints instead of a value, types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.redaction.view import Span

_HINTS = ("pass", "pwd", "secret", "token", "key", "pat", "sig", "connection")
_WORDS = (
    r"pass(?:word|wd|phrase|code)?|pwd|secret|token|_pat"
    r"|(?:api|app|application|access|secret|secret[_-]?access|private|account|auth|master|encryption"
    r"|signing|shared|license|admin|integration)[_-]?key"
    r"|client[_-]key[_-]data|connection[_-]?string|sas[_-]?url|user[_-]?pat"
)
_SUFFIXES = (
    r"(?:[_-]?(?:value|string|text|plain|plaintext|data|hash|b64|base64|wo|old|new|current|previous))?\d{0,3}"
)
_NAME = rf"(?:{_WORDS}){_SUFFIXES}"
_ASSIGNED = re.compile(
    rf"(?<![:<]){_NAME}(?:[\"']?\]|[\"'])?"  # ["password"], "password"
    r"[ \t]{0,80}(?P<by>=>|:=|==?|:|is(?=[ \t][\"']))[ \t]{0,8}(?:\n[ \t│|]{0,16})?",
    re.ASCII,
)
_WHOLE_NAME = re.compile(rf"[\w.-]*{_NAME}", re.ASCII)
_QUOTED = re.compile(
    r"\"(?P<d>(?:[^\"\\\n\x00]|\\[^\n\x00]){1,8192}+)(?:\"|(?=\n)|\Z)"
    r"|'(?P<s>[^'\n\x00]{1,8192}+)(?:'|(?=\n)|\Z)"
)
_AFTER_CHANGE = re.compile(r"\"[ \t]{0,80}->[ \t]{0,80}(?=\")")
_BARE = re.compile(r"[^\s\"'\\<>\x00]{1,4096}+")
_IN_QUERY = re.compile(r"[^&;#)\]}]+")
_PART = re.compile(r"[\w.-]*\Z", re.ASCII)
_NOT_SECRET = re.compile(
    r"[\W_]*"
    r"|\((?:sensitive|known|unknown|hidden|redacted|write-only)\b.*"
    r"|null|true|false|none|nil|undefined|unknown|string|number|bool|any|object|optional|sensitive|redacted|required"
    r"|x+|\d{1,5}|%[a-z]"
    r"|(?-i:\$[A-Z_][A-Z0-9_]*)|\$\{[^{}]*\}|\$?\{\{[^{}]*\}\}|\{\w+\}"  # references of shells and templates
    r"|(?:var|local|data|module|each|count|path|self|output|env|ephemeral|resource)\.[\w.\[\]*\"'-]+"
    r"|(?-i:[a-z][a-z0-9]*_[a-z0-9_]+\.[a-z_][\w-]*(?:\[[^\]]*\])?\.[a-z_]+)"  # type.name.attribute
    r"|arn:aws[\w-]*:.*|(?:alias|projects)/[\w/.-]+",  # where a key lies, not the key
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_CODE = re.compile(
    r"[(\[{<].*"
    r"|[A-Za-z_][\w.]*\(.*"  # a function's call
    r"|[A-Za-z_][\w-]*(?:\.[\w*-]+){2,}",  # a path through an object
    re.ASCII | re.DOTALL,
)
_TELLING = re.compile(r"(?=.*[0-9])[^\s]{6,}")
_LONGEST_NAME = 64


def is_secret_name(name: str) -> bool:
    """Whether a value of this name is secret: `db_password` is, `secret_arn` is not."""
    return _WHOLE_NAME.fullmatch(name.lower()) is not None


def is_secret_value(value: str) -> bool:
    """Whether a value with a secret name is one: not a reference, a type or a placeholder."""
    return "\0" not in value and not _NOT_SECRET.fullmatch(value.strip())


def assigned_spans(text: str, folded: str) -> Iterator[Span]:
    """Where values are that a secret name is given; `folded` is `text` in lower case, as long as it is."""
    if not any(hint in folded for hint in _HINTS):
        return
    done = 0
    for found in _ASSIGNED.finditer(folded):
        if found.start() < done:
            continue
        for span in _values(text, found):
            yield span
            done = span[1]


def _values(text: str, found: re.Match[str]) -> Iterator[Span]:
    """The values after one name: one, or the old and the new one of a planned change."""
    quoted = _QUOTED.match(text, found.end())
    if not quoted:
        yield from _bare(text, found)
        return
    while quoted:
        group = quoted.lastgroup or 0
        if is_secret_value(quoted[group]):
            yield quoted.span(group)
        change = _AFTER_CHANGE.match(text, quoted.end() - 1)
        quoted = _QUOTED.match(text, change.end()) if change else None


def _bare(text: str, found: re.Match[str]) -> Iterator[Span]:
    """A value without quotes: of an environment, a query, YAML, or a configuration of old."""
    value = _BARE.match(text, found.end())
    if not value:
        return
    begin = max(0, found.start() - _LONGEST_NAME)
    part = _PART.search(text[begin : found.start()])
    name_start = begin + part.start() if part else found.start()
    before = text[name_start - 1] if name_start else "\n"
    if before in "?&;":
        value = _IN_QUERY.match(text, value.start(), value.end()) or value
    start, end = value.span()
    end -= len(value[0]) - len(value[0].rstrip(",;)]}"))
    word = text[start:end]
    if not is_secret_value(word) or word.endswith((":", "=")):
        return
    if (found["by"] != "=" or found[0][-1] in " \t") and _CODE.fullmatch(word):
        return  # an environment and a query have no code, and no spaces
    if found["by"] == ":" and not _names_a_value(text, found, before, word, end):
        return
    yield start, end


def _names_a_value(text: str, found: re.Match[str], before: str, word: str, end: int) -> bool:
    """Whether a colon gives a value here, rather than going on in a sentence or an ARN."""
    if before not in " \t\n{[(,'\"|-=&?;>":
        return False
    if _TELLING.fullmatch(word):
        return True
    line = text.rfind("\n", max(0, found.start() - _LONGEST_NAME), found.start()) + 1
    alone = not re.sub(r"[\w.│|-]+", "", text[line : found.start()].strip(), flags=re.ASCII)
    followed = text[end : end + 1]
    return (alone and followed in {"", "\n"}) or (text[found.end() - 1] == ":" and len(word) > 1)
