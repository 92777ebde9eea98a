"""A private key of which a text holds only the end, and words that a cut goes through."""

from __future__ import annotations

import pytest

from contracts.text import cap_unmasked
from diagnosis.redact import SecretRedactor

SECRET = "correct-horse-battery-staple-0123456789"
REDACTOR = SecretRedactor(key=bytes(16), values=[SECRET])
LINES = [f"{n}9bFlIkpYt5HfavHYMD5hzcS7hsPRxCcQPDRMQYnrLx571dR+RG/OwqPYEXNhEOV" for n in range(5)]
TOKEN = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
END = "-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["cut", *LINES, "Of8=", END, "ok"]),
        "\n".join(["cut", *LINES, END, "ok"]),
        "\n".join(f"│ {line}" for line in ["cut", *LINES, END]),
        "\\n".join([*LINES, "Of8=", END, ""]),
        "\r\n".join([LINES[0][20:], *LINES, END]),
        f"characters cut …] {LINES[0][20:]}\n{LINES[1]}\n{END}",
    ],
)
def test_the_end_of_a_key_is_masked_without_its_beginning(text: str) -> None:
    masked = REDACTOR.redact(text)
    assert not any(line[20:] in masked for line in LINES), masked
    assert END not in masked
    assert masked.startswith(("cut", "│ cut", "<secret:", "characters cut"))


@pytest.mark.parametrize(
    "text", [END, f"ok\n{END}", f"nothing stands before\n{END}", "-----END CERTIFICATE-----"]
)
def test_an_end_of_nothing_stays(text: str) -> None:
    assert REDACTOR.redact(text) == text


def test_many_ends_take_no_time() -> None:
    REDACTOR.redact("\n".join([LINES[0], END] * 5_000))


@pytest.mark.parametrize("before", range(40))
def test_no_part_of_a_secret_is_left_where_a_text_is_cut(before: int) -> None:
    for filler in ("z ", "z\n"):
        text = "q" * before + filler * 2710 + SECRET + " " + filler * 1300 + SECRET + " " + filler * 1340
        masked = REDACTOR.redact(cap_unmasked(text, 8192))
        assert "characters cut" in masked
        assert SECRET[:6] not in masked
        assert SECRET[-6:] not in masked


def test_a_cut_text_is_no_longer_than_it_may_be() -> None:
    assert cap_unmasked("short", 10) == "short"
    assert len(cap_unmasked("a b " * 5000, 1000)) <= 1050
    assert cap_unmasked("a" * 5000, 3000) == f"{'a' * 976}\n[… 4024 characters cut …]\n"


@pytest.mark.parametrize(
    "before", ["", "request\n", "request 12345678\n", "a1234567\nb1234567\n", "│ 12345678\n"]
)
@pytest.mark.parametrize("cuts", [(20,), (14, 28), (12, 22, 30), (10, 18, 26, 34)])
def test_a_token_is_masked_in_however_many_lines_it_stands(before: str, cuts: tuple[int, ...]) -> None:
    pieces = [TOKEN[start:end] for start, end in zip((0, *cuts), (*cuts, None), strict=True)]
    bar = "│ " if "│" in before else ""
    masked = REDACTOR.redact(before + "\n".join(bar + piece for piece in pieces) + "\n")
    assert not any(piece in masked for piece in pieces), masked
    assert masked.startswith(before)


def test_the_words_behind_a_token_that_was_cut_stay() -> None:
    after = "Applying\nmodule web1 is next\n"
    masked = REDACTOR.redact(f"{TOKEN[:20]}\n{TOKEN[20:]}\n{after}")
    assert masked.endswith(f">\n{after}")
    assert REDACTOR.redact(f"{TOKEN}\nweb1234567\n") == REDACTOR.redact(TOKEN) + "\nweb1234567\n"
