"""G11: what a person is told of what got weaker, and of what is known only after the apply."""

from __future__ import annotations

from typing import Any

import pytest

from planner.gate import gate
from tests.fakes.plan_json import Json, change, known, plan, resource

A = "terraform_data.a"
DEEP = "[" * 10_000 + "]" * 10_000


def told(before: Json, after: Json, *, unknown: Any = None, named: bool = True) -> list[str]:
    """What the gate finds in an update of A, all of whose attributes its configuration sets."""
    declared = resource(A, expressions={name: {"references": ["x.y"]} for name in before | after})
    changed = change(A, "update", before=before, after=after, after_unknown=unknown or {})
    # Else G12 would ask about an update that the fix does not lead to.
    baseline = known(named=frozenset({A} if named else {}), reached=frozenset({A}))
    return [f"{f.rule} {f.what}" for f in gate(plan(changed, resources=(declared,)), baseline)]


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ({"cidr": "10.0.0.0/8"}, {"cidr": "0.0.0.0/0"}, "cidr: an address range open to everybody, and new."),
        ({"member": "a"}, {"member": "allUsers"}, "member: a grant to everybody, and new."),
        ({"r": {"verbs": []}}, {"r": {"verbs": ["*"]}}, "r.verbs: a grant of everything, and new."),
        ({"acl": "private"}, {"acl": "public-read"}, "acl: an ACL that is not private, and new."),
        ({"force_destroy": False}, {"force_destroy": True}, "force_destroy: gives protection up."),
        ({"retention": 7}, {"retention": 3}, "retention: kept for a shorter time."),
        ({"encrypted": True}, {"encrypted": False}, "encrypted: protects no longer, or less."),
    ],
)
def test_a_person_is_told_the_attribute_and_how_it_got_weaker(before: Json, after: Json, what: str) -> None:
    assert told(before, after) == [f"G11 {what}"]


def test_each_protection_that_is_lost_is_told() -> None:
    before = {f"part_{n}": [{"encrypted": True}] for n in range(4)}
    after = {f"part_{n}": [{"encrypted": False}] for n in range(4)}
    assert told(before, after) == [f"G11 part_{n}.encrypted: protects no longer, or less." for n in range(4)]


def test_a_text_that_cannot_be_judged_hides_nothing_beside_it_and_is_known_by_what_it_says() -> None:
    deep = "text: a text nested too deep to be judged, and new."
    assert told({}, {"member": "allUsers", "text": DEEP}) == [
        "G11 member: a grant to everybody, and new.",
        f"G11 {deep}",
    ]
    assert told({"text": DEEP}, {"text": f"[{DEEP}]"}) == [f"G11 {deep}"]


def test_what_is_not_known_yet_hides_no_protection_that_is_lost() -> None:
    names = [f"attribute_{n}" for n in range(12)]
    before = dict.fromkeys(names, "x") | {"encrypted": True}
    assert told(before, {"encrypted": False}, unknown=dict.fromkeys(names, True)) == [
        "G11 encrypted: protects no longer, or less."
    ]


def test_each_that_hides_until_the_apply_is_told() -> None:
    disks = {f"disk_{n}": [{"encrypted": True, "spare": {}}, {"kept": []}] for n in range(4)}
    asked = [f"G11 disk_{n}.encrypted: known only after the apply." for n in range(4)]
    assert told(disks, {name: [{}, {}] for name in disks}, unknown=disks) == asked


@pytest.mark.parametrize(
    ("before", "unknown", "named", "asked"),
    [
        ({"policy": "{}"}, {"policy": True}, False, "policy"),
        ({"acl": "private"}, {"acl": True}, False, "acl"),
        ({"policy": None}, {"policy": True}, True, "policy"),
        ({"policy": None}, {"policy": True}, False, ""),
        ({"encrypted": True}, {"encrypted": True}, False, "encrypted"),
        ({"force_destroy": False}, {"force_destroy": True}, False, "force_destroy"),
        ({"kms_key_id": "arn"}, {"kms_key_id": True}, True, ""),
        ({"monitoring": True}, {"monitoring": True}, True, ""),
        ({"encrypted": True}, {"encrypted": False}, True, ""),
        ({"disk": [{"encrypted": True}]}, {"disk": [{"encrypted": True}]}, True, "disk.encrypted"),
        (
            {"versioning": [{"enabled": True}]},
            {"versioning": [{"enabled": True}]},
            True,
            "versioning.enabled",
        ),
        ({"inline": [{"policy": "{}"}]}, {"inline": [{"policy": True}]}, True, "inline.policy"),
        ({"grants": [{"acl": "private"}]}, {"grants": [{"acl": True}]}, True, "grants.acl"),
        ({"disk": [{"enabled": True}]}, {"disk": [{"enabled": True}]}, True, ""),
        ({"disk": [{"encrypted": True}]}, {"disk": [{"size": True}]}, True, ""),
    ],
)
def test_what_could_open_something_or_give_protection_up_may_not_hide_until_the_apply(
    before: Json, unknown: Json, asked: str, *, named: bool
) -> None:
    found = told(before, _known_part(before, unknown), unknown=unknown, named=named)
    assert found == ([f"G11 {asked}: known only after the apply."] if asked else [])


def _known_part(value: Any, unknown: Any) -> Any:
    """A value as a plan prints it: without what is not known yet."""
    if isinstance(value, dict):
        return {
            key: _known_part(inner, unknown.get(key))
            for key, inner in value.items()
            if unknown.get(key) is not True
        }
    if isinstance(value, list):
        return [_known_part(inner, unknown[at] if unknown else {}) for at, inner in enumerate(value)]
    return value
