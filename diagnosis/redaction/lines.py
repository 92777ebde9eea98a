"""What of a known secret of several lines is a secret of its own, where a line of it stands alone.

Tools print a secret line by line, with something before each. Decides which
part of which line is looked for: one that is long or mixed enough not to be an
ordinary word. What every file of its kind has too (a bracket, `kind: Config`,
the frame of a key) is not looked for: it would be masked everywhere. Leaves to
others: how a part is searched (`diagnosis.redaction.exact`).
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from itertools import islice

from diagnosis.redaction.names import is_secret_name

_MOST_LINES = 4096
"""Of one value: its search is built at a run's start."""
_SENTENCE = 16
"""Characters from which on a line that is no `name: value` is taken for a secret, whatever is in it."""
_MIXED, _HALF_MIXED, _PLAIN = 6, 12, 24
"""Characters of the shortest secret word: of all three kinds of characters, of two, of one."""
_WITH_SIGNS = 8
_SIGNS = frozenset("!#$%&*+?^~")
_WORDS = str.maketrans(dict.fromkeys(string.punctuation, " "))
_TOKENS = str.maketrans(dict.fromkeys("\"'`/\\:;.,=()[]{}<>|", " "))
_EDGES = " \t\"'`,;"


def secret_lines(value: str) -> Iterator[str]:
    """The parts of its lines that are looked for; nothing of a value of one line."""
    lines = value.replace("\\r\\n", "\n").replace("\\n", "\n").splitlines()
    if len(lines) > 1:
        for line in islice(lines, _MOST_LINES):
            yield from _secret_part(line.strip())


def _secret_part(line: str) -> Iterator[str]:
    """The line, or the value that it gives to a name, if that is secret."""
    name, said = _named(line)
    part = said.strip(_EDGES)
    if part.startswith("-----"):
        return
    is_long = len(part) >= _SENTENCE and "://" not in part and not part.endswith((":", "{", "[", "("))
    if (is_long and (not name or is_secret_name(name))) or is_mixed(part):
        yield part


def _named(line: str) -> tuple[str, str]:
    """A line as the name and the value it has; the name is empty where it has none."""
    item = line.removeprefix("- ").lstrip()
    for sign in (":", "="):
        name, found, value = item.partition(sign)
        name = name.strip(_EDGES)
        blank = sign == "=" or value[:1] in {" ", "\t", '"', "'"}
        if found and blank and value.strip("= ") and _is_name(name):
            return name, value
    return "", item


def _is_name(text: str) -> bool:
    return text.translate(_WORDS).replace(" ", "").isalnum() and " " not in text and not is_mixed(text)


def is_mixed(text: str) -> bool:
    """Whether it holds a word that nobody would write by chance."""
    return any(map(_is_random, text.translate(_WORDS).split())) or any(
        len(token) >= _WITH_SIGNS and not _SIGNS.isdisjoint(token) and _kinds(token) > 1
        for token in text.translate(_TOKENS).split()
    )


def _is_random(word: str) -> bool:
    kinds = _kinds(word)
    if word.isalpha():
        return len(word) >= _PLAIN
    return len(word) >= {3: _MIXED, 2: _HALF_MIXED}.get(kinds, len(word) + 1)


def _kinds(word: str) -> int:
    """How many of digits, small and capital letters are in it; digits alone are a number."""
    digits = any(letter.isdigit() for letter in word)
    small, capital = word.upper() != word, word.lower() != word
    return digits + small + capital if digits else 0
