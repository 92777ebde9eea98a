"""What the redactor does over shapes made from seeds: the numbers of R-01, R-02, R-03, R-06 and R-07.

No secret is stored: what fails is named by its shape, its seed and its context.
"""

from __future__ import annotations

import base64
import json
import shlex
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from diagnosis.redact import SecretRedactor
from diagnosis.signatures.matcher import SignatureLibrary
from evals.records import records_of
from tests.security.shapes_adversarial import line
from tests.security.shapes_contexts import CONTEXTS, visible
from tests.security.shapes_near import NEAR, near
from tests.security.shapes_secrets import SHAPES, made
from tests.security.shapes_text import Maker

SEEDS = range(20)
LEFT = 4
"""Characters of a secret that may stay readable: a prefix says what it was."""
REDACTOR = SecretRedactor(key=b"test")


class Counted(NamedTuple):
    """How many of how many, and which kinds how often."""

    hits: int
    of: int
    by_kind: Counter[str]

    @property
    def share(self) -> float:
        return self.hits / self.of


def leaks() -> Counted:
    """Secrets of all shapes in all contexts of which too much can still be read."""
    found: Counter[str] = Counter()
    for shape in SHAPES:
        for seed in SEEDS:
            secret, carrier = made(shape, seed)
            for context, put in CONTEXTS.items():
                text = put(carrier, secret)
                assert visible(secret, text) > LEFT, f"{shape} is not readable in {context} to begin with"
                found[shape] += visible(secret, REDACTOR.redact(text)) > LEFT
    return Counted(found.total(), len(SHAPES) * len(SEEDS) * len(CONTEXTS), found)


def touched() -> Counted:
    """Near-misses that were changed although nothing in them is a secret."""
    found: Counter[str] = Counter()
    for kind in NEAR:
        for seed in SEEDS:
            text = near(kind, seed)
            for said in (text, json.dumps({"@message": text}), f"│ Error: no\n│ \n│ {text}\n│   with a_b.c,"):
                found[kind] += REDACTOR.redact(said) != said
    return Counted(found.total(), 3 * len(SEEDS) * len(NEAR), found)


def _in_base64(shift: int) -> Callable[[str], str]:
    return lambda value: base64.b64encode(b"x" * shift + value.encode() + b"tail").decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda value: json.dumps({"a": value}),
    "JSON in JSON": lambda value: json.dumps({"a": json.dumps({"b": value})}),
    "JSON with letters as they are": lambda value: json.dumps(value, ensure_ascii=False),
    "HCL": lambda value: 'a = "' + value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${") + '"',
    "shell": lambda value: f"run --with {shlex.quote(value)} now",
    "URL": lambda value: f"https://x.example/?a={quote(value, safe='')}&b=1",
    "form": lambda value: f"a={quote_plus(value)}&b=1",
    "hex": lambda value: value.encode().hex(),
    "base64": _in_base64(0),
    "base64, one byte later": _in_base64(1),
    "base64, two bytes later": _in_base64(2),
}


def known_values_left(encoding: str) -> Counted:
    """Known values that can still be read in one encoding."""
    maker = Maker("known values")
    values = [
        maker.of("!", maker.number(6, 12)) + tail for tail in ("", " ä", '"q\\', "'s${x}") for _ in range(50)
    ]
    redactor = REDACTOR.with_values(values)
    encode = ENCODINGS[encoding]
    left = sum(visible(_core(encoding, v), redactor.redact(encode(v))) > LEFT for v in values)
    return Counted(left, len(values), Counter({encoding: left}))


def _core(encoding: str, value: str) -> str:
    """What of a value's encoded form would give it away."""
    if encoding == "hex":
        return value.encode().hex()
    if encoding.startswith("base64"):
        shift = {"base64": 0, "base64, one byte later": 1, "base64, two bytes later": 2}[encoding]
        whole = _in_base64(shift)(value)
        return whole[-(-shift * 8 // 6) : (shift + len(value.encode())) * 8 // 6]
    return value


def seconds(kind: str, size: int, enough: float = 0.0) -> float:
    """Processor time that a line of an adversarial shape takes, as `seconds_of` takes it."""
    return seconds_of(line(kind, size), enough)


def seconds_of(text: str, enough: float = 0.0) -> float:
    """Processor time that one text takes: the better of two tries, or the first where it is good `enough`."""
    first = _once(text)
    return first if first <= enough else min(first, _once(text))


def _once(text: str) -> float:
    start = time.process_time()
    REDACTOR.redact(text)
    return time.process_time() - start


def verdicts_changed(records: Path) -> Counted:
    """Recorded failures that the signatures name otherwise once they are redacted."""
    library = SignatureLibrary.load()
    changed: Counter[str] = Counter()
    all_of_them = records_of(records)
    for record in all_of_them:
        clear = library.match(record.evidence)
        text = REDACTOR.redact(record.error_text)
        masked = library.match(record.model_copy(update={"error_text": text}).evidence)
        changed[record.id] += (clear and clear.id) != (masked and masked.id)
    return Counted(changed.total(), len(all_of_them), changed)
