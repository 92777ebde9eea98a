"""What holds of repairs whatever Terraform says and the files hold."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from contracts.remediation import EditConfig, ForceUnlock, Import, Remediation, SetVariable
from subagents.remediator.edit_config import changed
from subagents.remediator.repair import _REPAIRS, repair
from subagents.remediator.repair_text import Source

NAMES = ["main.tf", "other.tf", "net/main.tf", "terraform.tfvars"]
WORDS = """\
resource "terraform_data" "a" {
provider "aws" {
terraform {
module "m" {
  source = "./net"
output "x" {
locals {
variable "zone" {
  provisioner "local-exec" {
  lifecycle {
}
  zoen = 1
  zone = 1
  inptu = var.zoen
  value = var.zone
  a = "x
  a = 'x'
  a: 1
  a = ["x" "y"]
  for_each = ["a"]
  region = "é"
# c
<<EOF
EOF
""".splitlines(keepends=True)
WORDS += ["{", "}", '"', "'", "(", "]", "=", "\n", " ", "\u00a0", "\0", "\r\n", "${"]
TEXTS = st.one_of(st.lists(st.sampled_from(WORDS), max_size=14).map("".join), st.text(max_size=40))
DETAILS = (
    'An argument named "inptu" is not expected here. Did you mean "input"?',
    'An input variable with the name "zoen" has not been declared. Did you mean "zone"?',
    'A managed resource "terraform_data" "b" has not been declared in the root module.',
    'Blocks of type "lifecyle" are not expected here.',
    'The argument "zone" was already set at main.tf:2,3-8.',
    'A variable named "zone" was already declared at other.tf:1,1-9.',
    'An argument is required here. To set an argument, use the equals sign "=".',
    "The value must be a set, and you have provided a value of type tuple.",
    'does not declare a variable named "zoen" but a value was found in file "terraform.tfvars".',
    'The root module input variable "zone" is not set, and has no default value.',
    "Single quotes are not valid.",
    "",
)
SUMMARIES = [
    *_REPAIRS,
    'Duplicate resource "a" configuration',
    'Invalid "path" attribute',
    "Value for undeclared variable",
]


@st.composite
def diagnostics(draw: st.DrawFn) -> Diagnostic:
    first = draw(st.integers(-1, 12))
    place = SourceRange(
        filename=draw(st.sampled_from([*NAMES, "../x.tf"])), start_line=first, end_line=first + 1
    )
    return Diagnostic(
        severity=draw(st.sampled_from(Severity)),
        summary=draw(st.one_of(st.sampled_from(SUMMARIES), st.text(max_size=10))),
        detail=draw(st.one_of(st.sampled_from(DETAILS), st.text(max_size=30))),
        address=draw(st.sampled_from([None, "aws_iam_role.a", "x"])),
        range=draw(st.sampled_from([place, place, None])),
    )


REMEDIES: st.SearchStrategy[Remediation] = st.sampled_from(
    [
        EditConfig(summary="."),
        SetVariable(name="zone", summary="."),
        Import(summary="."),
        ForceUnlock(summary="."),
    ]
)


@settings(max_examples=400, deadline=None)
@given(
    REMEDIES,
    st.lists(diagnostics(), max_size=4),
    st.fixed_dictionaries(dict.fromkeys(NAMES, TEXTS)),
)
def test_edits_always_apply_leave_files_sound_and_keep_off_what_is_closed(
    remedy: Remediation, said: list[Diagnostic], files: dict[str, str]
) -> None:
    found = repair(remedy, said, files.__getitem__, NAMES)
    if not isinstance(found, EditConfig):
        assert found.kind == remedy.kind
        return
    for name, change in changed(found.edits, files.__getitem__).items():
        before, after = Source(name, change.before), Source(name, change.after)
        assert after.is_sound
        if before.is_sound:
            assert _closed(before) == _closed(after)


@settings(max_examples=200, deadline=None)
@given(st.lists(diagnostics(), max_size=3), TEXTS)
def test_a_repair_does_not_come_twice(said: list[Diagnostic], text: str) -> None:
    files = dict.fromkeys(NAMES, text)
    assert repair(EditConfig(summary="."), said, files.__getitem__, NAMES) == repair(
        EditConfig(summary="."), said, files.__getitem__, [*NAMES, *NAMES]
    )


def _closed(source: Source) -> list[str]:
    return [source.text[start:end] for start, end in source.closed]
