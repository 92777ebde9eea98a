"""G10: what was sensitive before a fix is told by nothing after it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planner.gate import gate
from tests.fakes.plan_json import Json, change, found, known, module_call, plan, resource

A = "terraform_data.a"
SECRET = "hunter2-hunter2"

ALL, NONE = True, False
"""The marks of an object as a whole."""


def marked(was: Any, now: Any, /, **parts: Any) -> Json:
    """An update of A whose `p` was, and is, marked as told."""
    values = {"before": {"p": SECRET}, "after": {"p": SECRET}} | parts
    return plan(
        change(A, "update", before_sensitive=was, after_sensitive=now, **values),
        resources=(resource(A),),
    )


@pytest.mark.parametrize(
    ("judged", "stops"),
    [
        (marked({"p": True}, {"p": True}), False),
        (marked({"p": True}, ALL), False),
        (marked({"p": True}, {}), True),
        (marked({"p": True}, NONE), True),
        (marked(ALL, {"p": True}), False),
        (marked(ALL, {}), True),
        (marked({"p": True}, {}, after={"p": None}), False),
        (marked({"p": True}, {}, after={}, after_unknown={"p": True}), True),
        (marked({"p": [True]}, {"p": [False]}, after={"p": ["x"]}), True),
        (marked({"p": True}, {"p": [True, True]}, after={"p": ["x", "y"]}), False),
        (marked({"p": True}, {"p": [True, False]}, after={"p": ["x", "y"]}), True),
        (marked({"p": "a mark of another shape"}, {}), True),
    ],
)
def test_an_attribute_stays_sensitive(judged: Json, *, stops: bool) -> None:
    assert (("G10", "stop", A) in found(judged, known(named=frozenset({A})))) is stops


def test_a_mark_that_the_user_dropped_before_the_run_is_not_the_fixs_doing() -> None:
    dropped = marked({"p": True}, {})
    assert not found(dropped, known(named=frozenset({A})), dropped)


def telling(value: object, *references: str, sensitive: bool = False, output: str = "o", **root: Any) -> Json:
    """A plan with a sensitive variable `s` and one output."""
    declared = {"expression": {"references": list(references)}} | ({"sensitive": True} if sensitive else {})
    return plan(
        variables={"s": {"value": SECRET}},
        output_changes={output: {"actions": ["create"], "before": None, "after": value}},
        root={"variables": {"s": {"sensitive": True}}, "outputs": {output: declared}} | root,
    )


@pytest.mark.parametrize(
    ("judged", "stops"),
    [
        (telling("eu-west-1", "var.region"), False),
        (telling("eu-west-1", "path.module", "each.key"), False),
        (telling(SECRET, "var.s", sensitive=True), False),
        (telling("x", "var.s"), True),
        (telling(f"a {SECRET} b", "terraform_data.x.output"), True),
        (telling("aHVudGVyMi1odW50ZXIy", "terraform_data.x.output"), True),
        (telling(SECRET.encode().hex(), "terraform_data.x.output"), True),
        (telling(json.dumps({"a": [SECRET]}), "terraform_data.x.output"), True),
        (telling(SECRET[:7], "terraform_data.x.output"), True),
        (telling({"a": ["none of it"]}, "terraform_data.x.output"), False),
        (telling(f"{{{{ {SECRET} }}}}", "terraform_data.x.output"), True),
        (telling("[" * 10_000 + SECRET, "terraform_data.x.output"), True),
        (telling("x", "local.l"), True),
        (
            telling(
                "x",
                "module.m.out",
                "module.m",
                module_calls={
                    "m": module_call("./m", outputs={"out": {"expression": {"references": ["var.inner"]}}})
                    | {"expressions": {"inner": {"references": ["var.s"]}}}
                },
            ),
            True,
        ),
        (
            telling(
                "x",
                'module.m["k"].out',
                'module.m["k"]',
                module_calls={
                    "m": module_call(
                        "./m", outputs={"out": {"expression": {"references": ["terraform_data.z.id"]}}}
                    )
                    | {"expressions": {"inner": {"references": ["var.s"]}}}
                },
            ),
            False,
        ),
    ],
)
def test_an_added_output_tells_nothing_sensitive(judged: Json, *, stops: bool) -> None:
    baseline = known(module_sources=frozenset({"./m"}), sensitive=frozenset({"var.s"}))
    assert (("G10", "stop", "output.o") in found(judged, baseline)) is stops


@pytest.mark.parametrize(
    ("reference", "stops"),
    [
        ("aws_db.x.password", True),
        ("aws_db.x.endpoint", False),
        ("aws_db.x", True),
        ("aws_db.x.output", False),
        ("aws_db.x.login", True),
        ("aws_db.x.tags", False),
    ],
)
def test_an_added_output_reads_no_marked_attribute(reference: str, *, stops: bool) -> None:
    marks = {"password": True, "login": [{"key": True}], "tags": [{}]}
    judged = plan(
        change("aws_db.x[0]", "no-op", after_sensitive=marks, before_sensitive=marks),
        root={"outputs": {"o": {"expression": {"references": [reference, "aws_db.x"]}}}},
    )
    assert (("G10", "stop", "output.o") in found(judged)) is stops


def test_each_of_two_added_outputs_is_judged_by_its_value() -> None:
    judged = telling(SECRET, "terraform_data.x.output", output="first")
    second = telling(f"a {SECRET}", "terraform_data.x.output", output="second")
    judged["output_changes"] |= second["output_changes"]
    judged["configuration"]["root_module"]["outputs"] |= second["configuration"]["root_module"]["outputs"]
    assert found(judged) == [("G10", "stop", "output.first"), ("G10", "stop", "output.second")]


def secret_of(value: object) -> Json:
    """What holds a secret: the plan's variable `s`, with another value."""
    return {"variables": {"s": {"value": value}}}


@pytest.mark.parametrize(
    "holds",
    [
        secret_of(12345678),
        secret_of({"pins": [12345678, True, None]}),
        secret_of('\n  {"pin": 12345678}'),
        {
            "resource_changes": [
                change("aws_db.x", "update", before={"pin": 12345678}, before_sensitive={"pin": True})
            ]
        },
        {
            "prior_state": {
                "values": {
                    "root_module": {
                        "resources": [
                            {
                                "address": "aws_db.x",
                                "values": {"pin": 12345678},
                                "sensitive_values": {"pin": True},
                            }
                        ]
                    }
                }
            }
        },
    ],
    ids=["a variable", "a part of a variable", "JSON in a variable", "a change", "the state alone"],
)
def test_an_output_that_the_fix_leads_to_tells_no_secret_wherever_the_plan_holds_it(holds: Json) -> None:
    judged = telling("12345678", "local.l") | holds
    baseline = known(outputs=frozenset({"o"}), sensitive=frozenset({"var.s"}), named=frozenset({"local.l"}))
    assert ("G10", "stop", "output.o") in found(judged, baseline)


def test_what_stands_beside_a_secret_may_be_told() -> None:
    before = {"pin": SECRET, "region": "eu-west-1", "tags": {"team": "platform"}}
    marks = {"pin": True, "region": False, "tags": {}}
    for told in ("eu-west-1", "platform", "of the variable"):
        judged = telling(told, "terraform_data.x.output")
        judged["variables"]["plain"] = {"value": "of the variable"}
        judged["resource_changes"] = [
            change(
                "aws_db.x",
                "no-op",
                before=before,
                after=before,
                before_sensitive=marks,
                after_sensitive=marks,
            )
        ]
        assert not found(judged, known(sensitive=frozenset({"var.s"}))), told


def test_an_output_that_was_there_is_judged_by_its_value_and_its_mark() -> None:
    baseline = known(outputs=frozenset({"o"}), sensitive=frozenset({"var.s"}))
    assert not found(telling("x", "local.l"), baseline), "its way was there before the fix"
    assert not found(telling(SECRET, "local.l"), baseline), "the user's own, and the fix does not lead there"
    for named in ("local.l", "local.other", "output.o"):
        reached = baseline._replace(named=frozenset({named}))
        assert ("G10", "stop", "output.o") in found(telling(SECRET, "local.l"), reached), named
    own = telling(SECRET, "local.l")
    assert not found(own, reached, own), "it told so before"
    was_marked = baseline._replace(sensitive=frozenset({"var.s", "output.o"}))
    assert ("G10", "stop", "output.o") in found(telling("x", "local.l"), was_marked)
    assert not found(telling("x", "local.l", sensitive=True), was_marked)


def test_a_variable_stays_sensitive() -> None:
    judged = plan(root={"variables": {"s": {}}})
    assert found(judged, known(sensitive=frozenset({"var.s"}))) == [("G10", "stop", "var.s")]


def test_no_finding_holds_a_value() -> None:
    judged = telling(f"{SECRET} {SECRET}", "var.s")
    judged["resource_changes"] = marked({"p": True}, {})["resource_changes"]
    judged["resource_changes"][0]["change"]["after"] |= {
        "policy": json.dumps({"Statement": [{"Action": "s3:*"}]}),
        "deletion_protection": False,
    }
    told = "".join(f.model_dump_json() for f in gate(judged, known()))
    assert told.count("G10") > 1
    assert SECRET not in told
    assert "s3:" not in told
