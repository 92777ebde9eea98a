"""Edits of what watches, tells, keeps, logs, guards or is paid for: no failure excuses them without a person.

A row of `choices_excused.txt` is what is decided, a type of resource (`-`: none),
and its body, in which `⟦was→is⟧` marks what the edit replaces. Each is tried with a
failure of another resource, with one of another argument of the same resource, and
with one that speaks of the argument and of none of its values.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from subagents.remediator.edit_called import Failed
from subagents.remediator.edit_policy import judge

_MARK = re.compile(r"⟦([^⟦⟧→]*)→([^⟦⟧→]*)⟧")
_NAME = re.compile(r"([A-Za-z_]\w*)\s*(?:=|\{)")
_OTHER = 'resource "aws_vpc" "other" {\n  cidr_block = "10.0.0.0/33"\n}\n'
ROWS = [
    line.split(" ", 2)
    for line in Path(__file__).with_name("choices_excused.txt").read_text(encoding="utf-8").splitlines()
]
IDS = [f"{kind}: {body}" for _, kind, body in ROWS]


def texts(kind: str, body: str) -> tuple[str, str]:
    lines = body.replace("\\n", "\n")
    before, after = (_MARK.sub(side, lines) for side in (r"\1", r"\2"))
    head, tail = ("", "\n") if kind == "-" else (f'resource "{kind}" "a" {{\n  title = "web"\n', "\n}\n")
    return head + before + tail + _OTHER, head + after + tail + _OTHER


def said(detail: str, address: str, line: int) -> Failed:
    place = SourceRange(filename="main.tf", start_line=line, end_line=line)
    return Failed.of(
        [Diagnostic(severity=Severity.ERROR, summary="Refused", detail=detail, address=address, range=place)]
    )


def test_there_are_many() -> None:
    assert len(ROWS) >= 250
    assert len({what for what, _, _ in ROWS}) >= 18


@pytest.mark.parametrize(("what", "kind", "body"), ROWS, ids=IDS)
def test_a_failure_of_something_else_excuses_no_choice(what: str, kind: str, body: str) -> None:
    before, after = texts(kind, body)
    line = before[: before.index(_OTHER)].count("\n") + 2
    failed = said('"10.0.0.0/33" is not a valid CIDR block', "aws_vpc.other", line)
    assert judge({"main.tf": before}, {"main.tf": after}, failure=failed), what
    if kind != "-":
        failed = said('title "web" has characters that are not allowed', f"{kind}.a", 1)
        assert judge({"main.tf": before}, {"main.tf": after}, failure=failed), what


@pytest.mark.parametrize(("what", "kind", "body"), ROWS, ids=IDS)
def test_a_failure_that_only_names_an_argument_excuses_no_choice_of_its_value(
    what: str, kind: str, body: str
) -> None:
    before, after = texts(kind, body)
    mark = _MARK.search(body)
    assert mark
    name = _NAME.findall(body[: mark.end()])[-1]
    failed = said(f"the setting of {name} is not supported here; change or remove {name}", f"{kind}.a", 1)
    if kind != "-":
        assert judge({"main.tf": before}, {"main.tf": after}, failure=failed), what
