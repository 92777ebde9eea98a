"""What a `Secret` of Kubernetes holds is masked by its kind, whatever its keys are called."""

from __future__ import annotations

import json

import pytest
from pydantic import JsonValue

from diagnosis.redact import SecretRedactor

REDACTOR = SecretRedactor(key=b"k")
SECRET = "Vq7rT2mzXw9LpK4d"
MANIFEST = {"apiVersion": "v1", "data": {"dsn": SECRET}, "kind": "Secret", "metadata": {"name": "db-prod1"}}
MASKED = {
    "YAML": "kind: Secret\nmetadata:\n  name: db\ndata:\n  dsn: @\n  user: @\n",
    "YAML whose data stand first": "apiVersion: v1\ndata:\n  dsn: '@'\nkind: Secret\n",
    "a block of lines": "kind: Secret\nstringData:\n  app.yaml: |\n    @\n    @\n  other: x\n",
    "a kind with a comment": "kind: Secret # app\nstringData:\n  foo: @\n",
    "a kind with a tag": "kind: !!str Secret\ndata:\n  foo: @\n",
    "a kind with an anchor": "kind: &k Secret\ndata:\n  foo: @\n",
    "data around a comment": "kind: Secret\nstringData:\n  a: @\n# note\n  foo: @\n",
    "a flow of all of it": "{apiVersion: v1, kind: Secret, stringData: {foo: @, bar: '@'}}",
    "a flow in quotes": 'x {\'stringData\': {foo: "@"}, kind: "Secret"}\nok',
    "a list of secrets": "kind: SecretList\nitems:\n- stringData:\n    foo: @\n- data:\n    foo: @\n",
    "a list whose kind stands last": "items:\n  - type: b\n    data:\n      a: @\nkind: SecretList\n",
    "a list in JSON": '{"kind":"SecretList","items":[{"metadata":{"name":"x"},"stringData":{"foo":"@"}}]}',
    "a list in a flow": "{kind: SecretList, items: [{stringData: {foo: @}}]}",
    "an item of a list": "items:\n- apiVersion: v1\n  data:\n    dsn: @\n  kind: Secret\n",
    "one after a map of settings": "kind: ConfigMap\ndata:\n  a: b1\n---\nkind: Secret\ndata:\n  dsn: @\n",
    "a flow": "kind: Secret\nstringData: {dsn: @, user: '@'}\n",
    "one in a diagnostic's box": "│ kind: Secret\n│ stringData:\n│   dsn: @\n",
    "JSON": '{"kind": "Secret", "stringData": {"dsn": "@"}}',
    "JSON whose data stand first": '{"data":{"dsn":"@"},"kind":"Secret"}',
    "JSON in JSON": '{"a":"{\\"data\\":{\\"dsn\\":\\"@\\"},\\"kind\\":\\"Secret\\"}"}',
    "JSON whose beginning is cut off": 'found in #10 byte of ...|:{"dsn":"@"},"kind":"Secret","meta|...',
    "JSON whose end is cut off": '{"kind":"Secret","data":{"dsn":"@',
    "an annotation": '    last-applied: |\n      {"data":{"dsn":"@"},"kind":"Secret"}\n',
    "a resource in a plan's JSON": '{"type":"kubernetes_secret_v1","change":{"after":{"data":{"dsn":"@"}}}}',
    "a resource": 'resource "kubernetes_secret" "db" {\n  metadata {\n    name = "db"\n  }\n'
    '  data = {\n    dsn = "@"\n  }\n}',
    "a planned resource": '  + resource "kubernetes_secret_v1" "db" {\n      + data = {\n'
    '          + "dsn" = "@"\n        }\n      + type = "Opaque"\n    }',
    "a planned change": '  ~ resource "kubernetes_secret" "db" {\n      ~ data = {\n'
    '          ~ "dsn" = "@" -> "@"\n        }\n    }',
    "a manifest in HCL": 'manifest = {\n  "kind" = "Secret"\n  "data" = {\n    "dsn" = "@"\n  }\n}',
    "the code that a prompt shows": 'resource "kubernetes_secret_v1" "db"\n      "dsn" = "@"\n',
    "a line that a diagnostic shows": 'in resource "kubernetes_secret" "db":\n   7:     dsn = "@"\n',
}
KEPT = (
    "kind: ConfigMap\ndata:\n  region: eu-west-1\n  kind: Secretary\n",
    "kind: Secret\nmetadata:\n  name: db-credentials7\n  labels:\n    app: orders2\ntype: Opaque\n",
    "kind: ConfigMap\ndata:\n  region: eu-west-1\n---\nkind: Secret\nmetadata:\n  name: db7\n",
    '{"kind":"Secret","metadata":{"name":"db-prod1","uid":"0f8fad5b-d9cb-469f-a165-70867728950e"}}',
    '{"items":[{"kind":"ConfigMap","data":{"region":"eu-west-1"}},{"kind":"Secret","metadata":{"name":"b"}}]}',
    (
        'resource "kubernetes_secret" "db" {\n  metadata {\n    name = "db7"\n  }\n'
        "  data = {\n    dsn = var.dsn\n  }\n}"
    ),
    'in resource "kubernetes_secret" "db":\n   3: resource "kubernetes_secret" "db" {\n\nsecrets "db" exists',
    'in resource "kubernetes_secret" "db":\n   4:     name = "db-prod7"\n',
    "kind: ConfigMap # kind: Secret\ndata:\n  region: eu-west-1\n",
    "{kind: ConfigMap, data: {region: eu-west-1}}\n{kind: Secret, metadata: {name: db-prod1}}",
    "kind: SecretList\nitems:\n- metadata:\n    name: db-prod1\n---\nkind: ConfigMap\ndata:\n  host: db2\n",
    "kind: Secret\nmetadata:\n  name: db7\n# data:\nspec:\n  host: db2.internal\n",
    'resource "kubernetes_config_map" "c" {\n  data = {\n    host = "db2.internal"\n  }\n}',
    'secrets "db-credentials-v2" not found: kind: Secret, name: db-credentials-v2',
)


@pytest.mark.parametrize("text", MASKED.values(), ids=MASKED)
def test_its_values_are_masked_in_whatever_it_is_written(text: str) -> None:
    masked = REDACTOR.redact(text.replace("@", SECRET))
    assert SECRET not in masked
    assert masked.count("<secret:") >= text.count("@")
    for around in text.split("@"):
        assert around.strip(" \n") in masked


@pytest.mark.parametrize("text", KEPT)
def test_what_is_said_of_it_and_what_is_no_secret_stay(text: str) -> None:
    assert REDACTOR.redact(text) == text


def test_an_object_is_masked_as_its_text_is() -> None:
    masked = REDACTOR.redact_json(json.loads(json.dumps(MANIFEST)))
    assert isinstance(masked, dict)
    assert SECRET not in json.dumps(masked)
    assert masked["metadata"] == MANIFEST["metadata"]
    resource = {"type": "Opaque", "data": {"dsn": SECRET}, "metadata": [{"name": "db-prod1"}]}
    assert SECRET not in json.dumps(REDACTOR.redact_json(json.loads(json.dumps(resource))))


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "SecretList", "items": [{"data": {"k": SECRET}}]},
        {"type": "kubernetes_secret", "values": {"data": {"k": SECRET}}},
        {"type": "kubernetes_secret_v1", "change": {"after": [{"binary_data": {"k": SECRET}}]}},
    ],
)
def test_data_are_masked_however_deep_below_what_says_that_they_are_secret(
    value: dict[str, JsonValue],
) -> None:
    assert SECRET not in json.dumps(REDACTOR.redact_json(value))
    plain = json.loads(json.dumps(value).replace("SecretList", "List").replace("_secret", "_config_map"))
    assert REDACTOR.redact_json(plain) == plain


@pytest.mark.parametrize(
    ("context", "code"),
    [
        ("x  1: y", "  foo = 1"),
        ("x\n  1: y", "  foo = 1"),
        ("x", "  foo = 1\n  1: bar = 2"),
        ("the password:", "  foo = 1"),
        ("password=a1b2c3d4 " * 20_001, "  foo = 1"),
    ],
)
def test_what_a_snippet_belongs_to_and_its_code_do_not_run_into_each_other(context: str, code: str) -> None:
    masked = REDACTOR.redact_json({"context": context, "code": code})
    assert isinstance(masked, dict)
    assert masked["code"] == code


def test_a_line_of_code_is_masked_by_the_resource_that_a_diagnostic_names_beside_it() -> None:
    snippet = {"context": 'resource "kubernetes_secret" "db"', "code": f'    dsn = "{SECRET}"'}
    masked = REDACTOR.redact_json(json.loads(json.dumps(snippet)))
    assert SECRET not in json.dumps(masked)
    plain = {"context": 'resource "aws_instance" "web"', "code": '  ami = "ami-0abcdef12"'}
    assert REDACTOR.redact_json(json.loads(json.dumps(plain))) == plain
