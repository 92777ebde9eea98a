"""An answer of `validate -json` is read wherever it stands; what only looks like one is prose."""

from __future__ import annotations

import json

import pytest

from subagents.terraform.prose import diagnostics_of

ERROR = {
    "severity": "error",
    "summary": "Invalid character",
    "detail": "This character is not used within the language.",
    "range": {"filename": "a.tf", "start": {"line": 22, "column": 4}, "end": {"line": 22, "column": 5}},
}
ANSWER = {
    "format_version": "1.0",
    "valid": False,
    "error_count": 1,
    "warning_count": 0,
    "diagnostics": [ERROR],
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("around", ["{}", "$ terraform validate -json\n{}\nexit status 1\n"])
def test_its_diagnostics_are_those_of_the_text(indent: int | None, around: str) -> None:
    found, rest = diagnostics_of(around.format(json.dumps(ANSWER, indent=indent)))
    assert [(d.summary, d.range and (d.range.filename, d.range.start_line)) for d in found] == [
        ("Invalid character", ("a.tf", 22))
    ]
    assert "diagnostics" not in rest


@pytest.mark.parametrize(
    "text",
    [
        '{"format_version": "1.0", "diagnostics": [',
        '{"valid": "maybe", "diagnostics": []}',
        '{"valid": false, "diagnostics": 7}',
        '{"diagnostics": [{"summary": "x"}]}',
    ],
)
def test_what_is_no_such_answer_is_no_diagnostic(text: str) -> None:
    found, rest = diagnostics_of(text)
    assert found == ()
    assert "diagnostics" in rest


def test_deep_nesting_costs_nothing() -> None:
    assert diagnostics_of('{"valid": false, "diagnostics": ' + "[" * 100_000)[0] == ()
