"""An expression of a module is searched for as `re` does it, and never for longer than it is given."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subagents.validator.matching import PatternError, is_found

LETTERS = "a" * 60 + "!"
ENDLESS = {
    "a repeated group that repeats": r"^(a+)+$",
    "the same, written in parts": "(?x)^(a+) # letters\n+$",
    "either of two that are the same": r"^(a|a)*$",
    "one after the other": "a*" * 30 + "$b",
    "alternatives side by side": "(a|a)" * 40 + "b",
    "what may be missing": "a?" * 40 + "a" * 60 + "b",
}


@pytest.mark.parametrize("pattern", ENDLESS.values(), ids=ENDLESS)
def test_an_expression_that_takes_too_long_is_given_up(pattern: str) -> None:
    began = time.perf_counter()
    with pytest.raises(PatternError, match=r"takes too long, more than 0\.5 s"):
        is_found(pattern, LETTERS, 0.5)
    assert time.perf_counter() - began < 5


def test_many_tries_on_a_long_text_are_given_up_too() -> None:
    with pytest.raises(PatternError, match="takes too long"):
        is_found("a*a*b", "a" * 100_000, 0.5)


def test_without_time_nothing_long_is_begun() -> None:
    with pytest.raises(PatternError, match="no time left"):
        is_found(ENDLESS["one after the other"], LETTERS, 0)


@pytest.mark.parametrize("pattern", ["(", "(?x)(", "a{99999999999}", "(" * 5_000, "(" * 900 + ")" * 900])
def test_what_is_no_expression_is_told_as_such(pattern: str) -> None:
    with pytest.raises(PatternError, match="no regular expression"):
        is_found(pattern, "a", 5)


@pytest.mark.filterwarnings(
    "ignore:Possible:FutureWarning"
)  # of a set in a set, which this `re` does not have
@settings(max_examples=50, deadline=None)
@given(st.text("ab|()*+?[]^$.\\d{}2", max_size=9), st.text("ab2\n", max_size=9))
def test_it_says_what_re_says(pattern: str, text: str) -> None:
    try:
        expected = re.search(pattern, text) is not None
    except (re.error, OverflowError):
        with pytest.raises(PatternError):
            is_found(pattern, text, 20)
        return
    assert is_found(pattern, text, 20) is expected
