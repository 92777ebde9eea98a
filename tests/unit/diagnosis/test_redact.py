"""What the redactor does with one text, and with one JSON value."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, JsonValue

from contracts import (
    approval,
    budget,
    diagnostic,
    hypothesis,
    incident,
    journal,
    remediation,
    run,
    terraform,
    validation,
)
from contracts.base import Contract
from contracts.hypothesis import Category, Source
from contracts.incident import Incident, Stage
from contracts.journal import JournalLine, RunParked
from contracts.ports import Redactor
from contracts.remediation import Credentials
from diagnosis import redact
from diagnosis.redact import SecretRedactor
from diagnosis.redaction.names import is_secret_name
from tests.security.shapes_contexts import visible
from tests.security.shapes_text import Maker

REDACTOR = SecretRedactor(key=b"k")
PEM = "-----BEGIN PRIVATE KEY-----\n" + "QUJD" * 16 + "\n" + "QUJD" * 16 + "\n-----END PRIVATE KEY-----"

MASKED: dict[str, tuple[str, str]] = {
    "a password in HCL": ('password = "hunter2"', 'password = "@"'),
    "one in an escaped text": (r'{"detail":"password = \"hunter2\""}', r'{"detail":"password = \"@\""}'),
    "both values of a change": ('~ token = "one1" -> "two2"', '~ token = "@" -> "@"'),
    "a word in an environment": ("DB_PASSWORD=hunter2 region=eu", "DB_PASSWORD=@ region=eu"),
    "only one parameter of a query": ("https://x/?token=abc123&region=eu", "https://x/?token=@&region=eu"),
    "a value in YAML": ("password: hunter", "password: @"),
    "a value a Go program printed": ("map[password:hunter2 user:x]", "map[password:@ user:x]"),
    "what Terraform says of a variable": ('│ var.db_password is "hunter2"', '│ var.db_password is "@"'),
    "the password in a URL, not the user": ("postgres://app:p#w@db/x", "postgres://app:@@db/x"),
    "a value whose end was cut off": ('{"password": "hunter2 and mo', '{"password": "@'),
    "a whole private key": (f"key:\n{PEM}\nend", "key:\n@\nend"),
    "one without its end": (f"key:\n{PEM[:-28]}\n\nError: no", "key:\n@\n\nError: no"),
    "one in JSON": (json.dumps({"key": PEM}), '{"key": "@"}'),
}
FORMS = (
    "PGPASSWORD=@",
    "terraform apply -var db_password=@",
    "-var='db_password=@'",
    "Server=x;Password=@;Timeout=3",
    "<SecretAccessKey>@</SecretAccessKey>",
    "mysql -uroot -p@ db",
    "app:@\x01tcp(db:3306)/x",
    "environment: [DB_PASSWORD=@ B=c]",
    "TF_TOKEN_app_terraform_io=@",
    '"private_key_pem": "@"',
    "db.password=@",
    "password: |\n  @\nuser: x",
    "password = <<EOT\n@\nEOT",
    'password\n= "@"',
    "$env:PASSWORD = '@'",
    '\\\\\\"password\\\\\\":\\\\\\"@\\\\\\"',
    '"password" => "@"',
    '- name: DB_PASSWORD\n  value: "@"',
    '{"name":"DB_PASSWORD","value":"@"}',
    "https://@\x01host/x.git",
    "password is @",
    'the password "@" is too short',
    "Proxy-Authorization: Basic @",
    "docker login --password @ -u x",
    "docker login -u ci -p @ registry.example.com",
    "az login --service-principal -u a -p '@' --tenant t",
    "helm registry login x -u y -p @",
    "redis-cli -h h -a @ ping",
    "ldapadd -x -D cn=admin -w @ -f x.ldif",
    "Value '@' at 'masterUserPassword' failed to satisfy constraint",
    'The parameter MasterUserPassword "@" is not valid',
)
LEFT_ALONE = {
    "a reference": "password = var.db_password",
    "a reference to a generated one": "password = random_password.db.result",
    "a call": 'private_key = file("key.pem")',
    "a mark of Terraform's": "password = (sensitive value)",
    "another mark": "+ token = (known after apply)",
    "an ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "a sentence": "Error: invalid token: expected a closing brace",
    "a rule": "password must be 8-41 characters",
    "a name of a key": 'key_name = "deployer"',
    "a value of another name": "Value 't9.huge' at 'instanceType' failed to satisfy constraint",
    "a kind of login": "login failed with password authentication",
    "a path beside redis": "ls -a /tmp; redis-cli ping",
    "a certificate": PEM.replace("PRIVATE KEY", "CERTIFICATE"),
    "a lock id": "ID: 0f8fad5b-d9cb-469f-a165-70867728950e",
    "nothing": "",
}


@pytest.mark.parametrize(("text", "expected"), MASKED.values(), ids=MASKED.keys())
def test_a_secret_is_masked_and_its_surroundings_stay(text: str, expected: str) -> None:
    seen = REDACTOR.redact(text)
    parts = expected.replace("@@", "@\x01").split("@")
    rest = seen
    for part in parts[:-1]:
        before = part.replace("\x01", "@")
        assert rest.startswith(before)
        assert rest.removeprefix(before).startswith("<secret:")
        rest = rest[rest.index("<secret:") + len("<secret:3f2a>") :]
    assert rest == parts[-1].replace("\x01", "@")


@pytest.mark.parametrize("form", FORMS)
def test_it_is_masked_in_every_form_that_tools_print(form: str) -> None:
    secret = Maker(form).of("a", 24)
    seen = REDACTOR.redact(form.replace("@", secret).replace("\x01", "@"))
    assert visible(secret, seen) <= 4


@pytest.mark.parametrize("text", LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_what_is_no_secret_stays(text: str) -> None:
    assert REDACTOR.redact(text) == text


def test_a_tag_tells_secrets_apart_and_is_new_with_each_key() -> None:
    one, other = "password=first1", "password=second2"
    assert REDACTOR.redact(one) == REDACTOR.redact(one)
    assert REDACTOR.redact(one) != REDACTOR.redact(other)
    assert REDACTOR.redact(one) != SecretRedactor(key=b"another").redact(one)


def test_one_secret_has_one_tag_however_it_is_written() -> None:
    redactor = SecretRedactor(key=b"k", values=["hunter2/x"])
    tag = redactor.redact("hunter2/x")
    for text in (
        "say hunter2/x",
        'password = "hunter2/x"',
        "?a=hunter2%2Fx&b",
        "aHVudGVyMi94",
        "68756e746572322f78",
    ):
        assert tag in redactor.redact(text)


def test_known_values_are_added_not_replaced_and_short_ones_are_not_looked_for() -> None:
    redactor = SecretRedactor(key=b"k", values=["first-value"]).with_values(["second-value", "eu", ""])
    assert (
        redactor.redact("first-value in eu")
        == REDACTOR.redact("password=first-value").removeprefix("password=") + " in eu"
    )
    assert "second-value" not in redactor.redact("second-value")


def test_a_known_value_within_a_longer_secret_leaves_nothing_of_it() -> None:
    redactor = SecretRedactor(key=b"k", values=["hunter2"])
    seen = redactor.redact("postgres://app:hunter2-and-more@db/x")
    assert seen.startswith("postgres://app:<secret:")
    assert seen.endswith(">@db/x")
    assert "more" not in seen


def test_a_known_value_that_is_part_of_a_tag_does_not_break_tags() -> None:
    redactor = SecretRedactor(key=b"k", values=["secret"])
    once = redactor.redact("password=abc123 is a secret")
    assert redactor.redact(once) == once
    assert once.count("<secret:") == 2


def test_a_flood_of_secrets_is_masked_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_MOST", 3)
    assert REDACTOR.redact("password=a1b2c3 " * 3).count("password") == 3
    assert REDACTOR.redact("password=a1b2c3 " * 4).count("password") == 0


def test_a_layer_that_fails_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> list[tuple[int, int]]:
        raise RecursionError

    monkeypatch.setattr(redact, "key_spans", broken)
    with pytest.raises(RecursionError):
        REDACTOR.redact("some text of the provider's")


JSON: dict[str, tuple[JsonValue, JsonValue]] = {
    "a string under a telling key": ({"password": "correct horse"}, {"password": "@"}),
    "strings in a list under it": ({"tokens": [], "token": ["a b", 1]}, {"tokens": [], "token": ["@", 1]}),
    "the value of an output": (
        {"db_password": {"sensitive": False, "value": "x y", "known": True}},
        {"db_password": {"sensitive": False, "value": "@", "known": True}},
    ),
    "a value beside a telling name": (
        {"kind": "set_variable", "name": "db_password", "value": "x y"},
        {"kind": "set_variable", "name": "db_password", "value": "@"},
    ),
    "what is said of a telling variable": (
        {"traversal": "var.db_password", "statement": 'is "x y"'},
        {"traversal": "var.db_password", "statement": 'is "@"'},
    ),
    "a text that holds one": ([["password=a1b2c3"]], [["password=@"]]),
    "no number, truth or nothing": (
        {"token": 7, "secret": None, "pwd": True},
        {"token": 7, "secret": None, "pwd": True},
    ),
    "no reference and no mark": (
        {"password": "var.db_password", "token": "(sensitive value)"},
        {"password": "var.db_password", "token": "(sensitive value)"},
    ),
}


@pytest.mark.parametrize(("value", "expected"), JSON.values(), ids=JSON.keys())
def test_json_is_masked_in_place(value: JsonValue, expected: JsonValue) -> None:
    seen = REDACTOR.redact_json(value)
    assert _tags_as_at(seen) == expected
    assert REDACTOR.redact_json(seen) == seen


def _tags_as_at(value: JsonValue) -> JsonValue:
    text = json.dumps(value)
    while "<secret:" in text:
        start = text.index("<secret:")
        text = text[:start] + "@" + text[start + len("<secret:3f2a>") :]
    loaded: JsonValue = json.loads(text)
    return loaded


def test_no_key_of_our_own_contracts_makes_its_value_a_secret() -> None:
    modules = (
        approval,
        budget,
        diagnostic,
        hypothesis,
        incident,
        journal,
        remediation,
        run,
        terraform,
        validation,
    )
    kinds = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not Contract
    }
    assert len(kinds) > 40
    assert not {name for kind in kinds for name in kind.model_fields if is_secret_name(name)}


def test_a_journal_line_without_secrets_survives_as_it_is() -> None:
    incident = Incident(
        attempt=1,
        fingerprint="f1:6b1f0c2d9e8a7b6c",
        stage=Stage.APPLY,
        category=Category.AUTH,
        retryable=False,
        root_cause="The token of the role arn:aws:iam::123456789012:role/ci is expired.",
        evidence=(
            "ExpiredToken: the security token is expired, RequestID: 0f8fad5b-d9cb-469f-a165-70867728950e",
        ),
        confidence=0.9,
        source=Source.MODEL,
        model="anthropic:claude-haiku-5-5",
        remediation=Credentials(summary="Renew the credentials."),
    )
    line = JournalLine(
        run_id="20261121-101500-a1b2c3",
        seq=3,
        at=datetime(2026, 11, 21, 10, 15, tzinfo=UTC),
        entry=RunParked(reason="credentials: a person must renew them", incident=incident),
    )
    dumped = line.model_dump(mode="json")
    assert REDACTOR.redact_json(dumped) == dumped
    assert JournalLine.model_validate(REDACTOR.redact_json(dumped)) == line


def test_it_fills_the_role() -> None:
    redactor: Redactor = REDACTOR
    assert redactor.redact("x") == "x"


@pytest.mark.parametrize(
    "said",
    ['a match of ^S, saw "S3creT-of-ours"', '"S3creT-of-ours", saw "x y"', 'a value, saw ["S3creT-of-o…'],
)
def test_what_a_check_saw_of_an_output_with_a_telling_name_is_masked(said: str) -> None:
    check: JsonValue = {"name": "outputs: admin_password", "kind": "outputs", "detail": f"expected {said}"}
    assert "S3creT" not in json.dumps(REDACTOR.redact_json(check))
    other: JsonValue = {"name": "outputs: endpoint", "kind": "outputs", "detail": f"expected {said}"}
    assert REDACTOR.redact_json(other) == other


@pytest.mark.parametrize(
    "name", ["unlock_key", "storage_key", "tls_key", "client_key", "recovery_key", "dbpw"]
)
def test_a_key_that_opens_something_is_secret_by_its_name(name: str) -> None:
    assert is_secret_name(name)
    assert not is_secret_name(f"{name}_name")
