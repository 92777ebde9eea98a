"""Lines that make a careless pattern read the same characters again and again."""

from __future__ import annotations

LINES: dict[str, str] = {
    "one letter": "a",
    "spaces": " ",
    "backslashes": "\\",
    "quotes": '"',
    "newlines": "\n",
    "escape sequences": "\x1b[31m",
    "unfinished escape sequences": "\x1b]0;",
    "percent escapes": "%41",
    "escaped letters": "\\u0041",
    "beginnings of keys in PEM": "-----BEGIN PRIVATE KEY-----",
    "beginnings and ends of keys": "-----BEGIN PRIVATE KEY-----\\n-----END ",
    "beginnings of a web token": "eyJ",
    "halves of a web token": "eyJhbGciOiJI.",
    "beginnings of urls": "://",
    "urls without an end": "redis://a:",
    "names without a value": "password ",
    "names with a value": "password=x1 ",
    "names in names": "password=",
    "names of names": "password=api_key",
    "names with two signs": "atoken==",
    "names with a colon": "token:",
    "names with a bracket": "password=(sensitive)",
    "names of workspaces": "tf_token_",
    "blocks in blocks": "password: |\n (sensitive ",
    "heredocs in heredocs": "token=<<A\n(sensitive ",
    "quoted names": '"password":"',
    "names and spaces": "secret" + " " * 70,
    "options": "--",
    "short keys": "AKIA",
    "model keys": "sk-",
    "azure keys": "8Q~",
    "tags": "<secret:3f2a>",
    "half tags": "<secret:",
    "digits of okta": "okta00",
    "base64": "IQoJ",
    "signatures": "Signature=",
    "cookies": "cookie:",
    "elements": "<password x=>",
    "texts in base64": "cGFzc3dvcmQ9aGVsbG8xcGFzc3dvcmQ9",
    "beginnings of what is compressed": "H4sIAAAAAAAAA/ ",
    "options of programs": "zip -P -P ",
    "quotes of a shell": "password='(sensitive'\\''",
    "columns": "password  ",
    "entities": "&quot;",
    "marks of a cloud's keys": "AzFu",
    "beginnings of keys of another kind": "---- BEGIN SSH2 PRIVATE KEY ----",
}

NAMES = (
    *("pass", "password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "credential", "psk"),
    *("user_pat", "tf_token_x", "api_key", "app-key", "application_key", "access_key", "secret_key"),
    *("secret_access_key", "private_key", "account_key", "auth_key", "master_key", "encryption_key"),
    *("signing_key", "shared_key", "license_key", "admin_key", "integration_key", "client-key-data"),
    *("connection_string", "sas_url", "password_value", "tokenhash", "secret_b64"),
)
"""Every word that makes a name secret, and some with what may stand behind it."""
SIGNS = (
    "=",
    "==",
    ":",
    ":=",
    "=>",
    " is ",
    '"',
    "'",
    '="',
    "='",
    '":',
    "=(",
    ":[",
    "=.,;",
    ":a.b",
    "]=",
    ">",
    "",
)


def line(name: str, size: int) -> str:
    """`size` characters of one kind."""
    return repeated(LINES[name], size)


def repeated(unit: str, size: int) -> str:
    """`size` characters of the same again and again."""
    return (unit * (size // len(unit) + 1))[:size]
