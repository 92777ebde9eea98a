"""Modules that a real Terraform refuses are repaired from its own words, and then it takes them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from contracts.diagnostic import Diagnostic, Severity
from contracts.remediation import EditConfig, Remediation, SetVariable
from subagents.remediator.edit_config import changed
from subagents.remediator.repair import repair
from subagents.terraform.stream import Stream
from tests.fakes.this_machine import engine

pytestmark = pytest.mark.terraform

ZONE = 'variable "zone" {\n  default = "a"\n}\n'
NET = {"net/main.tf": 'variable "cidr" {\n  default = 1\n}\noutput "vpc_id" {\n  value = var.cidr\n}\n'}
CALL = 'module "net" {\n  source = "./net"\n'
DATA = 'resource "terraform_data" "frontend" {\n  input = 1\n}\n'
SECRET = 'variable "p" {\n  default   = "x"\n  sensitive = true\n}\n'


def box(inside: str) -> str:
    return f'resource "terraform_data" "a" {{\n  {inside}\n}}\n'


def out(value: str) -> str:
    return f'output "x" {{\n  value = {value}\n}}\n'


def local(value: str) -> str:
    return f"locals {{\n  a = {value}\n}}\n"


TWINS = 'variable "b" {\n  type    = list(string)\n  default = ["a", "a"]\n}\n'
REPAIRED: dict[str, str | Mapping[str, str]] = {
    "an argument of a resource": box("inptu = 1"),
    "an argument of a variable": 'variable "a" {\n  defualt = 1\n}\n',
    "an argument of lifecycle": box("lifecycle {\n    prevent_destory = true\n  }"),
    "an argument every resource has": box("depend_on = []"),
    "an argument of a module": NET | {"main.tf": CALL + "  cdir = 2\n}\n"},
    "a block at the top": 'resorce "terraform_data" "a" {}\n',
    "a block of a resource": box("lifecyle {\n  }"),
    "a variable": ZONE + out("var.zoen"),
    "a variable in a child module": {"main.tf": CALL + "}\n", "net/main.tf": ZONE + out("var.zoen")},
    "a local value": "locals {\n  zone = 1\n}\n" + out("local.zoen"),
    "the root of a reference": ZONE + out("vars.zone"),
    "a letter of the root": ZONE + out("vr.zone"),
    "a resource's name": DATA + out("terraform_data.fronted.id"),
    "a resource's type where it is referred to": DATA + out("terraform_dta.frontend.id"),
    "a resource's type where it is declared": 'resource "terraform_dat" "a" {}\n' + out("terraform_dat.a.id"),
    "data where there is a resource": DATA + out("data.terraform_data.frontend.id"),
    "a resource's attribute": DATA + out("terraform_data.frontend.outputt"),
    "a module's name": NET | {"main.tf": CALL + "}\n" + out("module.nett.vpc_id")},
    "a module's output": NET | {"main.tf": CALL + "}\n" + out("module.net.vpcid")},
    "an object's key": "locals {\n  o = { name = 1, size = 2 }\n}\n" + out("local.o.nam"),
    "a function": out('uppper("a")'),
    "an attribute of path": out("path.modul"),
    "an attribute of count": box("count = 1\n  input = count.idx"),
    "what is ignored": box("input = 1\n  lifecycle {\n    ignore_changes = [inptu]\n  }"),
    "all that is ignored": box("lifecycle {\n    ignore_changes = [all]\n  }"),
    "a name in tfvars": {"main.tf": 'variable "zone" {}\n', "terraform.tfvars": 'zoen = "a"\n'},
    "a type": 'variable "a" {\n  type    = strng\n  default = "a"\n}\n',
    "a type of another language": 'variable "a" {\n  type    = array(string)\n  default = []\n}\n',
    "a quoted type": 'variable "a" {\n  type    = "string"\n  default = "a"\n}\n',
    "a literal of another language": local("True"),
    "for_each of a list": box('for_each = ["a", "b"]'),
    "for_each of a variable's list": 'variable "n" {\n  type    = list(string)\n  default = ["a"]\n}\n'
    + box("for_each = var.n"),
    "an index of a single resource": DATA + out("terraform_data.frontend[0].id"),
    "an index of a single module": NET | {"main.tf": CALL + "}\n" + out("module.net[0].vpc_id")},
    "depends_on without brackets": DATA + box("depends_on = terraform_data.frontend"),
    "depends_on of an attribute": DATA + box("depends_on = [terraform_data.frontend.id]"),
    "an argument set twice": box("input = 1\n  input = 1"),
    "a resource declared twice": {"a.tf": DATA, "b.tf": f"# again\n\n{DATA}{ZONE}"},
    "a copy of a file": {"main.tf": DATA, "main-copy.tf": DATA},
    "a local declared twice": {"a.tf": local("1"), "b.tf": local("1")},
    "an output that is not marked": SECRET + out("var.p"),
    "an output on one line that is not marked": SECRET + 'output "x" { value = var.p }\n',
    "a block for an argument": box("input {\n    a = 1\n  }"),
    "an argument for a block": box("lifecycle = {\n    create_before_destroy = true\n  }"),
    "locals with an equals sign": "locals = {\n  a = 1\n}\n",
    "a colon": box("input: 1\n  triggers_replace: 2"),
    "no equals sign": box('input "x"'),
    "an equals sign before a block": 'variable "a" = {\n  default = 1\n}\n',
    "labels with a dot": 'resource "terraform_data"."a" {\n}\n',
    "a brace on the next line": 'resource "terraform_data" "a"\n{\n  input = 1\n}\n',
    "a nested brace on the next line": box("lifecycle\n  {\n    create_before_destroy = true\n  }"),
    "no brace": 'variable "a"\n  default = 1\n}\n',
    "single quotes": "locals {\n  a = ['x', 'y']\n  b = 'q-${1}'\n}\n",
    "curly quotes": "resource “terraform_data” “a” {\n}\n",
    "a quote too few": local('["x, "y"]'),
    "a quote too few at the end": local('"x'),
    "a quote too few in a label": 'resource "terraform_data" "a {\n}\n',
    "a quote too many": local('"x""'),
    "a comma too few": local('["x" "y"]'),
    "commas too few": local('[\n    "x"\n    "y"\n    "z"\n  ]'),
    "a comma too few in an object": local("{ x = 1 y = 2 }"),
    "a comma too few in a call": local("max(1 2)"),
    "a comma too few before a list": local('join("," ["x"])'),
    "a comma too many": box("input = 1,"),
    "a semicolon": local("{ x = 1; y = 2 }"),
    "a bracket too few": 'locals {\n  a = ["x", "y"\n  b = 1\n}\n',
    "a round bracket too few": local('upper("x"'),
    "a round bracket too many": local('upper("x"))'),
    "the wrong bracket": local('["x")'),
    "a brace too few at the end": 'resource "terraform_data" "a" {\n  input = 1\n',
    "a brace too few before a block": f'resource "terraform_data" "a" {{\n  input = 1\n\n{DATA}',
    "a brace too few inside": box("lifecycle {\n    create_before_destroy = true\n") + out("1"),
    "a brace too few in an object": f"locals {{\n  a = {{\n    b = 1\n}}\n{DATA}",
    "a brace too few in a template": 'locals {\n  b = "q"\n  a = "x-${local.b"\n}\n',
    "a brace too many": DATA + "}\n",
    "two arguments on a line": box("input = 1 triggers_replace = 2"),
    "two arguments in a block on one line": 'variable "a" { type = string, default = "x" }\n',
    "a block in a block on one line": 'resource "terraform_data" "a" { lifecycle { ignore_changes = [] } }\n',
    "a quoted argument": box('"input" = 1'),
    "a label of locals": 'locals "x" {\n  a = 1\n}\n',
    "words for operators": ZONE + local('var.zone == "a" and var.zone != "b"'),
    "an operator on bits": local("true & false"),
    "an unknown escape": local(r'regex("\d+", "1")'),
    "a dollar": ZONE + local("${var.zone}"),
    "an expression over lines": local("true\n    ? 1\n    : 2"),
    "an arrow in an object": local('{ "x" => 1 }'),
    "three faults at once": ZONE + box("inptu = 1") + local("var.zoen") + out("lenght(var.zone)"),
}
LEFT: dict[str, str | Mapping[str, str]] = {
    "a variable that nothing is like": ZONE + out("var.region"),
    "two variables that are as near": 'variable "host" {}\nvariable "cost" {}\n' + out("var.tost"),
    "a suggestion that is no slip": 'locals {\n  b = "${local.bb}"\n  a = 1\n}\n',
    "for_each of numbers": box("for_each = [1, 2]"),
    "for_each that would lose an item": box('for_each = ["a", "a"]'),
    "an argument set to two values": box("input = 1\n  input = 2"),
    "for_each of a default that would lose an item": TWINS + box("for_each = var.b"),
    "a file that holds no more than another": {"a.tf": DATA, "b.tf": f"# again\n\n{DATA}"},
    "resources that differ": DATA + DATA.replace("1", "2"),
    "an output that is to show it": SECRET + 'output "x" {\n  value     = var.p\n  sensitive = false\n}\n',
    "a required variable": 'variable "zone" {}\n',
    "a cycle": box("input = terraform_data.b.id") + box("input = terraform_data.a.id").replace('"a"', '"b"'),
    "an instance that is not named": DATA.replace("input", "count") + out("terraform_data.frontend.id"),
    "an apostrophe in single quotes": "locals {\n  a = 'it''s'\n}\n",
    "brackets that can be closed in two places": local('join(",", concat(["x"], ["y"])'),
    "a function that reads files": out('fiel("main.tf")'),
    "a fault in the settings": "terraform {\n  required_version: 1\n}\n",
    "a provider declared twice": 'provider "terraform" {\n}\nprovider "terraform" {\n}\n',
    "the start of a merge": f"<<<<<<< HEAD\n{ZONE}=======\n{ZONE}>>>>>>> other\n",
}


def said(folder: Path) -> list[Diagnostic]:
    """What init, and then a plan, say of the module in a folder."""
    stream = Stream()
    for command in (["init"], ["plan", "-refresh=false"]):
        done = subprocess.run(
            [engine(), *command, "-input=false", "-json"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder.parent), "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            timeout=90,
            check=False,
        )
        for line in done.stdout.splitlines():
            stream.feed(line)
        if done.returncode:
            break
    return stream.diagnostics


def errors(diagnostics: list[Diagnostic]) -> list[str]:
    return [one.text for one in diagnostics if one.severity is Severity.ERROR]


def written(folder: Path, module: str | Mapping[str, str]) -> dict[str, str]:
    files = {"main.tf": module} if isinstance(module, str) else dict(module)
    for name, text in files.items():
        path = folder / "module" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return files


@pytest.fixture(autouse=True)
def terraform_itself() -> None:
    if Path(engine()).name == "tofu":
        pytest.skip("tofu words some of these failures differently")


@pytest.mark.parametrize("name", REPAIRED)
def test_a_module_that_is_repaired_plans(name: str, tmp_path: Path) -> None:
    files = written(tmp_path, REPAIRED[name])
    before = said(tmp_path / "module")
    assert errors(before), "there has to be a failure to repair"
    remedy: Remediation = EditConfig(summary="Correct it.")
    if "tfvars" in name:
        remedy = SetVariable(name="zone", summary="Set it.")
    repaired = repair(remedy, before, files.__getitem__, list(files))
    assert isinstance(repaired, EditConfig)
    assert repaired.edits
    written(
        tmp_path, {name: change.after for name, change in changed(repaired.edits, files.__getitem__).items()}
    )
    assert errors(said(tmp_path / "module")) == []


@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_certain_is_left(name: str, tmp_path: Path) -> None:
    files = written(tmp_path, LEFT[name])
    before = said(tmp_path / "module")
    assert errors(before), "there has to be a failure to leave alone"
    remedy = EditConfig(summary="Correct it.")
    assert repair(remedy, before, files.__getitem__, list(files)) is remedy
