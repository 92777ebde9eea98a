"""A plan's JSON → its parts: nothing in it is overlooked, and what is of no shape we know is refused."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.terraform import ChangeAction
from planner.gate_plan import UnreadableError, action_of, read

FORMAT = {"format_version": "1.2"}


def module(name: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"resources": [{"address": f"{name}.x.y", "type": "x"}], "child_modules": list(children)}


def test_what_the_state_holds_is_known_in_every_module_however_deep() -> None:
    root = {"child_modules": [module("a", module("b", module("c"))), module("d"), module("e", module("f"))]}
    found = read({**FORMAT, "prior_state": {"values": {"root_module": root}}})
    assert set(found.state) == {f"{name}.x.y" for name in "abcdef"}
    assert found.state["c.x.y"]["type"] == "x"


@pytest.mark.parametrize(("mode", "is_data"), [("data", True), ("managed", False)])
def test_a_data_source_is_known_by_its_mode(mode: str, is_data: bool) -> None:  # noqa: FBT001 - a row
    change = {"address": "x.y", "mode": mode, "type": "x", "change": {"actions": ["read"]}}
    (found,) = read({**FORMAT, "resource_changes": [change]}).changes
    assert (found.data, found.reason, found.type) == (is_data, "", "x")


UNREADABLE = {
    "no version": ({}, "format_version"),
    "a version to come": ({"format_version": "2.0"}, "format_version"),
    "a version that is like ours": ({"format_version": "1x.2"}, "format_version"),
    "a change without an address": ({**FORMAT, "resource_changes": [{"change": {}}]}, "no address"),
    "an empty address": ({**FORMAT, "resource_changes": [{"address": "", "change": {}}]}, "no address"),
    "an address of no text": ({**FORMAT, "resource_changes": [{"address": 7, "change": {}}]}, "no address"),
    "a change that is none": ({**FORMAT, "resource_changes": [{"address": "x.y"}]}, "a change is no object"),
    "changes that are no list": ({**FORMAT, "resource_changes": {"x.y": {}}}, "resource_changes is no list"),
    "an entry of no shape": ({**FORMAT, "resource_changes": ["x.y"]}, "resource_changes is no object"),
    "an output of no shape": ({**FORMAT, "output_changes": {"a": 1}}, "output a is no object"),
    "a variable of no shape": ({**FORMAT, "variables": {"a": 1}}, "variable a is no object"),
    "a check of no shape": ({**FORMAT, "checks": [1]}, "checks is no object"),
    "checks of no shape": ({**FORMAT, "checks": [{"address": "check.a"}]}, "checks is no object"),
    "a state of no shape": ({**FORMAT, "prior_state": []}, "prior_state is no object"),
    "a module of the state of no shape": (
        {**FORMAT, "prior_state": {"values": {"root_module": {"child_modules": [1]}}}},
        "prior_state is no object",
    ),
    "an instance of no shape": (
        {**FORMAT, "prior_state": {"values": {"root_module": {"resources": [1]}}}},
        "prior_state is no object",
    ),
    "an import of no shape": (
        {**FORMAT, "resource_changes": [{"address": "x.y", "change": {"importing": "id"}}]},
        "importing is no object",
    ),
}


@pytest.mark.parametrize(("plan", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_of_no_shape_that_we_know_is_refused_and_the_reason_told(
    plan: dict[str, Any], why: str
) -> None:
    with pytest.raises(UnreadableError, match=why):
        read(plan)


@pytest.mark.parametrize("actions", [["explode"], [], ["create", "update"], "create", [["create"]], None])
def test_actions_that_are_none_of_ours_have_a_word_that_says_so(actions: object) -> None:
    assert action_of(actions) is ChangeAction.UNKNOWN


def test_what_a_plan_leaves_out_is_empty() -> None:
    found = read({"format_version": "1", "resource_changes": [{"address": "x.y", "change": {}}]})
    assert (found.timestamp, found.changes[0].type, found.unfinished) == ("", "", ())


def test_why_a_plan_is_not_the_whole_story_is_told() -> None:
    story = {"errored": True, "complete": False, "deferred_changes": [{}]}
    assert read(FORMAT | story).unfinished == ("errored", "not complete", "deferred_changes")
