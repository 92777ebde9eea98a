"""Secrets that are known are masked in whatever pieces and forms they are printed."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from pydantic import JsonValue

from contracts import incident
from diagnosis.redact import SecretRedactor
from tests.security.shapes_text import Maker

LINES = ("first-part-Qa81Zx", "second-part-Ws92Cd", "correct horse battery staple", "p4$$w?rd")
SECRET = "\n".join(LINES)
KEY = Maker("a key of a service account").of("a", 64)
ACCOUNT = json.dumps(
    {
        "type": "service_account",
        "project_id": "network-prod-1234",
        "private_key_id": "9f8c2e7a61b04d5398aa71c2d3e4f506",
        "private_key": f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n",
        "client_email": "deployer@network-prod-1234.iam.gserviceaccount.com",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
    },
    indent=2,
)
KUBECONFIG = f"""apiVersion: v1
kind: Config
clusters:
- cluster:
    insecure-skip-tls-verify: true
    server: https://kubernetes.example.com:6443
  name: production
contexts:
- context:
    user: administrator
users:
- name: administrator
  user:
    id-data: {KEY}
"""
ORDINARY = (
    *("{", "}", "apiVersion: v1", "kind: Config", "clusters:", "- cluster:", "  name: production"),
    *("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "insecure-skip-tls-verify: true"),
    *('"type": "service_account",', "project_id = network-prod-1234", "user: administrator"),
    *("https://accounts.google.com/o/oauth2/auth", "https://kubernetes.example.com:6443", "- context:"),
    "https://www.googleapis.com/oauth2/v1/certs",
)


def knowing(*values: str) -> SecretRedactor:
    return SecretRedactor(key=b"k", values=values)


@pytest.mark.parametrize("before", ["remote: ", "│ ", "module.x (local-exec): ", "> \t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_secret_of_several_lines_is_masked_line_by_line(before: str, ending: str) -> None:
    redactor = knowing(SECRET.replace("\n", ending))
    for line in LINES:
        assert line not in redactor.redact(f"{before}{line}")
    seen = redactor.redact("".join(f"{before}{line}\n" for line in LINES))
    assert not [line for line in LINES if line in seen]


def test_a_line_of_it_has_the_tag_of_the_whole() -> None:
    redactor = knowing(SECRET)
    assert redactor.redact(LINES[1]) == redactor.redact(SECRET)


@pytest.mark.parametrize("document", [ACCOUNT, KUBECONFIG, f"-----BEGIN CERTIFICATE-----\n{KEY}"])
def test_of_a_known_document_only_what_is_no_ordinary_word_is_masked(document: str) -> None:
    redactor = knowing(document)
    assert KEY not in redactor.redact(f"remote: {KEY}")
    assert KEY not in redactor.redact(f"remote:     id-data: {KEY}")
    for line in ORDINARY:
        assert redactor.redact(line) == line
        assert redactor.redact(f"remote: {line}") == f"remote: {line}"


def test_a_line_that_names_its_value_gives_away_neither() -> None:
    identifier = "9f8c2e7a61b04d5398aa71c2d3e4f506"
    redactor = knowing(ACCOUNT)
    for text in (identifier, f'  "private_key_id": "{identifier}",', json.dumps(f'"{identifier}"')):
        assert identifier not in redactor.redact(text)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\n│ "])
def test_a_secret_that_is_broken_by_an_end_of_line_is_masked(ending: str) -> None:
    secret = "hunter2/Qa81Zx"
    redactor = knowing(secret)
    for at in range(1, len(secret)):
        seen = redactor.redact(f"say {secret[:at]}{ending}{secret[at:]} now")
        assert seen.startswith("say <secret:")
        assert seen.endswith("> now")
    seen = redactor.redact(f"say {ending.join(secret)} now")
    assert seen.startswith("say <secret:")
    assert seen.endswith("> now")


def test_one_of_several_lines_is_found_with_other_ends_of_lines() -> None:
    redactor = knowing("ab12\ncd34\n")
    for text in ("ab12\r\ncd34", "ab12cd34", "ab12\rcd34"):
        assert redactor.redact(text).startswith("<secret:")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "HUNTER2/QA81ZX",
            "hunter2/qa81zx",
            "\\150\\165\\156\\164\\145\\162\\062\\057\\121\\141\\070\\061\\132\\170",
        ),
        *(
            r"\x68\x75\x6e\x74\x65\x72\x32\x2f\x51\x61\x38\x31\x5a\x78",
            "".join(f"&#{ord(c)};" for c in "hunter2/Qa81Zx"),
        ),
        *(
            "".join(f"&#x{ord(c):x};" for c in "hunter2/Qa81Zx"),
            b"hunter2/Qa81Zx".hex(":"),
            b"hunter2/Qa81Zx".hex(":").upper(),
        ),
    ],
)
def test_it_is_masked_in_another_case_and_in_escapes_of_every_letter(text: str) -> None:
    redactor = knowing("hunter2/Qa81Zx")
    assert redactor.redact(f"say {text} now") == f"say {redactor.redact('hunter2/Qa81Zx')} now"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


TWICE = {
    "reversed": "hunter2/Qa81Zx"[::-1],
    "base32": base64.b32encode(b"hunter2/Qa81Zx").decode(),
    "base32 in small letters without padding": base64.b32encode(b"hunter2/Qa81Zx")
    .decode()
    .lower()
    .rstrip("="),
    "base64 of UTF-16": base64.b64encode("hunter2/Qa81Zx".encode("utf-16-le")).decode(),
    "base64 of base64": _encoded(_encoded("hunter2/Qa81Zx")),
    "base64 of base64 of more": _encoded(f'{{"auth":"{_encoded("bob:hunter2/Qa81Zx")}"}}'),
    "base64 in a URL": quote(_encoded("bob:hunter2/Qa81Zx?>"), safe=""),
    "a URL's form in a URL": quote(quote("hunter2/Qa81Zx", safe=""), safe=""),
    "base64 of hex": _encoded(f"id {b'hunter2/Qa81Zx'.hex()}"),
    "hex of base64": _encoded("hunter2/Qa81Zx").encode().hex(),
}


@pytest.mark.parametrize("text", TWICE.values(), ids=TWICE)
def test_it_is_masked_where_it_was_encoded_twice_or_turned_round(text: str) -> None:
    masked = knowing("hunter2/Qa81Zx").redact(f"say {text} now")
    assert "<secret:" in masked
    kept = masked.removeprefix("say ").removesuffix(" now").partition("<secret:")
    assert len(kept[0]) + len(kept[2].partition(">")[2]) <= len(text) - len("hunter2/Qa81Zx")


def test_a_number_that_is_known_is_masked_where_a_value_stands_and_nowhere_else() -> None:
    redactor = knowing("0048392012", "12345")
    tag = redactor.redact("0048392012")
    seen = redactor.redact_json({"outputs": {"pin": {"value": [48392012, 12345]}}, "tokens": 48392012})
    assert seen == {"outputs": {"pin": {"value": [tag, 12345]}}, "tokens": 48392012}
    assert redactor.redact_json({"equals": 48392012.0}) == {"equals": tag}


def test_a_number_without_its_zeros_is_known_where_no_digit_stands_beside_it() -> None:
    redactor = knowing("0048392012")
    assert redactor.redact("saw 48392012.") == f"saw {redactor.redact('0048392012')}."
    assert redactor.redact("at 1483920127") == "at 1483920127"


def test_a_short_one_is_not_looked_for_in_another_case() -> None:
    assert knowing("Production").redact("production") == "production"


def test_a_key_that_holds_a_known_secret_is_masked() -> None:
    redactor = knowing("hunter2/Qa81Zx")
    tag = redactor.redact("hunter2/Qa81Zx")
    assert redactor.redact_json({"m": [{"a-hunter2/Qa81Zx": 1, "password": "x y z"}]}) == {
        "m": [{f"a-{tag}": 1, "password": redactor.redact_json({"password": "x y z"})["password"]}]  # type: ignore[index,call-overload]
    }
    assert redactor.redact_json({"token": {"hunter2/Qa81Zx": 1}}) == {"token": {tag: 1}}


def test_keys_that_become_the_same_do_not_swallow_one_another() -> None:
    redactor = knowing("hunter2/Qa81Zx")
    tag = redactor.redact("hunter2/Qa81Zx")
    value: JsonValue = {"hunter2/Qa81Zx": 1, "HUNTER2/QA81ZX": 2, "b": 3, tag: 4}
    seen = redactor.redact_json(value)
    assert seen == {"b": 3, tag: 4, f"{tag} (2)": 1, f"{tag} (3)": 2}
    assert redactor.redact_json(seen) == seen


def test_a_key_that_only_looks_like_a_secret_stays_and_so_do_our_own() -> None:
    assert "root_cause" in incident.Incident.model_fields
    value: JsonValue = {"ghp_" + "a1" * 20: 1, "root_cause": 2}
    assert knowing("root_cause").redact_json(value) == value


@pytest.mark.parametrize(
    "text", ["Tr1-Qw9-Canary-Zx8", "tr1_Qw9_canary_Zx8", "tr1Qw9canaryZx8"], ids=["title", "joined", "bare"]
)
def test_it_is_masked_where_a_function_wrote_it_otherwise(text: str) -> None:
    assert knowing("tr1-Qw9-canary-Zx8").redact(f"say {text} now").startswith("say <secret:")


def test_its_beginning_is_masked_where_it_was_cut() -> None:
    secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLEKEY9"
    redactor = knowing(secret)
    tag = redactor.redact(secret)
    for end in range(len(secret) // 2, len(secret)):
        assert redactor.redact(f"say {secret[:end]}… now") == f"say {tag}… now"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("/home/ci/work2/A1b2C3/creds", "/home/ci/work2/A1b2C3/main.tf"),
        ("my-company-prod-passphrase", "my-company-prod-vpc"),
        ("arn:aws:kms:eu-west-1:123456789012:key/A1b2C3d4", "arn:aws:kms:eu-west-1:123456789012:key/x"),
    ],
    ids=["a path", "a name", "an ARN"],
)
def test_what_others_begin_with_too_stays(value: str, text: str) -> None:
    assert knowing(value).redact(text) == text
