"""Secrets that stand in a place of their own: a line of `.pgpass`, a pair, a seed of one-time codes.

A table as that of `published`, with the same rules for its patterns. No name with a sign stands
right before these. Leaves to `forms` headers and statements, and to `command_lines` commands.
"""

from __future__ import annotations

from diagnosis.redaction.names import NAME
from diagnosis.redaction.published import ANY, Published

_MIXED = r"(?=[^\s\x00]{0,60}[0-9])(?=[^\s\x00]{0,60}[A-Za-z])"
_OF_ALL_KINDS = r"(?-i:(?=[^\s\x00]{0,60}[0-9])(?=[^\s\x00]{0,60}[A-Z])(?=[^\s\x00]{0,60}[a-z]))"
_BELOW = r"[ \t]{0,4}(?:\n[ │|\t]{0,16}){1,3}"
_CODE = r"(?:(?=[a-z-]{0,12}[0-9])[a-z0-9]{4,10}+(?:-[a-z0-9]{4,10}+){1,3}+|[0-9]{6,10}+(?![\w-]))"

LOGINS = (
    Published(
        "line-of-pgpass",
        (":",),
        r"(?:\d{4,5}|\*):(?!\d{1,5}:)[\w.*-]{1,63}:[\w.@*-]{1,63}:((?!/)[^\s\"'<>\x00]{3,512})",
        left=r"\s:/\"'",
        needs=("pgpass", "postgres", "psql", "pg_", "pgbouncer", ":5432:", ":*:"),
    ),
    Published(
        "pair-behind-a-word",
        (
            *("credential", "credentials", "basic auth", "basic-auth", "basic_auth"),
            *("user:pass", "username:pass", "userpass", "username/pass", "user/pass"),
        ),
        r"(?:word)?(?=[\"' \t:=])[\"']?[ \t]{0,4}(?:[:=]|is )?[ \t]{0,4}[\"'(]?(?!arn:|urn:)[\w.@+-]{1,64}:"
        rf"(?!\d{{1,5}}(?:[/\s.,]|\Z)){_MIXED}([^\s\"'/\x00][^\s\"'\x00]{{4,255}})",
        fold=True,
    ),
    Published(
        "pair-of-a-program",
        ("auth=(", "auth = (", "credentials=(", "credentials = (", "creds=(", "creds = ("),
        r"""["'][^"'\n\x00]{1,128}["'],[ ]{0,4}["']([^"'\n\x00]{3,256})["']""",
        left="",
        fold=True,
    ),
    Published(
        "seed-of-one-time-codes",
        ("totp", "hotp", "otp", "mfa", "2fa", "two-factor", "two factor", "authenticator", "base32"),
        r"[^\n\x00]{0,60}?[\s\"':=](?-i:((?:(?=[A-Z]{0,60}[2-7])[A-Z2-7]{16,128}"
        r"|(?=[A-Z -]{0,60}[2-7])[A-Z2-7]{4}(?:[ -][A-Z2-7]{4}){3,15}"
        r"|(?=[a-z -]{0,60}[2-7])[a-z2-7]{4}(?:[ -][a-z2-7]{4}){3,15}))(?![\w/.-]))",
        fold=True,
    ),
    Published(
        "codes-of-a-recovery",
        ("backup code", "recovery code", "scratch code", "emergency code"),
        r"s?[\"']?[^\n:=\x00]{0,40}[:=][\s\[\"'│-]{0,12}"
        rf"({_CODE}(?:[\s,;\"'│-]{{1,12}}{_CODE}){{0,30}}+)",
        fold=True,
    ),
    Published(
        "crypt-in-htpasswd",
        (":",),
        r"((?=[./A-Za-z]{0,12}[0-9])[./A-Za-z0-9]{13})(?=[ \t]{0,16}(?:\n|\Z))",
        left=r"\s:/",
        needs=("htpasswd",),
    ),
    Published("token-of-an-address", ("://",), rf"{_MIXED}([\w.~-]{{16,255}})(?=@)", left=""),
    Published(
        "authorization-without-a-scheme",
        ("authorization",),
        rf"[\"']?[ ]{{0,4}}[:=][ ]{{0,4}}[\"']?{_MIXED}([^\s\"',<>{{}}\x00]{{8,4096}})",
        fold=True,
    ),
    Published("response-of-a-digest", ('response="',), "([0-9a-f]{32,64})"),
    Published(
        "encrypted-value",
        ("ENC[AES256_GCM,data:", "ENC[PKCS7,", "ENC[GPG,", "ENC[KMS,"),
        r"([^\]\s\x00]{4,8192})",
    ),
    Published(  # a value in a diagnostic of Terraform's, in its own JSON
        "statement-of-a-traversal",
        ('"traversal"',),
        rf'[ ]{{0,4}}:[ ]{{0,4}}"[^\n\x00,]{{0,200}}?{NAME}(?:"\])?",\s{{0,16}}'
        r'"statement"[ ]{0,4}:[ ]{0,4}"is "([^"\n\x00]{1,4096})"',
        left="",
        fold=True,
    ),
    Published(
        "value-that-does-not-suit",
        ("suitable for ", "value for ", "value at ", "value of "),
        rf"""(?:child module input variable )?["']?[\w.\[\]-]{{0,80}}?{NAME}["'\]]{{0,2}}"""
        r"""(?:[ ]\([\w.]{1,60}\),|[^\n"'\x00]{0,160}?[ ,](?:got:?|found:?)) ["']([^"'\n\x00]{3,512})["']""",
        fold=True,
    ),
    Published(
        "value-that-a-password-is-set-to",
        ("password ", "passphrase ", "secret ", "token "),
        rf"[^\n\"'=:\x00]{{0,60}}?\b(?:set|changed|reset|updated) to:? [\"'`]?{_MIXED}"
        r"([^\s\"'`<\x00]{6,256})",
        left="",
        fold=True,
    ),
    Published(  # a sentence that ends with it, or says that it follows
        "password-at-the-end-of-a-line",
        ("password", "passphrase", "passwort"),
        rf"\b[^\n\x00]{{0,120}}?:(?:(?:[ \t]{{1,4}}|{_BELOW}){_OF_ALL_KINDS}|{_BELOW}(?=[0-9a-f]{{32}}))"
        r"([^\s\"'<>{}:\x00]{8,256})(?=[ \t]{0,16}(?:\n|\Z))",
        left="",
        fold=True,
    ),
    Published(
        "password-beside-a-user",
        ("--username ", "--user "),
        r"[^\s\x00-][^\s\x00]{0,127} --?pass(?:word)?[ =]" + ANY,
        left="-",
    ),
    Published(
        "bytes-of-a-secret",
        ("password", "secret", "token", "privatekey", "private_key", "passphrase"),
        r"[\"']?[ ]{0,4}[:=]{1,2}[ ]{0,4}(?:\[\](?:uint8|byte))?[\[{(]"
        r"((?:0x[0-9a-f]{1,2}|\d{1,3})(?:[ ,]{1,3}(?:0x[0-9a-f]{1,2}|\d{1,3})){3,4096}+)",
        left="",
        fold=True,
    ),
    Published(
        "password-in-braces",
        ("pwd={", "password={"),
        r"(?![\w.]{1,64}\})((?:[^{}\n\x00]|\}\}){2,256}+)\}",
        left="",
        fold=True,
    ),
)
