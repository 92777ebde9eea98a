"""What hangs on an edit: a command, a provider, an address that is called, a file that is read, a count."""

from __future__ import annotations

import pytest

from contracts.proposal import Verdict
from subagents.remediator.edit_policy import judge
from subagents.remediator.edit_reach import Around
from subagents.remediator.hcl_broken import read_or_recovered
from subagents.remediator.hcl_json import read_json

STOP, ASK = Verdict.STOP, Verdict.ASK
PARTS = {
    "command": 'resource "terraform_data" "a" {\n'
    '  provisioner "local-exec" {\n    command = local.cmd\n  }\n}\n',
    "self": 'resource "terraform_data" "a" {\n  input = local.cmd\n'
    '  provisioner "local-exec" {\n    command = self.input\n  }\n}\n',
    "each": 'resource "terraform_data" "a" {\n  for_each = toset([local.cmd])\n'
    '  provisioner "local-exec" {\n    command = each.value\n  }\n}\n',
    "a script": 'resource "aws_instance" "a" {\n  user_data = local.cmd\n}\n',
    "a container": 'resource "a_b" "a" {\n  spec {\n    command = ["sh", "-c", local.cmd]\n  }\n}\n',
    "connection": 'resource "terraform_data" "a" {\n  connection {\n    host = local.cmd\n  }\n}\n',
    "state": 'data "terraform_remote_state" "s" {\n'
    '  backend = "http"\n  config  = { address = local.cmd }\n}\n',
    "in a check": 'check "c" {\n  data "http" "x" {\n    url = local.cmd\n  }\n}\n',
    "provider": 'provider "aws" {\n  endpoints {\n    sts = local.cmd\n  }\n}\n',
    "file": 'resource "terraform_data" "a" {\n  input = file("${path.module}/${local.cmd}")\n}\n',
}
REACHED = {
    "a script": ("edit:code", ASK),
    "a container": ("edit:code", ASK),
    "command": ("edit:provisioner", ASK),
    "self": ("edit:provisioner", ASK),
    "each": ("edit:provisioner", ASK),
    "connection": ("edit:provisioner", ASK),
    "state": ("edit:data", STOP),
    "in a check": ("edit:data", STOP),
    "provider": ("edit:provider", STOP),
    "file": ("edit:function", ASK),
}
HELLO, OTHER = '"echo hello"', '"echo other"'
LOCAL = f"locals {{\n  cmd = {HELLO}\n}}\n"
WAYS = {
    "the local": {"main.tf": LOCAL},
    "a local behind it": {"main.tf": f"locals {{\n  cmd  = local.more\n  more = {HELLO}\n}}\n"},
    "a default": {
        "main.tf": 'locals {\n  cmd = "${var.x}"\n}\n',
        "variables.tf": f'variable "x" {{\n  default = {HELLO}\n}}\n',
    },
    "a value": {
        "main.tf": 'locals {\n  cmd = var.x\n}\nvariable "x" {}\n',
        "terraform.tfvars": f"x = {HELLO}\n",
    },
    "an object": {
        "main.tf": "locals {\n  cmd = terraform_data.z.output\n}\n"
        f'resource "terraform_data" "z" {{\n  input = {HELLO}\n}}\n'
    },
    "a module's output": {
        "main.tf": 'locals {\n  cmd = module.m.o\n}\nmodule "m" {\n  source = "./m"\n}\n',
        "m/main.tf": f'output "o" {{\n  value = local.o\n}}\nlocals {{\n  o = {HELLO}\n}}\n',
    },
}


def judged(before: dict[str, str], old: str, new: str) -> set[tuple[str, Verdict]]:
    after = {file: text.replace(old, new) for file, text in before.items() if old in text}
    assert after
    return {(found.rule, found.verdict) for found in judge(before, after)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("part", PARTS)
def test_what_reads_the_edited_value_is_found_behind_whatever_lies_between(part: str, way: str) -> None:
    before = {**WAYS[way], "part.tf": PARTS[part]}
    assert judged(before, HELLO, OTHER) == {REACHED[part]}


@pytest.mark.parametrize("part", PARTS)
def test_an_argument_of_a_module_reaches_what_is_in_it(part: str) -> None:
    inside = 'variable "x" {}\nlocals {\n  cmd = var.x\n}\n' + PARTS[part]
    before = {"main.tf": f'module "m" {{\n  source = "./m"\n  x      = {HELLO}\n}}\n', "m/main.tf": inside}
    assert judged(before, HELLO, OTHER) == {REACHED[part]}


@pytest.mark.parametrize("part", PARTS)
def test_what_does_not_read_it_stays_out_of_it(part: str) -> None:
    before = {
        "main.tf": LOCAL + f"locals {{\n  mine = {HELLO}1\n}}\n".replace('"1', '1"'),
        "part.tf": PARTS[part],
    }
    assert judged(before, '"echo hello1"', OTHER) == set()


@pytest.mark.parametrize(
    "part",
    [
        'provider "aws" {\n  region = local.cmd\n  default_tags {\n    tags = { a = local.cmd }\n  }\n}\n',
        'data "aws_ami" "a" {\n  owners = [local.cmd]\n}\n',
        'locals {\n  text = templatefile("${path.module}/x.tpl", { a = local.cmd })\n}\n',
        PARTS["command"]
        .replace("command = local.cmd", 'command = "true"')
        .replace("{\n", "{\n  input = local.cmd\n", 1),
    ],
)
def test_what_only_says_where_or_is_only_put_into_a_text_may_hang_on_it(part: str) -> None:
    assert judged({"main.tf": LOCAL, "part.tf": part}, HELLO, OTHER) == set()


COUNTED = 'resource "terraform_data" "a" {\n  count = local.on ? 1 : 0\n}\nlocals {\n  off = false\n}\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("true", "false"),
        ("true", "1 > 2"),
        ("true", "local.off"),
        ("true", "!true"),
        ("true", "alltrue([false])"),
        ('["a", "b"]', '["a"]'),
        ('["a", "b"]', "[]"),
        ("3", "2"),
        ("3", "300"),
    ],
)
def test_a_value_on_which_a_count_hangs_is_for_a_person_where_it_may_come_to_another(
    old: str, new: str
) -> None:
    before = {"main.tf": COUNTED, "on.tf": f"locals {{\n  on = {old}\n}}\n"}
    assert ("edit:count", ASK) in judged(before, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [('["a", "b"]', '["a", "c"]'), ("3", "3"), ('"3"', "3"), ('"${var.prefx}-a"', '"${var.prefix}-a"')],
)
def test_a_value_on_which_a_count_hangs_may_be_mended(old: str, new: str) -> None:
    before = {"main.tf": COUNTED, "on.tf": f"locals {{\n  on = {old}\n}}\n"}
    assert judged(before, old, new) == set()


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('"10.0.0.0/16"', '"${local.n}.0.0.0/${local.n}"', "edit:hidden"),
        ('"10.0.0.0/16"', '"${local.n + 4}.6.7.8"', "edit:hidden"),
        ('"111111111111"', '"666666666666"', "edit:account"),
    ],
)
def test_what_is_put_together_to_say_nothing_plainly_is_for_a_person(old: str, new: str, rule: str) -> None:
    before = {"main.tf": f"locals {{\n  n = 1\n  x = {old}\n}}\n"}
    assert judged(before, old, new) == {(rule, ASK)}


def test_a_text_made_of_pieces_that_the_edit_brings_is_for_a_person() -> None:
    before = {"main.tf": 'locals {\n  host = "db"\n}\n'}
    edit = '"evil${local.dot}com"\n  dot  = "."'
    assert judged(before, '"db"', edit) == {("edit:hidden", ASK)}


def test_what_was_counted_as_none_becomes_no_more_unasked() -> None:
    text = 'resource "terraform_data" "a" {\n  count = var.n\n}\nvariable "n" {\n  default = %s\n}\n'
    assert judge({"main.tf": text % '"0"'}, {"main.tf": text % 0}) == ()
    assert {found.rule for found in judge({"main.tf": text % 0}, {"main.tf": text % 1})} == {"edit:count"}


IN_JSON = {
    "command": '{"resource": {"terraform_data": {"a": {"provisioner": '
    '[{"local-exec": {"command": "${local.cmd}"}}]}}}}',
    "self": '{"resource": [{"terraform_data": {"a": [{"input": "${local.cmd}", '
    '"provisioner": {"local-exec": {"command": "${self.input}"}}}]}}]}',
    "connection": '{"resource": {"terraform_data": {"a": {"connection": {"host": "x-${local.cmd}"}}}}}',
    "state": '{"data": {"terraform_remote_state": {"s": {"config": {"address": "${local.cmd}"}}}}}',
    "in a check": '{"check": {"c": {"data": {"http": {"x": {"url": "${local.cmd}"}}}}}}',
    "provider": '{"provider": {"aws": [{"endpoints": {"sts": "%{ if true }${local.cmd}%{ endif }"}}]}}',
    "file": '{"resource": {"terraform_data": {"a": {"input": "${file(local.cmd)}"}}}}',
}


@pytest.mark.parametrize("part", IN_JSON)
def test_what_is_written_as_json_is_seen_too(part: str) -> None:
    around = Around({"run.tf.json": read_json(IN_JSON[part])})
    found = judge({"main.tf": LOCAL}, {"main.tf": LOCAL.replace(HELLO, OTHER)}, around)
    assert {(one.rule, one.verdict) for one in found} == {REACHED[part]}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"resource": 1}', '{"resource": {"a": "b"}}', "local.cmd"]
)
def test_what_is_no_configuration_reads_nothing_it_does_not_name(text: str) -> None:
    around = Around({"run.tf.json": read_json(text)})
    assert judge({"main.tf": LOCAL}, {"main.tf": LOCAL.replace(HELLO, OTHER)}, around) == ()


ELSEWHERE = {
    "a path out of the module": ("../shared", "../shared", {}),
    "a registry": ("a/b/aws", ".terraform/modules/m", {"m": ".terraform/modules/m"}),
}


@pytest.mark.parametrize("way", ELSEWHERE)
@pytest.mark.parametrize("part", ["command", "state", "provider", "a script"])
def test_a_module_from_elsewhere_is_looked_into(part: str, way: str) -> None:
    source, folder, called = ELSEWHERE[way]
    inside = 'variable "x" {}\nlocals {\n  cmd = var.x\n}\n' + PARTS[part]
    before = {"main.tf": f'module "m" {{\n  source = "{source}"\n  x      = {HELLO}\n}}\n'}
    after = {"main.tf": before["main.tf"].replace(HELLO, OTHER)}
    around = Around({f"{folder}/main.tf": read_or_recovered(inside)}, called)
    assert {(one.rule, one.verdict) for one in judge(before, after, around)} == {REACHED[part]}
    assert judge(before, after, Around({"../other/main.tf": read_or_recovered(inside)}, {})) == ()


def test_a_module_that_one_from_elsewhere_calls_is_looked_into() -> None:
    files = {
        ".terraform/modules/m/main.tf": 'variable "x" {}\nmodule "n" {\n  source = "c/d"\n  y = var.x\n}\n',
        ".terraform/modules/m.n/main.tf": 'variable "y" {}\nlocals {\n  cmd = var.y\n}\n' + PARTS["state"],
    }
    around = Around(
        {name: read_or_recovered(text) for name, text in files.items()},
        {"m": ".terraform/modules/m", "m.n": ".terraform/modules/m.n"},
    )
    before = f'module "m" {{\n  source = "a/b"\n  x = {HELLO}\n}}\n'
    found = judge({"main.tf": before}, {"main.tf": before.replace(HELLO, OTHER)}, around)
    assert {(one.rule, one.verdict) for one in found} == {REACHED["state"]}


def test_what_a_cloud_makes_of_an_object_elsewhere_hangs_on_no_edit() -> None:
    inside = (
        'variable "x" {}\nresource "aws_eks_cluster" "c" {\n  name = var.x\n}\n'
        'data "tls_certificate" "t" {\n  url = aws_eks_cluster.c.url\n}\n'
    )
    before = f'module "m" {{\n  source = "../m"\n  x = {HELLO}\n}}\n'
    around = Around({"../m/main.tf": read_or_recovered(inside)})
    assert judge({"main.tf": before}, {"main.tf": before.replace(HELLO, OTHER)}, around) == ()


REACHING = [
    *(
        "http",
        "dns_aaaa_record_set",
        "local_command",
        "sops_file",
        "terracurl_request",
        "aws_lambda_invocation",
    ),
    *("remote_file", "helm_template", "kustomization_build", "tfe_outputs", "ssh_tunnel"),
]


@pytest.mark.parametrize("kind", REACHING)
@pytest.mark.parametrize("block", ["data", "ephemeral"])
def test_whatever_reaches_out_while_terraform_plans_hangs_on_no_edit(block: str, kind: str) -> None:
    before = {"main.tf": LOCAL + f'{block} "{kind}" "x" {{\n  y = local.cmd\n}}\n'}
    assert ("edit:data", STOP) in judged(before, HELLO, OTHER)


@pytest.mark.parametrize("kind", ["aws_vpc", "aws_s3_object", "archive_file", "aws_iam_policy_document"])
def test_what_a_cloud_is_asked_may_hang_on_one(kind: str) -> None:
    before = {"main.tf": LOCAL + f'data "{kind}" "x" {{\n  y = local.cmd\n}}\n'}
    assert judged(before, HELLO, OTHER) == set()


@pytest.mark.parametrize(("new", "asked"), [("web:2", False), ("stranger/web:1", True)])
def test_an_image_comes_from_where_it_came_from(new: str, *, asked: bool) -> None:
    before = {
        "main.tf": 'resource "a_b" "a" {\n  spec {\n    image = "${local.img}"\n  }\n}\n'
        'locals {\n  img = "web:1"\n}\n'
    }
    assert judged(before, "web:1", new) == ({("edit:image", ASK)} if asked else set())
