"""Which variables hold a secret by their names: the environment's, and those of a module."""

from __future__ import annotations

import pytest

from planner.wiring import is_secret, redactor_of, secret_values

SECRET = (
    "NPM_TOKEN",
    "TF_TOKEN_app_terraform_io",
    "AWS_SECRET_ACCESS_KEY",
    "FOO_KEY",
    "SSH_PRIVATE_KEY",
    "DB_PASSWORD",
    "PGPASSWORD",
    "DB_PASS",
    "db_password",
    "GH_PAT",
    "GPG_PASSPHRASE",
    "DB_PWD",
    "GRAFANA_AUTH",
)
NOT_SECRET = (
    "PWD",
    "OLDPWD",
    "HOME",
    "AWS_ACCESS_KEY_ID",
    "AWS_REGION",
    "SSH_KEY_FILE",
    "SSH_KEY_PATH",
    "DB_PASSWORD_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "DB_SECRET_ARN",
    "key_name",
    "PATH",
    "SSH_AUTH_SOCK",
    "AUTHOR",
)


@pytest.mark.parametrize("name", SECRET)
def test_a_name_of_a_secret_is_one(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", NOT_SECRET)
def test_a_name_of_a_place_or_of_anything_else_is_none(name: str) -> None:
    assert not is_secret(name)


def test_their_values_are_what_must_not_be_shown() -> None:
    assert secret_values({"FOO_KEY": "one", "FOO_KEY_FILE": "/two", "REGION": "eu"}) == {"one"}


def test_the_headers_of_a_trace_are_secret_as_they_are_written_and_as_they_are_sent() -> None:
    found = secret_values(
        {
            "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Basic%20aHVudGVyMg==, x-tenant = one",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-scope=two,,nothing",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
        }
    )
    assert found == {"Basic%20aHVudGVyMg==", "Basic aHVudGVyMg==", "aHVudGVyMg==", "one", "two"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("CONSUL_HTTP_AUTH", "ada:s3cr3t-of-ada"),
        ("HTTPS_PROXY", "http://ada:s3cr3t-of-ada@proxy.example:3128"),
        ("DATABASE_URL", "postgres://ada:s3cr3t%2Dof%2Dada@db.example/app"),
        ("TF_ENCRYPTION", 'key_provider "pbkdf2" "k" {\n  passphrase = "s3cr3t-of-ada"\n}'),
        ("GIT_CONFIG_VALUE_0", "Authorization: token s3cr3t-of-ada"),
        ("TF_VAR_database", '{"user": "ada", "password": "s3cr3t-of-ada"}'),
    ],
)
def test_what_a_value_of_the_environment_holds_is_masked_alone_too(name: str, said: str) -> None:
    redactor = redactor_of({name: said, "HOME": "/home/ada", "LS_COLORS": "di=01;34:ln=01;36"})
    assert "<secret:" in redactor.redact("the server said s3cr3t-of-ada is wrong")
    assert redactor.redact("ada in /home/ada at db.example") == "ada in /home/ada at db.example"


def test_a_word_that_serves_as_a_password_is_masked_only_where_it_does() -> None:
    redactor = redactor_of({"DATABASE_URL": "postgres://postgres:postgres@localhost/app"})
    assert redactor.redact("postgres is down") == "postgres is down"
    assert "<secret:" in redactor.redact("postgres://postgres:postgres@localhost/app")
