"""The configuration of a plan → what it declares: each way from one thing to another, and no other shape."""

from __future__ import annotations

from typing import Any

import pytest

from planner.gate_config import configuration_of, read_by, references_in
from planner.gate_plan import UnreadableError
from tests.fakes.plan_json import BUILTIN, Json, module_call, plan, resource

A, B = "terraform_data.a", "terraform_data.b"


def of_root(**root: Any) -> Json:
    return {"configuration": {"root_module": root}}


UNREADABLE = {
    "none": ({}, "configuration"),
    "no root module": ({"configuration": {}}, "root_module"),
    "a provider": ({"configuration": {"provider_config": {"aws": 1}, "root_module": {}}}, "provider_config"),
    "a module call": (of_root(module_calls={"m": 1}), "module_calls"),
    "a module call without a module": (of_root(module_calls={"m": {}}), "module_calls"),
    "a resource": (of_root(resources=[1]), "resources"),
    "a resource of a module": (of_root(module_calls={"m": module_call("./m", resources=[1])}), "resources"),
    "an output": (of_root(outputs={"o": 1}), "outputs"),
    "a variable": (of_root(variables={"v": 1}), "variables"),
    "a provisioner": (of_root(resources=[resource(A, provisioners=[1])]), "provisioners"),
}


@pytest.mark.parametrize(("judged", "what"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_of_no_shape_that_we_know_is_refused_and_its_part_named(judged: Json, what: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{what} is no object$"):
        configuration_of(judged)


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("terraform_data.a.id", A),
        ("terraform_data.a", A),
        ("aws_instance.self.id", "aws_instance.self"),
        ("data.x_y.z.id", "data.x_y.z"),
        ("ephemeral.x_y.z.id", "ephemeral.x_y.z"),
        ("x_y.data.id", "x_y.data"),
        ("var.v.key", "var.v"),
        ('module.m["k"].out.id', "module.m.output.out"),
        ("module.m", "module.m"),
        ("path.module", None),
        ("each.value.id", None),
    ],
)
def test_a_reference_leads_to_a_configuration_address(reference: str, address: str | None) -> None:
    assert read_by(reference, "") == address
    assert read_by(reference, "module.n.") == (address and f"module.n.{address}")


def test_what_only_looks_like_a_reference_in_a_constant_is_none() -> None:
    written = {"constant_value": {"references": ["local.l"]}, "tags": {"references": ["var.v.k", "var.v", 1]}}
    assert references_in([written, {"depends_on": [A]}]) == {"var.v.k", A}


def test_settings_are_the_same_in_whatever_order_they_are_written() -> None:
    def settings(*names: str) -> object:
        expressions = {name: {"constant_value": name} for name in names}
        one = resource(A, provisioners=[{"type": "local-exec", "expressions": expressions}])
        providers = {"terraform": {"full_name": BUILTIN, "expressions": expressions}}
        made = configuration_of(plan(resources=(one,), providers=providers))
        return made.provider_settings, made.provisioner_settings

    assert settings("a", "b") == settings("b", "a") != settings("a", "c")


def test_a_module_call_is_known_by_its_source_and_version() -> None:
    calls = {"m": module_call("x/y/z", "1.0"), "n": module_call("./n"), "o": {"module": {}}}
    assert configuration_of(of_root(module_calls=calls)).modules == {
        ("module.m", "x/y/z", "1.0"),
        ("module.n", "./n", ""),
        ("module.o", "", ""),
    }


@pytest.mark.parametrize(
    "around",
    [
        {"count_expression": {"references": ["local.l"]}},
        {"for_each_expression": {"references": ["local.l"]}},
        {"depends_on": ["local.l"]},
    ],
)
def test_what_decides_about_a_module_call_leads_to_each_resource_in_it(around: Json) -> None:
    inner = module_call("./n", resources=[resource(A)]) | around
    outer = module_call("./m", resources=[resource(B)], module_calls={"n": inner})
    configuration = configuration_of(of_root(module_calls={"m": outer}))
    cone = configuration.cone(["module.m.local.l"])
    assert f"module.m.module.n.{A}" in cone
    assert f"module.m.{B}" not in cone
    assert f"module.m.module.n.{A}" not in configuration.cone(["local.l"]), "that of the root is another"


@pytest.mark.parametrize(
    ("within", "named"),
    [
        ({"resources": [resource(A)]}, f"module.m.{A}"),
        ({"outputs": {"out": {"expression": {"references": ["local.l"]}}}}, "module.m.local.l"),
    ],
)
def test_what_depends_on_a_module_is_reached_by_what_is_in_it(within: Json, named: str) -> None:
    judged = of_root(
        resources=[resource(B, depends_on=["module.m"])], module_calls={"m": module_call("./m", **within)}
    )
    assert B in configuration_of(judged).cone([named])


def test_the_settings_of_a_modules_own_provider_are_read_in_that_module() -> None:
    providers = {
        "module.m:aws": {
            "full_name": BUILTIN,
            "module_address": "module.m",
            "expressions": {"region": {"references": ["var.region"]}},
        }
    }
    one = resource(A, provider_config_key="module.m:aws")
    calls = {"m": module_call("./m", resources=[one])}
    configuration = configuration_of(plan(root={"module_calls": calls}, providers=providers))
    assert f"module.m.{A}" in configuration.cone(["module.m.var.region"])
    assert f"module.m.{A}" not in configuration.cone(["var.region"])
