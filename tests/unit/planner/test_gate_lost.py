"""G5, G12, G14: what is lost, looked for elsewhere or left out, and what a person is told of it."""

from __future__ import annotations

from contracts.terraform import ChangeAction
from planner.gate import Baseline, baseline_of_plan, gate
from tests.fakes.plan_json import Json, change, found, known, plan, resource

A, B, C = "terraform_data.a", "terraform_data.b", "terraform_data.c"
MORE = "would be made, and without the fix it was not to be."


def told(judged: Json, baseline: Baseline, prior: Json | None = None) -> list[str]:
    return [f"{f.rule} {f.where}: {f.what}" for f in gate(judged, baseline, prior)]


def test_an_instance_that_the_state_lost_is_lost_though_the_fix_names_it_and_would_make_it_anew() -> None:
    baseline = known(in_state=frozenset({A}), named=frozenset({A}))
    assert told(plan(change(A, "create")), baseline) == [
        f"G5 {A}: was in the state and is not: this looks like lost state.",
        f"G6 {A}: {MORE}",
    ]


def test_an_instance_of_which_a_deposed_object_is_left_alone_is_not_lost() -> None:
    judged = plan(change(A, "delete", _deposed="0a1b"))
    judged["prior_state"] = {}
    assert {finding.rule for finding in gate(judged, known(in_state=frozenset({A})))} == {"G3"}


def test_what_is_made_for_the_first_time_hides_nothing_that_is_made_once_more() -> None:
    def both(*addresses: str) -> Json:
        drift = [change(B, "delete")]
        return plan(*(change(address, "create") for address in addresses), resource_drift=drift)

    baseline = known(named=frozenset({A, B}), in_state=frozenset({B}))
    again = "would be made once more"
    unsure = "was not found, and no plan without the fix tells whether it is there"
    for judged in (both(A, B), both(B, A)):
        assert told(judged, baseline, plan(change(B, "no-op"))) == [
            f"G5 {B}: is found without the fix and not with it, and {again}: this looks like another place.",
            f"G6 {A}: {MORE}",
        ]
        assert told(judged, baseline)[0] == f"G5 {B}: is in the state and {unsure}: it {again}."


def test_what_would_change_where_no_plan_told_whether_it_was_to_is_told_so() -> None:
    baseline = known(first=None, declared=frozenset({A}), in_state=frozenset({A}), named=frozenset({A}))
    assert told(plan(change(A, "update"), resources=(resource(A),)), baseline) == [
        f"G12 {A}: would be changed, and no plan before the fix told whether it was to be."
    ]


def test_a_person_is_told_what_is_left_out() -> None:
    check = {"address": {"kind": "check", "to_display": "check.x"}}
    before = plan(
        change(A, "create"), root={"outputs": {"o": {}}, "resources": [resource(A)]}, checks=[check]
    )
    assert told(plan(), baseline_of_plan(before), before) == [
        "G14 check.x: has conditions no longer.",
        "G14 output.o: is declared no longer.",
        f"G14 {A}: is declared no longer.",
    ]
    counted = plan(resources=(resource(A),), root={"outputs": {"o": {}}}, checks=[check])
    counted["configuration"]["root_module"]["resources"] = [resource(A)]
    assert told(counted, baseline_of_plan(before), before) == [f"G14 {A}: was to be made, and would not be."]


def test_what_is_destroyed_or_moved_is_not_told_once_more_as_declared_no_longer() -> None:
    baseline = known(declared=frozenset({A, B, C}), named=frozenset({C}), first={A: ChangeAction.DELETE})
    judged = plan(change(A, "delete"), change(C, "no-op", _previous_address=B), resources=(resource(C),))
    assert not found(judged, baseline)
