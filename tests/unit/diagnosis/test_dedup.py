"""The same hypothesis in other words is the same; another cause never is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.hypothesis import Category, Hypothesis
from contracts.remediation import Edit, EditConfig, Import, Retry
from diagnosis.dedup import repeated, same


def guess(
    cause: str, *, category: Category = Category.NETWORK, fix: EditConfig | Import | Retry | None = None
) -> Hypothesis:
    return Hypothesis(
        category=category,
        retryable=True,
        root_cause=cause,
        confidence=0.5,
        remediation=fix or Retry(summary="again"),
    )


SAME = {
    "the same words": ("The API was throttled.", "The API was throttled."),
    "other case and stops": ("The API was throttled.", "the api  was throttled"),
    "another order": ("the API throttled us", "us the API throttled"),
}
DIFFERENT = {
    "another resource": ("aws_s3_bucket.a is missing", "aws_s3_bucket.b is missing"),
    "another variable": ('variable "a" is not set', 'variable "b" is not set'),
    "another cause": ("the certificate expired", "the disk of the database server is full"),
}


@pytest.mark.parametrize(("a", "b"), SAME.values(), ids=SAME.keys())
def test_paraphrases_are_the_same(a: str, b: str) -> None:
    assert same(guess(a), guess(b))


@pytest.mark.parametrize(("a", "b"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_other_causes_are_not(a: str, b: str) -> None:
    assert not same(guess(a), guess(b))


def test_another_category_is_another_hypothesis() -> None:
    assert not same(guess("x y z"), guess("x y z", category=Category.TIMEOUT))


def test_the_same_change_is_the_same_whatever_is_said_of_it() -> None:
    edit = (Edit(file="main.tf", search="a", replace="b"),)
    a = guess("one reason", fix=EditConfig(summary="do", edits=edit))
    b = guess("quite another", category=Category.OTHER, fix=EditConfig(summary="please do", edits=edit))
    assert same(a, b)


def test_advice_without_parameters_is_no_change() -> None:
    a = guess("one reason entirely", fix=Import(summary="import it"))
    b = guess("something else broke here", fix=Import(summary="import it"))
    assert not same(a, b)


def test_the_earlier_one_is_named() -> None:
    first, second = guess("alpha"), guess("beta gamma delta")
    assert repeated(guess("ALPHA"), (first, second)) is first
    assert repeated(guess("something new altogether"), (first, second)) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_it_is_reflexive_and_symmetric(a: str, b: str) -> None:
    one, two = guess(a), guess(b)
    assert same(one, one)
    assert same(one, two) == same(two, one)
