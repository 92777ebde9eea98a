"""G11: the attributes by which providers name a protection or an opening, each one."""

from __future__ import annotations

import pytest

from tests.fakes.plan_json import Json, change, found, known, plan

A = "terraform_data.a"


def is_asked(before: Json, after: Json) -> bool:
    judged = plan(change(A, "update", before=before, after=after))
    return ("G11", "ask", A) in found(judged, known(named=frozenset({A})))


PROTECTIONS = """
    deletion_protection deletion_protection_enabled delete_protection termination_protection
    purge_protection_enabled protection disable_api_termination disable_api_stop
    block_public_policy ignore_public_acls restrict_public_buckets
    encrypted storage_encrypted enable_key_rotation point_in_time_recovery_enabled pitr_enabled
    versioning_enabled soft_delete_enabled https_only enable_https_traffic_only
    uniform_bucket_level_access backup
"""


@pytest.mark.parametrize("name", PROTECTIONS.split())
def test_what_protects_may_not_be_switched_off(name: str) -> None:
    assert is_asked({name: True}, {name: False})
    assert not is_asked({name: False}, {name: True})


OPENINGS = """
    skip_final_snapshot skip_final_backup force_destroy force_delete publicly_accessible
    delete_contents_on_destroy public_network_access_enabled public_access_enabled delete_automated_backups
    allow_blob_public_access allow_nested_items_to_be_public allow_privilege_escalation privileged
    associate_public_ip_address map_public_ip_on_launch purge_soft_delete_on_destroy
"""


@pytest.mark.parametrize("name", OPENINGS.split())
def test_what_gives_protection_up_may_not_be_switched_on(name: str) -> None:
    assert is_asked({name: False}, {name: True})
    assert not is_asked({name: True}, {name: False})


@pytest.mark.parametrize(
    "name",
    [
        "backup_retention_period",
        "recovery_window_in_days",
        "deletion_window_in_days",
        "retained_backups",
        "backups_to_keep",
        "backup_to_keep",
    ],
)
def test_what_is_kept_may_not_be_kept_for_a_shorter_time(name: str) -> None:
    assert is_asked({name: 30}, {name: 7})
    assert not is_asked({name: 7}, {name: 30})


@pytest.mark.parametrize("off", ["", "Disabled", "Suspended", "None", "OFF", "false", "inherited"])
@pytest.mark.parametrize("name", ["public_access_prevention", "sse_mode"])
def test_a_protection_is_switched_off_by_a_word_too(name: str, off: str) -> None:
    assert is_asked({name: "enforced"}, {name: off})
    assert not is_asked({name: off}, {name: "enforced"})


@pytest.mark.parametrize("name", ["sse_algorithm", "encryption_type"])
def test_a_key_of_ones_own_may_not_be_given_up_for_the_providers(name: str) -> None:
    assert is_asked({name: "KMS"}, {name: "AES256"})
    assert not is_asked({name: "AES256"}, {name: "KMS"})


@pytest.mark.parametrize(
    "everybody",
    [
        "allUsers",
        "allAuthenticatedUsers",
        "http://acs.amazonaws.com/groups/global/AllUsers",
        "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
    ],
)
def test_nothing_is_granted_to_everybody(everybody: str) -> None:
    assert is_asked({"member": "user:a"}, {"member": everybody})
    assert not is_asked({"member": "user:a"}, {"member": f"{everybody}-of-ours"})


@pytest.mark.parametrize("name", ["acl", "canned_acl", "container_access_type"])
def test_an_acl_stays_private(name: str) -> None:
    assert is_asked({name: "private"}, {name: "public-read"})


@pytest.mark.parametrize(
    "private",
    ["private", "bucket-owner-read", "bucket-owner-full-control", "projectPrivate", "log-delivery-write", ""],
)
def test_an_acl_may_become_private(private: str) -> None:
    assert not is_asked({"acl": "public-read"}, {"acl": private})


@pytest.mark.parametrize("anywhere", ["*", "Any", "Internet"])
def test_a_rule_takes_nothing_from_everywhere(anywhere: str) -> None:
    assert is_asked({"source_address_prefix": "10.0.0.0/8"}, {"source_address_prefix": anywhere})
    assert is_asked({"source_address_prefixes": ["10.0.0.0/8"]}, {"source_address_prefixes": [anywhere]})
    assert not is_asked({"address_of": "22"}, {"address_of": anywhere})


@pytest.mark.parametrize("name", ["actions", "data_actions", "verbs", "resources", "api_groups"])
def test_a_role_does_not_everything(name: str) -> None:
    assert is_asked({"rule": [{name: ["get"]}]}, {"rule": [{name: ["*"]}]})
    assert not is_asked({"rule": [{f"not_{name}": ["get"]}]}, {"rule": [{f"not_{name}": ["*"]}]})


BESIDE = """
    from_port destination_port_range protocol ip_protocol role permissions verbs type direction access
    action actions allow deny resources
"""


@pytest.mark.parametrize("name", BESIDE.split())
def test_what_is_open_to_everybody_is_another_opening_where_what_is_open_changes(name: str) -> None:
    assert is_asked({"cidr": "0.0.0.0/0", name: "a"}, {"cidr": "0.0.0.0/0", name: "b"})
    assert not is_asked({"cidr": "0.0.0.0/0", "name": "a"}, {"cidr": "0.0.0.0/0", "name": "b"})
