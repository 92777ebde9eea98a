# ruff: noqa: RUF001, RUF002 - these letters are the subject
"""Letters that are read as others: full-width, mathematical, Cyrillic and Greek ones, quotes of print.

Decides which one character a reader takes another one for, so that `pаssword：` is read as the
name it looks like. Every character becomes exactly one, so that places stay what they are. Leaves
to `diagnosis.redaction.view` what takes no room, or more than one character.
"""

from __future__ import annotations

import re
import unicodedata

_FOREIGN = re.compile(
    "[\u00a0\u00ab\u00bb\u00c0-\u024f\u0370-\u03ff\u0400-\u052f\u0561-\u0586\u1d00-\u1d7f\u1e00-\u1eff\u2000-\u200a"
    "\u2018-\u201f\u202f\u2039\u203a\u205f\u2100-\u214f\u24b6-\u24e9\u3000\u300c-\u300f\ua4d0-\ua4ff"
    "\uff01-\uff5e\U0001d400-\U0001d7ff]"
)
_QUOTES = {**dict.fromkeys("“”„‟«»「」『』", '"'), **dict.fromkeys("‘’‚‛‹›", "'")}
_DRAWN_ALIKE = dict(
    zip(
        "аеорсухіјѕԁһӏтвнкмАВЕКМНОРСТХІЅЈԛԝ" + "αβεικνορτυχωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "ɡıʏᴀᴅᴇᴋᴏᴘᴛᴜᴡꓐꓑꓢꓔ",
        "aeopcyxijsdhltbhkmABEKMHOPCTXISJqw" + "aBeiKvoptuxwABEZHIKMNOPTYX" + "giyadekoptuwBPST",
        strict=True,
    )
)


class _Read(dict[int, str | int]):
    """What each character is read as, found out when it is first seen."""

    def __missing__(self, code: int) -> str | int:
        letter = chr(code)
        seen: str | int = code
        if not letter.isascii():
            said = unicodedata.normalize("NFKD", _drawn(letter))
            base = "".join(_drawn(part) for part in said if not unicodedata.combining(part))
            seen = base if len(base) == 1 and base.isascii() and base.isprintable() else code
        self[code] = seen
        return seen


def _drawn(letter: str) -> str:
    return _QUOTES.get(letter) or _DRAWN_ALIKE.get(letter) or letter


_READ = _Read()


def as_ascii(text: str) -> str:
    """`text` with what looks like a letter or a sign of ASCII as that; as long as it was."""
    if text.isascii() or not _FOREIGN.search(text):
        return text
    return text.translate(_READ)
