"""Which variables hold a secret by their names: the environment's, and those of a module."""

from __future__ import annotations

import pytest

from planner.wiring import is_secret, secret_values

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
