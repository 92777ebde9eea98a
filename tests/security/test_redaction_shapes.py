"""How much is masked and how much too much, over shapes made from seeds: R-01, R-02, R-03, R-06.

No secret is stored: what fails is named by its shape, its seed and its context.
"""

from __future__ import annotations

import base64
import json
import shlex
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from diagnosis.redact import SecretRedactor
from tests.security.shapes_adversarial import LINES, line
from tests.security.shapes_contexts import CONTEXTS, visible
from tests.security.shapes_near import NEAR, UNTOUCHABLE, near
from tests.security.shapes_secrets import SHAPES, made
from tests.security.shapes_text import Maker

SEEDS = range(20)
LEFT = 4
"""Characters of a secret that may stay readable: a prefix says what it was."""
REDACTOR = SecretRedactor(key=b"test")


def test_secrets_of_all_121_shapes_are_masked_wherever_they_stand() -> None:
    assert len(SHAPES) == 121
    leaks: Counter[str] = Counter()
    for shape in SHAPES:
        for seed in SEEDS:
            secret, carrier = made(shape, seed)
            for context, put in CONTEXTS.items():
                text = put(carrier, secret)
                assert visible(secret, text) > LEFT, f"{shape} is not readable in {context} to begin with"
                leaks[shape] += visible(secret, REDACTOR.redact(text)) > LEFT
    per_shape = len(SEEDS) * len(CONTEXTS)
    rate = 1 - leaks.total() / (per_shape * len(SHAPES))
    print(f"R-01: {rate:.2%} of {per_shape * len(SHAPES)} masked; worst {leaks.most_common(3)}")  # noqa: T201 - the rate itself is asked for
    assert rate >= 0.995
    assert all(leaked <= 0.05 * per_shape for leaked in leaks.values())


def test_what_only_looks_like_a_secret_is_left_alone() -> None:
    assert len(NEAR) >= 60
    touched: Counter[str] = Counter()
    for kind in NEAR:
        for seed in SEEDS:
            text = near(kind, seed)
            for said in (text, json.dumps({"@message": text}), f"│ Error: no\n│ \n│ {text}\n│   with a_b.c,"):
                touched[kind] += REDACTOR.redact(said) != said
    rate = touched.total() / (3 * len(SEEDS) * len(NEAR))
    print(f"R-02: {rate:.2%} of {3 * len(SEEDS) * len(NEAR)} touched; worst {touched.most_common(3)}")  # noqa: T201 - the rate itself is asked for
    assert rate <= 0.005
    assert not {kind for kind in UNTOUCHABLE if touched[kind]}


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


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_known_value_is_masked_in_every_encoding(encoding: str) -> None:
    maker = Maker("known values")
    values = [
        maker.of("!", maker.number(6, 12)) + tail for tail in ("", " ä", '"q\\', "'s${x}") for _ in range(50)
    ]
    redactor = REDACTOR.with_values(values)
    encode = ENCODINGS[encoding]
    for value in values:
        text = encode(value)
        assert visible(_core(encoding, value), redactor.redact(text)) <= LEFT, repr(value)


def _core(encoding: str, value: str) -> str:
    """What of a value's encoded form would give it away."""
    if encoding == "hex":
        return value.encode().hex()
    if encoding.startswith("base64"):
        shift = {"base64": 0, "base64, one byte later": 1, "base64, two bytes later": 2}[encoding]
        whole = _in_base64(shift)(value)
        return whole[-(-shift * 8 // 6) : (shift + len(value.encode())) * 8 // 6]
    return value


@pytest.mark.parametrize("kind", LINES)
def test_no_line_is_read_again_and_again(kind: str) -> None:
    assert _within(0.5, line(kind, 1_000_000))  # 5 MB/s is meant; half of it is left to a busy machine


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["quoted names", "names in names", "urls without an end", "backslashes"])
def test_ten_megabytes_in_one_line_take_two_seconds_at_most(kind: str) -> None:
    assert _within(2.0, line(kind, 10_000_000))


def _within(limit: float, text: str) -> bool:
    """Whether a try takes so many seconds of processor time at most; the second one counts, too."""
    for _ in range(2):
        start = time.process_time()
        REDACTOR.redact(text)
        seconds = time.process_time() - start
        print(f"R-06: {len(text) / 1e6 / seconds:.1f} MB/s of {text[:12]!r}…")  # noqa: T201 - the rate itself is asked for
        if seconds <= limit:
            return True
    return False
