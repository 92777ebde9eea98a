"""How random texts of an alphabet are made: the only door of the shapes to chance."""

from __future__ import annotations

import base64
import string
from random import Random

ALPHABETS = {
    "h": "0123456789abcdef",
    "b": string.ascii_letters + string.digits + "+/",
    "u": string.ascii_letters + string.digits + "-_",
    "a": string.ascii_letters + string.digits,
    "A": string.ascii_uppercase + string.digits,
    "l": string.ascii_lowercase + string.digits,
    "L": string.ascii_letters,
    "d": string.digits,
    "2": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "!": string.ascii_letters + string.digits + "!#%&*()-_=+[]{}:?",
}


class Maker:
    """Random texts from one seed."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def of(self, kind: str, count: int) -> str:
        """`count` characters of an alphabet; both a letter and a digit where it has both."""
        alphabet = ALPHABETS[kind]
        mixed = any(c.isdigit() for c in alphabet) and any(c.isalpha() for c in alphabet) and count > 1
        while True:
            text = "".join(self._random.choice(alphabet) for _ in range(count))
            if not mixed or (any(c.isdigit() for c in text) and any(c.isalpha() for c in text)):
                return text

    def uuid(self) -> str:
        return "-".join(self.of("h", count) for count in (8, 4, 4, 4, 12))

    def b64(self, size: int) -> str:
        """Base64 of `size` random bytes, padded."""
        return base64.b64encode(self._random.randbytes(size)).decode()

    def encoded(self, text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    def word(self) -> str:
        return self._random.choice(("app", "billing", "web", "orders", "cache", "ledger", "search", "edge"))

    def words(self, count: int) -> str:
        """Words as a passphrase has them."""
        return " ".join(self.of("L", self._random.randint(4, 8)).lower() for _ in range(count))

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)
