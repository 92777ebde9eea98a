"""Forms in which anybody's secret stands: headers, addresses, statements, settings, sentences.

A table as that of `published`, with the same rules for its patterns. Leaves command
lines to `command_lines`.
"""

from __future__ import annotations

from diagnosis.redaction.names import NAME
from diagnosis.redaction.published import ANY, Published

FORMS = (
    Published("json-web-token", ("eyJ",), r"[\w-]{10,}\.eyJ[\w-]{10,}(?:\.[\w-]{0,})?", left=r"\w-"),
    Published(
        "authorization-header",
        ("authorization",),
        r"""["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?:basic|bearer|token|apikey|splunk)[ \t]{1,4}"""
        r"""([^\s"'\\,<\x00]{6,4096})""",
        fold=True,
    ),
    Published(
        "basic-credentials", ("Basic ", "basic "), "(?=[A-Za-z]{0,40}[0-9=+/])([A-Za-z0-9+/]{11,}={0,2})"
    ),
    Published("bearer-token", ("Bearer ", "bearer "), r"(?=[A-Za-z._-]{0,60}[0-9])([\w~+/.=-]{16,})"),
    Published("password-in-url", ("://",), r"""[^\s/@:"'<\x00]{0,256}:([^\s/"'<>\x00]{1,512})@""", left=""),
    Published(
        "password-in-url-with-slash",
        ("://",),
        r"""[^\s/@:"'<\x00]{0,256}:([^\s@"'<>\x00]{1,128}+)@""",
        left="",
        needs=("postgres", "mysql", "mongodb", "redis", "amqp"),
    ),
    Published("token-in-url", ("://",), r"(?=[A-Za-z_-]{0,60}[0-9])([\w~-]{20,256})@", left=""),
    Published(
        "netrc-password",
        ("login ",),
        r"[ \t]{0,8}[^\s\x00]{1,128}(?:\s{1,8}account\s{1,8}[^\s\x00]{1,128})?"
        r"\s{1,8}password[ \t]{1,8}([^\s\x00]{1,512})",
    ),
    Published(
        "docker-auth", ("auth",), r"""["']?[ \t]{0,16}[:=][ \t]{0,16}["']([A-Za-z0-9+/]{12,}={0,2})["']"""
    ),
    Published(
        "cookie",
        ("cookie:", 'cookie": "', 'cookie":"'),
        r"""[ \t]{0,8}([^\s"'<=\x00][^\n"'<\x00]{5,4096})""",
        fold=True,
    ),
    Published(
        "password-hash",
        (
            "$argon2",
            "$P$",
            "$H$",
            "$7$",
            "$8$",
            "$9$",
            "$A$",
            "pbkdf2_sha",
            "{SSHA",
            "{SHA",
            "{PBKDF2",
            "{CRYPT}",
        ),
        r"[\w${}=,.+/-]{16,}",
        left="",
    ),
    Published("scram-secret", ("SCRAM-SHA-",), r"\d{1,3}\$\d{1,8}:([A-Za-z0-9+/=$:]{40,})"),
    Published("crypt-hash", ("$2a$", "$2b$", "$2x$", "$2y$"), r"\d\d\$[./A-Za-z0-9]{53}", left=""),
    Published("unix-password-hash", ("$1$", "$5$", "$6$", "$y$", "$apr1$"), "[./A-Za-z0-9=,$]{20,}", left=""),
    Published(
        "value-of-a-password",
        ("value '",),
        r"([^'\n\x00]{3,256})' at '[\w.]{0,60}(?:[Pp]assword|[Ss]ecret|[Tt]oken)\w{0,20}'",
        fold=True,
    ),
    Published(  # what providers say of a value that does not fit
        "value-that-was-not-expected",
        ("expected ", "attribute "),
        rf"""(?:length of )?["']?[\w.\[\]-]{{0,80}}?{NAME}["']? (?:to|value|string|must)\b"""
        r"""[^\n\x00]{1,300}?, got:? (?!\d{1,3}\b)["']?([^\n"'\x00]{3,512})""",
        fold=True,
    ),
    Published(
        "value-that-must-be-another",
        ("password", "passphrase", "secret", "token"),
        r"""\w{0,20}["']?:? (?:must|cannot|should|can only|may only|is not)\b[^\n"'\x00]{1,200}"""
        r"""(?:: |, got:? )["']([^"'\n\x00]{3,256})["']""",
        fold=True,
        left="",
    ),
    Published(
        "value-of-a-secret-attribute",
        ("value ",),
        r"""["']([^"'\n\x00]{3,256})["'] (?:for|of|in) (?:(?:the|attribute|argument|parameter|field) ){0,2}"""
        rf"""["']?[\w.]{{0,80}}?{NAME}(?![\w-])""",
        fold=True,
    ),
    Published(
        "unseal-key",
        ("unseal key", "recovery key"),
        r"""(?: \d{1,2}|s?)["']?[ \t]{0,8}[:=][ \t]{0,8}["']?([A-Za-z0-9+/]{32,128}={0,2})""",
        fold=True,
    ),
    Published(
        "quoted-after-a-password-key", ('Password "', "Password '"), r"""([^"'\n\x00]{4,256})["']""", left=""
    ),
    Published(
        "password-without-quotes",
        ("with password ", "using password "),
        r"""(?=[^\s"'<\x00]{0,80}[0-9])([^\s"'<\x00]{6,256})""",
        fold=True,
    ),
    Published(
        "password-in-go-dsn",
        (":",),
        r"""([^\s:@/"'\x00]{1,128}+)@(?:tcp|unix)?\(""",
        left="",
        needs=("@tcp(", "@unix(", "@("),
    ),
    Published(
        "password-in-a-sentence", ("password ", "passphrase "), r"""["']([^"'\n\x00]{3,256})["']""", fold=True
    ),
    Published(
        "generated-password",
        ("result",),
        r'"?[ \t]{0,64}[=:][ \t]{0,64}"((?!random_)[^"\s\x00]{4,512})"',
        needs=("random_password",),
    ),
    Published(
        "private-key-in-base64",
        ("LS0tLS1CRUdJTi",),
        "(?!BDRVJUSUZJ|BQVUJMSUMg|BUUlVTVEVEI)[A-Za-z0-9+/]{24,}={0,2}",
    ),
    Published(
        "cosmos-key",
        (
            *("primary_key", "secondary_key", "primary_access_key", "secondary_access_key"),
            *("primarykey", "secondarykey"),
        ),
        r'"?[ \t]{0,64}[=:][ \t]{0,64}"([A-Za-z0-9+/]{40,}={0,2})"',
        left="",
        fold=True,
    ),
    Published(  # statements of SQL
        "identified-by",
        ("create user ", "alter user ", "create role ", "alter role ", "grant "),
        r"[^\n\x00]{0,300}?\bidentified (?:by|with [\w`]{1,64} (?:by|as)) (?:password )?" + ANY,
        fold=True,
    ),
    Published(  # settings that put a blank between a name and its value
        "setting-of-a-device",
        ("password ", "secret ", "key-string ", "key "),
        r"""(?:[05-9]|10|ENC|encrypted|sha512) (?=[\w$+/]{0,60}[0-9])["']?([^\s"'\x00]{6,512})""",
        left=r"\w",
    ),
    Published(
        "secret-of-a-device",
        (
            *(
                "requirepass ",
                "masterauth ",
                "snmp-server community ",
                "set psksecret ",
                "tacacs-server key ",
            ),
            *("radius-server key ", ": psk ", 'psk "'),
        ),
        r"""["']?(?=[^\s"'\x00]{0,60}[0-9])([^\s"'\x00]{6,512})""",
        fold=True,
    ),
    Published("user-of-redis", ("ACL SETUSER ",), r"[^\n\x00]{0,200}?[ ]>([^\s\x00]{3,256})"),
    Published(
        "login-of-redis",
        ("AUTH ",),
        r"[\w-]{1,64} (?=[^\s\x00]{0,60}[0-9])([^\s\x00]{8,256})",
        needs=("redis",),
    ),
    Published("npm-login", ("_auth",), r"[ ]{0,4}=[ ]{0,4}([A-Za-z0-9+/]{8,}={0,2})", left="A-Za-z0-9_"),
    Published(
        "gossip-key", ("encrypt",), r'''["']?[ ]{0,8}[=:][ ]{0,8}"([A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{43}=)"'''
    ),
    Published("app-key-of-laravel", ("base64:",), "[A-Za-z0-9+/]{43}="),
    Published(
        "virtualisation-ticket", ("PVE:",), r"[\w.-]{1,64}@\w{1,32}:[0-9A-F]{4,8}::([A-Za-z0-9+/=]{40,})"
    ),
    Published(
        "key-in-json",
        ('"d"', '"k"', '"p"', '"q"', '"dp"', '"dq"', '"qi"'),
        r'[ ]{0,2}:[ ]{0,2}"([\w-]{20,})"',
        left="",
        needs=('"kty"',),
    ),
    Published(
        "key-store",
        ("MII",),
        "[A-Za-z0-9+/]{200,}={0,2}",
        left=r"\w+/=",
        needs=("pfx", "p12", "pkcs12", "certificate_base64"),
    ),
    Published(
        "approle-secret",
        ("secret_id",),
        r"""["']?[ ]{0,4}[=:][ ]{0,4}["']?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})""",
    ),
    Published(
        "secret-in-a-query",
        ("?key=", "&key=", "?auth=", "&auth=", "?code=", "&code=", "~hmac=", "?signature=", "&signature="),
        r"(?=[A-Za-z_~%+-]{0,60}[0-9])([\w~+%=-]{16,2048})",
        left="",
        fold=True,
    ),
    Published("signature-in-a-query", ("Signature=",), r"(?=[A-Za-z_~%+-]{0,60}[0-9])([\w~+/%=-]{24,2048})"),
    Published(
        "mask-of-a-pipeline", ("::add-mask::", "issecret=true]"), r"([^\n\x00]{3,512})", left="", fold=True
    ),
    Published(  # what prints columns, or a table
        "value-in-a-column",
        ("password", "passwd", "secret", "token", "secret_key", "secret_id", "private_key", "access_key"),
        r"(?:\t{1,8}|[ ]{2,80}|[ ]{1,80}\|[ ]{1,8})(?=[^\s\x00]{0,80}[0-9])"
        r"([^\s\"'<=|:()\x00][^\s\"'<|\x00]{5,511})(?=[ \t]{0,80}(?:[\n|]|\Z))",
        left="",
    ),
    Published(
        "password-in-brackets",
        ("password [", "passphrase [", "password <", "token [", "secret ["),
        r"(?=[^\s\]>\x00]{0,80}[0-9])([^\s\[\]<>,\x00]{6,256})[\]>]",
        fold=True,
        left="",
    ),
)
