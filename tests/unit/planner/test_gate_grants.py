"""Which grants of a policy are wide, where they stand, and what tells one from another."""

from __future__ import annotations

from typing import Any

import pytest

from planner.gate_grants import Weak, wide_grants

Json = dict[str, Any]
NARROW: Json = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}
BLOCK: Json = {
    "effect": "Allow",
    "actions": ["s3:GetObject"],
    "resources": ["arn:aws:s3:::b/k"],
    "principals": [{"type": "AWS", "identifiers": ["arn:aws:iam::1:role/r"]}],
}
IN = {"Action": "* in Action", "Resource": "* in Resource", "Principal": "* in Principal"}


def wide(statement: Any, path: str = "policy") -> list[Weak]:
    return list(wide_grants(path, {"Version": "2012-10-17", "Statement": statement}))


def said(statement: Any) -> list[str]:
    assert all(weak.path == "policy" for weak in wide(statement))
    return [weak.what for weak in wide(statement)]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"Action": "*"}, [IN["Action"]]),
        ({"Action": ["s3:GetObject", "s3:Put*"]}, [IN["Action"]]),
        ({"Resource": "*"}, [IN["Resource"]]),
        ({"Principal": "*"}, [IN["Principal"]]),
        ({"Principal": {"AWS": "*"}}, [IN["Principal"]]),
        ({"Principal": {"AWS": ["arn:aws:iam::1:root"]}}, []),
        ({"Action": "*", "Resource": "*", "Principal": "*"}, [*IN.values()]),
        ({"Action": ["*", "s3:Get*"]}, [IN["Action"], IN["Action"]]),
        ({"Action": "iam:PassRole"}, ["iam:PassRole"]),
        ({"Action": "IAM:passrole"}, ["iam:PassRole"]),
        ({"NotAction": "iam:*"}, ["NotAction in an Allow statement"]),
        ({"NotResource": "x"}, ["NotResource in an Allow statement"]),
        ({"NotPrincipal": {"AWS": "x"}}, ["NotPrincipal in an Allow statement"]),
        ({"NotPrincipal": {}}, []),
        ({"Effect": "Deny", "Action": "*"}, []),
        ({"Effect": "deny", "NotAction": "*"}, []),
        ({"Effect": None, "Action": "*"}, [IN["Action"]]),
    ],
)
def test_what_a_statement_grants_too_widely(more: Json, expected: list[str]) -> None:
    assert said(NARROW | more) == expected
    other = {name.upper(): value for name, value in (NARROW | more).items()}
    assert said(other) == expected, "AWS takes the names in any case"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"actions": ["*"]}, [IN["Action"]]),
        ({"resources": ["arn:*"]}, [IN["Resource"]]),
        ({"principals": [{"type": "*", "identifiers": ["*"]}]}, [IN["Principal"]]),
        ({"not_actions": ["a"]}, ["NotAction in an Allow statement"]),
        ({"not_resources": ["a"]}, ["NotResource in an Allow statement"]),
        ({"not_principals": [{"type": "AWS"}]}, ["NotPrincipal in an Allow statement"]),
        ({"effect": "Deny", "actions": ["*"]}, []),
        ({"effect": None, "actions": ["*"]}, [IN["Action"]]),
    ],
)
def test_a_statement_may_be_a_block_too(more: Json, expected: list[str]) -> None:
    found = list(wide_grants("", {"statement": [BLOCK | more]}))
    assert {(weak.path, weak.what) for weak in found} == {("statement", what) for what in expected}


@pytest.mark.parametrize("statement", [None, "x", [], ["x"], 1, [[]]])
def test_what_is_no_statement_grants_nothing(statement: Any) -> None:
    assert wide(statement) == []
    assert list(wide_grants("p", {"Action": "*"})) == []


def test_one_statement_needs_no_list() -> None:
    assert wide(NARROW | {"Action": "*"}) == wide([NARROW | {"Action": "*"}])


ANOTHER: list[tuple[Json, Json]] = [
    ({"Action": "s3:*"}, {"Action": "ec2:*"}),
    ({"Action": "*"}, {"Action": "*", "Resource": "r"}),
    ({"Action": "*"}, {"Action": "*", "Principal": "p"}),
    ({"Action": "*"}, {"Action": "*", "Condition": {"a": {"b": "c"}}}),
    ({"Action": "iam:PassRole"}, {"Action": "iam:PassRole", "Condition": {"a": 1}}),
    ({"Action": "iam:PassRole"}, {"Action": "iam:PassRole", "Resource": "r"}),
    ({"NotAction": "a"}, {"NotAction": "b"}),
    ({"NotAction": "a"}, {"NotAction": "a", "Resource": "r"}),
    ({"NotAction": "a"}, {"NotAction": "a", "Condition": {"a": 1}}),
]


@pytest.mark.parametrize(("one", "other"), ANOTHER)
def test_another_grant_of_the_same_words_is_another_one(one: Json, other: Json) -> None:
    assert wide(NARROW | one) != wide(NARROW | other)
    assert [w.what for w in wide(NARROW | one)] == [w.what for w in wide(NARROW | other)]


SAME: list[tuple[Json, Json]] = [
    ({"Action": ["a*", "b*"]}, {"Action": ["b*", "a*", "a*"]}),
    ({"Action": "*", "Condition": {"a": 1, "b": 2}}, {"Action": "*", "Condition": {"b": 2, "a": 1}}),
    ({"Action": "*", "Condition": {}}, {"Action": "*"}),
    ({"NotAction": {"a": 1, "b": 2}}, {"NotAction": {"b": 2, "a": 1}}),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_order_makes_no_other_grant(one: Json, other: Json) -> None:
    assert wide(NARROW | one) == wide(NARROW | other)


def many(actions: int, resources: int, principals: int = 1, **more: str) -> Json:
    texts = {"Action": actions, "Resource": resources, "Principal": principals}
    return {name: [f"{name}{n}" for n in range(count)] for name, count in texts.items()} | more


def test_a_statement_is_judged_up_to_a_size_and_is_weak_as_a_whole_beyond() -> None:
    assert said(many(64, 64)) == []
    large = many(64, 65)
    assert said(large) == ["a statement too large to be judged"]
    assert said(many(2, 64, 64)) == ["a statement too large to be judged"]
    assert wide(large) == wide(dict(reversed(large.items())))
    assert wide(large) != wide(many(64, 66))
