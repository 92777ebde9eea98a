"""Forms in which anybody's secret stands: headers, addresses, command lines, sentences.

A table as that of `published`, with the same rules for its patterns.
"""

from __future__ import annotations

from diagnosis.redaction.names import NAME
from diagnosis.redaction.published import Published


def _quoted(least: int) -> str:
    """A value in quotes of either kind, at least so long; to be followed by one without."""
    return rf"""(?:"([^"\n\x00]{{{least},512}})"|'([^'\n\x00]{{{least},512}})'|"""


_ANY = _quoted(1) + r"""([^\s"'\x00$-][^\s"'\x00]{2,511}))"""
"""A value on a command line, in quotes or not; none that a shell puts in."""


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
        r"[ \t]{0,8}[^\s\x00]{1,128}\s{1,8}password[ \t]{1,8}([^\s\x00]{1,512})",
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
    Published("crypt-hash", ("$2a$", "$2b$", "$2x$", "$2y$"), r"\d\d\$[./A-Za-z0-9]{53}", left=""),
    Published("unix-password-hash", ("$1$", "$5$", "$6$", "$y$", "$apr1$"), "[./A-Za-z0-9=,$]{20,}", left=""),
    Published(
        "password-argument",
        ("sshpass",),
        r"[ \t]{1,8}-p[ \t]{0,8}" + _quoted(1) + r"""([^\s"'\x00]{1,512}))""",
    ),
    Published(
        "curl-user",
        ("-u", "--user"),
        r"""[ \t=]{0,4}["']?[^\s:"'\x00]{1,128}:([^\s"'\x00]{1,512})""",
        left=r"\w-",
        needs=("curl", "wget"),
    ),
    Published(
        "mysql-password",
        ("-p",),
        r"""(?!ort|rotocol|assword|ager|ipe|rint)([^\s"'=\x00-][^\s"'\x00]{3,255})""",
        left=r"\w-",
        needs=("mysql", "mariadb"),
    ),
    Published(
        "login-password",
        ("login ",),
        r"[^\n\x00]{0,200}?[ \t]-p[ \t]{0,4}" + _quoted(3) + r"""([^\s"'\x00-][^\s"'\x00]{2,511}))""",
        left=r"\w",
        needs=(
            *("docker", "podman", "helm", "oras", "nerdctl", "buildah", "skopeo", "crane"),
            *("az login", "oc login"),
        ),
    ),
    Published(
        "redis-password",
        ("-a",),
        r"""[ \t]{1,4}["']?([^\s"'/\x00-][^\s"'\x00]{3,255})""",
        left=r"\w-",
        needs=("redis-cli",),
    ),
    Published(
        "ldap-password",
        ("-w",),
        r"""[ \t]{0,4}["']?([^\s"'\x00-][^\s"'\x00]{3,255})""",
        left=r"\w-",
        needs=("ldapadd", "ldapmodify", "ldapsearch", "ldapdelete", "ldappasswd", "ldapwhoami"),
    ),
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
    Published("secret-of-a-cluster", ("--from-literal",), r"""[ =]["']?[\w.-]{1,128}=""" + _ANY, left="-"),
    Published("secret-on-a-command-line", ("--secret-string", "--secret-value"), "[ =]" + _ANY, left="-"),
    Published(
        "value-on-a-command-line",
        ("--value",),
        "[ =]" + _ANY,
        left="-",
        needs=("keyvault", "securestring", "secret"),
    ),
    Published(
        "echoed-password",
        ("echo ", "printf "),
        r"(?:-n[ ]){0,1}" + _ANY + r"[ \t]{0,4}\|",
        needs=("password-stdin", "with-token", "chpasswd"),
    ),
    Published("vault-login", ("vault login ",), r"(?=[\w.-]{0,60}[0-9])([\w.-]{8,256})"),
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
        r"""([^\s:@/"'\x00]{1,128}+)@(?:tcp|unix)\(""",
        left="",
        needs=("@tcp(", "@unix("),
    ),
    Published(
        "password-in-a-sentence", ("password ", "passphrase "), r"""["']([^"'\n\x00]{3,256})["']""", fold=True
    ),
    Published(
        "long-option",
        ("--",),
        r"(?:[\w-]{0,32}-)?(?:password|passwd|passphrase|pass|token|secret|api-?key|access-?key)[ \t]{1,4}"
        + _quoted(3)
        + r"""(?=[a-z_/.-]{0,60}[A-Z0-9])([^\s"'\x00-][^\s"'\x00]{5,511}))""",
        left="-",
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
)
