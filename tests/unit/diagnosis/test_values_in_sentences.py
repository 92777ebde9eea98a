"""A value that a secret name is given is masked whatever the sentence around it puts behind it."""

from __future__ import annotations

import time

import pytest

from planner.wiring import redactor_of

SECRET = "Fk7-hollow-brass-91"
PADDED = "c2VjcmV0cGFzcw=="


@pytest.mark.parametrize("secret", [SECRET, PADDED])
@pytest.mark.parametrize(
    "text",
    [
        "401 (user=feeds password={}): it has expired",
        "password={}: denied",
        "(password={}).",
        "[user=a password={}]: no",
        "{{password={}}};",
        "db_password={}, retry",
        "password={}",
        "password={} x",
        "(password={})!",
    ],
)
def test_a_value_is_masked_and_what_stands_behind_it_is_kept(text: str, secret: str) -> None:
    told = redactor_of({}).redact(text.format(secret))
    assert secret not in told
    assert told.startswith(text.partition("{}")[0].replace("{{", "{"))


@pytest.mark.parametrize(
    "text", ["secret: name: x", "password: old: x", "--set auth.password=", "key = value ="]
)
def test_a_key_within_a_key_is_no_value(text: str) -> None:
    assert redactor_of({}).redact(text) == text


def test_a_tail_of_thousands_of_brackets_costs_no_more_than_its_length() -> None:
    text = ("password=" + ")" * 4090 + "x ") * 200
    began = time.process_time()
    redactor_of({}).redact(text)
    assert time.process_time() - began < 5, "a pattern that tries each bracket anew takes minutes"
