"""Which names make their value a secret, and which values are none all the same.

Leaves to others: where in a text a name is given a value
(`diagnosis.redaction.assigned`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HINTS = (
    "pass",
    "pw",
    "secret",
    "token",
    "key",
    "pat",
    "psk",
    "cred",
    "connection",
    "sas",
    "hook",
    "community",
    "seed",
    "mnemonic",
    "kennwort",
    "contrase",
    "senha",
    "wachtwoord",
    "парол",
    "密",
    "パスワード",
)
"""One of these is in every secret name."""
_KEYS = (
    *("api", "app", "application", "access", "secret", "secret[_-]?access", "private", "account", "auth"),
    *("master", "encryption", "signing", "shared", "license", "admin", "integration", "subscription"),
    *("fernet", "hmac", "instrumentation", "validation", "decryption", "functions"),
    *("unlock", "storage", "tls", "client", "recovery"),
)
_ALL_WORDS = (
    *(
        "pass(?:wor[dt]|wd|phrase|code)?",
        "pwd",
        "pw(?<![a-z0-9]pw)",
        "bindpw",
        "dbpw",
        "psk",
        "_pat",
        "secret",
        "token",
    ),
    *("credential", "creds", r"tf_token_\w{1,80}+", *(f"{kind}[_-]?key" for kind in _KEYS)),
    *("secret[_-]?key[_-]?base", "snmp[_-]community", "web[_-]?hook[_-]?url", "client[_-]key[_-]data"),
    *("connection[_-]?string", "sas[_-]?url", "user[_-]?pat"),
    *("license key", "product[ _-]?key", "serial[ _-]?key", "seed[_-]?phrase", "mnemonic"),
    *("totp[_-]?seed", "hotp[_-]?seed", "otp[_-]?seed", "mfa[_-]?seed", "2fa[_-]?seed"),
    *("base32[_-]?seed", "base32string[_-]?seed"),
    *(
        "kennwort",
        "mot de passe",
        "contrase[nñ]a",
        "senha",
        "wachtwoord",
        "пароль",
        "密码",
        "密碼",
        "パスワード",
    ),
)


def _by_first_letter(words: Iterable[str]) -> str:
    """A pattern for one of them; in this shape the engine skips all places where none can begin."""
    letters: dict[str, list[str]] = {}
    for word in words:
        letters.setdefault(word[0], []).append(word[1:])
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in letters.items())


_WORDS = _by_first_letter(_ALL_WORDS)
_SUFFIXES = (
    r"(?:[_-]?(?:value|string|text|plain|plaintext|data|hash|b64|base64|pem|openssh|wo|old|new|current|previous))?"
    r"\d{0,3}"
)
NAME = rf"(?:{_WORDS}){_SUFFIXES}"
"""Pattern for the end of a secret name, in lower case; what stands before it does not matter."""
_WHOLE_NAME = re.compile(rf"[\w./-]*{NAME}", re.ASCII)
_NOT_SECRET = re.compile(
    r"[\W_]*"
    r"|\((?:sensitive|known|unknown|hidden|redacted|write-only)\b.*"
    r"|null|true|false|none|nil|undefined|unknown|string|number|bool|any|object|optional|sensitive|redacted|required"
    r"|x+|\d{1,5}|%[a-z]"
    r"|(?-i:\$[A-Z_][A-Z0-9_]*)|\$\{[^{}]*\}|\$?\{\{[^{}]*\}\}|\{\w+\}"  # references of shells and templates
    r"|(?:var|local|data|module|each|count|path|self|output|env|ephemeral|resource)\.[\w.\[\]*\"'-]+"
    r"|(?-i:[a-z][a-z0-9]*_[a-z0-9_]+\.[a-z_][\w-]*(?:\[[^\]]*\])?\.[a-z_]+)"  # type.name.attribute
    r"|arn:aws[\w-]*:.*|(?:alias|projects)/[\w/.-]+",  # where a key lies, not the key
    re.IGNORECASE | re.ASCII | re.DOTALL,
)


def is_secret_name(name: str) -> bool:
    """Whether a value of this name is secret: `db_password` is, `secret_arn` is not."""
    return _WHOLE_NAME.fullmatch(name.lower()) is not None


def is_secret_value(value: str) -> bool:
    """Whether a value with a secret name is one: not only references, types and placeholders."""
    lines = value.strip().split("\n")
    return "\0" not in value and not all(_NOT_SECRET.fullmatch(line.strip()) for line in lines)
