"""HTML elements out of foreign text: a text is escaped unless it is markup already. Pure.

So that no caller can forget it: only `el` makes markup, and every other string
is a text. What the page looks like is `report.css`.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from contracts.text import clean

_HERE = Path(__file__)
_MOST_CHARS = 1_200
"""Characters of one text that are shown."""


class Markup(str):
    """HTML that holds no unescaped foreign text."""

    __slots__ = ()


Child = str | Markup | Iterable["Child"] | None
"""A text, markup, several of them, or nothing."""


def el(name: str, *children: Child, **attributes: str | float | None) -> Markup:
    """An element; `class_` is `class`, `_` in other names is `-`; an attribute of None is left out."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(clean(str(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{told}>{_inner(children)}</{name}>")


def page(title: str, *body: Child) -> str:
    """The whole document, as text to be written in UTF-8; it asks the network for nothing."""
    css = _HERE.with_name("report.css").read_text(encoding="utf-8")
    shell = Template(_HERE.with_name("page.html").read_text(encoding="utf-8"))
    return shell.substitute(title=escape(clean(title)), css=css, body=_inner(body))


def _inner(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        text = clean(child)
        return escape(text if len(text) <= _MOST_CHARS else f"{text[:_MOST_CHARS]}…")
    return "".join(map(_inner, child))
