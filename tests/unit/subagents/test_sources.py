"""A module's files: the block that failed and what it uses, and never a byte from elsewhere."""

from __future__ import annotations

from pathlib import Path

from contracts.context import ModuleFacts
from contracts.diagnostic import Diagnostic, Severity, SourceRange
from subagents.terraform.sources import ModuleSources

MAIN = """\
locals {
  name = "app-${var.size}"
  unused = 1
}

resource "aws_sqs_queue" "q" {
  name = local.name
  tags = {
    size = var.size
  }
}

resource "aws_sqs_queue" "other" {}
"""
VARIABLES = """\
variable "size" {
  type    = number
  default = 3
}
variable "password" {
  sensitive = true
  default   = <<-EOT
    hunter2
  EOT
}
"""
LOCK = """\
provider "registry.terraform.io/hashicorp/aws" {
  version     = "6.2.0"
  constraints = "~> 6.0"
}
"""


def module(folder: Path, **files: str) -> ModuleSources:
    texts = {"main": MAIN, "variables": VARIABLES, **files}
    for name, text in texts.items():
        (folder / f"{name}.tf").write_text(text, encoding="utf-8")
    (folder / ".terraform.lock.hcl").write_text(LOCK, encoding="utf-8")
    return ModuleSources(folder)


def error(file: str | None = None, line: int = 1, address: str | None = None) -> Diagnostic:
    place = SourceRange(filename=file, start_line=line, end_line=line) if file else None
    return Diagnostic(severity=Severity.ERROR, summary="x", range=place, address=address)


def starts(facts: ModuleFacts) -> list[tuple[str, int, str]]:
    return [(b.file, b.start_line, b.code.split("\n")[0]) for b in facts.blocks]


def test_the_block_around_a_line_is_cut_out_with_the_variables_and_locals_it_uses(tmp_path: Path) -> None:
    facts = module(tmp_path).facts([error("main.tf", 8)])
    assert starts(facts) == [
        ("main.tf", 6, 'resource "aws_sqs_queue" "q" {'),
        ("main.tf", 2, 'name = "app-${var.size}"'),
        ("variables.tf", 1, 'variable "size" {'),
    ]
    assert facts.blocks[0].code.endswith("}")
    assert facts.variables == ("password", "size")
    assert facts.providers == ("hashicorp/aws 6.2.0",)


def test_an_error_without_a_place_is_found_by_its_address(tmp_path: Path) -> None:
    sources = module(tmp_path)
    assert starts(sources.facts([error(address="aws_sqs_queue.other[3]")]))[0][1] == 13
    assert sources.facts([error(address="module.a.aws_sqs_queue.q")]).blocks == ()


def test_the_default_of_a_sensitive_variable_is_not_shown(tmp_path: Path) -> None:
    facts = module(tmp_path, use='output "x" {\n  value = var.password\n}\n').facts([error("use.tf", 2)])
    shown = "\n".join(block.code for block in facts.blocks)
    assert 'variable "password"' in shown
    assert "(sensitive)" in shown
    assert "hunter2" not in shown


def test_a_block_that_was_never_closed_is_shown_all_the_same(tmp_path: Path) -> None:
    facts = module(tmp_path, broken='resource "a_b" "c" {\n  x = [1, 2\n').facts([error("broken.tf", 2)])
    assert facts.blocks == () or facts.blocks[0].file == "broken.tf"


def test_no_file_outside_the_module_is_read_whatever_a_diagnostic_names(tmp_path: Path) -> None:
    inside, outside = tmp_path / "module", tmp_path / "secret.tf"
    inside.mkdir()
    outside.write_text('variable "canary" {}\n', encoding="utf-8")
    (inside / "link.tf").symlink_to(outside)
    sources = module(inside)
    for name in ("../secret.tf", str(outside), "link.tf"):
        assert sources.facts([error(name)]).blocks == ()
    assert "canary" not in sources.facts([]).variables


def test_a_block_is_found_once_and_of_many_only_the_first_few(tmp_path: Path) -> None:
    many = "\n".join(f'resource "a_b" "r{n}" {{}}' for n in range(50))
    sources = module(tmp_path, many=many)
    assert len(sources.facts([error("main.tf", 8), error("main.tf", 9)]).blocks) == 3
    assert len(sources.facts([error("many.tf", n) for n in range(1, 50)]).blocks) == 3


def test_a_folder_that_went_away_tells_nothing(tmp_path: Path) -> None:
    assert ModuleSources(tmp_path / "gone").facts([error("main.tf")]) == ModuleFacts()
