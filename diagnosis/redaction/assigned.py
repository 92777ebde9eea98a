"""Values that are secret because of the name beside them: `db_password = "…"`.

Decides where a value begins and ends: in HCL, JSON, YAML, XML, environments,
queries, connection strings and what Terraform says of a value. Leaves to
`diagnosis.redaction.names` which names and values count, and to
`diagnosis.redaction.words` how far one without quotes goes.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from diagnosis.redaction.names import HINTS, NAME, is_secret_name, is_secret_value
from diagnosis.redaction.view import BARRIER, Span
from diagnosis.redaction.words import Words

_WRAPPED = (
    r"(?:[a-z$@]{1,2}"  # N'…'
    r"|(?:some|(?:non)?sensitive|jsonencode|base64encode|tostring|trimspace|string|\[\]byte)\("
    r"|string\(\d{1,6}\)[ ])(?=[\"'])"
    r"|\[(?=[^\s\[\](){}\"',\\]{6,512}\][\s\]])"  # a header of Go: [Token:[…]]
)
"""What a language puts around a value that is a text all the same."""
_ASSIGNED = re.compile(
    rf"{NAME}(?:[\"']?\]|[\"'])?"  # ["password"], "password"
    r"(?:[ \t]{0,80}(?:\n[ \t│|]{0,16})?(?P<by>=>|:=|==?|:|is(?=[ \t]))[ \t]{0,8}(?:\n[ \t│|]{0,16})?"
    rf"(?:{_WRAPPED})?"
    r"|>(?![\s<]))(?!\"\"(?!\")|'')",
    re.ASCII,
)
_PAIRED = re.compile(
    r"(?:name|key)[\"']?[ \t]{0,16}[:=][ \t]{0,16}[\"']?(?P<name>[\w./-]{1,80})[\"']?"
    r"[,;]?\s{0,80}[\"']?\w{0,16}?value[\"']?[ \t]{0,16}(?P<by>[:=])[ \t]{0,16}",
    re.ASCII,
)
_QUOTED = re.compile(
    r"\"(?P<d>(?:[^\"\\\n\x00]|\\[^\n\x00]){1,8192}+)(?:\"|(?=\n)|\Z)"
    # a shell leaves its quotes for one quote: 'it'\\''s'
    r"|'(?P<s>[^'\n\x00]{1,8192}+(?:'(?:\\'|\"'\")'[^'\n\x00]{0,128}+){0,4}+)(?:'|(?=\n)|\Z)"
)
_AFTER_CHANGE = re.compile(r"\"[ \t]{0,80}->[ \t]{0,80}(?=\")")
_BLOCK = re.compile(
    r"[|>][+-]?[ \t]*\n(?P<indent>[ \t]{1,80})(?P<lines>[^\n\x00]*(?:\n(?P=indent)[^\n\x00]*)*+)"
)
_HEREDOC = re.compile(
    r"<<[-~]?[ \t]*(?P<end>[A-Za-z_]\w{0,40})[ \t]*\n"
    r"(?P<lines>(?:(?![ \t│|]*(?P=end)\b)[^\n\x00]*+\n)*+)(?P<closed>[ \t│|]*(?P=end)\b)?"
)
_TRIPLE = re.compile(r"\"\"\"[ \t]*\n?(?P<lines>[^\"\x00]{1,8192}+)(?:\"\"\"|\Z)")
_LONGEST_HEREDOC = 16_384
_IN_TAG = re.compile(r"[^<\n\x00]{1,4096}+")
_PADDED = re.compile(r"[\w+/-]{6,}+={1,2}", re.ASCII)
"""Base64, rather than a name that is given a value itself."""
_PADDED_LETTERS = string.ascii_letters + string.digits + "_+/-"
_DIGIT = re.compile("[0-9]")
_NAME_LETTERS = string.ascii_letters + string.digits + "_.-"
_CODE = re.compile(
    r"[A-Za-z_][\w.]*+\(.*"  # a function's call
    r"|[A-Za-z_][\w-]*+(?:\.[\w*-]++){2,}+",  # a path through an object
    re.ASCII | re.DOTALL,
)
_TELLING = 6
"""Characters of the shortest word behind a colon that a digit in it makes a value."""
_JUDGED = 4096
"""Characters of a value by which it is told from a reference or a placeholder."""
_LONGEST_NAME = 64


def assigned_spans(text: str, folded: str) -> Iterator[Span]:
    """Where values are that a secret name is given; `folded` is `text` in lower case, as long as it is."""
    if not any(hint in folded for hint in HINTS):
        return
    values = _Values(text)
    done = 0
    for found in _ASSIGNED.finditer(folded):
        if (
            found.end() < values.hollow
            or found.start() < done
            or (found["by"] and text[found.start() - 1 : found.start()] == "<")
        ):
            continue
        for span in values.after(found):
            yield span
            done = span[1]
    if "value" in folded:
        for found in _PAIRED.finditer(folded):
            if is_secret_name(found["name"]):
                yield from values.after(found)


def _is_name(word: str) -> bool:
    """Whether this is a secret name, rather than base64 that happens to end like one."""
    return word in {word.lower(), word.upper()} and not _DIGIT.search(word) and is_secret_name(word)


class _Values:
    """The values in one text. A name may stand in the value of another: nothing is read for each of them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = Words(text)
        self._in_query = Words(text, in_query=True)
        self.hollow = 0
        """Up to here every name in a word is given one and the same rest of it, which is no value."""
        self._quiet = 0
        """Up to here lines were read as one value, and none of them is secret."""

    def after(self, found: re.Match[str]) -> Iterator[Span]:
        """The values after one name: one, or the old and the new one of a planned change."""
        text = self._text
        quoted = _QUOTED.match(text, found.end())
        if not quoted:
            span = self._unquoted(found)
            if span:
                yield span
        while quoted:
            group = quoted.lastgroup or 0
            if is_secret_value(quoted[group]):
                yield quoted.span(group)
            change = _AFTER_CHANGE.match(text, quoted.end() - 1)
            quoted = _QUOTED.match(text, change.end()) if change else None

    def _unquoted(self, found: re.Match[str]) -> Span | None:
        begins_block = self._text[found.end() : found.end() + 1] in {"|", ">", "<", '"'}
        lines = self._lines(found.end()) if begins_block else None
        return lines or (self._bare(found) if found["by"] else self._in_tag(found))

    def _lines(self, start: int) -> Span | None:
        """The lines of a block of YAML or of a heredoc that begins at `start`."""
        if start < self._quiet:
            return None
        found = _BLOCK.match(self._text, start) or _TRIPLE.match(self._text, start)
        if found:
            span = found.span("lines")
        else:
            found = _HEREDOC.match(self._text, start, start + _LONGEST_HEREDOC)
            if not found:
                return None
            begin, end = found.span("lines")
            span = begin, end - 1 if found["closed"] else self._end_of_cut(end, start)
        if span[0] < span[1] and is_secret_value(self._text[slice(*span)]):
            return span
        self._quiet = span[1]
        return None

    def _end_of_cut(self, end: int, start: int) -> int:
        """Where a heredoc without an end ends: on the line that was cut, or at what no rule may look at."""
        most = min(start + _LONGEST_HEREDOC, len(self._text))
        barrier = self._text.find(BARRIER, end, most)
        return barrier if barrier >= 0 else most

    def _in_tag(self, found: re.Match[str]) -> Span | None:
        """A value in XML: `<password>…</password>`."""
        value = _IN_TAG.match(self._text, found.end()) if self._before(found) == "<" else None
        return value.span() if value and is_secret_value(value[0]) else None

    def _bare(self, found: re.Match[str]) -> Span | None:
        """A value without quotes: of an environment, a query, YAML, or a configuration of old."""
        text, start = self._text, found.end()
        # An environment and a query have no code, and no spaces.
        may_be_code = found["by"] != "=" or found[0][-1] in " \t"
        if may_be_code and text[start : start + 1] in {"(", "[", "{", "<"}:
            return None
        words, end = self._word(found)
        if end <= start or (text[end - 1] in ":=" and not self._is_padded(start, end)):
            return None
        is_code = may_be_code and _CODE.fullmatch(text, start, end)
        if is_code or (found["by"] in {":", "is"} and not self._is_value(found, words, (start, end))):
            return None
        return (start, end) if is_secret_value(text[start : min(end, start + _JUDGED)]) else None

    def _word(self, found: re.Match[str]) -> tuple[Words, int]:
        """Where the word behind a name ends, and of which kind it is."""
        start = found.end()
        words = self._words
        if start < self._in_query.end(start) < words.end(start) and self._before(found) in "?&;":
            words = self._in_query
        # `password=x: denied` goes on after it; `password: x:` is a key in a key
        return words, words.without_colons(start) if found["by"] == "=" else words.word(start)

    def _is_padded(self, start: int, end: int) -> bool:
        """Whether this is a text in base64, rather than names of which the last has no value."""
        padded = _PADDED.fullmatch(self._text, start, end)
        if padded and not _is_name(padded[0].rstrip("=")):
            return True
        if self._text[end - 1] == "=" and self._in_query.end(start) == self._words.end(start):
            self.hollow = start + len(self._text[start:end].rstrip("=").rstrip(_PADDED_LETTERS))
        return False

    def _before(self, found: re.Match[str]) -> str:
        """The character before the whole name."""
        start = found.start()
        return self._text[max(0, start - _LONGEST_NAME) : start].rstrip(_NAME_LETTERS)[-1:] or "\n"

    def _is_value(self, found: re.Match[str], words: Words, span: Span) -> bool:
        """Whether what follows a colon, or `is`, is a value rather than more of a sentence or of an ARN."""
        text, length = self._text, span[1] - span[0]
        if self._before(found) not in " \t\n{[(,'\"|-=&?;>":
            return False
        if length >= _TELLING and words.digit(span[0]) < span[1]:
            return True
        if found["by"] == "is":
            return False
        line = text.rfind("\n", max(0, found.start() - _LONGEST_NAME), found.start()) + 1
        alone = not re.sub(r"[\w.│|-]+", "", text[line : found.start()].strip(), flags=re.ASCII)
        ends = text[span[1] : span[1] + 1] in {"", "\n"}
        return (alone and ends) or (text[found.end() - 1] == ":" and length > 1)
