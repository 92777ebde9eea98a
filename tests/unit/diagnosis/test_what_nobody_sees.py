"""Characters that nobody sees take a secret apart nowhere, and stand in no text from outside."""

from __future__ import annotations

import pytest

from contracts.text import clean
from diagnosis.redact import SecretRedactor

IGNORABLE = (  # Default_Ignorable_Code_Point of Unicode
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F)),
    *((0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A)),
    (0xE0000, 0xE0FFF),
)


@pytest.mark.parametrize(("first", "last"), IGNORABLE, ids=[f"{first:X}" for first, _ in IGNORABLE])
def test_what_nobody_sees_is_taken_out(first: int, last: int) -> None:
    hidden = "".join(map(chr, range(first, last + 1)))
    assert clean(f"a{hidden}b") == "ab"


@pytest.mark.parametrize("mark", ["\u180b", "\U0001bca0", "\ufff0", "\u200b"])
def test_a_secret_is_not_hidden_by_what_nobody_sees(mark: str) -> None:
    redactor = SecretRedactor(key=b"k", values=["hunter2/Qa81Zx"])
    assert redactor.redact(clean(f"say {mark.join('hunter2/Qa81Zx')}")).startswith("say <secret:")


def test_letters_of_all_scripts_stay() -> None:
    for text in ("Grüße, 世界, नमस्ते, ᠮᠣᠩᠭᠣᠯ, 한국어, ខ្មែរ, 𝄞 🙂", "a\tb\nc"):
        assert clean(text) == text
