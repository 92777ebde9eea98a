"""What an argument comes to by what it names, and what is a choice whatever it is called."""

from __future__ import annotations

import pytest

from contracts.proposal import Verdict
from subagents.remediator.edit_policy import judge
from subagents.remediator.hcl import read

VALUES = (
    'locals {\n  wide = ["0.0.0.0/0"]\n  own  = ["10.0.0.5/32"]\n  day  = 1\n  off  = false\n'
    '  open = "public-read"\n  db   = { kept = 1 }\n}\n'
    'variable "shut" {\n  default = "private"\n}\nvariable "set" {}\n'
)
NAMED = {
    "an open network": ("cidr_blocks = local.own", "cidr_blocks = local.wide", "edit:open"),
    "an open network in place of a text": (
        'cidr_blocks = ["10.0.0.5/32"]',
        "cidr_blocks = local.wide",
        "edit:open",
    ),
    "an open network behind a function": (
        'cidr_blocks = ["10.0.0.5/32"]',
        "cidr_blocks = tolist(local.wide)",
        "edit:open",
    ),
    "a grant": ("acl = var.shut", "acl = local.open", "edit:grant"),
    "a shorter time": (
        "backup_retention_period = 14",
        "backup_retention_period = local.day",
        "edit:protection",
    ),
    "a shorter time in an object": (
        "backup_retention_period = 14",
        "backup_retention_period = local.db.kept",
        "edit:protection",
    ),
    "a protection": ("deletion_protection = true", "deletion_protection = local.off", "edit:protection"),
    "a switch that nobody knows": ("multi_az = true", "multi_az = var.set", "edit:switch"),
    "a sum": ("backup_retention_period = 14", "backup_retention_period = min(14, 1)", "edit:hidden"),
    "a sum of signs": ("iops_limit = 14", "iops_limit = 14 - 13", "edit:hidden"),
    "a call that says no": ("multi_az = true", 'multi_az = contains(["a"], "b")', "edit:hidden"),
}
FAR = {
    "a network": ('"10.0.0.5/32"', '"10.0.0.0/8"', "cidr_blocks = [local.x]", "edit:open"),
    "a last port": ("443", "65535", "from_port = 443\n  to_port = local.x", "edit:open"),
    "a protection": ("true", "false", "storage_encrypted = local.x", "edit:protection"),
    "a protection, turned round": ("false", "true", "storage_encrypted = !local.x", "edit:protection"),
    "a time": ("30", "1", "backup_retention_period = local.x", "edit:protection"),
    "what a protection is compared with": (
        '"prod"',
        '"dev"',
        'deletion_protection = local.x == "prod"',
        "edit:protection",
    ),
    "what a time hangs on": (
        '"prod"',
        '"dev"',
        'backup_retention_period = local.x == "prod" ? 30 : 0',
        "edit:protection",
    ),
    "a grant": ('"private"', '"public-read"', "acl = local.x", "edit:grant"),
}
PASSES = {
    "a name that is mended": ("cidr_blocks = local.wid", "cidr_blocks = local.wide"),
    "the same by its name": ('acl = "private"', "acl = var.shut"),
    "a mistyped word": ('acl = "privat"', 'acl = "private"'),
    "a switch without quotes": ('multi_az = "true"', "multi_az = true"),
    "another attribute of an object": ("subnet_id = cloud_net.a.arn", "subnet_id = cloud_net.a.id"),
}
NETS = 'resource "cloud_net" "a" {\n  name = "a"\n}\nresource "cloud_net" "b" {\n  name = "b"\n}\n'


def rules(before: str, after: str) -> set[tuple[str, Verdict]]:
    return {(found.rule, found.verdict) for found in judge({"main.tf": before}, {"main.tf": after})}


def thing(part: str) -> str:
    return f'resource "cloud_thing" "a" {{\n  {part}\n}}\n'


@pytest.mark.parametrize(("old", "new", "rule"), NAMED.values(), ids=NAMED)
def test_what_is_named_or_worked_out_is_judged_by_what_it_comes_to(old: str, new: str, rule: str) -> None:
    assert (rule, Verdict.ASK) in rules(thing(old) + VALUES, thing(new) + VALUES)


@pytest.mark.parametrize(("old", "new", "reads", "rule"), FAR.values(), ids=FAR)
def test_a_value_that_stands_far_away_is_judged_where_it_is_read(
    old: str, new: str, reads: str, rule: str
) -> None:
    before, after = (f"locals {{\n  x = {value}\n}}\n{thing(reads)}" for value in (old, new))
    assert (rule, Verdict.ASK) in rules(before, after)


@pytest.mark.parametrize(("old", "new"), PASSES.values(), ids=PASSES)
def test_what_says_what_was_meant_is_no_choice(old: str, new: str) -> None:
    assert rules(thing(old) + VALUES + NETS, thing(new) + VALUES + NETS) == set()


DYNAMIC = """
  dynamic "ingress" {
    for_each = local.all
    content {
      from_port = 443
      to_port   = ingress.value.last
    }
  }
"""
LOOPED = {
    "each": (
        "{ web = { kept = 30 } }",
        "{ web = { kept = 1 } }",
        "backup_retention_period = each.value.kept",
    ),
    "a dynamic block": (
        "{ web = { last = 443 } }",
        "{ web = { last = 65535 } }",
        DYNAMIC,
    ),
}


@pytest.mark.parametrize(("old", "new", "reads"), LOOPED.values(), ids=LOOPED)
def test_what_something_is_repeated_for_is_judged_where_it_is_read(old: str, new: str, reads: str) -> None:
    before, after = (
        f"locals {{\n  all = {value}\n}}\n" + thing(f"for_each = local.all\n  {reads}")
        for value in (old, new)
    )
    assert {rule for rule, _ in rules(before, after)} & {"edit:protection", "edit:open"}


def test_a_switch_is_turned_by_a_file_that_overrides_too() -> None:
    files = {"main.tf": thing("multi_az = true"), "x_override.tf": thing("name = 1")}
    found = judge(files, {"x_override.tf": thing("name = 1\n  multi_az = false")})
    assert [(each.rule, each.verdict) for each in found] == [("edit:switch", Verdict.ASK)]


@pytest.mark.parametrize(
    "new", ["null", "0", '"0"', "{ a = false }.a", 'path.module == "x"', "[true, false][1]"]
)
def test_a_switch_that_says_no_in_another_way_is_turned(new: str) -> None:
    assert {verdict for _, verdict in rules(thing("multi_az = true"), thing(f"multi_az = {new}"))} == {
        Verdict.ASK
    }


def test_a_value_that_is_taken_where_none_is_given_is_a_switch_too() -> None:
    before, after = (
        f'variable "g" {{\n  type = object({{ p = optional(bool, {value}) }})\n}}\n'
        for value in ("true", "false")
    )
    assert rules(before, after) == {("edit:switch", Verdict.ASK)}


def test_another_object_that_the_module_has_is_a_choice() -> None:
    before, after = (thing(f"network_id = cloud_net.{name}.id") + NETS for name in "ab")
    assert rules(before, after) == {("edit:target", Verdict.ASK)}
    assert rules(before.replace("net.a.id", "net.gone.id"), after) == set(), "it named nothing"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ('local.env == "prod"', {"local.env"}),
        ("!var.on", {"var.on"}),
        ("var.a + local.b.c * -var.d", {"var.a", "local.b.c", "var.d"}),
        ("max(local.a - 1, var.b[0] + 2)", {"local.a", "var.b"}),
        ('"${local.a == 1}"', {"local.a"}),
        ("cloud_thing.a[count.index].z + 1", {"cloud_thing.a.z", "count.index"}),
    ],
)
def test_what_a_sum_is_made_of_is_referred_to(value: str, names: set[str]) -> None:
    tree = read(f"x = {value}\n")
    assert tree is not None
    assert tree.arguments[0][1].names == names


def test_a_command_that_hangs_on_a_comparison_is_found() -> None:
    runs = (
        'resource "terraform_data" "a" {\n  provisioner "local-exec" {\n'
        '    command = local.x == "b" ? "rm" : "true"\n  }\n}\n'
    )
    before, after = (f'locals {{\n  x = "{value}"\n}}\n{runs}' for value in "ab")
    assert ("edit:provisioner", Verdict.ASK) in rules(before, after)
