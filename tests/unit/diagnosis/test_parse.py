"""A model's text to a hypothesis, or why it is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.context import ConfigBlock, Context, ModuleFacts
from contracts.diagnostic import Diagnostic, Severity, Snippet, SourceRange
from contracts.hypothesis import Category
from contracts.incident import Evidence
from contracts.remediation import RemediationKind
from contracts.validation import CheckKind, CheckResult
from diagnosis.parse import Answer, Malformed, parse
from diagnosis.reply import Reply, reply_schema

FAILURE = Evidence(
    stage=None,
    text="wrapper: exit status 1",
    diagnostics=(
        Diagnostic(
            severity=Severity.ERROR,
            summary="Invalid index",
            detail="The given key does not\nidentify an element.",
            range=SourceRange(filename="main.tf", start_line=1, end_line=1),
            snippet=Snippet(code="  ami = var.amis[3]"),
        ),
    ),
    failed_checks=(CheckResult(name="state: a.b", kind=CheckKind.STATE, passed=False, detail="0 of 1"),),
)
GOOD: dict[str, Any] = {
    "evidence": ["Invalid index"],
    "root_cause": "amis has two entries, the fourth is asked for.",
    "category": "invalid_reference",
    "retryable": False,
    "confidence": 0.9,
    "remediation": "escalate",
    "summary": "Ask for an entry that exists.",
}


def _answer(**changes: object) -> Answer:
    found = parse(json.dumps({**GOOD, **changes}), FAILURE)
    assert isinstance(found, Answer), found
    return found


def test_a_whole_answer_becomes_a_hypothesis() -> None:
    hypothesis = _answer().hypothesis
    assert hypothesis.category is Category.INVALID_REFERENCE
    assert hypothesis.evidence == ("Invalid index",)
    assert hypothesis.confidence == 0.9
    assert hypothesis.remediation.kind == "escalate"
    assert hypothesis.remediation.summary == "Ask for an entry that exists."


def test_white_space_around_the_object_does_not_matter() -> None:
    assert isinstance(parse(f"\n {json.dumps(GOOD)}\n", FAILURE), Answer)


EDIT = {"file": "main.tf", "search": "amis[3]", "replace": "amis[1]"}
REMEDIATIONS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "retry": ({}, {}),
    "wait_and_retry": ({"wait_s": 60}, {"wait_s": 60}),
    "edit_config": ({"edits": [EDIT]}, {"edits": (EDIT,)}),
    "set_variable": ({"variable": "amis", "value": "[1]"}, {"name": "amis", "value": "[1]"}),
    "init_upgrade": ({}, {}),
    "init_reconfigure": ({}, {}),
    "import": ({"address": "a.b", "object_id": "i-1"}, {"address": "a.b", "id": "i-1"}),
    "state_rm_or_mv": (
        {"address": "a.b", "destination": "a.c"},
        {"source": "a.b", "destination": "a.c"},
    ),
    "force_unlock": ({"lock_id": "6b1f"}, {"lock_id": "6b1f"}),
    "replace": ({"address": "a.b"}, {"address": "a.b"}),
    "refresh": ({}, {}),
    "credentials": ({}, {}),
    "permissions": ({"actions": ["s3:GetObject"]}, {"actions": ("s3:GetObject",)}),
    "quota_request": ({}, {}),
    "escalate": ({}, {}),
}


@pytest.mark.parametrize("kind", list(RemediationKind))
def test_every_remediation_takes_its_own_parameters(kind: RemediationKind) -> None:
    given_keys, expected = REMEDIATIONS[kind]
    remediation = _answer(remediation=kind, **given_keys).hypothesis.remediation
    assert remediation.model_dump() == {"kind": kind, "summary": GOOD["summary"], **expected}


def test_what_belongs_to_another_remediation_is_not_read() -> None:
    remediation = _answer(remediation="retry", address="a.b", wait_s=10_000).hypothesis.remediation
    assert remediation.model_dump() == {"kind": "retry", "summary": GOOD["summary"]}


def test_an_empty_parameter_is_one_left_out() -> None:
    remediation = _answer(remediation="set_variable", variable="amis", value="").hypothesis.remediation
    assert remediation.model_dump()["value"] is None


def _bent(**changes: object) -> str:
    return json.dumps({**GOOD, **changes})


def _edit(**changes: object) -> str:
    return _bent(remediation="edit_config", edits=[{**EDIT, **changes}])


TEXT = json.dumps(GOOD)
REFUSED = {
    "nothing": ("", "not one JSON object"),
    "prose": ("The index is invalid.", "not one JSON object"),
    "an object cut off": (TEXT[:-5], "not one JSON object"),
    "text after the object": (TEXT + " Hope this helps!", "not one JSON object"),
    "a second object": (TEXT + TEXT, "not one JSON object"),
    "a code fence": (f"```json\n{TEXT}\n```", "not one JSON object"),
    "a list": (f"[{TEXT}]", "object"),
    "null": ("null", "object"),
    "the same key twice": (TEXT[:-1] + ', "retryable": true}', "a key occurs twice"),
    "the same key twice, deep inside": (
        _edit().replace('"search"', '"file": "a.tf", "search"'),
        "a key occurs twice",
    ),
    "NaN": (_bent(confidence=float("nan")), "NaN"),
    "infinity": (_bent(confidence=float("inf")), "Infinity"),
    "a number too large": (TEXT.replace("0.9", "1e999"), "confidence"),
    "a number of a million digits": (TEXT.replace("0.9", "9" * 60_000), ""),
    "a depth bomb of lists": ("[" * 30_000, "nested too deeply"),
    "a depth bomb of objects": ('{"evidence":' * 5_000, "nested too deeply"),
    "a depth bomb that is closed": (_bent().replace('"escalate"', "[" * 300 + "]" * 300), ""),
    "more than 64 KB": (_bent(summary="x" * 65_536), "longer than"),
    "more than 64 KB once encoded": (
        json.dumps(GOOD | {"summary": "€" * 30_000}, ensure_ascii=False),
        "longer",
    ),
    "a key too many": (_bent(command="rm -rf /"), "command"),
    "a key too few": (json.dumps({k: v for k, v in GOOD.items() if k != "category"}), "category"),
    "an unknown category": (_bent(category="gremlins"), "category"),
    "an unknown remediation": (_bent(remediation="run_command"), "remediation"),
    "a number as a string": (_bent(confidence="0.9"), "confidence"),
    "a boolean as a string": (_bent(retryable="false"), "retryable"),
    "a boolean as a number": (_bent(retryable=0), "retryable"),
    "a confidence beyond certainty": (_bent(confidence=1.5), "confidence"),
    "a negative confidence": (_bent(confidence=-0.1), "confidence"),
    "a wait beyond its cap": (_bent(remediation="wait_and_retry", wait_s=901), "wait_s"),
    "a wait as a fraction": (_bent(remediation="wait_and_retry", wait_s=1.5), "wait_s"),
    "an empty root cause": (_bent(root_cause=" "), "root_cause is empty"),
    "an invisible root cause": (_bent(root_cause="\u200b\u2060"), "root_cause is empty"),
    "an empty summary": (_bent(summary=""), "summary is empty"),
    "null for a text": (_bent(root_cause=None), "root_cause"),
    "a variable without a name": (_bent(remediation="set_variable", value="1"), "without a variable"),
    "a value nobody can see": (
        _bent(remediation="set_variable", variable="a", value="x\u202ey"),
        "invisible",
    ),
    "an edit with a key too many": (_edit(mode="append"), "mode"),
    "an edit of an absolute path": (_edit(file="/etc/passwd"), "inside the module"),
    "an edit above the module": (_edit(file="../other/main.tf"), "inside the module"),
    "an edit that climbs out": (_edit(file="modules/../../main.tf"), "inside the module"),
    "an edit of nothing": (_edit(file=""), "inside the module"),
    "an edit of the module itself": (_edit(file="."), "inside the module"),
    "an edit with a drive": (_edit(file="C:/main.tf"), "inside the module"),
    "an edit with backslashes": (_edit(file="..\\main.tf"), "inside the module"),
    "an edit of a path with a NUL": (_edit(file="main.tf\x00.txt"), "invisible"),
    "an edit that hides text": (_edit(replace="amis[1] # \u202e"), "invisible"),
    "an edit that searches for nothing": (_edit(search=""), "search"),
    "half a surrogate pair": (TEXT.replace("amis has", "\\ud800"), ""),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_it_refuses(text: str, reason: str) -> None:
    found = parse(text, FAILURE)
    assert isinstance(found, Malformed), found
    assert reason in found.reason
    assert 0 < len(found.reason) < 300


QUOTES = {
    "a summary": ("Invalid index", True),
    "a detail across its line break": ("does not identify an element", True),
    "a line of code": ("ami = var.amis[3]", True),
    "a failed check": ("0 of 1", True),
    "other output": ("exit status 1", True),
    "a file's name": ("main.tf", True),
    "words the failure does not hold": ("access denied", False),
    "words in another order": ("index Invalid", False),
    "nothing": (" ", False),
}


@pytest.mark.parametrize(("quote", "kept"), QUOTES.values(), ids=QUOTES)
def test_only_quotes_from_the_failure_are_kept(quote: str, *, kept: bool) -> None:
    answer = _answer(evidence=[quote])
    assert answer.hypothesis.evidence == ((quote,) if kept else ())
    assert answer.dropped_quotes == (0 if kept else 1)


def test_free_text_is_cleaned() -> None:
    cause = "amis \x1b[31mhas\x1b[0m two\u202e entries"
    assert _answer(root_cause=cause).hypothesis.root_cause == "amis has two entries"


def _objects(schema: object) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for item in schema for found in _objects(item)]
    if not isinstance(schema, dict):
        return []
    nested = [found for value in schema.values() for found in _objects(value)]
    return [schema, *nested] if schema.get("type") == "object" else nested


def test_every_object_of_the_schema_is_closed() -> None:
    objects = _objects(reply_schema())
    assert len(objects) == 2
    for found in objects:
        assert found["additionalProperties"] is False


def test_the_schema_keeps_to_what_all_providers_take() -> None:
    text = json.dumps(reply_schema())
    for keyword in (
        "$ref",
        "$defs",
        "anyOf",
        "oneOf",
        "minimum",
        "maximum",
        "maxLength",
        "pattern",
        "default",
    ):
        assert f'"{keyword}"' not in text


def test_the_schema_and_the_check_name_the_same_keys_and_values() -> None:
    properties = reply_schema()["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == list(Reply.model_fields)
    assert properties["category"]["enum"] == [c.value for c in Category]
    assert properties["remediation"]["enum"] == [k.value for k in RemediationKind]


TEXTS = st.text(alphabet='a.\\/"{[\n\x00\u202e\ud800\u20ac', max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(list(Reply.model_fields))


@given(st.text() | st.text(alphabet='{}[]":,\\ud801eE.-+ntf '))
def test_it_never_raises_on_any_text(text: str) -> None:
    assert isinstance(parse(text, FAILURE), Malformed)


@given(st.dictionaries(KEYS, JSON))
def test_it_never_raises_on_an_answer_with_any_values(changes: dict[str, Any]) -> None:
    assert isinstance(parse(json.dumps({**GOOD, **changes}), FAILURE), Answer | Malformed)


@given(st.integers(0, len(TEXT) - 1))
def test_an_answer_cut_off_anywhere_is_none(length: int) -> None:
    assert isinstance(parse(TEXT[:length], FAILURE), Malformed)


IN_MODULE = FAILURE.model_copy(
    update={
        "diagnostics": (FAILURE.diagnostics[0].model_copy(update={"address": "aws_instance.web[0]"}),),
        "echoes": ('module.a["x"].aws_instance.web',),
        "context": Context(module=ModuleFacts(variables=("amis", "size")), changes=("create aws_vpc.main",)),
    }
)
INVENTED = {
    "an address that is not there": ({"remediation": "replace", "address": "aws_instance.db"}, "address"),
    "another module's address": ({"remediation": "import", "address": "module.b.aws_vpc.main"}, "address"),
    "a variable that is not declared": ({"remediation": "set_variable", "variable": "admin"}, "variable"),
}


@pytest.mark.parametrize(("changes", "why"), INVENTED.values(), ids=INVENTED)
def test_a_name_that_does_not_exist_is_refused(changes: dict[str, object], why: str) -> None:
    found = parse(_bent(**changes), IN_MODULE)
    assert isinstance(found, Malformed)
    assert why in found.reason


@pytest.mark.parametrize(
    "address", ["aws_instance.web[0]", 'module.a["x"].aws_instance.web', "aws_vpc.main", ""]
)
def test_an_address_that_the_failure_names_is_taken(address: str) -> None:
    assert isinstance(parse(_bent(remediation="replace", address=address), IN_MODULE), Answer)


def test_the_schema_lists_the_names_that_exist() -> None:
    properties: Any = reply_schema(IN_MODULE)["properties"]
    assert properties["variable"]["enum"] == ["", "amis", "size"]
    assert set(properties["address"]["enum"]) == {
        "",
        "aws_instance.web[0]",
        'module.a["x"].aws_instance.web',
        "aws_vpc.main",
    }
    plain: Any = reply_schema()["properties"]
    assert "enum" not in plain["address"]


def test_a_quote_of_the_configuration_around_the_failure_is_one() -> None:
    block = ConfigBlock(file="main.tf", start_line=1, code="count = var.size")
    known = IN_MODULE.model_copy(update={"context": Context(module=ModuleFacts(blocks=(block,)))})
    found = parse(_bent(evidence=["count = var.size", "count = 3"]), known)
    assert isinstance(found, Answer)
    assert (found.hypothesis.evidence, found.dropped_quotes) == (("count = var.size",), 1)
