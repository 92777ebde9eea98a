"""The same hypothesis in other words is the same; another cause never is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.hypothesis import Category, Hypothesis
from contracts.remediation import (
    Edit,
    EditConfig,
    Escalate,
    ForceUnlock,
    Import,
    Permissions,
    Remediation,
    Replace,
    Retry,
    SetVariable,
    WaitAndRetry,
)
from diagnosis.dedup import repeated, same


def guess(cause: str, *, category: Category = Category.NETWORK, fix: Remediation | None = None) -> Hypothesis:
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
    "other fillers and inflections": (
        "The provider was throttling requests to the API.",
        "Requests to an API were throttled by the provider",
    ),
    "another request id": (
        "Request 0f8fad5b-d9cb-469f-a165-70867728950e was refused by the endpoint",
        "Request 7c9e6679-7425-40de-944b-e07fc1f90ae7 was refused by the endpoint",
    ),
    "another time waited": (
        "The endpoint gave no answer within 30s",
        "The endpoint gave no answer within 2 minutes",
    ),
    "quoted or not": ('The variable "region" is not set', "The variable region is not set"),
    "short for not": ("The bucket doesn't exist", "The bucket does not exist"),
    "one word more in a long cause": (
        "The security group web still has a network interface attached and stays",
        "The security group web still has a network interface attached and thus stays",
    ),
    "causes without a word of their own": ("...", "!!"),
}
DIFFERENT = {
    "another resource": ("aws_s3_bucket.a is missing", "aws_s3_bucket.b is missing"),
    "another variable": ('variable "a" is not set', 'variable "b" is not set'),
    "another variable in a long sentence": (
        "The variable db_size has no value because no default is set and no file of variables gives it one",
        "The variable db_name has no value because no default is set and no file of variables gives it one",
    ),
    "another variable without quotes": (
        "The variable size has no value because no default is set and no file of variables gives it one",
        "The variable name has no value because no default is set and no file of variables gives it one",
    ),
    "another instance of a resource": (
        "module.a.aws_x.b[0] cannot be created",
        "module.a.aws_x.b[1] cannot be created",
    ),
    "another attribute": (
        "The attribute cidr_block of it is wrong",
        "The attribute ipv6_cidr_block of it is wrong",
    ),
    "another port": ("Nobody listens on port 8080", "Nobody listens on port 9090"),
    "another cause": ("the certificate expired", "the disk of the database server is full"),
    "another end of the same sentence": (
        "The certificate of the registry that serves the provider has expired",
        "The certificate of the registry that serves the provider was revoked",
    ),
    "the contrary": (
        "The role may list the objects in the state bucket of this account",
        "The role may not list the objects in the state bucket of this account",
    ),
    "valid and invalid": ("the token is valid", "the token is invalid"),
    "a cause with another one added": (
        "the token expired",
        "the token expired after the clock of the machine went back by a day",
    ),
    "nothing and something": ("", "the token expired"),
}
EDIT = EditConfig(summary="do", edits=(Edit(file="main.tf", search="a", replace="b"),))
CHANGES: dict[str, tuple[Remediation, Remediation, bool]] = {
    "the same edit": (EDIT, EDIT.model_copy(update={"summary": "please do"}), True),
    "another edit": (
        EDIT,
        EditConfig(summary="do", edits=(Edit(file="main.tf", search="a", replace="c"),)),
        False,
    ),
    "the same variable with the same value": (
        SetVariable(summary="set", name="a", value="1"),
        SetVariable(summary="set it", name="a", value="1"),
        True,
    ),
    "the same variable with another value": (
        SetVariable(summary="set", name="a", value="1"),
        SetVariable(summary="set", name="a", value="2"),
        False,
    ),
    "another kind with the same parameters": (
        Replace(summary="x", address="a.b"),
        Import(summary="x", address="a.b"),
        False,
    ),
    "a change that names nothing": (Import(summary="import it"), Import(summary="import it"), False),
    "a retry changes nothing": (Retry(summary="again"), Retry(summary="again"), False),
    "nor does waiting": (WaitAndRetry(summary="w", wait_s=5), WaitAndRetry(summary="w", wait_s=5), False),
    "nor does advice": (
        Permissions(summary="p", actions=("s3:GetObject",)),
        Permissions(summary="p", actions=("s3:GetObject",)),
        False,
    ),
    "nor does giving up": (Escalate(summary="look"), Escalate(summary="look"), False),
}


@pytest.mark.parametrize(("a", "b"), SAME.values(), ids=SAME.keys())
def test_paraphrases_are_the_same(a: str, b: str) -> None:
    assert same(guess(a), guess(b))
    assert same(guess(b), guess(a))


@pytest.mark.parametrize(("a", "b"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_other_causes_are_not(a: str, b: str) -> None:
    assert not same(guess(a), guess(b))
    assert not same(guess(b), guess(a))


def test_another_category_is_another_hypothesis() -> None:
    assert not same(guess("x y z"), guess("x y z", category=Category.TIMEOUT))


@pytest.mark.parametrize(("a", "b", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_the_same_change_is_the_same_whatever_is_said_of_it(
    a: Remediation,
    b: Remediation,
    expected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    one = guess("one reason entirely", fix=a)
    other = guess("something else broke here", category=Category.OTHER, fix=b)
    assert same(one, other) is expected


def test_the_earliest_one_is_named() -> None:
    first, second = guess("alpha"), guess("beta gamma delta")
    assert repeated(guess("ALPHA"), (first, second, guess("Alpha."))) is first
    assert repeated(guess("something new altogether"), (first, second)) is None
    assert repeated(guess("alpha"), ()) is None


def test_a_change_repeats_no_wait_for_the_same_cause_but_a_wait_repeats_a_change() -> None:
    wait = guess("The state is locked.", fix=WaitAndRetry(summary="Wait.", wait_s=15))
    change = guess("The state is locked.", fix=ForceUnlock(summary="Release it.", lock_id="8d1f"))
    assert repeated(change, (wait,)) is None
    assert repeated(change, (wait, change)) is change
    assert repeated(wait, (change,)) is change


WORDS = st.sampled_from(
    ("the", "a", "not", "api", "throttled", "throttling", "bucket", "web", "aws_x.y", "8080", "'b'", "is")
)
CAUSES = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=8).map(" ".join))


@given(CAUSES, CAUSES)
def test_it_is_reflexive_and_symmetric(a: str, b: str) -> None:
    one, two = guess(a), guess(b)
    assert same(one, one)
    assert same(one, two) == same(two, one)


@given(
    st.lists(WORDS, min_size=1, max_size=8).flatmap(
        lambda words: st.tuples(st.just(words), st.permutations(words))
    )
)
def test_order_does_not_matter(both: tuple[list[str], list[str]]) -> None:
    assert same(guess(" ".join(both[0])), guess(" ".join(both[1])))
