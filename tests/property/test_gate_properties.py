"""The plan gate misses no destructive change, wherever it stands and whatever it is called."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.proposal import Verdict
from contracts.terraform import ChangeAction
from planner.gate import Baseline, baseline_of_plan, gate
from planner.gate_plan import action_of

Json = dict[str, Any]
QUIET = [["no-op"], ["create"], ["update"]]
TAKING = [["delete"], ["delete", "create"], ["create", "delete"], ["forget"]]
WORDS = st.sampled_from(["no-op", "create", "read", "update", "delete", "forget"]) | st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
VECTORS = st.lists(WORDS, max_size=3)
SOUND = {("no-op",), ("create",), ("read",), ("update",)}


def change(place: int, actions: list[str]) -> Json:
    before = None if actions == ["create"] else {"input": place}
    after = None if actions in (["delete"], ["forget"]) else {"input": place + 1}
    inner = {"actions": actions, "before": before, "after": after, "after_unknown": {}}
    return {"address": f"x_y.z[{place}]", "mode": "managed", "type": "x_y", "change": inner}


def plan(vectors: list[list[str]]) -> Json:
    changes = [change(place, actions) for place, actions in enumerate(vectors)]
    held = [{"address": c["address"], "mode": "managed"} for c in changes if c["change"]["before"]]
    return {
        "format_version": "1.2",
        "resource_changes": changes,
        "prior_state": {"values": {"root_module": {"resources": held}}},
        "configuration": {"root_module": {"resources": [{"address": "x_y.z"}]}},
    }


def rich() -> Json:
    """A plan with something in every part that the gate reads."""
    references: Json = {"references": ["module.m.out", "var.v", "local.l", "x_y.z[0].a"]}
    declared: Json = {"address": "x_y.z", "expressions": {"a": references}, "provider_config_key": "p"}
    declared |= {"provisioners": [{"type": "local-exec"}], "depends_on": ["module.m"]}
    inner = {"outputs": {"out": {"expression": references}}, "variables": {"i": {"sensitive": True}}}
    call = {"source": "./m", "expressions": {"i": references}, "module": inner}
    value: Json = {
        "policy": '{"Statement": [{"Action": "*"}]}',
        "rule": [{"cidr": "::/0"}],
        "backup_retention": 7,
    }
    entry = change(1, ["update"])
    entry["change"] |= {"before": value, "after": value | {"acl": "x"}, "importing": {"id": "1"}}
    entry["change"] |= {"before_sensitive": {"policy": True, "rule": [{"cidr": True}]}, "after_sensitive": {}}
    root = {"resources": [declared], "module_calls": {"m": call}, "variables": {"v": {"sensitive": True}}}
    return plan([["delete"], ["create"]]) | {
        "resource_changes": [entry, change(2, ["delete"])],
        "resource_drift": [change(3, ["delete"])],
        "variables": {"v": {"value": "a secret"}},
        "output_changes": {"o": {"actions": ["create"], "after": ["a secret"]}},
        "checks": [{"address": {"to_display": "check.c"}}],
        "configuration": {
            "provider_config": {"p": {"full_name": "a/b/c", "expressions": {"r": references}}},
            "root_module": root | {"outputs": {"o": {"expression": references}}},
        },
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [found for key in keys for found in [(*path, key), *places(value[key], (*path, key))]]


PLANS = st.lists(st.sampled_from(QUIET + TAKING), max_size=60).map(plan)


@given(
    st.data(), st.integers(1, 500), st.sampled_from(TAKING) | VECTORS.filter(lambda v: tuple(v) not in SOUND)
)
def test_a_destructive_change_is_found_wherever_it_stands(
    data: st.DataObject, length: int, taking: list[str]
) -> None:
    vectors = [QUIET[place % 3] for place in range(length)]
    baseline = baseline_of_plan(plan(vectors))
    place = data.draw(st.integers(0, length - 1))
    judged = plan([*vectors[:place], taking, *vectors[place + 1 :]])
    findings = gate(judged, baseline._replace(named=frozenset({"x_y.z"})), plan(vectors))
    assert [(f.rule, f.verdict, f.where) for f in findings] == [("G3", Verdict.ASK, f"x_y.z[{place}]")]


@given(VECTORS)
def test_only_four_vectors_take_nothing_away(vector: list[str]) -> None:
    judged = plan([vector])
    taken = [f for f in gate(judged, Baseline(named=frozenset({"x_y.z"}))) if f.rule == "G3"]
    assert bool(taken) is (tuple(vector) not in SOUND)


@given(PLANS)
def test_a_plan_equal_to_the_first_is_let_pass(judged: Json) -> None:
    assert gate(judged, baseline_of_plan(judged), judged) == ()
    assert gate(judged, baseline_of_plan(judged)) == ()


@given(PLANS, PLANS, st.randoms(use_true_random=False))
def test_order_does_not_matter(judged: Json, first: Json, random: Any) -> None:
    shuffled = judged | {
        "resource_changes": random.sample(judged["resource_changes"], len(judged["resource_changes"]))
    }
    baseline = baseline_of_plan(first)
    assert gate(shuffled, baseline, first) == gate(judged, baseline, first)


@given(JSON)
def test_an_action_of_any_shape_is_unknown(value: object) -> None:
    known = value in ([[word] for word in ("no-op", "create", "read", "update", "delete", "forget")])
    assert known or action_of(value) is ChangeAction.UNKNOWN


@given(st.sampled_from(places(rich())), JSON)
def test_no_shape_of_any_part_breaks_the_gate(place: tuple[Any, ...], value: object) -> None:
    judged = inner = rich()
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    named = baseline_of_plan(rich())._replace(named=frozenset({"x_y.z", "module.m", "local.l"}))
    for prior in (None, rich()):
        gate(judged, named, prior)
        gate(rich(), named, judged)
