"""Values of a plan, walked: no text, mark or form is missed, whatever stands beside it."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.gate_values import (
    SHORTEST,
    forms_of,
    is_any_marked,
    json_in,
    long_texts,
    marked_texts,
    part,
    texts_in,
)

LEAF = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))
VALUE = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value]


@given(VALUE)
def test_every_text_and_number_of_a_value_is_told(value: Any) -> None:
    told = list(texts_in(value))
    expected = [str(leaf) for leaf in leaves(value) if leaf is not None and not isinstance(leaf, bool)]
    assert set(expected) <= set(told)
    assert len(told) >= len(expected)
    assert "None" not in set(told) - set(expected)


def test_what_a_text_holds_as_json_is_told_too() -> None:
    told = set(texts_in(['{"a": ["deep"], "b": 7}', ' ["x"]', "after"]))
    assert {"deep", "7", "x", "after", ' ["x"]'} <= told


def test_a_text_nested_too_deep_is_told_whole() -> None:
    deep = "[" * 100_000
    assert list(texts_in([deep, "beside"])) == ["beside", deep]


def test_a_text_is_told_from_others_from_a_length_on() -> None:
    assert list(long_texts(["x" * (SHORTEST - 1), "y" * SHORTEST])) == ["y" * SHORTEST]


VALUES = {
    "a": "secret-a",
    "b": ["secret-b", {"c": "secret-c", "d": "open-dd"}],
    "e": "open-ee",
    "f": "secret-f",
}


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({}, set()),
        (False, set()),
        (None, set()),
        (True, {"secret-a", "secret-b", "secret-c", "open-dd", "open-ee", "secret-f"}),
        ({"a": True, "b": [True, {"c": True}], "f": True}, {"secret-a", "secret-b", "secret-c", "secret-f"}),
        ({"b": True}, {"secret-b", "secret-c", "open-dd"}),
        ({"b": [False, {"d": True}]}, {"open-dd"}),
        ({"b": [True]}, {"secret-b"}),
        ({"z": True, "b": {"c": True}}, set()),
    ],
)
def test_marked_are_the_texts_below_a_mark_and_no_others(marks: Any, expected: set[str]) -> None:
    assert set(marked_texts(VALUES, marks)) == expected


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        (True, "a", True),
        (True, 0, True),
        (False, "a", None),
        (None, "a", None),
        ("text", "a", None),
        ({"a": 1}, "a", 1),
        ({"a": 1}, "b", None),
        ([1, 2], 1, 2),
        ([1, 2], 2, None),
        ([1, 2], "a", None),
    ],
)
def test_what_is_true_of_the_whole_is_true_of_the_part(value: Any, key: Any, expected: Any) -> None:
    assert part(value, key) is expected


@given(VALUE)
def test_a_mark_anywhere_is_found(value: Any) -> None:
    assert is_any_marked(value) is any(leaf is True for leaf in leaves(value))


@given(st.text(min_size=1, max_size=40))
def test_a_text_is_found_in_its_base64_hex_and_url_forms(text: str) -> None:
    raw = text.encode()
    standard = base64.b64encode(raw).decode()
    urls = base64.urlsafe_b64encode(raw).decode()
    for form in (text, standard, standard.rstrip("="), urls, urls.rstrip("="), raw.hex(), quote(text)):
        assert text in forms_of(form)


def test_bytes_that_are_no_text_hide_none_that_stand_beside_them() -> None:
    assert any("secret" in form for form in forms_of(base64.b64encode(b"\xff\xfesecret").decode()))
    assert any("secret" in form for form in forms_of(b"\xffsecret".hex()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', {"a": 1}),
        (" [1]", [1]),
        ("1", None),
        ('"a"', None),
        ("{", None),
        ("[x]", None),
        ("", None),
        ("[%s]" % ("9" * 5000), ["9" * 5000]),
    ],
)
def test_only_an_object_or_a_list_counts_as_json(text: str, expected: Any) -> None:
    assert json_in(text) == expected
