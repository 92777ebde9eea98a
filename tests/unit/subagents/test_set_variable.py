"""`set_variable`: declared, a literal of its type, and asked about where it is secret (A27, A28)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.proposal import Verdict
from contracts.terraform import Variable
from subagents.remediator import hcl
from subagents.remediator.set_variable import GIVEN, Declared, setting, variables_in
from subagents.workspace import RefusedError

DECLARED = """
variable "plain" {}
variable "text" { type = string }
variable "count" {
  type = number
}
variable "on" {
  type    = bool
  default = true
}
variable "zones" {
  type = list(string)
}
variable "names" {
  type = set( string )
}
variable "tags" {
  type = map(string)
}
variable "shape" {
  type = object({ a = number })
}
variable "secret" {
  type      = string
  sensitive = true
}
variable "brief" {
  type      = string
  ephemeral = true
}
variable "open" {
  type      = string
  sensitive = false
}
"""
TEXTS = {"variables.tf": DECLARED}
FITS = {
    "plain": ["x", "3", "true", '["a"]', ""],
    "text": ["x", "3", '["a"]', "two\nlines", 'say "hi"', "back\\slash"],
    "count": ["0", "-2", "1.5"],
    "on": ["true", "false"],
    "zones": ['["a","b"]', "[]"],
    "names": ['["a"]'],
    "tags": ['{"a":"b"}', "{}"],
    "shape": ['{"a":1}'],
}
FITS_NOT: dict[str, list[str | None]] = {
    "plain": ["${file(1)}", "%{ if true }", None, "x" * 4097, "a\x1b[2J", "a\tb", "a\u202eb"],
    "text": ["${var.x}", "a %{ for x in y }"],
    "count": ["three", "1e3", "", "01", "1 ", "0x1", "1_000", "NaN", "var.x", "1; id"],
    "on": ["TRUE", "1", "yes", ""],
    "zones": ["a", "{}", '["${x}"]', "[1", "null"],
    "tags": ["[]", "x"],
    "shape": ["1"],
    "absent": ["x"],
    "": ["x"],
    "plain\n": ["x"],
    "-x": ["x"],
}


def test_what_a_module_declares_is_read_from_its_own_files() -> None:
    found = variables_in(TEXTS | {"web/main.tf": 'variable "inner" {}', "x.tfvars": 'variable "no" {}'})
    assert found["names"] == Declared("set(string)", sensitive=False)
    assert {name for name, one in found.items() if one.sensitive} == {"secret", "brief"}
    assert not found.keys() & {"inner", "no"}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in FITS.items() for v in values])
def test_a_literal_of_its_type_is_given_to_the_run(name: str, value: str) -> None:
    made = setting(name, value, TEXTS)
    assert (made.files, made.findings) == ({}, ())
    assert made.variables == (Variable(name=name, value=value),)
    assert made.given == setting(name, value, TEXTS | {GIVEN: ""}).files[GIVEN].after, (
        "as it would stand in a file"
    )


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in FITS.items() for v in values])
def test_where_there_is_a_file_of_values_it_is_put_there_as_one_argument(name: str, value: str) -> None:
    made = setting(name, value, TEXTS | {"terraform.tfvars": "# mine\nother = 1"})
    assert made.variables == ()
    after = made.files["terraform.tfvars"].after
    assert after.startswith(f"# mine\nother = 1\n{name} = ")
    file = hcl.read(after)
    assert file is not None
    assert not file.blocks or {block.kind for block in file.blocks} == {"setting"}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in FITS_NOT.items() for v in values])
def test_what_is_undeclared_of_another_type_or_a_template_is_refused(name: str, value: str | None) -> None:
    beside: tuple[dict[str, str], ...] = ({}, {"terraform.tfvars": ""})
    for files in beside:
        with pytest.raises(RefusedError):
            setting(name, value, TEXTS | files)


@pytest.mark.parametrize("name", ["secret", "brief"])
def test_a_secret_one_is_asked_about(name: str) -> None:
    (finding,) = setting(name, "x", TEXTS).findings
    assert (finding.rule, finding.verdict) == ("variable:sensitive", Verdict.ASK)
    assert "x" not in finding.what.split(), "a finding holds no value"


def test_one_that_only_says_it_is_not_secret_is_not_asked_about() -> None:
    assert setting("open", "x", TEXTS).findings == ()


@pytest.mark.parametrize("old", ["1", "[\n  1,\n  2,\n]", '"é"', "{ a = 1 }"])
def test_the_value_that_is_there_makes_room_and_everything_else_stays(old: str) -> None:
    text = f"# é comment\ncount_x = 7\ncount   = {old} # why\nlast = 2\n"
    after = setting("count", "5", TEXTS | {"terraform.tfvars": text}).files["terraform.tfvars"].after
    assert after == "# é comment\ncount_x = 7\ncount   = 5 # why\nlast = 2\n"


@pytest.mark.parametrize("text", ["count = 1e3\n", "count = [1\n", "count 3\n"])
def test_a_file_that_cannot_be_read_without_doubt_is_left_alone(text: str) -> None:
    """The parser takes `1e3` for `1`: a new value in its place would be followed by `e3`."""
    with pytest.raises(RefusedError, match="without doubt"):
        setting("count", "5", TEXTS | {"terraform.tfvars": text})


@given(st.sampled_from(sorted(FITS)), st.data())
def test_to_set_a_value_and_then_the_old_one_is_to_do_nothing(name: str, data: st.DataObject) -> None:
    old, new = (data.draw(st.sampled_from(FITS[name])) for _ in range(2))
    texts = TEXTS | {"terraform.tfvars": 'first = "x"\n'}
    texts["terraform.tfvars"] = setting(name, old, texts).files["terraform.tfvars"].after
    changed = setting(name, new, texts).files["terraform.tfvars"].after
    again = setting(name, old, texts | {"terraform.tfvars": changed}).files["terraform.tfvars"].after
    assert again == texts["terraform.tfvars"]


@given(st.text(max_size=50))
def test_no_text_leaves_the_value_it_is_written_as(value: str) -> None:
    try:
        made = setting("text", value, TEXTS | {"terraform.tfvars": ""})
    except RefusedError:
        return
    after = made.files["terraform.tfvars"].after
    assert json.loads(after.removeprefix("text = ")) == value
    file = hcl.read(after)
    assert file is not None
    assert len(file.arguments) + len(file.blocks) == 1


@given(st.text(max_size=50))
def test_a_variable_without_a_type_takes_no_code(value: str) -> None:
    """What is written bare into the file is JSON, so it refers to nothing and calls nothing."""
    try:
        made = setting("plain", value, TEXTS | {"terraform.tfvars": ""})
    except RefusedError:
        return
    json.loads(made.files["terraform.tfvars"].after.removeprefix("plain = "))
