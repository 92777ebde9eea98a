"""What holds of redaction whatever the text is."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from diagnosis.redact import SecretRedactor
from diagnosis.redaction.look_alikes import as_ascii
from diagnosis.redaction.view import decoded

REDACTOR = SecretRedactor(key=b"k", values=["known-value", 'with"quote', "secret"])
WORDS = ('password = "', "hunter2", "token", "a1b2c3", "user:", "known-value", 'with"quote', "İ", "a" * 78)
SIGNS = ('"', ": ", "=", "&", ", ", "{", "}", "://", "@", "\\", "\0", "│ ", "<secret:3f2a>", "<secret:")
ESCAPES = ('\\"', "\\n", "\n", "\n│ ", "%3D", "%41", "\\u0041", "\x1b[31m", "\x1b[0m", "\\u001b[1m")
KEYS = (
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----\nQUJDREVGR0hJSktMTU5P\nQUJD\n-----END EC PRIVATE KEY-----\n",
    "QUJDREVGR0hJSktMTU5P",
    "AKIA" + "A" * 16,
    "eyJhbGciOiJI.",
)
PIECES = st.sampled_from(WORDS + SIGNS + ESCAPES + KEYS)
TEXTS = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=80))


def _values(leaves: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[JsonValue]:
    keys = st.sampled_from(("password", "name", "value", "detail", "traversal", "statement"))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
        max_leaves=8,
    )


@given(TEXTS)
def test_redacting_again_changes_nothing(text: str) -> None:
    once = REDACTOR.redact(text)
    assert REDACTOR.redact(once) == once


@given(TEXTS, TEXTS)
def test_a_known_value_never_survives(before: str, after: str) -> None:
    assert "known-value" not in REDACTOR.redact(f"{before} known-value {after}")


@given(_values(st.one_of(st.none(), st.booleans(), st.integers(), TEXTS)))
def test_json_keeps_its_structure_and_redacting_again_changes_nothing(value: JsonValue) -> None:
    once = REDACTOR.redact_json(value)
    assert _shape(once) == _shape(value)
    assert REDACTOR.redact_json(once) == once


def _shape(value: JsonValue) -> object:
    match value:
        case dict():
            return {key: _shape(item) for key, item in value.items()}
        case list():
            return [_shape(item) for item in value]
        case str():
            return str
        case _:
            return value


@given(_values(TEXTS))
def test_a_line_of_json_stays_json_where_its_secrets_are_strings(value: JsonValue) -> None:
    json.loads(REDACTOR.redact(json.dumps({"detail": value})))


@given(TEXTS)
def test_every_character_of_a_view_has_its_place_in_the_original(text: str) -> None:
    view = decoded(text)
    if view is None:
        return
    places = [view.original((i, i + 1)) for i in range(len(view.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(one[1] <= two[0] for one, two in pairwise(places))
    for shown, (start, end) in zip(view.text, places, strict=True):
        assert end - start > 1 or as_ascii(text)[start] == shown
