"""Edits that hand something over, and the like that do not."""

from __future__ import annotations

import pytest

from contracts.proposal import Verdict
from subagents.remediator.edit_policy import judge

ASKED = {
    "a script": ('user_data = "echo hi"', 'user_data = "useradd bob"', "edit:code"),
    "a script in lines": (
        "user_data = <<EOT\necho hi\nEOT",
        "user_data = <<EOT\nuseradd bob\nEOT",
        "edit:code",
    ),
    "a script among others": (
        'metadata = {\n startup-script = "a"\n startup_script = "echo hi"\n }',
        'metadata = {\n startup-script = "a"\n startup_script = "useradd bob"\n }',
        "edit:code",
    ),
    "a command": ('command = ["serve"]', 'command = ["sh", "-c", "id"]', "edit:code"),
    "a command in a text of JSON": (
        'container_definitions = jsonencode([{ image = "web", entryPoint = ["serve"] }])',
        'container_definitions = jsonencode([{ image = "web", entryPoint = ["sh"] }])',
        "edit:code",
    ),
    "a command of the machine that runs Terraform": (
        'lifecycle_commands {\n create = "ls"\n }',
        'lifecycle_commands {\n create = "id"\n }',
        "edit:code",
    ),
    "a library that is loaded first": (
        'env {\n name = "A"\n value = "b"\n }',
        'env {\n name = "LD_PRELOAD"\n value = "b"\n }',
        "edit:code",
    ),
    "a proxy": (
        'variables = { A = "b" }',
        'variables = { A = "b", HTTPS_PROXY = "10.9.9.9:8080" }',
        "edit:code",
    ),
    "an image": ('image = "web:1.4"', 'image = "stranger/web:1.4"', "edit:image"),
    "an image by its digest": ('image = "web:1.4"', 'image = "stranger/web@sha256:ab"', "edit:image"),
    "an image of a machine": ('ami = "ami-1"', 'ami = "ami-2"', "edit:image"),
    "where a function's code lies": ('s3_bucket = "code"', 's3_bucket = "stranger"', "edit:image"),
    "a key": ('public_key = "ssh-rsa AAAAB3 me"', 'public_key = "ssh-rsa AAAAC4 you"', "edit:login"),
    "a profile": ('iam_instance_profile = "app"', 'iam_instance_profile = "admin"', "edit:identity"),
    "a trust": (
        'assume_role_policy = jsonencode({ Principal = { Service = "ec2.amazonaws.com" } })',
        'assume_role_policy = jsonencode({ Principal = { AWS = "AROAEXAMPLE" } })',
        "edit:identity",
    ),
    "a right to hand rights out": (
        'policy = jsonencode({ Action = ["s3:GetObject"] })',
        'policy = jsonencode({ Action = ["iam:CreateAccessKey"] })',
        "edit:grant",
    ),
    "a policy by its name": (
        'policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"',
        'policy_arn = "arn:aws:iam::aws:policy/SecretsManagerReadWrite"',
        "edit:grant",
    ),
    "a role by its name": ('role = "roles/viewer"', 'role = "roles/storage.admin"', "edit:grant"),
    "a role of Azure": (
        'role_definition_name = "Reader"',
        'role_definition_name = "Key Vault Administrator"',
        "edit:grant",
    ),
    "who gets a role": ('member = "group:ops"', 'member = "group:everyone"', "edit:grant"),
    "a new version at once": (
        "apply_immediately = false",
        "apply_immediately = true",
        "edit:protection",
    ),
    "a time": ("expiration {\n days = 3650\n }", "expiration {\n days = 1\n }", "edit:protection"),
    "a number": ("min_size = 2", "min_size = 0", "edit:count"),
}
FREE = {
    "a tag of an image": ('image = "registry/web:1.4"', 'image = "registry/web:1.5"'),
    "a digest of an image": ('image = "web:1.4"', 'image = "web:1.4@sha256:ab"'),
    "an image that is looked up": ('ami = "ami-1"', "ami = data.aws_ami.own.id"),
    "a right to read": (
        'policy = jsonencode({ Action = ["s3:GetObject"] })',
        'policy = jsonencode({ Action = ["s3:GetObject", "s3:ListBucket"] })',
    ),
    "a policy by a reference": (
        'policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"',
        "policy_arn = aws_iam_policy.own.arn",
    ),
    "a longer time": ("expiration {\n days = 30\n }", "expiration {\n days = 90\n }"),
    "a smaller number": ("max_size = 9", "max_size = 6"),
    "a role by its name": ('iam_instance_profile = "app"', "iam_instance_profile = aws_iam_role.app.name"),
}


def judged(old: str, new: str) -> list[tuple[str, Verdict]]:
    texts = ('resource "aws_thing" "a" {\n  ' + part + "\n}\n" for part in (old, new))
    before, after = ({"main.tf": text} for text in texts)
    return [(found.rule, found.verdict) for found in judge(before, after)]


@pytest.mark.parametrize(("old", "new", "rule"), ASKED.values(), ids=ASKED)
def test_what_is_handed_over_is_for_a_person(old: str, new: str, rule: str) -> None:
    assert judged(old, new) == [(rule, Verdict.ASK)]


@pytest.mark.parametrize(("old", "new"), FREE.values(), ids=FREE)
def test_what_hands_nothing_over_is_not(old: str, new: str) -> None:
    assert judged(old, new) == []
