"""A value is masked whose name heads its column, its list or its block, or stands behind it.

In a form, `§` is the secret.
"""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from diagnosis.redact import SecretRedactor

REDACTOR = SecretRedactor(key=b"k")
SECRET = "Tr0ub4dory65tefK21b"
FORMS = (
    "username,password\nbob,§",
    "Access key ID,Secret access key\nAKIAIOSFODNN7EXAMPL2,§",
    "user;password;role\nbob;§;admin",
    " username | password\n----------+----------\n bob      | §",
    "| name | token |\n|------|-------|\n| bob  | § |",
    "NAME     TOKEN                  AGE\nbob      §     3d",
    "name\tsecret\nbob\t§",
    '{"value": "§", "name": "DB_PASSWORD"}',
    "- value: §\n  name: DB_PASSWORD",
    '{"Name":"DB_PASSWORD","Value":"§"}',
    '{"ParameterKey":"DbPassword","ParameterValue":"§"}',
    "ParameterKey=DbPassword,ParameterValue=§",
    'passwords = ["§", "xyz"]',
    'tokens: ["§"]',
    "passwords:\n  - §\n  - foo",
    'passwords = { bob = "§" }',
    'api_keys = {\n  bob = "§"\n}',
    'resource "azurerm_key_vault_secret" "x" {\n  name  = "a"\n  value = "§"\n}',
    'resource "aws_ssm_parameter" "x" {\n  type  = "SecureString"\n  value = "§"\n}',
    'resource "github_actions_secret" "x" {\n  plaintext_value = "§"\n}',
    'resource "vault_generic_secret" "x" {\n  data_json = "{\\"a\\":\\"§\\"}"\n}',
    'resource "google_secret_manager_secret_version" "x" {\n  secret_data = "§"\n}',
    'variable "db_password" {\n  type = string\n  default = "§"\n}',
    'output "db_password" {\n  value = "§"\n}',
    "https://§@github.com/org/repo.git",
    "<tr><td>password</td><td>§</td></tr>",
    "authorization: §",
    'local.passwords["bob"] is "§"',
    'set_sensitive {\n  value = "§"\n  name = "x"\n}',
    'env {\n  value = "§"\n  name  = "API_TOKEN"\n}',
)
KEPT = (
    "NAME  TYPE  AGE\ndb-password  Opaque  5d",
    "Name, password and token\nare asked for, one after the other, by us",
    "username, password\nmust not be empty, and no blank",
    "password,token\n",
    "password | yes | no\nfirst 1 | second 2 | third 3 | fourth 4",
    "| name | type |\n|------|------|\n| password | string |",
    '{"value": "eu-central-1", "name": "region"}',
    "- value: eu-central-1\n  name: REGION",
    'secrets = ["database-url", "api-url"]',
    "image_pull_secrets = [var.registry]",
    "max_tokens = [512]",
    'variable "region" {\n  default = "eu-central-1"\n}',
    'variable "db_password" {\n  sensitive = true\n}\n\nlocals {\n  default = "plain"\n}',
    'output "password_policy" {\n  value = "at-least-8-letters"\n}',
    'resource "aws_ssm_parameter" "x" {\n  type  = "String"\n  value = "eu-central-1"\n}',
    'resource "aws_secretsmanager_secret" "x" {\n  name        = "app/db"\n  description = "of the app"\n}',
    "https://github.com/org/repo.git@v1.2.3",
    "git@github.com:org/repo.git",
    "authorization: failed",
    "AuthorizationFailed: The client 'x' does not have authorization to perform action",
    "<tr><td>region</td><td>eu-central-1</td></tr>",
)


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_masked_that_is_named_elsewhere(form: str) -> None:
    said = form.replace("§", SECRET)
    assert SECRET not in REDACTOR.redact(said)
    boxed = "\n".join(f"│ {line}" for line in said.split("\n"))
    assert SECRET not in REDACTOR.redact(boxed)
    assert SECRET not in REDACTOR.redact(said.replace("\n", "\r\n"))


@pytest.mark.parametrize("text", KEPT)
def test_what_is_named_elsewhere_and_is_no_secret_stays(text: str) -> None:
    assert REDACTOR.redact(text) == text


def test_all_rows_of_a_table_are_masked_and_nothing_beside_its_column() -> None:
    table = f"user,password,role\nann,{SECRET},admin\nbob,{SECRET[::-1]},guest\n\nbob,is,fine"
    masked = REDACTOR.redact(table)
    assert SECRET not in masked
    assert SECRET[::-1] not in masked
    for kept in ("user,password,role\nann,", ",admin\nbob,", ",guest\n\nbob,is,fine"):
        assert kept in masked


def test_a_snippet_shows_no_value_of_a_block_that_is_secret_by_its_name() -> None:
    snippet = (
        f'  3: variable "db_password" {{\n  4:   default = "{SECRET}"\n  5: }}\n  6: x = "plain-value-1"'
    )
    masked = REDACTOR.redact(snippet)
    assert SECRET not in masked
    assert '6: x = "plain-value-1"' in masked


@pytest.mark.parametrize(
    "value",
    [
        {"traversal": 'local.passwords["bob"]', "statement": f'is "{SECRET}"'},
        {"Key": "DbPassword", "Value": SECRET},
        {"ParameterKey": "DbPassword", "ParameterValue": SECRET},
    ],
)
def test_a_value_in_an_object_is_masked_by_the_name_beside_it(value: JsonValue) -> None:
    assert SECRET not in str(REDACTOR.redact_json(value))


def test_what_is_found_to_be_secret_once_is_masked_in_all_of_the_text() -> None:
    masked = REDACTOR.redact(f"exit status 4. Output: {SECRET}\ntoken: {SECRET}\nand {SECRET}.")
    assert SECRET not in masked
    assert masked.count("<secret:") == 3
    assert "kubernetes is up" in REDACTOR.redact("password = kubernetes\nkubernetes is up")
