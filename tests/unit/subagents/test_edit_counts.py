"""Edits that make more instances than before, said plainly or far away, and those that make as many."""

from __future__ import annotations

import pytest

from contracts.proposal import Verdict
from subagents.remediator.edit_policy import judge

LIST = 'locals {\n  few  = ["a", "b"]\n  many = ["a", "b", "c"]\n  deep = { at = local.many }\n}\n'
NUMBERS = 'variable "two" {\n  default = 2\n}\nvariable "nine" {\n  default = 9\n}\nvariable "any" {}\n'
MORE = {
    "one more": ("count = 2", "count = 3"),
    "one more, in quotes": ("count = 2", 'count = "3"'),
    "the larger of two": ("count = 2", "count = max(2, 9)"),
    "a number of a text": ("count = 2", 'count = tonumber("9")'),
    "as many as a list has": ("count = 2", "count = length([1, 2, 3])"),
    "as many as a longer list of the module has": ("count = 2", "count = length(local.many)"),
    "as many as are known only later": ("count = 2", "count = length(data.cloud_zones.all.names)"),
    "another variable": ("count = var.two", "count = var.nine"),
    "a number in place of a word": ("count = two", "count = 2"),
    "a set that grows": ('for_each = toset(["a"])', 'for_each = toset(["a", "b"])'),
    "an object that grows": ("for_each = { a = 1 }", "for_each = { a = 1, b = 2 }"),
    "a longer list of the module": ("for_each = toset(local.few)", "for_each = toset(local.many)"),
    "lists put together": ("for_each = toset(local.few)", 'for_each = toset(concat(local.few, ["c"]))'),
    "each for a number": ("count = 2", "for_each = toset(local.many)"),
    "what was there once": ("name = 1", "name = 1\n  count = 2"),
    "blocks that are made of a list": (
        'dynamic "disk" {\n    for_each = local.few\n    content {}\n  }',
        'dynamic "disk" {\n    for_each = local.deep.at\n    content {}\n  }',
    ),
}
AS_MANY = {
    "the same in quotes": ("count = 2", 'count = "2"'),
    "as many as a list has": ("count = 2", "count = length(local.few)"),
    "a list that was no number": ("count = local.few", "count = length(local.few)"),
    "a list that was no set": ("for_each = local.few", "for_each = toset(local.few)"),
    "another key": ('for_each = toset(["a b"])', 'for_each = toset(["a-b"])'),
    "a letter of a name": ("count = var.nin", "count = var.nine"),
    "a comma": ('for_each = toset(["a" "b"])', 'for_each = toset(["a", "b"])'),
}
FAR = {
    "a local": ("locals {\n  n = 3\n}\n", "locals {\n  n = 6\n}\n", "count = local.n"),
    "a list behind another local": (
        'locals {\n  all = ["a"]\n  on  = local.all\n}\n',
        'locals {\n  all = ["a", "b"]\n  on  = local.all\n}\n',
        "for_each = toset(local.on)",
    ),
    "a default": (
        'variable "n" {\n  default = 0\n}\n',
        'variable "n" {\n  default = 1\n}\n',
        "count = var.n",
    ),
    "an object deep in a local": (
        "locals {\n  o = { web = { count = 1 } }\n}\n",
        "locals {\n  o = { web = { count = 2 } }\n}\n",
        "count = local.o.web.count",
    ),
}


def rules(before: str, after: str) -> set[tuple[str, Verdict]]:
    return {(found.rule, found.verdict) for found in judge({"main.tf": before}, {"main.tf": after})}


def machine(part: str) -> str:
    return f'resource "terraform_data" "a" {{\n  {part}\n}}\n{LIST}{NUMBERS}'


@pytest.mark.parametrize(("old", "new"), MORE.values(), ids=MORE)
def test_more_of_something_is_for_a_person(old: str, new: str) -> None:
    assert rules(machine(old), machine(new)) == {("edit:count", Verdict.ASK)}


@pytest.mark.parametrize(("old", "new"), AS_MANY.values(), ids=AS_MANY)
def test_as_many_as_before_are_not(old: str, new: str) -> None:
    assert ("edit:count", Verdict.ASK) not in rules(machine(old), machine(new))


@pytest.mark.parametrize(("old", "new", "reads"), FAR.values(), ids=FAR)
def test_a_number_that_stands_elsewhere_counts_where_it_is_read(old: str, new: str, reads: str) -> None:
    counted = f'resource "terraform_data" "a" {{\n  {reads}\n}}\n'
    assert rules(old + counted, new + counted) == {("edit:count", Verdict.ASK)}


def test_a_number_given_to_a_module_counts_what_is_in_it() -> None:
    call = 'module "box" {\n  source = "./box"\n  many   = %d\n}\n'
    child = 'variable "many" {}\nresource "terraform_data" "a" {\n  count = var.many\n}\n'
    before = {"main.tf": call % 1, "box/main.tf": child}
    found = judge(before, {"main.tf": call % 2})
    assert [(each.rule, each.verdict) for each in found] == [("edit:count", Verdict.ASK)]


def test_a_value_for_the_run_counts_against_the_default() -> None:
    main = 'variable "n" {\n  default = 2\n}\nresource "terraform_data" "a" {\n  count = var.n\n}\n'
    before = {"main.tf": main, "terraform.tfvars": ""}
    assert {each.rule for each in judge(before, {"terraform.tfvars": "n = 3\n"})} == {"edit:count"}
    assert judge(before, {"terraform.tfvars": "n = 2\n"}) == ()
