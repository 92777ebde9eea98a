"""G1: what an approval is bound to changes with what matters, and with nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.proposal import Binding
from planner.binding import (
    backend_digest,
    digest_of,
    file_digest,
    lineage_of,
    place_digest,
    plan_digest_of,
    tree_digest,
    values_digest,
)

SECRET = "hunter2-hunter2"


def plan(**parts: Any) -> dict[str, Any]:
    entry = {
        "address": "x.a",
        "change": {"actions": ["update"], "before": {"a": 1}, "after": {"a": SECRET}, "after_unknown": {}},
    }
    other = {"address": "x.b", "change": {"actions": ["no-op"], "before": {}, "after": {}}}
    base = {
        "timestamp": "2026-11-20T10:00:00Z",
        "resource_changes": [entry, other],
        "variables": {"v": {"value": 1}},
    }
    return base | parts


def edited(**parts: Any) -> dict[str, Any]:
    judged = json.loads(json.dumps(plan()))
    judged["resource_changes"][0]["change"] |= parts
    return dict(judged)


def test_time_and_order_do_not_count() -> None:
    turned = plan(timestamp="2027-01-01T00:00:00Z", resource_changes=plan()["resource_changes"][::-1])
    assert plan_digest_of(turned) == plan_digest_of(plan())


@pytest.mark.parametrize(
    "other",
    [
        edited(actions=["delete"]),
        edited(before={"a": 2}),
        edited(after={"a": "x"}),
        edited(after_unknown={"b": True}),
        edited(importing={"id": "i-1"}),
        edited(replace_paths=[["a"]]),
        edited(after_sensitive={"a": True}),
        plan(variables={"v": {"value": 2}}),
        plan(output_changes={"o": {"actions": ["create"]}}),
        plan(resource_changes=plan()["resource_changes"][:1]),
        {},
    ],
)
def test_every_value_of_a_plan_counts(other: dict[str, Any]) -> None:
    assert plan_digest_of(other) != plan_digest_of(plan())


ENTRIES = plan()["resource_changes"]


@pytest.mark.parametrize("other", [edited(after={"a": "x"}), edited(before={"a": 2}), plan(variables={})])
def test_the_values_of_what_is_asked_about_count(other: dict[str, Any]) -> None:
    assert values_digest(other, {"x.a"}) != values_digest(plan(), {"x.a"})


def test_the_values_of_what_nobody_is_asked_about_do_not_count() -> None:
    assert values_digest(edited(after={"a": "x"}), {"x.b"}) == values_digest(plan(), {"x.b"})
    assert values_digest(plan(output_changes={"o": 1}), {"x.b"}) == values_digest(plan(), {"x.b"})
    assert values_digest(plan(resource_changes=ENTRIES[1:]), {"x.b"}) == values_digest(plan(), {"x.b"})


def test_no_two_trees_have_one_digest() -> None:
    trees: list[dict[str, bytes]] = [
        {},
        {"a": b""},
        {"a": b"b"},
        {"ab": b""},
        {"a": b"", "b": b""},
        {"a": b"bc"},
        {"a": b"b", "c": b""},
        {"\udcff": b""},
    ]
    assert len({tree_digest(tree) for tree in trees}) == len(trees)
    assert tree_digest({"a": b"1", "b": b"2"}) == tree_digest({"b": b"2", "a": b"1"})


def test_a_state_is_told_by_lineage_and_serial() -> None:
    one = lineage_of(b'{"lineage": "l", "serial": 1, "outputs": {}}')
    assert one == lineage_of(b'{"serial": 1, "lineage": "l"}')
    others = [lineage_of(b'{"lineage": "l", "serial": 2}'), lineage_of(b'{"lineage": "m", "serial": 1}')]
    others += [lineage_of(b""), lineage_of(b"[]"), lineage_of(None)]
    assert len({one, *others}) == len(others) + 1
    assert not lineage_of(None)


def test_a_backend_is_told_by_type_and_settings() -> None:
    def initialised(kind: str = "s3", **config: str) -> bytes:
        return json.dumps({"version": 3, "backend": {"type": kind, "hash": 7, "config": config}}).encode()

    one = backend_digest(initialised(bucket="a", secret_key=SECRET))
    assert SECRET not in one
    others = [initialised(bucket="b"), initialised("gcs", bucket="a", secret_key=SECRET), b"broken"]
    assert len({one, *map(backend_digest, others)}) == 4
    assert not backend_digest(None)
    assert not backend_digest(b'{"version": 3}')


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("TF_VAR_size", True),
        ("AWS_REGION", True),
        ("VAULT_ADDR", True),
        ("VAULT_NAMESPACE", True),
        ("KUBE_CONFIG_PATH", True),
        ("AWS_CONFIG_FILE", True),
        ("PGHOST", True),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", False),
        ("CI_JOB_URL", False),
        ("BUILD_URL", False),
        ("AWS_SECRET_ACCESS_KEY", False),
    ],
)
def test_a_place_is_what_was_chosen_for_the_run_and_no_job_or_credential(name: str, *, counts: bool) -> None:
    assert (place_digest({name: "a"}, "w") != place_digest({name: "b"}, "w")) is counts
    assert place_digest({name: "a"}, "w") != place_digest({name: "a"}, "v")


def test_every_field_of_a_binding_and_what_comes_with_it_counts() -> None:
    bindings = [Binding(), *(Binding(**{name: file_digest(b"x")}) for name in Binding.model_fields)]
    digests = {digest_of(one) for one in bindings} | {digest_of(Binding(), "extra")}
    assert len(digests) == len(bindings) + 1
    assert not file_digest(None)
