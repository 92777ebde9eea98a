"""What an edit of a repair says, and what is left to a person."""

from __future__ import annotations

import pytest

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from contracts.remediation import Edit, EditConfig, Escalate, ForceUnlock, Import, SetVariable
from subagents.remediator.edit_config import changed
from subagents.remediator.repair import repair
from subagents.remediator.repair_mask import masked
from subagents.remediator.repair_near import is_one_off, is_slip, is_suggested, near
from subagents.workspace import RefusedError

EDIT = EditConfig(summary="Correct it.")
UNDECLARED = "Reference to undeclared input variable"
ZONE = 'variable "zone" {}\n'


def error(summary: str, detail: str = "", line: int = 1, file: str = "main.tf") -> Diagnostic:
    place = SourceRange(filename=file, start_line=line, end_line=line)
    return Diagnostic(severity=Severity.ERROR, summary=summary, detail=detail, range=place)


def argument(wrong: str, meant: str = "", line: int = 2, file: str = "main.tf") -> Diagnostic:
    suggestion = f' Did you mean "{meant}"?' if meant else ""
    detail = f'An argument named "{wrong}" is not expected here.{suggestion}'
    return error("Unsupported argument", detail, line, file)


def undeclared(name: str, line: int) -> Diagnostic:
    return error(UNDECLARED, f'An input variable with the name "{name}" has not been declared.', line)


def repaired(*diagnostics: Diagnostic, **files: str) -> EditConfig:
    """The repair of files that are named without their ending."""
    texts = {f"{name}.tf": text for name, text in files.items()}
    found = repair(EDIT, diagnostics, texts.__getitem__, list(texts))
    assert isinstance(found, EditConfig)
    changed(found.edits, texts.__getitem__)  # raises where an edit does not apply
    return found


def after(*diagnostics: Diagnostic, text: str) -> str:
    files = {"main.tf": text}
    found = repair(EDIT, diagnostics, files.__getitem__, list(files))
    assert isinstance(found, EditConfig)
    return {"main.tf": text, **{n: c.after for n, c in changed(found.edits, files.__getitem__).items()}}[
        "main.tf"
    ]


def test_a_repair_says_what_it_changes_and_where() -> None:
    main = 'resource "a_b" "c" {\n  inptu = 1\n}\n'
    assert repaired(argument("inptu", "input"), main=main) == EditConfig(
        edits=(Edit(file="main.tf", search="  inptu = 1", replace="  input = 1"),),
        summary='In main.tf:2, rename the argument "inptu" to "input": Terraform suggests it.',
    )


def test_all_errors_of_an_attempt_are_repaired_together() -> None:
    main = f'{ZONE}resource "a_b" "c" {{\n  inptu = 1\n  x     = var.zoen\n}}\n'
    found = repaired(argument("inptu", "input", 3), undeclared("zoen", 4), main=main)
    assert [edit.replace for edit in found.edits] == ["  input = 1", "  x     = var.zone"]
    assert found.summary.count("In main.tf:") == 2


def test_every_place_that_uses_the_wrong_name_is_mended() -> None:
    found = repaired(
        undeclared("zoen", 1),
        main='output "a" {\n  value = "${var.zoen}-x" # var.zoen\n}\n',
        other=f'{ZONE}output "b" {{\n  value = [var.zone, var.zoen]\n}}\n',
    )
    assert [(edit.file, edit.replace) for edit in found.edits] == [
        ("main.tf", '  value = "${var.zone}-x" # var.zoen'),
        ("other.tf", "  value = [var.zone, var.zone]"),
    ]
    assert "and 1 more place" in found.summary


def test_a_slip_may_lie_in_the_declaration_where_nothing_uses_its_name() -> None:
    main = 'variable "environmnt" {}\noutput "a" {\n  value = var.environment\n}\n'
    twice = f'{main}output "b" {{\n  value = var.environment\n}}\n'
    assert repaired(undeclared("environment", 3), main=main).edits
    assert repaired(undeclared("environment", 3), main=twice) == EDIT


def test_lines_that_stand_there_twice_are_told_apart_by_their_neighbours() -> None:
    block = 'resource "a_b" "{}" {{\n  inptu = 1\n}}\n'
    main = block.format("x") + block.format("y")
    [edit] = repaired(argument("inptu", "input", 5), main=main).edits
    assert edit.search.count("inptu") == 1
    assert '"y"' in edit.search


def test_a_place_that_nothing_tells_apart_is_left() -> None:
    block = "  a {\n    inptu = 1\n  }\n" * 60
    main = f'resource "a_b" "c" {{\n{block}}}\n'
    assert repaired(argument("inptu", "input", 90), main=main) == EDIT


def test_line_ends_and_characters_outside_ascii_stay() -> None:
    text = '# Größe\r\nresource "a_b" "c" {\r\n  note = "é"\r\n  inptu = 1\r\n}\r\n'
    assert after(argument("inptu", "input", 4), text=text) == text.replace("inptu", "input")
    out = 'variable "p" {\r\n  sensitive = true\r\n}\r\noutput "x" {\r\n  value = var.p\r\n}\r\n'
    marked = after(error("Output refers to sensitive values", "", 4), text=out)
    assert marked.endswith("  value = var.p\r\n  sensitive = true\r\n}\r\n")


@pytest.mark.parametrize(
    ("diagnostic", "text"),
    [
        (argument("inptu", "input", 2), 'resource "a_b" "c" {\n  inptu = 1\n  input = 2\n}\n'),
        (argument("max_size", "min_size"), 'resource "a_b" "c" {\n  max_size = 1\n}\n'),
        (argument("igress_cidr", "egress_cidr"), 'resource "a_b" "c" {\n  igress_cidr = 1\n}\n'),
        (argument("ip", "id"), 'resource "a_b" "c" {\n  ip = 1\n}\n'),
        (argument("regoin", "region"), 'provider "aws" {\n  regoin = 1\n}\n'),
        (argument("requird_version", "required_version"), "terraform {\n  requird_version = 1\n}\n"),
        (argument("soruce", "source"), 'module "m" {\n  soruce = "./m"\n}\n'),
        (
            argument("comand", "command", 3),
            'resource "a_b" "c" {\n  provisioner "x" {\n    comand = 1\n  }\n}\n',
        ),
        (argument("inptu", "input", 3), 'resource "a_b" "c" {\n  inptu = 1\n}\n'),
        (argument("inptu", "input", 99), 'resource "a_b" "c" {\n  inptu = 1\n}\n'),
        (argument("inptu", "input", 0), 'resource "a_b" "c" {\n  inptu = 1\n}\n'),
        (argument("inptu", "input", file="../main.tf"), 'resource "a_b" "c" {\n  inptu = 1\n}\n'),
        (argument("inptu", "input"), 'resource "a_b" "c" {\n  inptu = 1\n  x = "\n}\n'),
        (undeclared("zoen", 2), f'{ZONE}provider "aws" {{\n  region = var.zoen\n}}\n'),
        (undeclared("zone_c", 3), 'variable "zone_a" {}\nvariable "zone_b" {}\nx = var.zone_c\n'),
        (undeclared("subnet2", 2), 'variable "subnet1" {}\noutput "x" {\n  value = var.subnet2\n}\n'),
        (error("Missing required argument", 'The argument "input" is required'), 'resource "a_b" "c" {\n}\n'),
    ],
)
def test_what_is_not_certain_or_not_allowed_is_left(diagnostic: Diagnostic, text: str) -> None:
    assert after(diagnostic, text=text) == text


def test_a_warning_is_no_failure() -> None:
    warning = argument("inptu", "input").model_copy(update={"severity": Severity.WARNING})
    assert repaired(warning, main='resource "a_b" "c" {\n  inptu = 1\n}\n') == EDIT


def test_a_file_that_may_not_be_read_is_left() -> None:
    def read(name: str) -> str:
        raise RefusedError(name)

    assert repair(EDIT, [argument("inptu", "input")], read, ["main.tf"]) is EDIT


@pytest.mark.parametrize(
    "remedy",
    [
        Escalate(summary="Look."),
        SetVariable(name="a", value="1", summary="Set it."),
        EditConfig(edits=(Edit(file="main.tf", search="a", replace="b"),), summary="Done."),
    ],
)
def test_other_and_complete_remedies_stay(remedy: Escalate | SetVariable | EditConfig) -> None:
    files = {"main.tf": 'resource "a_b" "c" {\n  inptu = 1\n}\n'}
    assert repair(remedy, [argument("inptu", "input")], files.__getitem__, list(files)) is remedy


def test_a_misspelt_value_of_a_required_variable_is_renamed_where_it_is_given() -> None:
    files = {"main.tf": ZONE, "terraform.tfvars": 'size = 1\nzoen = "a"\n'}
    missing = error(
        "No value for required variable",
        'The root module input variable "zone" is not set, and has no default value.',
    )
    stray = Diagnostic(
        severity=Severity.WARNING,
        summary="Value for undeclared variable",
        detail='does not declare a variable named "zoen" but a value was found in file "terraform.tfvars".',
    )
    remedy = SetVariable(name="zone", summary="Set it.")
    found = repair(remedy, [missing, stray], files.__getitem__, list(files))
    assert isinstance(found, EditConfig)
    assert [edit.replace for edit in found.edits] == ['zone = "a"']
    assert repair(remedy, [missing], files.__getitem__, list(files)) is remedy


def test_a_provider_that_exists_nowhere_is_taken_for_its_neighbour() -> None:
    detail = (
        "Could not retrieve the list of available versions for provider hashicorp/asw: provider registry "
        "registry.terraform.io does not have a provider named registry.terraform.io/hashicorp/asw"
    )
    failed = error("Failed to query available provider packages", detail)
    main = 'provider "aws" {}\nresource "asw_vpc" "a" {}\noutput "x" {\n  value = asw_vpc.a.id\n}\n'
    assert after(failed, text=main) == main.replace("asw", "aws")
    offline = failed.model_copy(update={"detail": detail.partition(" provider registry")[0]})
    assert after(offline, text=main) == main


@pytest.mark.parametrize(
    ("kind", "text", "id_"),
    [
        (
            "aws_iam_role",
            "creating IAM Role (ci): EntityAlreadyExists: Role with name ci already exists.",
            "ci",
        ),
        ("aws_s3_bucket", "creating S3 Bucket (logs): HostID: aG9zdA==, BucketAlreadyOwnedByYou: ", "logs"),
        ("aws_s3_bucket", "creating S3 Bucket (logs): HostID: aG9zdA==, BucketAlreadyExists: ", None),
        (
            "aws_iam_policy",
            "creating IAM Policy (p): EntityAlreadyExists: A policy called p already exists.",
            None,
        ),
        ("aws_security_group", "creating Security Group (web): InvalidGroup.Duplicate: exists", None),
        (
            "aws_cloudwatch_log_group",
            "creating CloudWatch Logs Log Group (/app): ResourceAlreadyExistsException: It exists",
            "/app",
        ),
        (
            "google_compute_network",
            "Error 409: The resource 'projects/p/global/networks/a' already exists",
            "projects/p/global/networks/a",
        ),
        ("google_pubsub_topic", "Error 409: The resource 'projects/p/topics/a' already exists", None),
    ],
)
def test_an_object_that_exists_is_named_by_its_message(kind: str, text: str, id_: str | None) -> None:
    failed = Diagnostic(severity=Severity.ERROR, summary=text, address=f"module.m.{kind}.a[0]")
    found = repair(Import(summary="Import it."), [failed], lambda name: name, [])
    assert found == Import(address=f"module.m.{kind}.a[0]", id=id_, summary="Import it.")


@pytest.mark.parametrize(
    ("kind", "id_"), [("azurerm_resource_group", "/subscriptions/0/x"), ("azurerm_subnet", None)]
)
def test_an_azure_object_is_imported_by_its_own_type_alone(kind: str, id_: str | None) -> None:
    text = (
        'A resource with the ID "/subscriptions/0/x" already exists - to be managed via Terraform this '
        "resource needs to be imported into the State. Please see the resource documentation for "
        '"azurerm_resource_group" for more information.'
    )
    failed = Diagnostic(severity=Severity.ERROR, summary=text, address=f"{kind}.a")
    assert repair(Import(summary="."), [failed], lambda name: name, []) == Import(
        address=f"{kind}.a", id=id_, summary="."
    )


def test_what_an_import_says_already_stays() -> None:
    failed = Diagnostic(
        severity=Severity.ERROR, summary="Role with name ci already exists", address="aws_iam_role.a"
    )
    for remedy in (Import(address="x.y", id="z", summary="."), Import(address="aws_iam_role.b", summary=".")):
        assert repair(remedy, [failed], lambda name: name, []) is remedy


def test_a_lock_is_named_by_its_message() -> None:
    detail = (
        "Error message: it is locked\nLock Info:\n  ID:        5f0c-1\n  Path:      a\n\n\nTerraform acquires"
    )
    locked = error("Error acquiring the state lock", detail)
    remedy = ForceUnlock(summary="Release it.")
    assert repair(remedy, [locked], lambda name: name, []) == ForceUnlock(
        lock_id="5f0c-1", summary="Release it."
    )
    for others in (
        [],
        [locked, error(locked.summary, detail.replace("5f0c", "6f0c"))],
        [error("Error", detail)],
    ):
        assert repair(remedy, others, lambda name: name, []) is remedy


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("inptu", "input"),
        ("zoen", "zone"),
        ("typ", "type"),
        ("vpcid", "vpc_id"),
        ("fronted", "frontend"),
        ("Zone", "zone"),
    ],
)
def test_a_slip_is_near(wrong: str, right: str) -> None:
    assert is_slip(wrong, right)
    assert is_suggested(wrong, right)
    assert near(wrong, [right, "quite_another"]) == right


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("bb", "a"),
        ("ip", "id"),
        ("zone_c", "zone_a"),
        ("max_size", "min_size"),
        ("ipv4", "ipv6"),
        ("host", "port"),
        ("a", "a"),
    ],
)
def test_another_word_is_no_slip(wrong: str, right: str) -> None:
    assert not is_slip(wrong, right)


def test_two_names_as_near_are_none() -> None:
    assert near("mix", ["min", "max"]) is None
    assert not is_suggested("igress", "egress")
    assert is_one_off("vr", "var")
    assert not is_one_off("vr", "local")


def test_strings_and_comments_are_masked_place_for_place() -> None:
    text = 'a = "x ${f("y")} z" # c\nb = <<E\n"q\nE\nc = "$${" /* d\n*/ e\n'
    code = masked(text)
    assert [len(line) for line in code.split("\n")] == [len(line) for line in text.split("\n")]
    assert code.replace('"', "").split() == ["a", "=", "b", "=", "c", "=", "e"]
