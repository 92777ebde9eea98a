"""What a fix decides anew is told by the plan with it and the plan without: both as Terraform made them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from planner.gate_choices import decided_anew
from tests.fakes.plan_json import change, found, plan

ANEW: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("aws_cloudwatch_metric_alarm", {"threshold": 5}, {"threshold": 5000}),
    ("aws_cloudwatch_metric_alarm", {"alarm_actions": ["a"]}, {"alarm_actions": []}),
    ("aws_sns_topic_subscription", {"endpoint": "a@x"}, {"endpoint": "b@x"}),
    ("aws_lb_listener", {"ssl_policy": "TLS13"}, {"ssl_policy": "TLS10"}),
    ("azurerm_storage_account", {"min_tls_version": "TLS1_2"}, {"min_tls_version": "TLS1_0"}),
    ("aws_instance", {"monitoring": True}, {"monitoring": False}),
    ("aws_instance", {"metadata_options": [{"http_tokens": "required"}]}, {"metadata_options": []}),
    ("aws_eks_cluster", {"enabled_cluster_log_types": ["audit"]}, {"enabled_cluster_log_types": ["api"]}),
    ("aws_lambda_function_url", {"authorization_type": "AWS_IAM"}, {"authorization_type": "NONE"}),
    ("aws_ecr_repository", {"image_tag_mutability": "IMMUTABLE"}, {"image_tag_mutability": "MUTABLE"}),
    ("aws_route53_record", {"records": ["10.0.0.1"]}, {"records": ["10.0.0.9"]}),
    ("aws_dynamodb_table", {"billing_mode": "PROVISIONED"}, {"billing_mode": "PAY_PER_REQUEST"}),
    ("aws_lb_target_group", {"health_check": [{"path": "/ready"}]}, {"health_check": []}),
    ("kubernetes_pod", {"spec": [{"host_network": False}]}, {"spec": [{"host_network": True}]}),
    ("github_repository", {"visibility": "private"}, {"visibility": "public"}),
]
IDS = [f"{kind}: {was}" for kind, was, _ in ANEW]


@pytest.mark.parametrize(("kind", "was", "now"), ANEW, ids=IDS)
def test_what_the_fix_says_anew_of_what_guards_or_watches_is_asked(
    kind: str, was: dict[str, Any], now: dict[str, Any]
) -> None:
    assert list(decided_anew(kind, now, {}, was))


@pytest.mark.parametrize(("kind", "was", "now"), ANEW, ids=IDS)
def test_what_is_as_it_was_or_was_not_there_is_no_choice(
    kind: str, was: dict[str, Any], now: dict[str, Any]
) -> None:
    assert not list(decided_anew(kind, was, {}, copy.deepcopy(was)))
    assert not list(decided_anew(kind, now, {}, {}))
    assert not list(decided_anew(kind, now, dict.fromkeys(was, True), was))


BLOCKS = [{"name": "a", "host_network": False}, {"name": "b", "host_network": False}]


@pytest.mark.parametrize(
    "now",
    [
        [{"name": "b", "host_network": True}],
        [{"name": "b", "host_network": False}],
        [{"name": "c"}, {"name": "b", "host_network": True}, BLOCKS[0]],
        [{"name": "c", "host_network": False}, {"name": "a"}, {"name": "b", "host_network": False}],
    ],
)
def test_of_blocks_that_became_more_or_fewer_each_is_held_to_what_it_said(now: list[dict[str, Any]]) -> None:
    assert list(decided_anew("kubernetes_pod", {"spec": now}, {}, {"spec": BLOCKS}))


def test_blocks_in_another_order_or_beside_new_ones_say_what_they_said() -> None:
    for now in (BLOCKS[::-1], [{"name": "c", "host_network": False}, *BLOCKS]):
        assert not list(decided_anew("kubernetes_pod", {"spec": now}, {}, {"spec": BLOCKS}))


def test_an_item_of_a_list_that_is_not_known_yet_or_is_spelt_in_other_letters_is_no_choice() -> None:
    kind, was = "aws_eks_cluster", {"enabled_cluster_log_types": ["audit", "api"]}
    now = {"enabled_cluster_log_types": ["AUDIT", None]}
    assert not list(decided_anew(kind, now, {"enabled_cluster_log_types": [False, True]}, was))


def test_other_values_are_what_a_fix_is_for() -> None:
    assert not list(
        decided_anew("aws_subnet", {"cidr_block": "10.0.0.0/24"}, {}, {"cidr_block": "10.0.1.0/24"})
    )


def test_the_gate_asks_about_what_the_fix_decides_and_not_about_what_the_module_did() -> None:
    was = {"id": "1", "threshold": 5}
    now = {"id": "1", "threshold": 5000}
    address = "aws_cloudwatch_metric_alarm.a"
    fixed = plan(change(address, "update", before=was, after=now))
    unedited = plan(change(address, "update", before=was, after=was))
    assert ("G11", "ask", address) in found(fixed, prior=unedited)
    assert "G11" not in {rule for rule, _, _ in found(fixed, prior=fixed)}
