"""Secrets that are known: the values themselves, and the forms they are printed in.

Decides which encodings of a value are looked for. A value shorter than six
characters is not looked for: it would be found everywhere. Leaves to others:
which of its lines are looked for alone (`diagnosis.redaction.lines`).
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from itertools import takewhile
from urllib.parse import quote, quote_plus

from diagnosis.redaction.lines import is_mixed, secret_lines
from diagnosis.redaction.literals import any_of
from diagnosis.redaction.view import Span, unbroken

SHORTEST = 6
"""Characters of the shortest value that is looked for, and of what a search begins with."""

_SHORTEST_TURNED_ROUND = 8
_LONGEST_TWICE = 1024
"""Characters of a value of which what was encoded twice is looked for."""
_SHORTEST_IN_ANOTHER_CASE = 12
"""Characters; a shorter value may be an ordinary word in another case."""


_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(rf"(?<![0-9])[1-9][0-9]{{{SHORTEST - 1},}}(?![0-9])")


class KnownValues:
    """Finds any of some values, plain or encoded."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = frozenset(value for value in values if len(value) >= SHORTEST)
        self._heads: dict[str, list[tuple[str, str]]] = {}
        forms = {form: value for value in sorted(self.values) for form in forms_of(value)}
        forms |= {value: value for value in self.values}  # over the encoded form of another one
        for form in sorted(forms, key=len, reverse=True):
            self._heads.setdefault(form[:SHORTEST], []).append((form, forms[form]))
        self._begun: dict[str, list[tuple[int, str]]] = {}
        for value in sorted(self.values):
            if least := _telling_beginning(value):
                self._begun.setdefault(value[:SHORTEST], []).append((least, value))
        self._search = re.compile(any_of(self._heads)) if forms else None
        numbers = {value.lstrip("0"): value for value in sorted(self.values) if _DIGITS.fullmatch(value)}
        self._numbers = {number: value for number, value in numbers.items() if len(number) >= SHORTEST}

    def number(self, number: float) -> str | None:
        """The value that this number is; None: it is none."""
        return self._numbers.get(str(int(number))) if self._numbers and number == number // 1 else None

    def find(self, text: str) -> Iterator[tuple[Span, str]]:
        """Where which value stands, also with ends of lines in it."""
        if not self._search:
            return
        yield from self._find(text)
        if any(number != value for number, value in self._numbers.items()):
            for found in _NUMBER.finditer(text):
                if (value := self._numbers.get(found[0])) is not None:
                    yield found.span(), value
        view = unbroken(text)
        if view is None:
            return
        for (start, end), value in self._find(view.text):
            span = view.original((start, end))
            if span[1] - span[0] > end - start:  # else it was found above
                yield span, value

    def _find(self, text: str) -> Iterator[tuple[Span, str]]:
        """Where which value stands, left to right, the longest form first."""
        position = 0
        while self._search and (found := self._search.search(text, position)):
            position = found.start()
            for form, value in self._heads[found[0]]:
                if text.startswith(form, position):
                    yield (position, position + len(form)), value
                    position += len(form) - 1
                    break
            else:
                for least, value in self._begun.get(found[0], ()):
                    if text.startswith(value[:least], position):
                        same = _same(value, text[position : position + len(value)])
                        yield (position, position + same), value
                        position += same - 1
                        break
            position += 1


def _same(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _telling_beginning(value: str) -> int:
    """Characters from which on its beginning, cut off there, gives it away; 0: others begin like it too."""
    least = max(_SHORTEST_IN_ANOTHER_CASE, len(value) // 2)
    is_place = re.search(r"[\s:\\]|^[/.~]", value)
    return least if len(value) > least and not is_place and is_mixed(value[:least]) else 0


def forms_of(value: str) -> set[str]:
    """`value` and its escaped, base64 and hexadecimal forms, none shorter than six characters."""
    raw = value.encode("utf-8", errors="surrogatepass")
    quoted = json.dumps(value)[1:-1]
    forms = {
        value,
        value.strip(),
        quoted,
        json.dumps(quoted)[1:-1],  # JSON within JSON
        json.dumps(value, ensure_ascii=False)[1:-1],
        _as_go(quoted),
        value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("${", "$${"),
        shlex.quote(value).removeprefix("'").removesuffix("'"),
        re.sub(r"([^\w@%+=:,./-])", r"\\\1", value, flags=re.ASCII),
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        raw.hex(),
        raw.hex().upper(),
        *_base64(raw),
        *_escaped(value, raw),
        *_twice(value, raw),
    }
    if len(value) >= _SHORTEST_IN_ANOTHER_CASE:
        forms |= {value.upper(), value.lower(), re.sub(r"\b[a-z]", lambda first: first[0].upper(), value)}
        joined = {re.sub(r"[\W_]+", sign, value) for sign in ("", "-", "_")}
        forms |= {form for form in joined if len(form) >= _SHORTEST_IN_ANOTHER_CASE}
    if len(value.splitlines()) > 1:
        forms.add("".join(value.splitlines()))
    for line in secret_lines(value):
        forms |= {line, json.dumps(line)[1:-1]}
    return {form for form in forms if len(form) >= SHORTEST}


def _as_go(quoted: str) -> str:
    """As Go's encoder prints it, and so Terraform and its providers: fit for HTML."""
    return quoted.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _escaped(value: str, raw: bytes) -> Iterator[str]:
    """With every byte as an escape of a shell, every letter as an entity of HTML, or in hex with colons."""
    yield "".join(f"\\{byte:03o}" for byte in raw)
    for letter in "xX":
        yield "".join(f"\\x{byte:02{letter}}" for byte in raw)
        yield "".join(f"&#x{ord(sign):{letter}};" for sign in value)
    yield "".join(f"&#{ord(sign)};" for sign in value)
    yield raw.hex(":")
    yield raw.hex(":").upper()


def _twice(value: str, raw: bytes) -> Iterator[str]:
    """Turned round, in base32, in another alphabet's base64, or what was encoded again once it was."""
    if len(value) >= _SHORTEST_TURNED_ROUND:
        yield value[::-1]
    if len(value) > _LONGEST_TWICE:
        return
    for text in (base64.b32encode(raw).decode(), base64.b32encode(raw).decode().rstrip("=")):
        yield from (text, text.lower())
    yield from _base64(value.encode("utf-16-le", errors="surrogatepass"))
    yield quote(quote(raw, safe=""), safe="")
    yield base64.b64encode(raw).hex()
    for once in {*_base64(raw), raw.hex()}:
        yield quote(once, safe="")
        yield from _base64(once.encode())


def _base64(raw: bytes) -> Iterator[str]:
    """What of a base64 text is `raw` alone, wherever `raw` stands in what was encoded."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + raw).decode()
        first = -(-before * 8 // 6)
        last = (before + len(raw)) * 8 // 6
        for text in (whole, whole.translate({ord("+"): "-", ord("/"): "_"})):
            yield text[first:last]
            if not before:
                yield text
