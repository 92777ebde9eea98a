"""What holds of repairs whatever Terraform says and the files hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from contracts.remediation import EditConfig, ForceUnlock, Import, Remediation, SetVariable
from subagents.remediator.edit_config import changed
from subagents.remediator.repair import _REPAIRS, repair
from subagents.remediator.repair_text import Source

USED = 'variable "zone" {}\noutput "zone" {\n  value = var.zone\n}\n'
FAULTS = [
    ('resource "a_b" "c%" {\n  inptu = 1\n}\n', 1, "Unsupported argument", "input"),
    ('provider "aws" {\n  alias = "c%"\n  inptu = 1\n}\n', 2, "Unsupported argument", "input"),
    (
        'resource "a_b" "d%" {\n  provisioner "x" {\n    inptu = 1\n  }\n}\n',
        2,
        "Unsupported argument",
        "input",
    ),
    ('output "e%" {\n  value = "é ${var.zoen}"\n}\n', 1, "Reference to undeclared input variable", "zone"),
    ('provider "aws" {\n  region = var.zoen\n}\n', 1, "Reference to undeclared input variable", "zone"),
    ('module "m%" {\n  source = var.zoen\n}\n', 1, "Reference to undeclared input variable", "zone"),
    ('resource "a_b" "f%" {\n  input = 1\n  input = 1\n}\n', 2, "Attribute redefined", ""),
    ('resource "a_b" "g%" {\n  for_each = ["a", "b"]\n}\n', 1, "Invalid for_each argument", ""),
    ('variable "h%" {\n  type = strng\n}\n', 1, "Invalid type specification", ""),
    ('output "i%" {\n  value = 1\n}\n', 0, "Output refers to sensitive values", ""),
    ("locals {\n  j% = 'x'\n}\n", 1, "Invalid character", ""),
    ("terraform {\n  required_version = '1'\n}\n", 1, "Invalid character", ""),
    ('locals {\n  k% = ["x" "y"]\n}\n', 1, "Missing item separator", ""),
    ("locals {\n  l% = upper(1\n}\n", 2, "Missing argument separator", ""),
    ('resource "a_b" "m%" {\n  input: 1\n}\n', 1, "Argument or block definition required", ""),
    ('provider "aws" {\n  region: 1\n}\n', 1, "Argument or block definition required", ""),
    ('resource "a_b" "n%" {\n  input = 1\n\n', 0, "Unclosed configuration block", ""),
    ('provider "aws" {\n  region = 1\n\n', 0, "Unclosed configuration block", ""),
]
QUIET = [
    "# c\n",
    "\n",
    'locals {\n  quiet% = "é"\n}\n',
    "terraform {\n}\n",
    'provider "aws" {\n}\n',
    "/*\n*/\n",
]
DETAIL = """\
An input variable with the name "zoen" has not been declared. An argument named "inptu" is not expected \
here. To set it, use the equals sign. The keyword "strng" is not a valid type specification. And you have \
provided a value of type tuple. This was already set at main.tf:{before},3-8. An argument separates each \
function argument. \
"""
SUMMARIES = [*_REPAIRS, 'Duplicate resource "a" configuration', "Value for undeclared variable"]
REMEDIES: list[Remediation] = [EditConfig(summary="."), SetVariable(name="zone", summary=".")]
REMEDIES += [Import(summary="."), ForceUnlock(summary=".")]


def error(summary: str, detail: str, line: int, name: str = "main.tf") -> Diagnostic:
    place = SourceRange(filename=name, start_line=line, end_line=line)
    return Diagnostic(severity=Severity.ERROR, summary=summary, detail=detail, range=place)


@st.composite
def failures(draw: st.DrawFn) -> tuple[dict[str, str], list[Diagnostic]]:
    """A module with some faults between other things, and what Terraform says of them."""
    text, said = USED, []
    for _ in range(draw(st.integers(1, 4))):
        text += "".join(draw(st.lists(st.sampled_from(QUIET), max_size=2))).replace(
            "%", str(draw(st.integers(0, 2)))
        )
        fault, line, summary, meant = draw(st.sampled_from(FAULTS))
        line += text.count("\n") + 1
        detail = DETAIL.format(before=line - 1) + f'Did you mean "{meant}"?' * bool(meant)
        said.append(error(summary, detail, line))
        text += fault.replace("%", str(draw(st.integers(0, 2))))
    ends = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return {"main.tf": text.replace("\n", ends)}, said


def holds(remedy: Remediation, said: list[Diagnostic], files: dict[str, str]) -> None:
    """Raises where an edit does not apply, breaks a file, or changes what no repair may touch."""
    found = repair(remedy, said, files.__getitem__, list(files))
    if not isinstance(found, EditConfig):
        assert found.kind == remedy.kind
        return
    for name, change in changed(found.edits, files.__getitem__).items():
        before, after = Source(name, change.before), Source(name, change.after)
        assert after.is_sound
        assert not before.is_sound or closed(before) == closed(after)


def closed(source: Source) -> list[str]:
    return [source.text[start:end] for start, end in source.closed]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(REMEDIES), failures())
def test_edits_apply_leave_files_sound_and_keep_off_what_is_closed(
    remedy: Remediation, failure: tuple[dict[str, str], list[Diagnostic]]
) -> None:
    files, said = failure
    holds(remedy, said, files)


@settings(max_examples=200, deadline=None)
@given(failures(), st.sampled_from(SUMMARIES), st.integers(-1, 30))
def test_so_they_do_where_terraform_complains_of_something_else(
    failure: tuple[dict[str, str], list[Diagnostic]], summary: str, line: int
) -> None:
    files, said = failure
    holds(EditConfig(summary="."), [error(summary, said[0].detail, line), *said], files)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(SUMMARIES), st.text(max_size=30), st.integers(-1, 4))
def test_any_text_is_taken(text: str, summary: str, detail: str, line: int) -> None:
    holds(EditConfig(summary="."), [error(summary, DETAIL + detail, line)], {"main.tf": text})


@pytest.mark.parametrize("fault", FAULTS)
def test_these_faults_are_repaired_but_for_what_is_closed(fault: tuple[str, int, str, str]) -> None:
    text, line, summary, meant = fault
    files = {"main.tf": USED + text.replace("%", "0")}
    detail = DETAIL.format(before=USED.count("\n") + line) + f'Did you mean "{meant}"?' * bool(meant)
    remedy = EditConfig(summary=".")
    said = error(summary, detail, USED.count("\n") + line + 1)
    is_closed = any(word in text for word in ("provider", "terraform", "provisioner", "  source"))
    assert (repair(remedy, [said], files.__getitem__, ["main.tf"]) is remedy) == is_closed
