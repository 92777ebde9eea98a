"""The values of a module's secret variables are found wherever Terraform would read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.run import RunRequest
from contracts.terraform import Variable
from planner.sensitive import values_of_module

MARKED = 'variable "pin" {\n  type      = any\n  sensitive = true\n}\n'
DECLARED = {
    "a line of its own": 'variable "pin" {\n  sensitive = true\n}\n',
    "one line": 'variable "pin" { sensitive = true }\n',
    "the edge of Windows": 'variable "pin" {\r\n  sensitive=true\r\n}\r\n',
    "further in": "  variable pin {\n    sensitive = true\n    }\n",
    "ephemeral": 'variable "pin" {\n  ephemeral = true\n}\n',
    "no blanks": 'variable"pin"{\n  sensitive = true\n}\n',
    "no blanks, one line": 'variable"pin"{sensitive=true}\n',
    "comments between": 'variable /* a */ "pin" /* b */ { # c\n  sensitive /* d */ = /* e */ true\n}\n',
    "a comment before": '/* all\nof it */ variable "pin" {\n  sensitive = true\n}\n',
    "by its name": 'variable "db_password" {}\nvariable "pin" {\n  sensitive = true\n}\n',
}
PLAIN = {
    "not marked": 'variable "pin" {\n  type = string\n}\n',
    "marked as none": 'variable "pin" {\n  sensitive = false\n}\n',
    "marked in a comment": 'variable "pin" {\n  # sensitive = true\n}\n',
    "another is marked": 'variable "pin" {\n}\nvariable "other" {\n  sensitive = true\n}\n',
    "an output is marked": 'variable "pin" {}\noutput "pin" {\n  value = var.pin\n  sensitive = true\n}\n',
}


def found(
    folder: Path, *pins: str, env: dict[str, str] | None = None, files: tuple[Path, ...] = ()
) -> set[str]:
    variables = tuple(Variable(name="pin", value=pin) for pin in pins)
    return values_of_module(RunRequest(module=folder, variables=variables, var_files=files), env or {})


@pytest.mark.parametrize("code", DECLARED.values(), ids=DECLARED)
def test_a_marked_variable_is_secret_whatever_its_name(tmp_path: Path, code: str) -> None:
    (tmp_path / "main.tf").write_text(code, encoding="utf-8", newline="")
    assert "4711-0815" in found(tmp_path, "4711-0815")


@pytest.mark.parametrize("code", PLAIN.values(), ids=PLAIN)
def test_one_that_is_not_marked_is_none(tmp_path: Path, code: str) -> None:
    (tmp_path / "main.tf").write_text(code, encoding="utf-8")
    assert found(tmp_path, "4711-0815") == set()


def test_values_are_found_in_flags_the_environment_variable_files_and_defaults(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "pin" {\n  default     = "by-default"\n  description = "not this"\n  sensitive = true\n}\n',
        encoding="utf-8",
    )
    (tmp_path / "terraform.tfvars").write_text(
        'region = "eu"\npin = "in-file"\nsize = "xl"\n', encoding="utf-8"
    )
    (tmp_path / "b.auto.tfvars.json").write_text('{"pin": ["in-json", 7], "region": "us"}', encoding="utf-8")
    more = tmp_path / "more" / "x.tfvars"
    more.parent.mkdir()
    more.write_text("pin=123456", encoding="utf-8")
    seen = found(tmp_path, "by-flag", env={"TF_VAR_pin": "by-env", "TF_VAR_region": "eu"}, files=(more,))
    assert seen == {"by-default", "in-file", "in-json", "7", "123456", "by-flag", "by-env"}


def test_a_variable_declared_in_json_counts_too(tmp_path: Path) -> None:
    code = '{"variable": {"pin": {"sensitive": true, "default": "by-default"}, "size": {"default": "xl"}}}'
    (tmp_path / "main.tf.json").write_text(code, encoding="utf-8")
    assert found(tmp_path, "by-flag") == {"by-default", "by-flag"}


VALUES = {
    "a map, not its keys": ('{\n  "user" = "first-one"\n  type = "second"\n}', {"first-one", "second"}),
    "a list": ('["first-one", "second"]', {"first-one", "second"}),
    "a bracket in a text": ('"fir{st"', {"fir{st"}),
    "an escape": (r'"fir\"st"', {r"fir\"st", 'fir"st'}),
    "lines": ("<<EOT\nfirst\nsecond\nEOT", {"first\nsecond\n", "first\nsecond"}),
    "lines further in": ("<<-EOT\n    first\n    EOT", {"    first\n", "first"}),
    "nothing": ("null", set()),
}


@pytest.mark.parametrize(("said", "expected"), VALUES.values(), ids=VALUES)
def test_a_value_is_all_the_texts_in_it(tmp_path: Path, said: str, expected: set[str]) -> None:
    (tmp_path / "main.tf").write_text(MARKED, encoding="utf-8")
    (tmp_path / "x.auto.tfvars").write_text(f'pin = {said}\nregion = "eu"\n', encoding="utf-8")
    assert found(tmp_path) == expected
    (tmp_path / "x.auto.tfvars").unlink()
    (tmp_path / "main.tf").write_text(
        MARKED.replace("  type ", f"  default = {said}\n  type "), encoding="utf-8"
    )
    assert found(tmp_path) == expected


def test_a_file_that_cannot_be_read_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "main.tf.json").write_text("{", encoding="utf-8")
    (tmp_path / "broken.tf").write_bytes(b'variable "pin" {\n sensitive = true\n default = "\xff')
    assert "by-flag" in found(tmp_path, "by-flag")
    assert found(tmp_path / "nowhere") == set()


def test_a_file_with_a_number_that_python_does_not_hold_is_read(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(DECLARED["one line"], encoding="utf-8")
    told = '{"pin": "4711-0815", "n": %s}' % ("9" * 5000)
    (tmp_path / "x.auto.tfvars.json").write_text(told, encoding="utf-8")
    assert "4711-0815" in found(tmp_path)


CHILD = 'variable "inner" {\n  default = "by-default"\n  sensitive = true\n}\n'
CALLS = {
    "a folder below": ("./child", "child"),
    "a folder beside": ("../child", "../child"),
    "a folder far below": ("./a/b/../child", "a/child"),
}


def module(folder: Path, code: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf").write_text(code, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("source", "place"), CALLS.values(), ids=CALLS)
def test_what_a_local_module_marks_is_secret_by_its_default(tmp_path: Path, source: str, place: str) -> None:
    root = module(tmp_path / "root", f'module "m" {{\n  source = "{source}"\n}}\n')
    module(root / place, CHILD)
    assert found(root) == {"by-default"}


FED = {
    "the root's variable": "inner = var.pin",
    "part of a text": 'inner = "a-${var.pin}"',
    "a local value": "inner = local.one",
    "a local value of another": "inner = { a = local.two }",
}


@pytest.mark.parametrize("argument", FED.values(), ids=FED)
def test_so_is_the_variable_of_the_root_that_is_given_to_it(tmp_path: Path, argument: str) -> None:
    root = module(
        tmp_path / "root",
        'variable "pin" {\n  default = "of-root"\n}\nvariable "size" {\n  default = "xl"\n}\n'
        "locals {\n  one = var.pin\n  two = local.one\n  other = var.size\n}\n"
        f'module "m" {{\n  source = "./child"\n  {argument}\n  size  = var.size\n}}\n',
    )
    module(root / "child", CHILD + 'variable "size" {}\n')
    (root / "terraform.tfvars").write_text('pin = "in-file"\nsize = "xxl"\n', encoding="utf-8")
    seen = found(root, "by-flag", env={"TF_VAR_pin": "by-env", "TF_VAR_size": "s"})
    assert seen - {"a-${var.pin}"} == {"by-default", "of-root", "in-file", "by-flag", "by-env"}


def test_a_literal_argument_is_secret_and_a_value_is_followed_through_all_modules(tmp_path: Path) -> None:
    root = module(
        tmp_path / "root",
        'variable "pin" {}\nmodule "m" {\n  source = "./outer"\n  passed = var.pin\n}\n'
        'module "n" {\n  source = "./inner"\n  inner = "by-argument"\n  size = "xl"\n}\n',
    )
    module(
        root / "outer",
        'variable "passed" {}\nmodule "m" {\n  source = "../inner"\n  inner = var.passed\n}\n',
    )
    module(root / "inner", CHILD)
    assert found(root, "by-flag") == {"by-default", "by-argument", "by-flag"}


def test_modules_in_json_count_too_and_those_that_call_each_other_are_read_once(tmp_path: Path) -> None:
    root = module(tmp_path / "root", 'variable "pin" {}\n')
    code = '{"module": {"m": {"source": "./child", "inner": "${var.pin}"}}}'
    (root / "more.tf.json").write_text(code, encoding="utf-8")
    module(root / "child", CHILD + 'module "up" {\n  source = "../"\n}\n')
    assert found(root, "by-flag") == {"by-default", "${var.pin}", "by-flag"}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "\n\n", "variable\n", "}"])
def test_a_file_without_a_block_is_read_as_that(tmp_path: Path, text: str) -> None:
    (tmp_path / "main.tf").write_text(DECLARED["one line"], encoding="utf-8")
    alone = found(tmp_path)
    (tmp_path / "other.tf").write_text(text, encoding="utf-8")
    assert found(tmp_path) == alone
