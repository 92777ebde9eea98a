"""The plan gate: for each rule what passes, what is asked, and what is refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.proposal import Verdict
from contracts.terraform import ChangeAction
from planner.gate import Baseline, baseline_of_plan, gate
from planner.gate_config import configuration_of
from tests.fakes.plan_json import AWS, BUILTIN, Json, change, found, known, module_call, plan, resource

A = "terraform_data.a"
DB = "aws_db_instance.a"


@pytest.mark.parametrize("actions", [("no-op",), ("read",)])
def test_what_changes_nothing_passes(actions: tuple[str, ...]) -> None:
    assert not found(plan(change(A, *actions)))


@pytest.mark.parametrize(
    "actions",
    [
        ("delete",),
        ("delete", "create"),
        ("create", "delete"),
        ("forget",),
        ("create", "forget"),
        ("explode",),
        ("no-op", "delete"),
        (),
    ],
)
def test_every_other_word_is_destructive_and_asked_for_by_its_address(actions: tuple[str, ...]) -> None:
    assert found(plan(change(A, *actions)), known(named=frozenset({A}))) == [("G3", "ask", A)]


@pytest.mark.parametrize(
    ("first", "actions", "asked"),
    [
        (ChangeAction.DELETE, ("delete",), False),
        (ChangeAction.DELETE, ("delete", "create"), False),
        (ChangeAction.REPLACE, ("create", "delete"), False),
        (ChangeAction.REMOVE, ("forget",), False),
        (ChangeAction.REPLACE, ("delete",), True),
        (ChangeAction.REMOVE, ("delete",), True),
        (ChangeAction.UPDATE, ("delete", "create"), True),
        (ChangeAction.UNKNOWN, ("explode",), True),
    ],
)
def test_what_the_first_plan_took_away_just_so_is_not_asked_again(
    first: ChangeAction, actions: tuple[str, ...], *, asked: bool
) -> None:
    assert bool(found(plan(change(A, *actions)), known(first={A: first}))) is asked


@pytest.mark.parametrize(
    ("reason", "created", "asked"),
    [
        ("replace_because_tainted", {A}, False),
        ("replace_because_tainted", set(), True),
        ("replace_because_cannot_update", {A}, True),
    ],
)
def test_what_this_run_made_and_terraform_tainted_may_be_replaced(
    reason: str, created: set[str], *, asked: bool
) -> None:
    judged = plan(change(A, "delete", "create", _action_reason=reason))
    assert bool(found(judged, known(created=frozenset(created)))) is asked


@pytest.mark.parametrize(
    ("first", "actions", "deposed", "created", "asked"),
    [
        (ChangeAction.DELETE, ("delete",), "", {A}, True),
        (ChangeAction.REPLACE, ("delete", "create"), "", {A}, True),
        (ChangeAction.DELETE, ("forget",), "", set(), True),
        (ChangeAction.REMOVE, ("delete", "create"), "", set(), True),
        (ChangeAction.REPLACE, ("delete",), "0a1b", set(), False),
        (ChangeAction.REPLACE, ("delete",), "0a1b", {A}, False),
        (ChangeAction.REMOVE, ("delete",), "0a1b", set(), True),
        (ChangeAction.UPDATE, ("delete",), "0a1b", set(), True),
    ],
)
def test_what_was_to_go_went_and_what_this_run_made_since_is_another_object(
    first: ChangeAction, actions: tuple[str, ...], deposed: str, created: set[str], *, asked: bool
) -> None:
    judged = plan(change(A, *actions, _deposed=deposed))
    assert bool(found(judged, known(first={A: first}, created=frozenset(created)))) is asked


def test_a_plan_of_the_unedited_module_tells_what_was_there() -> None:
    root = {
        "outputs": {"o": {"sensitive": True}, "p": {}},
        "variables": {"v": {"sensitive": True}},
        "module_calls": {"m": module_call("./m")},
    }
    made = plan(
        change(A, "update"),
        change("terraform_data.b", "no-op"),
        resources=(resource(A, provisioners=[{"type": "local-exec"}]), resource("data.x_y.z", mode="data")),
        root=root,
    )
    read = {"address": "data.x_y.z", "mode": "data"}
    made["prior_state"]["values"]["root_module"]["resources"].append(read)
    assert baseline_of_plan(made) == Baseline(
        first={A: ChangeAction.UPDATE},
        in_state=frozenset({A, "terraform_data.b"}),
        declared=frozenset({A, "data.x_y.z"}),
        providers=frozenset({BUILTIN}),
        module_sources=frozenset({"./m"}),
        provisioners=frozenset({(A, "local-exec")}),
        outputs=frozenset({"o", "p"}),
        sensitive=frozenset({"output.o", "var.v"}),
    )


def test_what_holds_data_is_named_by_a_rule_of_its_own() -> None:
    assert found(plan(change(DB, "delete", "create"))) == [("G4", "ask", DB)]
    assert found(plan(change(DB, "forget"))) == [("G3", "ask", DB)], "it is not destroyed"
    assert not found(plan(change(DB, "delete")), known(first={DB: ChangeAction.DELETE}))


def test_a_state_that_lost_an_instance_stops_and_counts_what_is_gone() -> None:
    judged = plan(change("terraform_data.c", "no-op"))
    baseline = known(in_state=frozenset({A, "terraform_data.b", "terraform_data.c"}))
    assert found(judged, baseline) == [("G5", "stop", A)]
    assert "1 more" in gate(judged, baseline)[0].what


def test_what_was_moved_deleted_outside_or_to_be_destroyed_is_not_lost() -> None:
    moved = change("terraform_data.b", "no-op", _previous_address=A)
    assert not found(plan(moved), known(in_state=frozenset({A}), named=frozenset({"terraform_data.b"})))
    drift = plan(resource_drift=[change(A, "delete")])
    assert not found(drift, known(in_state=frozenset({A})))
    assert not found(plan(), known(in_state=frozenset({A}), first={A: ChangeAction.DELETE}))


def test_what_this_run_could_not_make_is_not_lost() -> None:
    baseline = known(created=frozenset({A}), first={A: ChangeAction.CREATE})
    assert not found(plan(change(A, "create")), baseline)


@pytest.mark.parametrize(
    ("parts", "passes"),
    [
        ({"first": {A: ChangeAction.CREATE}}, True),
        ({"first": {A: ChangeAction.REPLACE}}, True),
        ({"first": {A: ChangeAction.UPDATE}}, False),
        ({"named": frozenset({A})}, True),
        ({}, False),
        ({"first": None, "declared": frozenset({A})}, True),
        ({"first": None}, False),
        ({"first": None, "declared": frozenset({A}), "in_state": frozenset({A})}, False),
    ],
)
def test_only_what_was_expected_is_created(parts: dict[str, Any], *, passes: bool) -> None:
    judged = plan(change(A, "create"), resources=(resource(A),))
    assert (("G6", "stop", A) not in found(judged, known(**parts))) is passes


def test_instances_are_named_by_their_configuration_address() -> None:
    address = 'module.m["a.b[0]\\"]"].terraform_data.x[3]'
    judged = plan(change(address, "update"))
    assert found(judged, known()) == [("G12", "ask", address)]
    assert not found(judged, known(named=frozenset({"module.m.terraform_data.x"})))


FIRST, SECOND, THIRD = ("terraform_data.a[0]", "terraform_data.a[1]", "terraform_data.a[2]")


def test_of_what_the_fix_names_no_more_is_made_than_was_to_be() -> None:
    parts = {"first": {FIRST: ChangeAction.CREATE}, "named": frozenset({A})}
    judged = plan(change(FIRST, "create"), change(SECOND, "create"), change(THIRD, "create"))
    assert found(judged, known(**parts)) == [("G6", "ask", SECOND), ("G6", "ask", THIRD)]
    earlier = plan(change(SECOND, "create"))
    assert found(judged, known(**parts), earlier) == [("G6", "ask", THIRD)], "a plan without the fix makes it"


def test_another_key_in_the_place_of_one_is_no_more() -> None:
    parts = {"first": {FIRST: ChangeAction.CREATE}, "named": frozenset({A})}
    gone = ("G14", "ask", FIRST)
    assert found(plan(change(SECOND, "create")), known(**parts)) == [gone]
    two = found(plan(change(SECOND, "create"), change(THIRD, "create")), known(**parts))
    assert two == [("G6", "ask", THIRD), gone]
    made = plan(change(FIRST, "no-op"), change(SECOND, "create"))
    assert found(made, known(**parts)) == [("G6", "ask", SECOND)], "it was made meanwhile"


@pytest.mark.parametrize(
    "part",
    [
        {"errored": True},
        {"complete": False},
        {"errored": None},
        {"deferred_changes": [{}]},
        {"action_invocations": [{}]},
        {"deferred_action_invocations": [{}]},
    ],
)
def test_a_plan_that_is_not_the_whole_story_is_asked_for(part: Json) -> None:
    assert found(plan(**part)) == [("G7", "ask", "plan")]


def test_what_the_state_has_already_under_another_address_is_not_imported() -> None:
    b = "terraform_data.b"

    def asked(kind: str = "t", provider: str = BUILTIN, mode: str = "managed", **values: object) -> bool:
        judged = plan(change(A, "no-op"), change(b, "no-op"))
        mine, other = judged["prior_state"]["values"]["root_module"]["resources"]
        mine |= {"type": "t", "provider_name": BUILTIN, "values": {"id": "dup"}}
        other |= {"mode": mode, "type": kind, "provider_name": provider, "values": {"id": "dup"} | values}
        baseline = known(imports=frozenset({(b, "dup")}), in_state=frozenset({A}), declared=frozenset({A, b}))
        return ("G8", "stop", b) in found(judged, baseline)

    assert asked()
    assert not asked(id="another")
    assert not asked(id=None)
    assert not asked(arn="arn:of-another-region")
    assert not asked(kind="another")
    assert not asked(provider="another")
    assert not asked(mode="data")


def test_a_plan_of_an_old_terraform_tells_not_whether_it_is_complete() -> None:
    judged = plan()
    del judged["complete"], judged["errored"]
    assert not found(judged)


@pytest.mark.parametrize(
    ("importing", "passes"),
    [({"id": "i-1"}, True), ({"id": "i-2"}, False), ({}, False), ({"identity": {"x": 1}}, False)],
)
def test_only_an_approved_address_and_id_is_imported(importing: Json, *, passes: bool) -> None:
    judged = plan(change(A, "update", importing=importing))
    stopped = ("G8", "stop", A) in found(judged, known(imports=frozenset({(A, "i-1")})))
    assert stopped is not passes
    assert ("G8", "stop", A) not in found(judged, known(), judged), "the module's own import"


@pytest.mark.parametrize(
    ("judged", "where"),
    [
        (plan(providers={"aws": {"full_name": AWS}}), "provider aws"),
        (plan(providers={"terraform": {"full_name": BUILTIN + "s"}}), "provider terraform"),
        (plan(root={"module_calls": {"m": module_call("git::https://evil/m")}}), "module.m"),
        (
            plan(
                root={"module_calls": {"m": module_call("./m", module_calls={"n": module_call("./other")})}}
            ),
            "module.m.module.n",
        ),
        (plan(resources=(resource(A, provisioners=[{"type": "local-exec"}]),)), A),
        (
            plan(
                root={
                    "module_calls": {
                        "m": module_call(
                            "./m", resources=[resource(A, provisioners=[{"type": "local-exec"}])]
                        )
                    }
                }
            ),
            f"module.m.{A}",
        ),
    ],
)
def test_new_providers_modules_and_provisioners_stop(judged: Json, where: str) -> None:
    assert found(judged, known(module_sources=frozenset({"./m"}))) == [("G9", "stop", where)]


def test_with_the_plan_before_the_fix_settings_are_compared_too() -> None:
    def made(profile: str, command: str, version: str) -> Json:
        return plan(
            resources=(
                resource(
                    A,
                    provisioners=[{"type": "local-exec", "expressions": {"c": {"constant_value": command}}}],
                ),
            ),
            providers={
                "terraform": {"full_name": BUILTIN, "expressions": {"p": {"constant_value": profile}}}
            },
            root={"module_calls": {"m": module_call("x/y/z", version)}, "resources": []} if version else {},
        )

    before, baseline = made("a", "true", ""), baseline_of_plan(made("a", "true", ""))
    assert not found(made("a", "true", ""), baseline, before)
    assert found(made("b", "true", ""), baseline, before) == [("G9", "stop", "provider terraform")]
    assert found(made("a", "curl", ""), baseline, before) == [("G9", "stop", A)]
    before, baseline = made("a", "", "1.0"), baseline_of_plan(made("a", "", "1.0"))
    assert found(made("a", "", ">= 1"), baseline, before) == [("G9", "stop", "module.m")]


B, C = "terraform_data.b", "terraform_data.c"


@pytest.mark.parametrize(
    ("parts", "asked"),
    [
        ({}, True),
        ({"first": {C: ChangeAction.UPDATE}}, False),
        ({"first": {C: ChangeAction.NOOP}}, True),
        ({"first": None}, False),
        ({"named": frozenset({C})}, False),
        ({"named": frozenset({A})}, False),
        ({"named": frozenset({"var.v"})}, False),
        ({"named": frozenset({"local.l"})}, True),
        ({"named": frozenset({"module.m"})}, False),
    ],
)
def test_only_what_was_to_change_or_depends_on_the_fix_changes(parts: dict[str, Any], *, asked: bool) -> None:
    """A → the module's argument → B within → its output → C; A reads the variable, B the local."""
    judged = plan(
        change(C, "update"),
        resources=(resource(A, "var.v"), resource(C, 'module.m["k"].out', 'module.m["k"]', "module.m")),
        root={
            "resources": [
                resource(A, "var.v"),
                resource(C, 'module.m["k"].out', 'module.m["k"]', "module.m"),
            ],
            "module_calls": {
                "m": module_call(
                    "./m",
                    resources=[resource(B, "var.in", "local.l")],
                    outputs={"out": {"expression": {"references": [f"{B}.id", B]}}},
                )
                | {"expressions": {"in": {"references": [f"{A}.output", A]}}}
            },
        },
    )
    got = found(judged, known(module_sources=frozenset({"./m"}), **parts))
    assert got == ([("G12", "ask", C)] if asked else [])


def test_a_local_is_followed_where_it_is_named() -> None:
    judged = plan(change(A, "update"), resources=(resource(A, "local.l"),))
    assert not found(judged, known(named=frozenset({"local.l"})))


def test_where_no_plan_came_before_the_fix_what_it_reaches_of_what_is_there_is_asked_about() -> None:
    judged = plan(
        change(A, "update"),
        change(B, "update"),
        change(C, "create"),
        resources=(resource(A, "local.l"), resource(B), resource(C, "local.l")),
    )
    before = known(first=None, declared=frozenset({A, B, C}), in_state=frozenset({A, B}))
    assert found(judged, before._replace(named=frozenset({"local.l"}))) == [("G12", "ask", A)]
    assert found(judged, before._replace(reached=frozenset({"local.l"}))) == [("G12", "ask", A)]
    assert not found(judged, before)


def test_where_no_plan_came_before_the_fix_more_of_what_is_there_is_asked_about() -> None:
    changes = (change(f"{A}[0]", "no-op"), change(f"{A}[1]", "create"), change(C, "create"))
    more = plan(*changes, resources=(resource(A), resource(C)))
    before = known(first=None, declared=frozenset({A, C}), in_state=frozenset({f"{A}[0]"}))
    assert not found(more, before)
    assert found(more, before._replace(named=frozenset({A, C}))) == [("G12", "ask", f"{A}[1]")]


@pytest.mark.parametrize(
    ("reads", "around", "named", "asked"),
    [
        (["local.l"], {}, "local.l", True),
        (["self.input", "self"], {"expressions": {"input": {"references": ["local.l"]}}}, "local.l", True),
        (["each.value", "each"], {"for_each_expression": {"references": ["local.l"]}}, "local.l", True),
        (["count.index", "count"], {"count_expression": {"references": ["local.l"]}}, "local.l", True),
        (
            ["self.a.b", "self.a", "self"],
            {"expressions": {"a": {"references": ["local.l"]}}},
            "local.l",
            True,
        ),
        (["path.module"], {"expressions": {"input": {"references": ["local.l"]}}}, "local.l", False),
        (["path.module"], {"for_each_expression": {"references": ["local.l"]}}, "local.l", False),
        (["local.l"], {}, "local.m", False),
    ],
)
def test_a_provisioner_that_is_told_what_the_fix_reaches_is_asked_about_where_it_would_run(
    reads: list[str], around: Json, named: str, *, asked: bool
) -> None:
    provisioner = {"type": "local-exec", "expressions": {"command": {"references": reads}}}
    one = resource(A, provisioners=[provisioner]) | around
    before = known(first=None, declared=frozenset({A}), provisioners=frozenset({(A, "local-exec")}))
    before = before._replace(reached=frozenset({named}))
    made, kept = (plan(change(A, action), resources=(one,)) for action in ("create", "no-op"))
    assert found(made, before) == ([("G9", "ask", A)] if asked else [])
    assert not found(kept, before)


def test_depends_on_and_provider_settings_lead_on() -> None:
    judged = plan(
        resources=(resource(A), resource(B, depends_on=[A])),
        providers={"terraform": {"full_name": BUILTIN, "expressions": {"r": {"references": ["var.region"]}}}},
    )
    configuration = configuration_of(judged)
    assert B in configuration.cone([A])
    assert A not in configuration.cone([B])
    assert {A, B} <= configuration.cone(["var.region"])


def test_a_move_that_the_fix_does_not_name_is_asked_for() -> None:
    judged = plan(change(B, "no-op", _previous_address=A))
    assert found(judged) == [("G12", "ask", B)]
    assert not found(judged, known(named=frozenset({B})))


def test_what_somebody_deleted_and_would_come_back_is_asked_for() -> None:
    judged = plan(change(A, "create"), resource_drift=[change(A, "delete")])
    assert found(judged, known(in_state=frozenset({A})), judged) == [("G12", "ask", A)]


def test_what_is_found_no_more_with_the_fix_is_not_made_once_more_elsewhere() -> None:
    """Another region: all that the state holds stays where it is, and is forgotten."""
    settings = {"aws": {"full_name": AWS, "expressions": {"region": {"references": ["var.region"]}}}}
    here = plan(change(A, "no-op"), resources=(resource(A, provider_config_key="aws"),), providers=settings)
    there = plan(
        change(A, "create"),
        resources=(resource(A, provider_config_key="aws"),),
        providers=settings,
        resource_drift=[change(A, "delete")],
    )
    before = known(
        in_state=frozenset({A}),
        declared=frozenset({A}),
        providers=frozenset({AWS}),
        named=frozenset({"var.region"}),
    )
    assert found(there, before, here) == [("G5", "stop", A)]
    assert found(there, before._replace(first=None)) == [("G5", "ask", A)]
    assert not found(there, before, there)


@pytest.mark.parametrize(
    "judged",
    [
        {},
        plan(format_version="2.0"),
        plan(format_version=None),
        plan(resource_changes={}),
        plan(resource_changes=["x"]),
        plan(resource_changes=[{"address": A}]),
        plan(resource_changes=[{"change": {}}]),
        plan(configuration=None),
        plan(output_changes=[]),
        plan(prior_state={"values": {"root_module": {"resources": [1]}}}),
        plan(checks=[1]),
    ],
)
def test_what_cannot_be_read_stops(judged: Json) -> None:
    assert found(judged) == [("G13", "stop", "plan")]
    assert found(plan(), None, judged) == [("G13", "stop", "plan")]


@pytest.mark.parametrize(
    ("timestamp", "stops"),
    [
        ("2026-11-20T10:00:00Z", False),
        ("2026-11-20T09:59:59Z", True),
        ("2026-11-20T10:00:01", True),
        ("", True),
        ("yesterday", True),
    ],
)
def test_a_plan_made_too_early_stops(timestamp: str, *, stops: bool) -> None:
    oldest = datetime(2026, 11, 20, 10, 0, 0, 500_000, tzinfo=UTC)
    judged = gate(plan(timestamp=timestamp), known(), oldest=oldest)
    assert [(one.rule, one.verdict, one.where) for one in judged] == [("G13", "stop", "plan")] * stops


def test_what_is_left_out_is_asked_for() -> None:
    check = {"address": {"kind": "check", "to_display": "check.x"}}
    before = plan(change(A, "create"), resources=(resource(A),), root={"outputs": {"o": {}}}, checks=[check])
    before["configuration"]["root_module"]["resources"] = [resource(A)]
    baseline = baseline_of_plan(before)
    assert found(plan(), baseline, before) == [
        ("G14", "ask", "check.x"),
        ("G14", "ask", "output.o"),
        ("G14", "ask", A),
    ]
    still_declared = plan(resources=(resource(A),))
    assert ("G14", "ask", A) in found(still_declared, baseline), "count = 0"


B, C, D = "terraform_data.b", "terraform_data.c", "terraform_data.d"
OPEN = {"cidr_blocks": ["0.0.0.0/0"]}
INNOCENT = {
    "nothing": change(B, "no-op"),
    "tainted, and made by this run": change(B, "delete", "create", _action_reason="replace_because_tainted"),
    "was to go": change(C, "delete"),
    "was to be made": change(D, "create", after={"id": "x"}),
    "approved": change("terraform_data.e", "no-op", importing={"id": "i-1"}),
    "read": change("data.x_y.z", "read", after=None, _mode="data"),
}
GUILTY = {
    "destroyed": change(A, "delete"),
    "made": change(A, "create", after={"id": "1"}),
    "imported": change(A, "no-op", importing={"id": "i-9"}),
    "changed": change(A, "update", after={"id": "2"}),
    "opened": change(A, "update", after={"id": "1"} | OPEN),
}
AROUND = known(
    created=frozenset({B}),
    first={C: ChangeAction.DELETE, D: ChangeAction.CREATE},
    imports=frozenset({("terraform_data.e", "i-1")}),
)


@pytest.mark.parametrize("guilty", GUILTY.values(), ids=GUILTY.keys())
@pytest.mark.parametrize("innocent", INNOCENT.values(), ids=INNOCENT.keys())
def test_nothing_that_stands_beside_it_hides_what_is_found(innocent: Json, guilty: Json) -> None:
    alone = found(plan(guilty, change(D, "create", after={"id": "x"})), AROUND)
    assert alone
    for changes in ((innocent, guilty), (guilty, innocent)):
        beside = (
            (change(D, "create", after={"id": "x"}),) if INNOCENT["was to be made"] not in changes else ()
        )
        assert found(plan(*changes, *beside), AROUND) == alone


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (change(A, "delete"), f"{A}: would be destroyed."),
        (change(A, "delete", "create"), f"{A}: would be destroyed and made anew."),
        (
            change(A, "forget"),
            f"{A}: would be forgotten: it stays, and Terraform knows of it no longer.",
        ),
        (change(A, "explode"), f"{A}: would be changed in a way that planner does not know."),
        (change(A, "delete", _deposed="0a1b"), f"{A}, its deposed object 0a1b: would be destroyed."),
        (change(DB, "delete"), f"{DB}: would be destroyed; it holds what is lost with it."),
        (change(A, "create"), f"{A}: would be created, and was not to be: this looks like lost state."),
        (
            change(A, "no-op", importing={"id": "i"}),
            f"{A}: would be imported, and nobody approved that address and id.",
        ),
        (change(A, "update"), f"{A}: would be changed (update), and nothing that the fix edits leads there."),
        (
            change(A, "no-op", _previous_address=B),
            f"{A}: would be moved, and nothing that the fix edits leads there.",
        ),
    ],
)
def test_a_person_is_told_what_would_happen(judged: Json, expected: str) -> None:
    [finding] = gate(plan(judged), known())
    assert f"{finding.where}: {finding.what}" == expected


def test_what_is_known_only_after_the_apply_is_told_so_and_not_as_given_up() -> None:
    before, after = {"id": "1", "deletion_protection": True}, {"id": "1"}
    hides = change(A, "update", before=before, after=after, after_unknown={"deletion_protection": True})
    declared = resource(A, expressions={"deletion_protection": {"references": ["x.y"]}})
    baseline = known(first={A: ChangeAction.UPDATE})
    told = [finding.what for finding in gate(plan(hides, resources=(declared,)), baseline)]
    assert told == ["deletion_protection: known only after the apply."]


def test_refusals_come_first_then_rules_by_their_number_and_places_by_their_name() -> None:
    changes = (change(B, "delete"), change(A, "delete"), change("z.z", "create"))
    judged = plan(*changes, errored=True, timestamp="")
    told = gate(judged, known(), oldest=datetime(2026, 11, 20, tzinfo=UTC))
    assert [(one.rule, one.verdict, one.where) for one in told] == [
        ("G6", Verdict.STOP, "z.z"),
        ("G13", Verdict.STOP, "plan"),
        ("G3", Verdict.ASK, A),
        ("G3", Verdict.ASK, B),
        ("G7", Verdict.ASK, "plan"),
    ]


def test_fifty_thousand_changes_are_judged_in_two_seconds() -> None:
    addresses = [f'module.m["{n}"].aws_instance.x[{n}]' for n in range(50_000)]
    changes = [
        change(address, "update" if n % 2 else "no-op", before={"a": 1, "b": "x"}, after={"a": n, "b": "y"})
        for n, address in enumerate(addresses)
    ]
    judged = plan(*changes)
    baseline = baseline_of_plan(judged)
    started = time.process_time()
    assert not gate(judged, baseline, judged)
    assert time.process_time() - started < 2
