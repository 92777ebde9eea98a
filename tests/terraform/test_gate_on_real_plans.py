"""The plan gate judges what a real engine plans, saves and shows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contracts.terraform import ChangeAction
from planner.binding import plan_digest_of
from planner.gate import baseline_of_plan, gate
from tests.fakes.this_machine import aws_mirror, engine
from tests.terraform.cli import write

pytestmark = pytest.mark.terraform

SECRET = "canary-5Kd9-canary"
FLEET = """
resource "terraform_data" "fleet" {
  count = 40
  input = count.index
}
"""
MODULE = """
variable "secret" {
  default   = "@SECRET@"
  sensitive = true
}
variable "size" { default = 1 }
locals { size = var.size + 1 }
resource "terraform_data" "a" { input = "1" }
resource "terraform_data" "b" { input = terraform_data.a.output }
resource "terraform_data" "c" { input = local.size }
resource "terraform_data" "s" { input = var.secret }
output "o" {
  value     = var.secret
  sensitive = true
}
""".replace("@SECRET@", SECRET)
Found = list[tuple[str, str, str]]


class World:
    """A module that was applied once, and its plans."""

    def __init__(self, module: Path, env: Mapping[str, str]) -> None:
        self.module = module
        self._env = env
        self._engine = engine()
        self.named: frozenset[str] = frozenset()
        self.imports: frozenset[tuple[str, str]] = frozenset()

    def run(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            [self._engine, *arguments],
            cwd=self.module,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in codes, done.stdout + done.stderr
        return done.stdout

    def plan(self, text: str, *options: str, codes: tuple[int, ...] = (0,)) -> dict[str, Any]:
        write(self.module, text)
        (self.module / "plan").unlink(missing_ok=True)
        self.run("init", "-input=false", "-no-color")
        self.run("plan", "-input=false", "-no-color", "-out=plan", *options, codes=codes)
        return dict(json.loads(self.run("show", "-json", "plan")))

    def applied(self, text: str) -> dict[str, Any]:
        self.plan(text)
        self.run("apply", "-no-color", "plan")
        return self.plan(text)

    def judged(self, before: dict[str, Any], after: dict[str, Any]) -> Found:
        """What the gate says, with the plan of the unedited module and without it; it has to be the same."""
        baseline = baseline_of_plan(before)._replace(named=self.named, imports=self.imports)
        told = [gate(after, baseline, prior) for prior in (before, None)]
        assert SECRET not in "".join(f.model_dump_json() for findings in told for f in findings)
        with_prior, without = [dict.fromkeys((f.rule, str(f.verdict), f.where) for f in one) for one in told]
        assert with_prior == without
        return list(without)


@pytest.fixture
def world(module: Path, env: dict[str, str]) -> World:
    config = module.parent / "none.tfrc"
    config.write_text("", encoding="utf-8")
    return World(module, env | {"TF_CLI_CONFIG_FILE": str(config)})


def test_a_plan_of_the_same_module_passes_and_has_the_same_digest(world: World) -> None:
    fresh = world.plan(MODULE)
    again = world.plan(MODULE)
    assert gate(again, baseline_of_plan(fresh), fresh) == ()
    assert plan_digest_of(again) == plan_digest_of(fresh)
    before = world.applied(MODULE)
    assert world.judged(before, world.plan(MODULE)) == []
    assert plan_digest_of(before) != plan_digest_of(fresh)


def test_one_destroyed_among_many_is_found(world: World) -> None:
    before = world.applied(MODULE + FLEET)
    after = world.plan(MODULE + FLEET.replace("40", "39"))
    assert world.judged(before, after) == [("G3", "ask", "terraform_data.fleet[39]")]


def test_a_resource_that_is_replaced_is_found_with_those_that_change_by_it(world: World) -> None:
    before = world.applied(MODULE)
    after = world.plan(MODULE, "-replace=terraform_data.a")
    assert world.judged(before, after) == [
        ("G3", "ask", "terraform_data.a"),
        ("G12", "ask", "terraform_data.b"),
    ]


def test_a_resource_that_is_forgotten_is_found(world: World) -> None:
    before = world.applied(MODULE)
    removed = "removed {\n  from = terraform_data.b\n  lifecycle {\n    destroy = false\n  }\n}\n"
    block = 'resource "terraform_data" "b" { input = terraform_data.a.output }\n'
    assert world.judged(before, world.plan(MODULE.replace(block, removed))) == [
        ("G3", "ask", "terraform_data.b")
    ]


def test_only_an_approved_import_passes(world: World) -> None:
    before = world.applied(MODULE)
    block = 'resource "terraform_data" "z" {}\nimport {\n  to = terraform_data.z\n  id = "z-1"\n}\n'
    after = world.plan(MODULE + block)
    assert world.judged(before, after) == [("G8", "stop", "terraform_data.z")]
    world.imports = frozenset({("terraform_data.z", "z-1")})
    assert world.judged(before, after) == []


def test_a_plan_that_failed_and_was_saved_is_asked_for(world: World) -> None:
    before = world.applied(MODULE)
    condition = 'precondition {\n condition = terraform_data.a.input == "2"\n error_message = "no"\n}'
    broken = 'resource "terraform_data" "c" {\n  input = 7\n  lifecycle {\n    ' + condition + "\n  }\n}\n"
    block = 'resource "terraform_data" "c" { input = local.size }\n'
    rules = {
        rule for rule, _, _ in world.judged(before, world.plan(MODULE.replace(block, broken), codes=(1,)))
    }
    assert "G7" in rules


def test_a_provisioner_that_was_added_stops(world: World) -> None:
    before = world.applied(MODULE)
    provisioner = 'provisioner "local-exec" {\n    command = "true"\n  }\n'
    after = world.plan(MODULE.replace('{ input = "1" }', '{\n  input = "1"\n  ' + provisioner + "}"))
    assert world.judged(before, after) == [("G9", "stop", "terraform_data.a")]


def test_a_module_from_elsewhere_stops(world: World) -> None:
    for name in ("m", "n"):
        (world.module / name).mkdir()
        write(world.module / name, 'resource "terraform_data" "x" {}\n')
    call = 'module "m" { source = "./m" }\n'
    before = world.applied(MODULE + call)
    assert world.judged(before, world.plan(MODULE + call.replace("./m", "./n"))) == [
        ("G9", "stop", "module.m")
    ]


def added(value: str) -> str:
    return f'output "p" {{ value = {value} }}\noutput "o"'


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("value     = var.secret\n  sensitive = true", "value = nonsensitive(var.secret)", "output.o"),
        ("input = var.secret", "input = nonsensitive(var.secret)", "terraform_data.s"),
        ('output "o"', added("nonsensitive(base64encode(terraform_data.s.output))"), "output.p"),
        ('output "o"', added("nonsensitive(substr(var.secret, 0, 9))"), "output.p"),
        ('output "o"', added("terraform_data.s.output"), "output.p"),
    ],
    ids=["mark-dropped", "attribute", "encoded", "in-part", "copied"],
)
def test_what_was_sensitive_stays_so(world: World, old: str, new: str, where: str) -> None:
    before = world.applied(MODULE)
    world.named = frozenset({"terraform_data.s", "output.o"})
    found = world.judged(before, world.plan(MODULE.replace(old, new)))
    assert set(found) == {("G10", "stop", where)}


def test_a_state_that_was_emptied_stops(world: World) -> None:
    before = world.applied(MODULE)
    (world.module / "terraform.tfstate").write_bytes(b"")
    found = world.judged(before, world.plan(MODULE))
    assert found[0] == ("G5", "stop", "terraform_data.a")
    assert [rule for rule, _, _ in found[1:]] == ["G6"] * 4


def test_a_fix_reaches_what_depends_on_it_and_nothing_else(world: World) -> None:
    before = world.applied(MODULE)
    after = world.plan(MODULE.replace('input = "1"', 'input = "2"'), "-var=size=5")
    world.named = frozenset({"terraform_data.a"})
    assert world.judged(before, after) == [("G12", "ask", "terraform_data.c")]
    world.named = frozenset({"terraform_data.a", "local.size"})
    assert world.judged(before, after) == []


def test_a_moved_resource_is_not_lost(world: World) -> None:
    before = world.applied(MODULE)
    moved = MODULE.replace('"terraform_data" "b"', '"terraform_data" "new"')
    after = world.plan(moved + "moved {\n  from = terraform_data.b\n  to   = terraform_data.new\n}\n")
    assert world.judged(before, after) == [("G12", "ask", "terraform_data.new")]


AWS = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "x"
  secret_key                  = "y"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}
resource "aws_s3_bucket" "b" { bucket = "planner-gate" }
resource "aws_iam_policy" "p" {
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:Get", Resource = "arn:aws:s3:::b" }] })
}
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObject"]
    resources = [aws_s3_bucket.b.arn]
  }
}
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = data.aws_iam_policy_document.d.json
}
resource "aws_security_group" "g" {
  vpc_id = "vpc-1"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
resource "aws_db_instance" "d" {
  instance_class      = "db.t3.micro"
  engine              = "postgres"
  username            = "u"
  password            = "canary-5Kd9-canary"
  allocated_storage   = 10
  deletion_protection = true
}
"""


@pytest.mark.aws
@pytest.mark.timeout(300)
def test_a_fix_that_opens_what_aws_holds_is_asked_for(
    module: Path, env: dict[str, str], tmp_path: Path
) -> None:
    config = tmp_path / "cli.tfrc"
    mirror = f'filesystem_mirror {{\n    path = "{aws_mirror()}"\n  }}'
    config.write_text(f"provider_installation {{\n  {mirror}\n}}\n", encoding="utf-8")
    world = World(module, env | {"TF_CLI_CONFIG_FILE": str(config)})
    before = world.plan(AWS)
    assert gate(before, baseline_of_plan(before), before) == ()
    opened = world.plan(
        AWS.replace('Action = "s3:Get", Resource = "arn:aws:s3:::b"', 'Action = "*", Resource = "*"')
        .replace('["s3:GetObject"]', '["s3:*"]')
        .replace("10.0.0.0/8", "0.0.0.0/0")
        .replace("deletion_protection = true", "skip_final_snapshot = true")
    )
    places = [
        "aws_db_instance.d",
        "aws_iam_policy.p",
        "aws_security_group.g",
        "data.aws_iam_policy_document.d",
    ]
    findings = gate(opened, baseline_of_plan(before), before)
    assert sorted({f.where for f in findings}) == places
    assert {(f.rule, str(f.verdict)) for f in findings} == {("G11", "ask")}
    assert SECRET not in "".join(f.model_dump_json() for f in findings)
    unplanned = baseline_of_plan(before)._replace(first=None, named=frozenset(places))
    assert sorted({f.where for f in gate(opened, unplanned)}) == places, "with nothing to compare"
    ordinary = baseline_of_plan(before)._replace(first=None, named=frozenset())
    assert gate(before, ordinary) == ()


def test_the_words_of_the_stream_are_those_of_the_plan(world: World) -> None:
    world.applied(MODULE)
    after = world.plan(MODULE, "-replace=terraform_data.a")
    lines = world.run("plan", "-json", "-replace=terraform_data.a").splitlines()
    told = [json.loads(line)["change"] for line in lines if '"planned_change"' in line]
    first = {one["resource"]["addr"]: ChangeAction(one["action"]) for one in told}
    assert first == baseline_of_plan(after).first
    assert gate(after, baseline_of_plan(after)._replace(first=first)) == ()
