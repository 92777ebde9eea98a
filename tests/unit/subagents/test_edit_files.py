"""An edit is proven by a plan: of a file that no plan reads, a person is asked."""

from __future__ import annotations

import pytest

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from subagents.remediator.edit_called import Failed
from subagents.remediator.edit_policy import judge

CALL = 'module "net" {\n  source = "./net"\n}\n'
DEEPER = 'module "zone" {\n  source = "../zones/a"\n}\n'
OUT = 'output "x" {\n  value = "one"\n}\n'
FILES = {"main.tf": CALL, "net/main.tf": DEEPER + OUT, "zones/a/main.tf": OUT, "envs/prod/main.tf": OUT}


def rules(before: dict[str, str], file: str, failure: Failed | None = None) -> set[str]:
    after = before[file].replace("one", "two")
    assert after != before[file]
    return {found.rule for found in judge(before, {file: after}, failure=failure)}


@pytest.mark.parametrize("file", ["net/main.tf", "zones/a/main.tf"])
def test_a_file_of_a_module_that_is_called_is_read(file: str) -> None:
    assert "edit:unread" not in rules(FILES, file)


def test_another_root_module_below_is_not_what_is_planned() -> None:
    assert "edit:unread" in rules(FILES, "envs/prod/main.tf")


@pytest.mark.parametrize(
    ("file", "asked"),
    [
        ("terraform.tfvars", False),
        ("a.auto.tfvars", False),
        ("prod.tfvars", True),
        ("envs/a.auto.tfvars", True),
    ],
)
def test_a_file_of_values_is_read_that_terraform_takes_by_itself(file: str, asked: object) -> None:
    before = {"main.tf": 'variable "v" {}\n', file: 'v = "one"\n'}
    said = Failed.of([Diagnostic(severity=Severity.ERROR, summary="Invalid value", detail="v is one")])
    assert ("edit:unread" in rules(before, file, said)) is bool(asked)


def test_a_file_of_values_is_read_that_the_failure_points_at() -> None:
    place = SourceRange(filename="prod.tfvars", start_line=1, end_line=1)
    said = Failed.of([Diagnostic(severity=Severity.ERROR, summary="s", detail="v is one", range=place)])
    before = {"main.tf": 'variable "v" {}\n', "prod.tfvars": 'v = "one"\n'}
    assert "edit:unread" not in rules(before, "prod.tfvars", said)


@pytest.mark.parametrize("mark", ["#tfsec:ignore:a", "# checkov:skip=CKV_AWS_18:ok", "// trivy:ignore:*"])
def test_a_comment_that_tells_a_scanner_to_look_away_is_asked_about(mark: str) -> None:
    found = judge({"main.tf": OUT}, {"main.tf": f"{mark}\n{OUT.replace('one', 'two')}"})
    assert "edit:comment" in {each.rule for each in found}
    assert judge({"main.tf": OUT}, {"main.tf": f"# a remark\n{OUT.replace('one', 'two')}"}) == ()
