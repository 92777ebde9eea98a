"""What state, outputs and drift checks accept, and how a failed one reads."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from contracts.terraform import ChangeAction, OutputValue, PlannedChange
from contracts.validation import CheckKind, CheckResult, DriftPolicy, Observed, OutputCheck, StateCheck
from subagents.validator import checks
from subagents.validator.matching import is_found

ADDRESSES = (
    "terraform_data.box[0]",
    "terraform_data.box[1]",
    "terraform_data.solo",
    'module.web["a.b[0]"].aws_instance.web["x"]',
    'module.web["c"].aws_instance.web["y[1]"]',
    "module.db.aws_instance.main",
    'aws_acm_certificate.c["*.example.com"]',
    'aws_acm_certificate.c["a.example.com"]',
)


def search(pattern: str, text: str) -> bool:
    return is_found(pattern, text, 5)


class Found(NamedTuple):
    address: str
    instances: int
    detail: str | None = None
    """Expected to fail with this; None: expected to pass."""


STATE = {
    "a resource without an index counts all its instances": Found("terraform_data.box", 2),
    "an index names one instance": Found("terraform_data.box[1]", 1),
    "a resource without instances of its own is one": Found("terraform_data.solo", 1),
    "a key with dots and brackets is one index": Found('module.web["c"].aws_instance.web["y[1]"]', 1),
    "a module keeps its index": Found('module.web["a.b[0]"].aws_instance.web', 1),
    "a star crosses modules": Found("module.*.aws_instance.web", 2),
    "a star crosses dots": Found("module.*", 3),
    "a lone star is everything": Found("*", 8),
    "a question mark is one character": Found("terraform_data.box[?]", 2),
    "a bracket in a glob is a bracket": Found("terraform_data.b*[0]", 1),
    "a star inside a quoted key is that key": Found('aws_acm_certificate.c["*.example.com"]', 1),
    "zero expected and zero there": Found("aws_instance.gone", 0),
    "too few": Found("terraform_data.box", 5, "expected 5 instances, saw 2"),
    "too many": Found("terraform_data.box", 1, "expected 1 instance, saw 2"),
    "not meant to be there": Found("terraform_data.solo", 0, "expected 0 instances, saw 1"),
    "a typing error names the nearest resource": Found(
        "terraform_data.bux", 2, "expected 2 instances, saw 0; the nearest is terraform_data.box"
    ),
    "a wrong index names the nearest instance": Found(
        "terraform_data.box[7]", 1, "expected 1 instance, saw 0; the nearest is terraform_data.box[1]"
    ),
    "nothing alike names nothing": Found("zzz", 1, "expected 1 instance, saw 0"),
    "a prefix is no match": Found(
        "terraform_data.so", 1, "expected 1 instance, saw 0; the nearest is terraform_data.solo"
    ),
    "a dot is a dot": Found(
        "terraform_data_solo", 1, "expected 1 instance, saw 0; the nearest is terraform_data.solo"
    ),
}


@pytest.mark.parametrize("case", STATE.values(), ids=STATE.keys())
def test_state(case: Found) -> None:
    wanted = (StateCheck(address=case.address, count=case.instances),)
    (result,) = checks.state_results(wanted, Observed(state_addresses=ADDRESSES))
    assert result.kind is CheckKind.STATE
    assert result.name == f"state: {case.address}"
    if case.detail is None:
        assert result.passed, result.detail
    else:
        assert (result.passed, result.detail) == (False, case.detail)


def test_an_empty_state_says_so() -> None:
    (result,) = checks.state_results((StateCheck(address="a.b"),), Observed())
    assert result.detail == "expected 1 instance, saw 0; the state is empty"


def test_without_state_checks_every_planned_instance_must_be_in_the_state() -> None:
    planned = tuple(f"terraform_data.box[{i}]" for i in range(9))
    whole = Observed(expected_addresses=planned, state_addresses=(*planned, "terraform_data.more"))
    part = Observed(expected_addresses=planned, state_addresses=planned[:2])
    (passed,), (failed,) = checks.state_results((), whole), checks.state_results((), part)
    assert passed.passed
    assert passed.detail == "expected 9 planned instances in state, saw 9"
    assert not failed.passed
    assert failed.detail == (
        "expected 9 planned instances in state, saw 2; missing: terraform_data.box[2], terraform_data.box[3],"
        " terraform_data.box[4], terraform_data.box[5], terraform_data.box[6] and 2 more"
    )


@given(st.lists(st.text(min_size=1), unique=True), st.text())
def test_any_address_against_any_state_gives_one_result(addresses: list[str], wanted: str) -> None:
    check = StateCheck(address=wanted)
    (result,) = checks.state_results((check,), Observed(state_addresses=tuple(addresses)))
    assert result.detail


@given(st.lists(st.text(min_size=1), unique=True, min_size=1))
def test_every_instance_is_found_by_its_own_address(keys: list[str]) -> None:
    quoted = [key.replace("\\", "\\\\").replace('"', '\\"') for key in keys]
    addresses = tuple(f'module.m[0].aws_instance.web["{key}"]' for key in quoted)
    observed = Observed(state_addresses=addresses)
    exact = [StateCheck(address=address) for address in addresses]
    assert all(result.passed for result in checks.state_results(exact, observed))
    whole = StateCheck(address="module.m[0].aws_instance.web", count=len(addresses))
    assert checks.state_results((whole,), observed)[0].passed


OUTPUTS = {
    "endpoint": OutputValue(sensitive=False, value="http://a.test:8080/"),
    "port": OutputValue(sensitive=False, value=8080),
    "on": OutputValue(sensitive=False, value=True),
    "tags": OutputValue(sensitive=False, value={"b": [1, 2.0], "a": "ü"}),
    "password": OutputValue(sensitive=True),
    "later": OutputValue(sensitive=False, known=False),
    "long": OutputValue(sensitive=False, value="x" * 5000),
}


class Value(NamedTuple):
    name: str
    detail: str
    passed: bool
    equals: JsonValue = None
    matches: str | None = None


VALUES = {
    "a pattern is searched in a text": Value(
        "endpoint",
        'expected a match of ^https?://, saw "http://a.test:8080/"',
        passed=True,
        matches="^https?://",
    ),
    "a pattern that is not found": Value(
        "endpoint", 'expected a match of ^ftp, saw "http://a.test:8080/"', passed=False, matches="^ftp"
    ),
    "a pattern is searched in the compact JSON of what is no text": Value(
        "tags",
        r'expected a match of "b":\[1,, saw {"b":[1,2.0],"a":"ü"}',
        passed=True,
        matches=r'"b":\[1,',
    ),
    "a number is searched as it is written": Value(
        "port", "expected a match of ^80, saw 8080", passed=True, matches="^80"
    ),
    "a broken pattern fails its check": Value(
        "port",
        "expected a match of (, saw 8080; the pattern is no regular expression:"
        " missing ), unterminated subpattern at position 0",
        passed=False,
        matches="(",
    ),
    "a repetition beyond measure fails its check": Value(
        "port",
        "expected a match of a{99999999999}, saw 8080; the pattern is no regular expression:"
        " the repetition number is too large",
        passed=False,
        matches="a{99999999999}",
    ),
    "an equal number": Value("port", "expected 8080, saw 8080", passed=True, equals=8080),
    "an integer is the float of its value": Value(
        "port", "expected 8080.0, saw 8080", passed=True, equals=8080.0
    ),
    "a number is not its text": Value("port", 'expected "8080", saw 8080', passed=False, equals="8080"),
    "true is not one": Value("on", "expected 1, saw true", passed=False, equals=1),
    "true is true": Value("on", "expected true, saw true", passed=True, equals=True),
    "objects are equal in any order": Value(
        "tags",
        'expected {"a":"ü","b":[1.0,2]}, saw {"b":[1,2.0],"a":"ü"}',
        passed=True,
        equals={"a": "ü", "b": [1.0, 2]},
    ),
    "true is not one, however deep": Value(
        "tags",
        'expected {"a":"ü","b":[true,2]}, saw {"b":[1,2.0],"a":"ü"}',
        passed=False,
        equals={"a": "ü", "b": [True, 2]},
    ),
    "false is a value to expect": Value("on", "expected false, saw true", passed=False, equals=False),
    "value and pattern must both hold": Value(
        "port", "expected 8080 and a match of ^9, saw 8080", passed=False, equals=8080, matches="^9"
    ),
    "an output that only has to be there": Value("port", "expected a value, saw 8080", passed=True),
    "a sensitive output that only has to be there": Value(
        "password", "expected a value, saw a sensitive value", passed=True
    ),
    "a sensitive output cannot be matched": Value(
        "password",
        "expected a match of ., saw a sensitive value, which cannot be checked",
        passed=False,
        matches=".",
    ),
    "a sensitive output cannot be compared": Value(
        "password",
        'expected "x", saw a sensitive value, which cannot be checked',
        passed=False,
        equals="x",
    ),
    "an output that is only declared": Value(
        "later", "expected a value, saw a value that is not known yet", passed=False
    ),
    "a declared output that is null": Value("null", "expected a value, saw null", passed=False),
    "a typing error names the nearest output": Value(
        "endpiont", "expected a value, saw no such output; the nearest is endpoint", passed=False
    ),
    "nothing alike": Value("zzz", "expected a value, saw no such output", passed=False),
    "a long value is cut": Value(
        "long", f'expected a match of y, saw "{"x" * 198}…', passed=False, matches="y"
    ),
    "the whole of a long value is searched": Value(
        "long", f'expected a match of x{{4000}}, saw "{"x" * 198}…', passed=True, matches="x{4000}"
    ),
}


@pytest.mark.parametrize("case", VALUES.values(), ids=VALUES.keys())
def test_outputs(case: Value) -> None:
    check = OutputCheck(name=case.name, equals=case.equals, matches=case.matches)
    observed = Observed(outputs=OUTPUTS, declared_outputs=(*OUTPUTS, "null"))
    (result,) = checks.output_results((check,), observed, search)
    assert result == CheckResult(
        name=f"outputs: {case.name}", kind=CheckKind.OUTPUTS, passed=case.passed, detail=case.detail
    )


def test_without_output_checks_every_output_must_be_known() -> None:
    (failed,) = checks.output_results((), Observed(outputs=OUTPUTS, declared_outputs=tuple(OUTPUTS)), search)
    assert not failed.passed
    assert failed.detail == "expected 7 known outputs, saw 6; unknown: later"


def test_a_declared_output_that_the_state_does_not_hold_is_null_and_known() -> None:
    outputs = {"port": OUTPUTS["port"], "password": OUTPUTS["password"]}
    (result,) = checks.output_results(
        (), Observed(outputs=outputs, declared_outputs=(*outputs, "ip")), search
    )
    assert result.passed
    assert result.detail == "expected 3 known outputs, saw 3; null: ip"


JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_every_value_equals_itself_and_is_shown_in_short(value: JsonValue) -> None:
    observed = Observed(outputs={"o": OutputValue(sensitive=False, value=value)})
    (result,) = checks.output_results((OutputCheck(name="o", equals=value),), observed, search)
    assert result.passed
    assert len(result.detail) < 450


@pytest.mark.filterwarnings("ignore:Possible (nested|set):FutureWarning")  # of the pattern's own making
@given(JSON, st.text(st.sampled_from("ab([{*+?\\)]}|^$.0,")))
def test_no_pattern_raises(value: JsonValue, pattern: str) -> None:
    observed = Observed(outputs={"o": OutputValue(sensitive=False, value=value)})
    assert len(checks.output_results((OutputCheck(name="o", matches=pattern),), observed, search)) == 1


UPDATE = PlannedChange(address="a.b", action=ChangeAction.UPDATE)
REPLACE = PlannedChange(address="c.d[0]", action=ChangeAction.REPLACE, reason="cannot_update")


class Drift(NamedTuple):
    observed: Observed
    detail: str
    passed: bool
    policy: DriftPolicy = DriftPolicy.NONE


DRIFT = {
    "an empty re-plan passes": Drift(
        Observed(pending=()), "expected an empty re-plan, saw 0 changes", passed=True
    ),
    "a change fails with its action and reason": Drift(
        Observed(pending=(UPDATE, REPLACE)),
        "expected an empty re-plan, saw 2 changes: a.b (update), c.d[0] (replace: cannot_update)",
        passed=False,
    ),
    "what changed outside is named too": Drift(
        Observed(pending=(UPDATE,), drifted=(UPDATE,)),
        "expected an empty re-plan, saw 1 change: a.b (update); changed outside Terraform: a.b",
        passed=False,
    ),
    "what was edited since is told": Drift(
        Observed(pending=(UPDATE,), edited=("main.tf", "x.tfvars")),
        "expected an empty re-plan, saw 1 change: a.b (update); "
        "files edited since the plan that was applied: main.tf, x.tfvars",
        passed=False,
    ),
    "five are listed": Drift(
        Observed(pending=(UPDATE,) * 8),
        f"expected an empty re-plan, saw 8 changes: {', '.join(['a.b (update)'] * 5)} and 3 more",
        passed=False,
    ),
    "a check that could not be made has failed": Drift(
        Observed(), "expected an empty re-plan, saw none made", passed=False
    ),
    "ignored without a re-plan": Drift(
        Observed(), "ignored by policy", passed=True, policy=DriftPolicy.IGNORE
    ),
    "ignored whatever a re-plan shows": Drift(
        Observed(pending=(UPDATE,)), "ignored by policy", passed=True, policy=DriftPolicy.IGNORE
    ),
}


@pytest.mark.parametrize("case", DRIFT.values(), ids=DRIFT.keys())
def test_drift(case: Drift) -> None:
    result = checks.drift_result(case.policy, case.observed)
    assert (result.name, result.passed, result.detail) == ("drift: re-plan", case.passed, case.detail)


@given(st.lists(st.sampled_from(["a", "a (2)", "a (3)", "b"])))
def test_names_are_made_unique_and_keep_their_order(names: list[str]) -> None:
    results = [
        CheckResult(name=name, kind=CheckKind.STATE, passed=True, detail=str(i))
        for i, name in enumerate(names)
    ]
    named = checks.distinct(results)
    assert len({result.name for result in named}) == len(names)
    assert [result.detail for result in named] == [result.detail for result in results]
    assert all(got.name.startswith(name) for got, name in zip(named, names, strict=True))


def test_stars_of_an_address_that_fits_nowhere_are_soon_given_up() -> None:
    """Each star might begin anywhere: tried one by one, they outlive the run."""
    check = StateCheck(address="*a" * 30 + "*b")
    began = time.perf_counter()
    (result,) = checks.state_results((check,), Observed(state_addresses=("a" * 200,)))
    assert not result.passed
    assert time.perf_counter() - began < 1


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_a_star_stands_for_any_text_and_a_question_mark_for_one_letter(wanted: str, address: str) -> None:
    (result,) = checks.state_results((StateCheck(address=wanted),), Observed(state_addresses=(address,)))
    assert result.passed is fnmatchcase(address, wanted)
