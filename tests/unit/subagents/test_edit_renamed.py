"""What only has its right name now is asked about no more; what goes with the wrong one is."""

from __future__ import annotations

import json

import pytest

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from subagents.remediator.edit_called import Failed
from subagents.remediator.edit_policy import judge

EAST = 'provider "aws" {\n  alias = "us_east_1"\n}\n\nprovider "aws" {\n  alias = "us_west_1"\n}\n\n'


def asked(old: str, new: str, wrong: str = "", around: str = "") -> set[str]:
    """The rules that ask about an edit of a resource; `wrong` is what Terraform does not know there."""
    head = f'{around}resource "aws_thing" "a" {{\n  name = "x"\n'
    before, after = (f"{head}{text}\n}}\n" for text in (old, new))
    line = before[: before.find(wrong)].count("\n") + 1
    said = Diagnostic(
        severity=Severity.ERROR,
        summary="Unsupported argument",
        detail=f'An argument named "{wrong}" is not expected here.',
        range=SourceRange(filename="main.tf", start_line=line, end_line=line),
    )
    failure = Failed.of([said]) if wrong else None
    return {found.rule for found in judge({"main.tf": before}, {"main.tf": after}, failure=failure)}


GROUPS = ("security_group_ids", "vpc_security_group_ids")


def test_a_protection_under_the_name_that_terraform_knows_is_still_there() -> None:
    old, new = (f"  {name} = [aws_security_group.main.id]" for name in GROUPS)
    assert asked(old, new, GROUPS[0]) == set()


def test_a_protection_that_terraform_knows_has_gone_whatever_comes() -> None:
    old, new = (f"  {name} = [aws_security_group.main.id]" for name in GROUPS)
    assert "edit:protection" in asked(old, new)


@pytest.mark.parametrize(
    "new", ["", "  vpc_security_group_ids = []", "  tags_all = [aws_security_group.main.id]"]
)
def test_a_protection_that_goes_with_its_wrong_name_is_asked_about(new: str) -> None:
    old = f"  {GROUPS[0]} = [aws_security_group.main.id]"
    assert "edit:protection" in asked(old, new, GROUPS[0])


def test_a_block_that_protects_may_get_its_right_name_and_nothing_else() -> None:
    old = '  versioning {\n    status = "Enabled"\n  }'
    new = old.replace("versioning", "versioning_configuration")
    assert asked(old, new, "versioning") == set()
    assert "edit:protection" in asked(old, new.replace("Enabled", "Suspended"), "versioning")
    assert "edit:protection" in asked(old, new)


def test_a_configuration_that_nobody_declared_may_be_the_one_beside_it_that_is_meant() -> None:
    assert asked("  provider = aws.useast1", "  provider = aws.us_east_1", around=EAST) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("aws.us_east_1", "aws.us_west_1"),  # both are declared
        ("aws.useast1", "aws.us_east_2"),  # neither is
        ("aws.europe", "aws.us_east_1"),  # nothing like it
    ],
)
def test_another_configuration_of_a_provider_is_asked_about(old: str, new: str) -> None:
    assert asked(f"  provider = {old}", f"  provider = {new}", around=EAST) == {"edit:provider"}


def test_an_object_that_should_be_a_block_may_be_one_that_says_the_same() -> None:
    old = "  lifecycle = {\n    prevent_destroy = true\n    ignore_changes = [tags]\n  }"
    new = old.replace("lifecycle = {", "lifecycle {")
    assert asked(old, new, "lifecycle") == set()
    assert asked(old, new.replace("true", "false"), "lifecycle") >= {"edit:lifecycle"}
    assert asked(old, new.replace("[tags]", "all"), "lifecycle") >= {"edit:lifecycle"}
    assert asked(old, "", "lifecycle")


def test_what_is_waited_for_may_lose_its_quotes() -> None:
    old = '  depends_on = ["aws_vpc.main.id", "data.aws_ami.a"]'
    assert asked(old, "  depends_on = [aws_vpc.main, data.aws_ami.a]") == set()
    assert asked(old, "  depends_on = [aws_vpc.main]") == {"edit:depends_on"}
    assert asked(old, "  depends_on = [aws_vpc.other, data.aws_ami.a]") == {"edit:depends_on"}


def test_a_check_may_say_it_in_other_words_and_check_nothing_else() -> None:
    variable = 'variable "a" {\n  type = number\n  validation {\n    condition = var.a > 1\n'
    before, after, less, leak = (
        f'{variable.replace("> 1", sign)}    error_message = "{text}"\n  }}\n}}\n'
        for sign, text in (("> 1", "no"), ("> 1", "Must be more."), ("> 0", "no"), ("> 1", "${var.b}"))
    )
    assert judge({"main.tf": before}, {"main.tf": after}) == ()
    for asking in (less, leak):
        assert {found.rule for found in judge({"main.tf": before}, {"main.tf": asking})} == {"edit:check"}


def test_json_with_its_comma_says_nothing_new() -> None:
    said = '{"Principal": {"Service": "a.amazonaws.com"} "Effect": "Allow"}'
    old = "  assume_role_policy = " + json.dumps(said)
    new = old.replace('} \\"', '}, \\"')
    assert asked(old, new) == set()
    assert "edit:identity" in asked(old, new.replace("a.amazon", "b.amazon"))
