"""G10: each way on which a secret could reach an output is followed, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from planner.gate import gate
from tests.fakes.plan_json import Json, change, found, known, module_call, plan, resource

A = "terraform_data.a"
SECRET = "hunter2-hunter2"
STOPPED = ("G10", "stop", "output.o")
DB = "aws_db.x"


def telling(value: object, *references: str, before: object = None, **root: Any) -> Json:
    """A plan with a sensitive variable `s`, and an output `o` that is not."""
    outputs = {"o": {"expression": {"references": list(references)}}}
    return plan(
        variables={"s": {"value": SECRET}},
        output_changes={"o": {"actions": ["update"], "before": before, "after": value}},
        root={"variables": {"s": {"sensitive": True}}, "outputs": outputs} | root,
    )


BEFORE = known(sensitive=frozenset({"var.s"}), outputs=frozenset({"o"}), module_sources=frozenset({"./m"}))
ADDED = BEFORE._replace(outputs=frozenset())
LED_TO = BEFORE._replace(named=frozenset({"local.l"}))
NAMED = BEFORE._replace(named=frozenset({"output.o"}))


@pytest.mark.parametrize(
    ("was", "now", "values", "lost"),
    [
        ({"p": True}, {}, {"p": "x"}, ["p"]),
        ({"p": {"q": True}}, {}, {"p": {"q": "x"}}, ["p"]),
        (True, {}, {"p": "x"}, ["the whole object"]),
        ({"p": True, "q": True}, {"p": True}, {"p": "x", "q": "y"}, ["q"]),
        ({"p": True, "q": True}, {"q": True}, {"p": "x", "q": "y"}, ["p"]),
        ({"p": {"a": True}, "q": {"a": True}}, {}, {"p": {"a": "x"}, "q": {"a": "y"}}, ["p", "q"]),
        ({"p": True}, {"p": {"a": True, "b": False}}, {"p": {"a": "x", "b": "y"}}, ["p"]),
        ({"p": True}, {"p": {"a": False, "b": True}}, {"p": {"a": "x", "b": "y"}}, ["p"]),
        ({"p": True}, {"p": {"a": False, "b": [True]}}, {"p": {"a": "x", "b": ["y"]}}, ["p"]),
    ],
)
def test_each_attribute_that_is_sensitive_no_longer_is_told_by_its_name(
    was: Any, now: Any, values: Json, lost: list[str]
) -> None:
    parts = {"before": values, "after": values, "before_sensitive": was, "after_sensitive": now}
    judged = plan(change(A, "update", **parts), resources=(resource(A),))
    told = [finding.what for finding in gate(judged, known(named=frozenset({A})))]
    assert told == [f"{attribute} was sensitive and is no longer." for attribute in lost]


def test_a_person_is_told_how_a_secret_would_come_out() -> None:
    unmarked = plan(root={"variables": {"s": {}}})
    (finding,) = gate(unmarked, known(sensitive=frozenset({"var.s"})))
    assert finding.what == "was marked sensitive and is no longer."
    (finding,) = gate(telling(SECRET, "local.l"), LED_TO)
    assert finding.what == "holds a sensitive value, in part or encoded."
    (finding,) = gate(telling("x", "var.s"), ADDED)
    assert finding.what == "reads var.s, which is sensitive or cannot be followed."


@pytest.mark.parametrize(
    ("was", "now", "stops"),
    [
        (None, SECRET, True),
        ("harmless", SECRET, True),
        (f"{SECRET} told", f"{SECRET} told again", False),
        (None, SECRET[:6], False),
    ],
)
def test_an_output_that_the_fix_leads_to_tells_no_secret_that_it_did_not_tell(
    was: object, now: str, *, stops: bool
) -> None:
    assert (STOPPED in found(telling(now, "local.l", before=was), LED_TO)) is stops


def test_an_output_that_stays_as_it_is_tells_nothing_new() -> None:
    judged = telling(SECRET, "local.l")
    judged["output_changes"]["o"]["actions"] = ["no-op"]
    assert not found(judged, LED_TO)


@pytest.mark.parametrize(("told", "stops"), [(SECRET[:5], False), (SECRET[:6], True)])
def test_a_part_of_a_secret_counts_from_six_characters_on(told: str, *, stops: bool) -> None:
    assert (STOPPED in found(telling(told, "terraform_data.x.output"), ADDED)) is stops


def test_an_output_that_was_there_is_judged_by_what_it_reads_where_the_fix_names_it() -> None:
    judged = telling("x", "var.s")
    assert STOPPED in found(judged, NAMED)
    assert not found(judged, BEFORE), "nothing tells that the fix made it read that"


def test_with_the_plan_without_the_fix_an_output_is_judged_by_what_it_reads_since() -> None:
    before = telling("x", "var.region")
    assert STOPPED in found(telling("x", "var.region", "var.s"), BEFORE, before)
    assert not found(telling("x", "var.s"), NAMED, telling("x", "var.s")), "it read that before"
    assert not found(telling(SECRET, "var.region"), BEFORE, before), "the fix does not lead there"


def within(*references: str, **inner: Any) -> Json:
    """An added output that reads that of a module, which reads as told; `in` is given the secret."""
    outputs = {"out": {"expression": {"references": list(references)}}}
    call = module_call("./m", outputs=outputs, **inner) | {"expressions": {"in": {"references": ["var.s"]}}}
    return telling("x", "module.m.out", "module.m", module_calls={"m": call})


def test_what_a_module_reads_of_its_own_is_no_way_and_hides_none() -> None:
    own = ("each.key", "count.index", "path.module", "self.id", "terraform.workspace")
    assert not found(within(*own), ADDED)
    assert STOPPED in found(within(*own, "var.in"), ADDED)
    assert STOPPED in found(within("local.l"), ADDED), "from one local to another nobody can follow"


def test_where_nothing_is_sensitive_a_local_leads_to_no_secret() -> None:
    judged = plan(change(A, "no-op"), root={"outputs": {"o": {"expression": {"references": ["local.l"]}}}})
    assert not found(judged)


@pytest.mark.parametrize(
    ("marks", "reference", "stops"),
    [
        (True, f"{DB}.endpoint", True),
        ({"login": [{"key": True}]}, f"{DB}.login[0].key", True),
        ({"input": True}, f"{DB}.output", True),
        ({"input": True}, f"{DB}.id", False),
    ],
)
def test_an_added_output_reads_no_marked_attribute_of_what_changes_or_is_held(
    marks: object, reference: str, *, stops: bool
) -> None:
    root = {"outputs": {"o": {"expression": {"references": [reference, DB]}}}}
    changed = plan(change(f"{DB}[0]", "no-op", after_sensitive=marks, before_sensitive=marks), root=root)
    held = plan(root=root)
    one = {"address": f"{DB}[0]", "mode": "managed", "sensitive_values": marks}
    held["prior_state"]["values"]["root_module"]["resources"] = [one]
    for judged in (changed, held):
        assert (STOPPED in found(judged)) is stops


def test_a_secret_that_is_first_made_by_this_plan_is_told_by_no_output() -> None:
    judged = telling("12345678", "local.l")
    judged["resource_changes"] = [
        change(DB, "create", after={"pin": 12345678}, after_sensitive={"pin": True})
    ]
    assert STOPPED in found(judged, LED_TO._replace(first={}))
