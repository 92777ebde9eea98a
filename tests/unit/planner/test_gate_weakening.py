"""G11: what a fix opens, or leaves without protection, is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.terraform import ChangeAction
from planner.gate import gate
from tests.fakes.plan_json import Json, change, found, known, plan, resource

A = "terraform_data.a"


def policy(*actions: str, resource: str = "arn:aws:s3:::b", **rest: Any) -> str:
    return json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource} | rest]}
    )


def ingress(port: int, cidr: str) -> list[Json]:
    return [{"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": [cidr]}]


WEAKER = [
    ({"policy": policy("s3:Get")}, {"policy": policy("s3:*")}),
    ({"policy": policy("s3:Get")}, {"policy": policy("*", resource="*")}),
    ({"policy": policy("s3:Get", resource="*")}, {"policy": policy("s3:Get", "s3:Put", resource="*")}),
    ({"policy": policy("s3:*")}, {"policy": policy("s3:*", resource="arn:aws:s3:::c")}),
    ({"policy": policy("s3:Get")}, {"policy": policy("s3:Get", Principal="*")}),
    ({"policy": policy("s3:Get")}, {"policy": policy("s3:Get", Principal={"AWS": ["*"]})}),
    ({"policy": policy("s3:G", resource="*", Condition={"a": 1})}, {"policy": policy("s3:G", resource="*")}),
    ({"policy": policy("s3:Get")}, {"policy": policy("iam:PassRole")}),
    ({"policy": policy("s3:Get")}, {"policy": json.dumps({"Statement": {"NotAction": "s3:Get"}})}),
    ({"ingress": ingress(22, "10.0.0.0/8")}, {"ingress": ingress(22, "0.0.0.0/0")}),
    ({"ingress": ingress(443, "0.0.0.0/0")}, {"ingress": ingress(22, "0.0.0.0/0")}),
    ({"cidr_ipv6": "fd00::/16"}, {"cidr_ipv6": "::/0"}),
    ({"cidr": ["10.0.0.0/8"]}, {"cidr": ["0.0.0.0/1", "128.0.0.0/1"]}),
    ({"source_address_prefix": "10.0.0.0/8"}, {"source_address_prefix": "*"}),
    ({"acl": "private"}, {"acl": "public-read"}),
    ({"member": "user:a"}, {"member": "allUsers"}),
    ({"rule": [{"verbs": ["get"]}]}, {"rule": [{"verbs": ["*"]}]}),
    ({"deletion_protection": True}, {"deletion_protection": False}),
    ({"deletion_protection": True}, {"deletion_protection": None}),
    ({"block_public_acls": True}, {"block_public_acls": False}),
    ({"skip_final_snapshot": False}, {"skip_final_snapshot": True}),
    ({"force_destroy": None}, {"force_destroy": True}),
    ({"publicly_accessible": False}, {"publicly_accessible": True}),
    ({"backup_retention_period": 7}, {"backup_retention_period": 0}),
    ({"retention_in_days": 0}, {"retention_in_days": 7}),
    ({"storage_encrypted": True}, {"storage_encrypted": False}),
    ({"kms_key_id": "arn"}, {"kms_key_id": None}),
    ({"encryption_configuration": [{"a": 1}]}, {"encryption_configuration": []}),
    ({"rule": [{"sse_algorithm": "aws:kms"}]}, {"rule": [{"sse_algorithm": "AES256"}]}),
    ({"versioning": [{"status": "Enabled"}]}, {"versioning": [{"status": "Suspended"}]}),
    ({"ingress": ingress(443, "10.0.0.5/32")}, {"ingress": ingress(443, "10.0.0.0/8")}),
    ({"ports": ["443"], "source": "10.0.0.1"}, {"ports": ["0-65535"], "source": "10.0.0.1"}),
    ({"from_port": 443, "to_port": 443}, {"from_port": 0, "to_port": 65535}),
    ({"protocol": "tcp"}, {"protocol": "-1"}),
    ({"bucket": [{"versioning": [{"enabled": True}]}]}, {"bucket": [{"versioning": [{"enabled": False}]}]}),
    ({"id": "1", "deletion_protection": True}, {"id": "1"}),
    ({"settings": [{"publicly_accessible": False}]}, {"settings": [{"publicly_accessible": True}]}),
    ({"recovery_window_in_days": 30}, {"recovery_window_in_days": 7}),
    ({"recovery_window_in_days": 30}, {"recovery_window_in_days": None}),
    ({"recovery_window_in_days": 1}, {"recovery_window_in_days": None}),
    ({"recovery_window_in_days": None}, {"recovery_window_in_days": 0}),
    ({"cidr": "10.0.0.0/8"}, {"cidr": "10.0.0.1/0"}),
    ({"cidr": "fd00::/16"}, {"cidr": "fc00::/7"}),
    ({"cidr": "FD00::/16"}, {"cidr": "FC00::/7"}),
    ({"source_address_prefix": "10.0.0.0/8"}, {"source_address_prefix": "Internet"}),
    ({"acl": "public-read"}, {"acl": "public-read-write"}),
    ({"member": "allUsers", "role": "viewer"}, {"member": "allUsers", "role": "owner"}),
    ({"rule": [{"verbs": ["*"], "resources": ["pods"]}]}, {"rule": [{"verbs": ["*"], "resources": ["x"]}]}),
    ({"member": "x" * 247 + "/", "n": {}}, {"member": "x" * 247 + "/allUsers", "n": {}}),
    ({"member": "a"}, {"member": "allUsers", "tags": {"a": "b"}, "names": ["c"]}),
    ({"member": "a"}, {"member": "allUsers", "names": ["c"], "tags": {"a": "b"}}),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), WEAKER)
def test_what_opens_something_or_gives_protection_up_is_asked_for(before: Json, after: Json) -> None:
    judged = plan(change(A, "update", before=before, after=after))
    assert set(found(judged, known(named=frozenset({A})))) == {("G11", "ask", A)}
    assert not found(judged, known(named=frozenset({A})), judged), "the user's own plan was just as weak"


SOUND = [
    ({"policy": policy("s3:Get", "s3:Put", resource="*")}, {"policy": policy("s3:Get", resource="*")}),
    ({"policy": policy("s3:Get")}, {"policy": policy("*", resource="*", Effect="Deny")}),
    ({"ingress": ingress(443, "0.0.0.0/0")}, {"ingress": ingress(443, "0.0.0.0/0"), "tags": {"a": "b"}}),
    ({"backup_retention_period": 7}, {"backup_retention_period": 14}),
    ({"retention_in_days": 7}, {"retention_in_days": 0}),
    ({"deletion_protection": False}, {"deletion_protection": True}),
    ({"skip_final_snapshot": True}, {"skip_final_snapshot": False}),
    ({"status": "Enabled"}, {"status": "Disabled"}),
    ({"kms_key_id": "a"}, {"kms_key_id": "b"}),
    ({"description": "a/b"}, {"description": "10.0.0.0/24 and *"}),
    ({"enabled": True}, {"enabled": False}),
    ({"ingress": ingress(80, "10.0.0.0/8")}, {"ingress": ingress(8080, "10.1.0.0/16")}),
    ({"ingress": ingress(80, "10.0.0.5/32")}, {"ingress": ingress(80, "10.0.0.6/32")}),
    ({"size": 10}, {"size": 5}),
    ({"recovery_window_in_days": None}, {"recovery_window_in_days": 7}),
    ({"cidr": "10.1.0.0/16"}, {"cidr": "10.0.0.0/8"}),
    ({"cidr": "fd00:1::/32"}, {"cidr": "fd00::/16"}),
    ({"acl": "private"}, {"acl": "Bucket-Owner-Read"}),
    ({"deletion_protection": False, "x": 1}, {"deletion_protection": False, "x": 2}),
    ({"encrypted": None}, {"encrypted": False}),
    ({"force_destroy": None}, {"force_destroy": False}),
    ({"force_destroy": "true"}, {"force_destroy": True}),
    ({"kms_key_id": "arn:aws:kms:a"}, {"kms_key_id": "b"}),
    ({"rule": [{"sse_algorithm": "aws:kms"}]}, {"rule": [{"sse_algorithm": "aws:kms:dsse"}]}),
    ({"member": "x" * 248 + "/"}, {"member": "x" * 248 + "/allUsers"}),
    ({"statement": []}, {"statement": [{"actions": ["*"], "effect": "Deny", "resources": ["*"]}]}),
    (
        {"cidr": "0.0.0.0/0", "from_port": 1, "to_port": 2},
        {"to_port": 2, "from_port": 1, "cidr": "0.0.0.0/0", "x": 1},
    ),
]


@pytest.mark.parametrize(("before", "after"), SOUND)
def test_what_is_no_weaker_passes(before: Json, after: Json) -> None:
    assert not found(plan(change(A, "update", before=before, after=after)), known(named=frozenset({A})))


@pytest.mark.parametrize(
    ("after", "own", "asked"),
    [
        ({"acl": "public-read"}, ("acl",), True),
        ({"deletion_protection": False}, ("deletion_protection",), True),
        ({"deletion_protection": False}, (), False),
        ({"skip_final_snapshot": True}, ("skip_final_snapshot",), True),
        ({"tags": {"a": "b"}}, ("tags",), False),
    ],
)
def test_what_is_made_and_named_counts_by_what_its_configuration_sets(
    after: Json, own: tuple[str, ...], *, asked: bool
) -> None:
    declared = resource(A, expressions={name: {"constant_value": 1} for name in own})
    judged = plan(change(A, "create", after=after), resources=(declared,))
    baseline = known(first={A: ChangeAction.CREATE}, named=frozenset({A}))
    assert bool(found(judged, baseline)) is asked
    assert not found(judged, known(first={A: ChangeAction.CREATE})), "not named: the user wrote it"


@pytest.mark.parametrize(("named", "asked"), [({A}, True), (set(), False)])
def test_a_named_policy_that_nobody_can_read_yet_is_asked_for(named: set[str], *, asked: bool) -> None:
    declared = resource(A, expressions={"policy": {"references": ["x.y.arn"]}})
    judged = plan(
        change(A, "create", after={}, after_unknown={"policy": True, "acl": True}), resources=(declared,)
    )
    baseline = known(first={A: ChangeAction.CREATE}, named=frozenset(named))
    assert found(judged, baseline) == ([("G11", "ask", A)] if asked else [])


def test_a_policy_document_that_is_read_at_apply_is_judged_by_its_statements() -> None:
    address = "data.aws_iam_policy_document.d"
    statement = {"actions": ["s3:*"], "effect": None, "resources": [None], "principals": [], "condition": []}
    judged = plan(
        change(address, "read", after={"statement": [statement]}, _mode="data"),
        resources=(resource(address, expressions={"statement": [{}]}),),
    )
    assert found(judged, known(named=frozenset({address}))) == [("G11", "ask", address)]


TOO_MUCH = {
    "a statement too large to be judged": policy(
        *(f"s3:A{n}" for n in range(100)), Resource=[f"arn:aws:s3:::b{n}" for n in range(50)]
    ),
    "a text nested too deep to be judged": policy("*", Condition=0).replace(
        " 0", "[" * 10_000 + "]" * 10_000
    ),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_policy_that_cannot_be_judged_is_asked_for_unless_the_user_wrote_it(what: str) -> None:
    judged = plan(change(A, "update", before={"policy": policy("s3:Get")}, after={"policy": TOO_MUCH[what]}))
    (finding,) = gate(judged, known(named=frozenset({A})))
    assert (finding.rule, finding.verdict, finding.what) == ("G11", "ask", f"policy: {what}, and new.")
    own = plan(
        change(A, "update", before={"policy": TOO_MUCH[what]}, after={"policy": TOO_MUCH[what], "x": 1})
    )
    assert not found(own, known(named=frozenset({A})))


@pytest.mark.parametrize(
    "text",
    [
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}',
        "{{ template }}",
        "#!/bin/sh\n" + "# a script of many lines\n" * 20 + "curl https://example.com/groups/allUsers",
    ],
    ids=["a policy cut off", "a template", "a script that ends with the name of everybody"],
)
def test_a_text_that_nobody_would_take_for_a_policy_or_a_name_opens_nothing(text: str) -> None:
    judged = plan(change(A, "update", before={"user_data": "x"}, after={"user_data": text}))
    assert not found(judged, known(named=frozenset({A})))


def test_what_can_open_nothing_may_be_known_only_after_the_apply() -> None:
    declared = resource(A, expressions={"arn": {"references": ["x.y.arn"]}})
    judged = plan(change(A, "create", after={}, after_unknown={"arn": True}), resources=(declared,))
    assert not found(judged, known(first={A: ChangeAction.CREATE}, named=frozenset({A})))


@pytest.mark.parametrize("after", [{"ingress": ingress(22, "0.0.0.0/0")}, {"publicly_accessible": True}])
def test_what_is_made_anew_and_reads_what_the_fix_edits_is_judged_though_nothing_can_be_compared(
    after: Json,
) -> None:
    own = resource(A, expressions={name: {"references": ["local.l"]} for name in after})
    judged = plan(change(A, "create", before=None, after=after), resources=(own,))
    before = known(first=None, declared=frozenset({A}))
    assert not found(judged, before)
    edited = frozenset({"local.l"})
    for fixed in (before._replace(named=edited), before._replace(reached=edited)):
        assert set(found(judged, fixed)) == {("G11", "ask", A)}
