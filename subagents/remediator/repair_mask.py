"""A file's text with strings, heredocs and comments blanked out, place for place.

Decides what of a text that may not parse is code. A string becomes quotation
marks, a comment spaces; line ends stay.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"(?P<comment>#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|<<-?(?P<mark>[A-Za-z_][\w-]*)[^\S\n]*\n"
    r'|(?P<quote>")',
    re.DOTALL,
)
_INSIDE = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|[{}"\n]', re.DOTALL)


def masked(text: str) -> str:
    """A text of the same length: code as it is, strings as quotation marks, comments as spaces."""
    parts, at = [], 0
    while (found := _TOKEN.search(text, at)) is not None:
        parts.append(text[at : found.start()])
        if found["comment"] is not None:
            end, sign = found.end(), " "
        elif found["mark"] is not None:
            end, sign = _heredoc_end(text, found.end(), found["mark"]), '"'
        else:
            end, sign = _string_end(text, found.end()), '"'
        parts.append(re.sub(r"[^\n]", sign, text[found.start() : end]))
        at = end
    return "".join([*parts, text[at:]])


def _heredoc_end(text: str, start: int, mark: str) -> int:
    last = re.compile(rf"^[^\S\n]*{re.escape(mark)}(?=[^\S\n]*$)", re.MULTILINE).search(text, start)
    return last.end() if last else len(text)


def _string_end(text: str, start: int) -> int:
    """Behind the closing quote, or before the line's end where there is none."""
    open_braces: list[bool] = []
    inner = False
    for found in _INSIDE.finditer(text, start):
        sign = found[0]
        if sign == "\n":
            return found.start()
        if sign in {"${", "%{"} or (sign == "{" and open_braces and not inner):
            open_braces.append(inner)
            inner = False
        elif sign == "}" and open_braces and not inner:
            inner = open_braces.pop()
        elif sign == '"':
            if not open_braces:
                return found.end()
            inner = not inner
    return len(text)
