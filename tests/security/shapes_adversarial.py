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
}


def line(name: str, size: int) -> str:
    """`size` characters of one kind."""
    unit = LINES[name]
    return (unit * (size // len(unit) + 1))[:size]
