"""The edit policy: every rule both ways, and the attacks it is there for."""

from __future__ import annotations

import time

import pytest

from contracts.proposal import Verdict
from subagents.remediator.edit_policy import judge
from tests.security.edit_attacks import ASKED, DENIED
from tests.security.edit_module import BEFORE, MAIN, VALUES, VARIABLES, block, replaced

STOP, ASK = Verdict.STOP, Verdict.ASK


def rules(after: dict[str, str], before: dict[str, str] | None = None) -> set[tuple[str, Verdict]]:
    return {(found.rule, found.verdict) for found in judge(before or BEFORE, after)}


PASSES = {
    "an instance type": ('"t3.micro"', '"t2.micro"'),
    "a name of a variable": ('"unused"', '"still_unused"'),
    "a network of one's own": ('"10.0.1.0/24"', '"10.0.2.0/24"'),
    "a known host": ('"postgres"', '"https://known.example.com/x"'),
    "a file of the web": ('"postgres"', '"index.html"'),
    "a version": ('"postgres"', '"v1.2.3"'),
    "an alias in quotes": ('"postgres"', '"aws.west"'),
    "a principal": ('"postgres"', '"ec2.amazonaws.com"'),
    "a better type": ('"aws_eip" "ip"', '"aws_iep" "ip"'),
    "a name of an output": ('output "ip"', 'output "address"'),
    "a default": ('"us-east-1"', '"eu-central-1"'),
    "a description": ('variable "unused" {', 'variable "unused" {\n  description = "See it"'),
    "a value": ('"eu-west-1"', '"eu-west-2"'),
    "a new value": ('region = "eu-west-1"', 'region = "eu-west-1"\nunused = "x"'),
    "a module's argument": ('name    = "main"', 'name    = "core"'),
    "an argument of a data source": ("most_recent = true", "most_recent = false"),
    "an argument comes": ('  domain = "vpc"\n', '  domain = "vpc"\n  tags   = { a = "b" }\n'),
    "an argument goes": ('  engine                  = "postgres"\n', ""),
    "a block in a resource": (
        '  domain = "vpc"\n',
        '  domain = "vpc"\n  timeouts {\n    create = "5m"\n  }\n',
    ),
    "a dynamic block": (
        '  domain = "vpc"\n',
        '  domain = "vpc"\n  dynamic "x" {\n    for_each = local.names\n    content {}\n  }\n',
    ),
    "a local comes": ('  name  = "app"\n', '  name  = "app"\n  other = "x"\n'),
    "a local is renamed": ('  name  = "app"\n', '  title = "app"\n'),
    "a variable comes": (
        'output "ip" {',
        'variable "x" {\n  type    = string\n  default = "y"\n}\noutput "ip" {',
    ),
    "a variable with a check": (
        'output "ip" {',
        'variable "x" {\n  validation {\n    condition = true\n  }\n}\noutput "ip" {',
    ),
    "a variable goes": (block('variable "unused"'), ""),
    "an output's reference": ("aws_instance.web.public_ip", "aws_instance.web.private_ip"),
    "an output is marked": (
        "value = aws_instance.web.public_ip",
        "value = aws_instance.web.public_ip\n  sensitive = true",
    ),
    "the same file": (
        'user_data     = file("${path.module}/init.sh")',
        'user_data_base64 = base64encode(file("${path.module}/init.sh"))',
    ),
    "as many instances, in quotes": ("count  = 2", 'count  = "2"'),
    "as many as": ("count  = 2", "count  = length(local.names)"),
    "for each instead": ("count  = 2", "for_each = toset(local.names)"),
    "a longer backup": ("backup_retention_period = 14", "backup_retention_period = 30"),
    "something is waited for": (
        "[module.net, aws_db_instance.db]",
        "[module.net, aws_db_instance.db, aws_eip.ip]",
    ),
    "an action more": ('["s3:GetObject"]', '["s3:GetObject", "s3:ListBucket"]'),
    "a resource more": ('"arn:aws:s3:::bucket/*"', '["arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket"]'),
    "a path of a route": ('"postgres"', '"/healthz"'),
    "a password by a reference": (
        "password                = var.db_password",
        "password                = local.token",
    ),
    "a secret under a name that is one": (
        '  domain = "vpc"\n',
        '  domain = "vpc"\n  auth_token = var.db_password\n',
    ),
    "a secret's own arn": ('"postgres"', "aws_secretsmanager_secret.db.arn"),
    "a name of a secret": (
        '  domain = "vpc"\n',
        '  domain = "vpc"\n  password_secret_arn = "arn:aws:secretsmanager:eu-west-1::secret:x"\n',
    ),
    "no password": (
        "  type      = string\n  sensitive = true",
        "  type      = string\n  sensitive = true\n  default   = null",
    ),
    "a comment": ("moved {", '# file("x") provisioner "local-exec" {}\nmoved {'),
    "layout": ("{ Name = local.name }", "{\n    Name : local.name, // x\n  }"),
    "an escape": ('"postgres"', '"$${file(\\"x\\")}"'),
}


@pytest.mark.parametrize("name", DENIED)
def test_what_no_edit_may_do(name: str) -> None:
    search, replace, rule = DENIED[name]
    found = rules(replaced(search, replace))
    assert STOP in {verdict for _, verdict in found}
    assert rule is None or (f"edit:{rule}", STOP) in found


@pytest.mark.parametrize("name", ASKED)
def test_what_a_person_must_allow(name: str) -> None:
    search, replace, rule = ASKED[name]
    found = rules(replaced(search, replace))
    assert (f"edit:{rule}", ASK) in found
    assert {verdict for _, verdict in found} == {ASK}


@pytest.mark.parametrize("name", [name for name, edit in PASSES.items() if edit])
def test_what_passes(name: str) -> None:
    edit = PASSES[name]
    assert edit is not None
    assert judge(BEFORE, replaced(*edit)) == ()


def test_a_resource_that_loses_most_of_its_arguments_is_emptied() -> None:
    kept = 'resource "aws_db_instance" "db" {\n  engine = "postgres"\n}\n'
    assert ("edit:deletion", STOP) in rules(replaced(block('resource "aws_db_instance" "db"'), kept))


@pytest.mark.parametrize(
    "file",
    ["x_override.tf", "main.tf.json", "zz.auto.tfvars", ".hidden.tf", "/etc/x.tf", "a/.b/x.tf", "run.sh"],
)
def test_an_edit_makes_no_files_and_touches_no_others(file: str) -> None:
    assert rules({file: "locals {}\n"}) == {("edit:file", STOP)}
    if not file.endswith(".tf") and not file.endswith(".tfvars"):
        assert rules({file: "{}"}, {**BEFORE, file: "{"}) >= {("edit:file", STOP)}


def test_an_edit_is_small() -> None:
    many = {"main.tf": MAIN + "".join(f"# {n}\n" for n in range(60))}
    assert rules(many) == set()
    assert rules({"main.tf": many["main.tf"] + "# more\n"}) == {("edit:size", STOP)}
    assert rules({"main.tf": MAIN + f"# {'x' * 4094}\n"}) == set()
    assert rules({"main.tf": MAIN + f"# {'x' * 4100}\n"}) == {("edit:size", STOP)}
    assert rules({"main.tf": "#\n" + MAIN, "variables.tf": VARIABLES + "# x\n" * 60}) == {("edit:size", STOP)}


def test_two_edits_far_apart_are_as_small_as_they_are() -> None:
    text = "".join(f"# {n}\n" for n in range(5000))
    changed = text.replace("# 10\n", "# x\n").replace("# 4990\n", "# y\n")
    assert judge({"main.tf": text}, {"main.tf": changed}) == ()


def test_a_text_is_put_together_with_no_value_that_the_edit_sets() -> None:
    host = {"main.tf": MAIN.replace('"postgres"', '"evil${local.name}com"')}
    assert rules(host) == set()
    assert rules({"main.tf": host["main.tf"].replace('name  = "app"', 'name  = "."')}) == {
        ("edit:hidden", ASK)
    }
    value = {"main.tf": MAIN.replace('"postgres"', '"evil${var.region}com"')}
    assert rules({**value, "prod.tfvars": 'region = "."\n'}) == {("edit:hidden", ASK)}


def test_what_is_put_into_a_text_may_count_through_what_is_there() -> None:
    for text in ('"x-${local.name}"', '"x${join("", [for n in local.names : n])}"', '"${local.name}"'):
        assert rules({"main.tf": MAIN.replace('"postgres"', text)}) == set(), text


def test_a_block_may_go_to_another_file() -> None:
    moved = block('resource "aws_eip" "ip"')
    assert judge(BEFORE, {"main.tf": MAIN.replace(moved, ""), "variables.tf": VARIABLES + moved}) == ()


ELSEWHERE = {
    "what runs": ('data "external" "x" {\n  program = ["sh", "x.sh"]\n}\n', "data"),
    "a provider": ('provider "aws" {\n  profile = "admin"\n}\n', "provider"),
    "a resource": ('resource "aws_vpc" "x" {\n  cidr_block = "10.0.0.0/8"\n}\n', "resource"),
}


@pytest.mark.parametrize(("text", "rule"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_block_of_another_folder_is_a_new_one_here(text: str, rule: str) -> None:
    before = {**BEFORE, "examples/full/main.tf": text}
    after = {"main.tf": MAIN + text, "examples/full/main.tf": "\n"}
    assert (f"edit:{rule}", STOP) in rules(after, before)
    renamed = text.replace('"x"', '"y"')
    assert (f"edit:{rule}", STOP) in rules({**after, "main.tf": MAIN + renamed}, before)


def test_a_block_of_the_same_name_in_another_folder_is_no_twin() -> None:
    gone = block('resource "aws_eip" "ip"')
    before = {**BEFORE, "shelf/main.tf": gone}
    assert rules({"main.tf": MAIN.replace(gone, "")}, before) == {("edit:deletion", STOP)}


def test_a_block_goes_to_no_file_that_overrides() -> None:
    own, over = (f'resource "a_b" "c" {{\n  size = {size}\n}}\n' for size in (1, 2))
    before = {"main.tf": own, "override.tf": over, "more_override.tf": ""}
    assert rules({"main.tf": over, "override.tf": own}, before) == rules({"main.tf": over}, before)
    assert rules({"main.tf": "", "more_override.tf": own}, before) >= {("edit:deletion", STOP)}


def test_a_call_may_go_to_a_local_and_from_there_to_no_output() -> None:
    call = 'file("${path.module}/init.sh")'
    main = MAIN.replace(call, "local.script").replace(
        '  name  = "app"\n', f'  name  = "app"\n  script = {call}\n'
    )
    assert judge(BEFORE, {"main.tf": main}) == ()
    more = main.replace(f"script = {call}", f'script = "${{{call}}}; id"')
    assert ("edit:code", ASK) in rules({"main.tf": more})
    variables = VARIABLES.replace("aws_instance.web.public_ip", "local.script")
    assert rules({"main.tf": main, "variables.tf": variables}) == {("edit:output", STOP)}
    assert ("edit:function", STOP) in rules(
        {"main.tf": MAIN.replace('  name  = "app"\n', f"  name  = {call}\n")}
    )


def test_a_count_by_a_local_of_nothing_needs_a_person() -> None:
    main = MAIN.replace("count  = 2", "count  = local.none").replace(
        '  name  = "app"\n', '  name  = "app"\n  none = 0\n'
    )
    assert rules({"main.tf": main}) == {("edit:count", ASK)}


def test_one_of_two_blocks_of_one_name_may_go() -> None:
    twin = block('resource "aws_eip" "ip"')
    before = {**BEFORE, "main.tf": MAIN + twin}
    assert rules({"main.tf": MAIN}, before) == set()
    assert rules({"main.tf": MAIN.replace(twin, "")}, before) == {("edit:deletion", STOP)}
    assert rules({"main.tf": MAIN + twin.replace('"ip"', '"other"')}, before) == set()


def test_a_name_that_terraform_refuses_may_be_mended() -> None:
    for bad in ('resource "aws_eip" "1ip"', 'resource "aws_eip" "an ip"', 'resurce "aws_eip" "ip"'):
        before = {**BEFORE, "main.tf": MAIN.replace('resource "aws_eip" "ip"', bad)}
        assert rules({"main.tf": MAIN}, before) == set(), bad
    before = {
        **BEFORE,
        "main.tf": MAIN.replace('provider "aws" {\n  region = var', 'provder "aws" {\n  region = var'),
    }
    assert ("edit:provider", STOP) in rules({"main.tf": MAIN}, before)


def test_a_mark_is_not_lost_by_a_new_name() -> None:
    renamed = {name: text.replace("db_password", "pw") for name, text in BEFORE.items()}
    assert rules(renamed) == set()
    plain = renamed["variables.tf"].replace(
        "  type      = string\n  sensitive = true", "  type      = string"
    )
    assert ("edit:sensitive", STOP) in rules({**renamed, "variables.tf": plain})


def test_a_reference_to_a_secret_may_be_mended() -> None:
    broken = {**BEFORE, "main.tf": MAIN.replace("{ Name = local.name }", "{ Name = var.db_pasword }")}
    mended = {"main.tf": broken["main.tf"].replace("db_pasword", "db_password")}
    assert rules(mended, broken) == set()
    plain = {**BEFORE, "main.tf": MAIN.replace("{ Name = local.name }", "{ Name = var.db_password }")}
    assert rules({"main.tf": plain["main.tf"].replace("{ Name =", "{ Title =")}, plain) == set()


def test_a_secret_variable_is_set_by_a_person() -> None:
    assert ("edit:sensitive", ASK) in rules({"prod.tfvars": VALUES + "db_password = null\n"})
    default = VARIABLES.replace("sensitive = true", "sensitive = true\n  default = 1")
    assert ("edit:sensitive", ASK) in rules({"variables.tf": default})
    assert ("edit:secret", STOP) in rules({"prod.tfvars": VALUES + 'db_password = "hunter2"\n'})
    assert ("edit:block", STOP) in rules({"prod.tfvars": VALUES + 'resource "a_b" "c" {}\n'})


BREAKS = {
    "a brace": ('  domain = "vpc"\n}', '  domain = "vpc"\n'),
    "a brace too many": ('  domain = "vpc"\n}', '  domain = "vpc"\n}\n}'),
    "a quote": ('"t3.micro"', '"t3.micro'),
    "a quote before": ('"t3.micro"', 't3.micro"'),
    "a quote of a label": ('"aws_eip" "ip"', '"aws_eip" "ip'),
    "a bracket": ('["10.0.0.0/8"]', '["10.0.0.0/8"'),
    "a comma": ("[module.net, aws_db_instance.db]", "[module.net aws_db_instance.db]"),
    "a sign": ("count  = 2", "count  2"),
    "a quote of a value": ('"eu-west-1"', '"eu-west-1'),
    "a quote of a local": ('"app"', '"app'),
}


@pytest.mark.parametrize("name", BREAKS)
def test_an_error_of_syntax_may_be_mended(name: str) -> None:
    broken = {**BEFORE, **replaced(*BREAKS[name])}
    assert judge(broken, {file: text for file, text in BEFORE.items() if broken[file] != text}) == ()


@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize(
    ("search", "replace", "rule", "verdict"),
    [
        ("  region = var.region\n", '  region = var.region\n  profile = "x"\n', "provider", STOP),
        ("moved {", 'provider "null" {}\nmoved {', "provider", STOP),
        ("echo hello", "echo good", "provisioner", STOP),
        ('  domain = "vpc"\n', '  domain = "vpc"\n  provisioner "local-exec" {}\n', "provisioner", STOP),
        ('"postgres"', 'file("secret")', "function", STOP),
        ('"postgres"', '"evil.com"', "host", STOP),
        ("password                = var.db_password", 'password = "hunter2"', "secret", STOP),
        ("    prevent_destroy = true\n", "", "lifecycle", ASK),
        ("skip_final_snapshot     = false", "skip_final_snapshot = true", "protection", ASK),
        ('["s3:GetObject"]', '"*"', "grant", ASK),
        ('resource "aws_subnet" "each"', 'resource "aws_subnet" "every"', "rename", ASK),
    ],
)
def test_what_is_mended_hides_nothing(
    name: str, search: str, replace: str, rule: str, verdict: Verdict
) -> None:
    broken = {**BEFORE, **replaced(*BREAKS[name])}
    edited = {file: text.replace(search, replace) for file, text in BEFORE.items()}
    assert (f"edit:{rule}", verdict) in rules(edited, broken)


def test_what_was_a_comment_in_a_broken_text_was_not_there() -> None:
    hidden = '# provisioner "local-exec" {}\n  /* file("secret") */\n'
    before = {"main.tf": f'resource "a_b" "c" {{\n  x = "1\n  {hidden}}}\n/*\nprovider "x" {{\n}}\n*/\n'}
    shown = hidden.replace("# ", "").replace("/*", "y =").replace("*/", "")
    found = rules(
        {"main.tf": f'resource "a_b" "c" {{\n  x = "1"\n  {shown}}}\nprovider "x" {{\n}}\n'}, before
    )
    assert {("edit:provisioner", STOP), ("edit:function", STOP), ("edit:provider", STOP)} <= found


def test_what_is_found_is_said_without_values() -> None:
    (found,) = judge(BEFORE, replaced("password                = var.db_password", 'password = "hunter2"'))
    assert found.where == "main.tf: aws_db_instance.db, password"
    assert "hunter2" not in found.what


def test_blocks_without_the_labels_they_need_are_judged_all_the_same() -> None:
    for kind in ("resource", "data", "variable", "output", "module", "provider", "locals", "check", "x"):
        for text in (
            f"{kind} {{}}\n",
            f"{kind} {{\n  default = 1\n  sensitive = true\n}}\n",
            f'{kind} "a" "b" "c" {{}}\n',
        ):
            judge(
                {"main.tf": text},
                {"main.tf": f"{kind} {{\n  default = 2\n  value = nonsensitive(var.x)\n}}\n"},
            )


def test_it_takes_no_time() -> None:
    edit = replaced('"t3.micro"', '"t3.large"')
    judge(BEFORE, edit)
    start = time.process_time()
    for _ in range(5):
        judge(BEFORE, edit)
    assert (time.process_time() - start) / 5 < 0.4, "meant to be below 20 ms; a busy machine is given more"
