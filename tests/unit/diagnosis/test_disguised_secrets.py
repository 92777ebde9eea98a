# ruff: noqa: RUF001 - the letters are the test
"""A name or a value that is written otherwise than it is read is masked all the same."""

from __future__ import annotations

import base64
import gzip
import json
import time
from urllib.parse import quote

import pytest

from contracts.text import clean
from diagnosis.redact import SecretRedactor
from diagnosis.redaction.look_alikes import as_ascii

SECRET = "Zebra-Nacht7Lampe"
TOKEN = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
REDACTOR = SecretRedactor(key=b"k", values=["Known-Value7"])


def _wide(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


def _bold(text: str) -> str:
    return "".join(chr(0x1D41A + ord(letter) - 97) for letter in text)


NAMES = {
    "full-width letters": f'{_wide("db_password")} = "@"',
    "full-width signs": "password：@ and token＝@",
    "letters of mathematics": f"{_bold('password')}: @",
    "Cyrillic letters": 'р\u0430sswоrd = "@"',
    "Greek letters": "t\u03bfken: @",
    "a long s": "pa\u017f\u017fword: @",
    "accents of their own": "pa\u0301ssw\u0332\u0332ord: @",
    "letters with an accent": "pássword: @",
    "spaces that do not break": "password\u00a0=\u00a0@",
    "quotes of print": "password = “@ @”",
    "quotes of books": "password: «@ @»",
    "invisible characters": "pass\u200bword: @",
    "colours": "pass\x1b[1mword\x1b[0m: @",
    "colours as a terminal echoes them": "pass^[[1mword^[[0m: @",
    "colours as a shell writes them": "\\e[31mpass\\e[0mword: @",
    "entities by number": "&#112;assword=&quot;@&quot;",
    "entities by hexadecimal number": "&#x70;ass&#X77;ord=&quot;@&quot;",
    "entities of an element": "&lt;password&gt;@&lt;/password&gt;",
    "entities of entities": "&amp;lt;password&amp;gt;@&amp;lt;/password&amp;gt;",
    "percent signs twice": "next=a%253Fpassword%253D@%2526b",
    "percent signs three times": "u=token%25253D@",
    "a URL in a URL in a URL": "dsn=postgres%253A%252F%252Fapp%253A@%2540db",
    "a command that goes on": "export DB_PASSWORD=\\\n@",
    "an escape of JSON": '{"p\\u0061ssword": "@"}',
}


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_a_name_is_read_as_a_person_reads_it(text: str) -> None:
    masked = REDACTOR.redact(clean(text.replace("@", SECRET)))
    assert SECRET not in masked
    assert "<secret:" in masked


def test_a_token_and_a_known_value_in_full_width_letters_are_masked() -> None:
    for secret in (TOKEN, "Known-Value7"):
        assert REDACTOR.redact(f"said {_wide(secret)} twice") == f"said {REDACTOR.redact(secret)} twice"


SETTINGS = json.dumps({"user": "app", "password": SECRET})
PACKED = {
    "hexadecimal digits": SETTINGS.encode().hex(),
    "capital hexadecimal digits": SETTINGS.encode().hex().upper(),
    "base64 in base64": base64.b64encode(base64.b64encode(SETTINGS.encode())).decode(),
    "hexadecimal digits in base64": base64.b64encode(SETTINGS.encode().hex().encode()).decode(),
    "JSON in JSON in base64": base64.b64encode(json.dumps({"body": SETTINGS}).encode()).decode(),
    "a URL in base64": base64.urlsafe_b64encode(quote(quote(SETTINGS)).encode()).decode().rstrip("="),
}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_a_text_in_another_one_is_read_however_often_it_was_packed(packed: str) -> None:
    masked = REDACTOR.redact(f"body {packed} end")
    assert "<secret:" in masked
    assert masked.startswith("body ")
    assert masked.endswith(" end")
    assert SECRET in REDACTOR.found_in(f"body {packed} end")


@pytest.mark.parametrize("end", ["\n", "\n│ ", "\n| "])
def test_a_token_that_the_end_of_a_short_line_cuts_is_masked(end: str) -> None:
    for at in (14, 25, 36):
        masked = REDACTOR.redact(f"│ bad token {TOKEN[:at]}{end}{TOKEN[at:]} was refused")
        assert masked.startswith("│ bad token <secret:")
        assert masked.endswith("> was refused")


def test_a_token_at_the_end_of_a_line_leaves_the_next_line_alone() -> None:
    assert REDACTOR.redact(f"token {TOKEN}\nErrors follow").endswith(">\nErrors follow")


def test_what_is_compressed_in_what_is_compressed_costs_no_time() -> None:
    text = " " * 1_000_000
    for copies in (400, 60, 20):
        packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
        text = f"{packed} " * copies
    start = time.process_time()
    REDACTOR.redact(text)
    assert time.process_time() - start < 8


@pytest.mark.parametrize(
    "text",
    [
        "Файл паролей /etc/app/users не найден; ключ: значение отсутствует",
        "エラー：設定ファイル「main.tf」が見つかりません（コード：４０４）",
        "café: “quoted text” isn’t parsed — see ‘main.tf’ line 3",
        "│ Error: Invalid quotes “prod-db-1” in attribute “name”",
        "https://x.example/path%252Fto%252Ffile?name=a%2520b&version=1.2.3",
        "^[[1mError^[[0m: exit status 127: jq: command not found",
        "etag " + b"hello, this is a text without a secret".hex(),
        "digest 9f8b1c4de27a6053b1f49ce870d2a6ee9f8b1c4de27a6053b1f49ce870d2a6ee",
        "a &lt;b&gt; &amp; &#99; d",
    ],
)
def test_a_text_in_another_language_or_form_stays_as_it_is(text: str) -> None:
    assert REDACTOR.redact(text) == text


def test_every_letter_is_read_as_one_letter() -> None:
    every = "".join(chr(code) for code in range(0x80, 0x1F000) if not 0xD800 <= code < 0xE000)
    assert len(as_ascii(every)) == len(every)
    assert all(letter.isascii() or letter == was for letter, was in zip(as_ascii(every), every, strict=True))
