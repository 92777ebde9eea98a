"""Values with a secret name in XML and HTML: in an element, in CDATA, beside what names them.

Decides where such a value begins and ends. Leaves to `diagnosis.redaction.names` which
names and values count, and to `diagnosis.redaction.assigned` an attribute of that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.redaction.names import NAME, is_secret_value
from diagnosis.redaction.view import Span

_ELEMENT = (
    rf"<(?:[\w-]{{1,64}}+:)?[\w.-]{{0,64}}?{NAME}(?:[ \t\n][^<>\x00]{{0,512}}+)?>"
    r"(?:<!\[cdata\[)?(?P<value>[^<>\n\x00]{1,4096}+)"
)
_NAMED = (
    rf"(?:name|key|id)=[\"'][\w.-]{{0,64}}?{NAME}[\"'][^<>\x00]{{0,256}}+>(?:<!\[cdata\[)?"
    r"(?P<value>[^<>\n\x00]{1,4096}+)"
)
_ROW = (
    rf"<t[dh][^<>\x00]{{0,256}}+>\s{{0,16}}[\w. -]{{0,64}}?{NAME}\s{{0,16}}</t[dh]>\s{{0,80}}"
    r"<td[^<>\x00]{0,256}+>(?P<value>[^<>\n\x00]{1,4096}+)"
)


def markup_spans(text: str, folded: str) -> Iterator[Span]:
    """Where values are in elements; `folded` is `text` in lower case, as long as it is."""
    if "</" not in text and "<![" not in text:
        return
    for pattern in (_ELEMENT, _NAMED, _ROW):
        for found in re.finditer(pattern, folded, re.ASCII):
            if is_secret_value(text[slice(*found.span("value"))]):
                yield found.span("value")
