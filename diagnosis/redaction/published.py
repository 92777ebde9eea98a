"""What published token formats look like: the table that `diagnosis.redaction.rules` searches by.

A module and not a file of data: every run needs it, and Python keeps it compiled.
Every pattern must be linear: no quantifier over a quantifier, no unbounded run
that can fail after it was read and begin again inside itself.
"""

from __future__ import annotations

from typing import NamedTuple

from diagnosis.redaction.names import NAME


class Published(NamedTuple):
    """A format, by how its secrets begin."""

    name: str
    starts: tuple[str, ...]
    """Literal texts, one of which every match begins with; searched before any pattern."""
    then: str
    """Pattern after it; where it has a group, only the group is the secret, else all of it."""
    left: str = "A-Za-z0-9"
    """Characters that may not stand before the start: a class, without brackets."""
    before: tuple[str, int] | None = None
    """A class, and how many characters of it before the start belong to the secret."""
    needs: tuple[str, ...] = ()
    """Words, one of which must stand in the text, in lower case: for starts that occur everywhere."""
    fold: bool = False
    """The case of letters does not matter; starts are then in lower case."""


def _quoted(least: int) -> str:
    """A value in quotes of either kind, at least so long; to be followed by one without."""
    return rf"""(?:"([^"\n\x00]{{{least},512}})"|'([^'\n\x00]{{{least},512}})'|"""


_ANY = _quoted(1) + r"""([^\s"'\x00$-][^\s"'\x00]{2,511}))"""
"""A value on a command line, in quotes or not; none that a shell puts in."""


PUBLISHED = (
    # --- clouds ---------------------------------------------------------------
    Published("aws-access-key-id", ("AKIA", "ASIA"), "[A-Z2-7]{16}(?![A-Za-z0-9])"),
    Published("aws-session-token", ("IQoJ", "FwoG"), "[A-Za-z0-9+/=]{100,}", left="A-Za-z0-9+/"),
    Published("aws-signature", ("Signature=",), "([0-9a-f]{64})"),
    Published("aws-bedrock-key", ("ABSK",), "[A-Za-z0-9+/]{60,}={0,2}", left="A-Za-z0-9+/"),
    Published("google-api-key", ("AIza",), r"[\w-]{35}"),
    Published("google-oauth-token", ("ya29.",), r"[\w.-]{20,}"),
    Published("google-client-secret", ("GOCSPX-",), r"[\w-]{28}"),
    Published("azure-client-secret", ("Q~",), r"[\w~.-]{31,}", before=(r"[\w~.-]", 4)),
    Published(
        "azure-key-in-connection-string", ("AccountKey=", "SharedAccessKey="), "([A-Za-z0-9+/]{20,}={0,2})"
    ),
    Published("azure-shared-access-signature", ("sig=",), "([A-Za-z0-9+/%=]{40,})"),
    Published("alibaba-access-key-id", ("LTAI",), "[A-Za-z0-9]{12,}"),
    Published("digitalocean-token", ("dop_v1_", "doo_v1_", "dor_v1_"), "[0-9a-f]{64}"),
    Published("yandex-token", ("t1.",), r"[\w-]{20,}={0,2}\.[\w-]{80,}={0,2}"),
    Published("cloudflare-origin-key", ("v1.0-",), "[0-9a-f]{24}-[0-9a-f]{146}"),
    Published("heroku-token", ("HRKU-AA",), r"[\w-]{50,}"),
    # --- code hosts, registries, CI --------------------------------------------
    Published("github-token", ("ghp_", "gho_", "ghs_", "ghr_", "ghu_"), "[A-Za-z0-9]{36,}"),
    Published("github-fine-grained-token", ("github_pat_",), r"\w{70,}"),
    Published(
        "gitlab-token",
        ("glpat-", "glrt-", "gldt-", "glptt-", "glcbt-", "glft-", "glsoat-", "glagent-"),
        r"[\w.-]{20,}",
    ),
    Published("bitbucket-app-password", ("ATBB",), "[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    Published("atlassian-token", ("ATATT3", "ATCTT3"), r"[\w=-]{100,}"),
    Published("npm-token", ("npm_",), "[A-Za-z0-9]{36}"),
    Published("pypi-token", ("pypi-AgE",), r"[\w-]{50,}"),
    Published("rubygems-token", ("rubygems_",), "[0-9a-f]{48}"),
    Published("docker-token", ("dckr_pat_", "dckr_oat_"), r"[\w-]{27,}"),
    Published("circleci-token", ("CCIPAT_", "CCIPRJ_"), "[A-Za-z0-9]{22}_[0-9a-f]{40}"),
    Published("buildkite-token", ("bkua_",), "[0-9a-f]{40}"),
    # --- HashiCorp and infrastructure as code ----------------------------------
    Published("hcp-terraform-token", (".atlasv1.",), r"[\w=-]{60,}", before=("[A-Za-z0-9]", 14)),
    Published("vault-token", ("hvs.", "hvb.", "hvr."), r"[\w-]{24,}"),
    Published(
        "vault-legacy-token",
        ("s.",),
        r"(?=[a-z]{0,23}[A-Z0-9])[A-Za-z0-9]{24}(?![\w.-])",
        left=r"\w./-",
        needs=("vault",),
    ),
    Published("pulumi-token", ("pul-",), "[0-9a-f]{40}"),
    Published("infracost-key", ("ico-",), "[A-Za-z0-9]{32}"),
    # --- language models --------------------------------------------------------
    Published("model-key", ("sk-",), r"(?=[a-z_-]{0,40}[A-Z0-9])[\w-]{32,}", left=r"\w.-"),
    Published("hugging-face-token", ("hf_",), "[A-Za-z0-9]{34}"),
    Published("groq-key", ("gsk_",), "[A-Za-z0-9]{50,}"),
    Published("replicate-token", ("r8_",), "[A-Za-z0-9]{37}"),
    # --- services ----------------------------------------------------------------
    Published("slack-token", ("xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xoxe-", "xapp-"), r"[\w-]{20,}"),
    Published("slack-webhook", ("hooks.slack.com/",), r"(?:services|workflows|triggers)/([\w/-]{20,})"),
    Published(
        "stripe-key", ("sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"), "[A-Za-z0-9+/=]{16,}"
    ),
    Published("twilio-key", ("SK",), r"[0-9a-f]{32}(?![\w+/])", left=r"\w+/=.-"),
    Published("sendgrid-key", ("SG.",), r"[\w-]{22}\.[\w-]{43}"),
    Published("mailgun-key", ("key-",), r"[0-9a-f]{32}(?![\w-])", left=r"\w-"),
    Published(
        "datadog-key",
        ("dd_app_key", "dd_api_key", "dd-application-key", "dd-api-key"),
        r"""["']?[ \t]{0,8}[:=]?[ \t]{0,8}["']?([0-9a-f]{32,40})""",
        fold=True,
    ),
    Published("new-relic-key", ("NRAK-", "NRJS-", "NRII-"), "[A-Za-z0-9]{19,}"),
    Published("grafana-service-account-token", ("glsa_",), "[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}"),
    Published("grafana-cloud-token", ("glc_",), "[A-Za-z0-9+/]{32,}={0,2}"),
    Published("okta-token", ("00",), r"[\w-]{40}(?![\w-])", left=r"\w+/=.-", needs=("okta",)),
    Published("databricks-token", ("dapi",), r"[0-9a-f]{32}(?:-\d)?"),
    Published("sentry-token", ("sntrys_", "sntryu_"), "[A-Za-z0-9+/=_-]{40,}"),
    Published("tailscale-key", ("tskey-",), r"[\w-]{20,}"),
    Published(
        "launchdarkly-key", ("sdk-", "mob-"), "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", left=r"\w-"
    ),
    Published(
        "doppler-token", ("dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."), r"[\w.-]{40,}"
    ),
    Published("1password-service-account-token", ("ops_eyJ",), r"[\w=+/-]{200,}"),
    Published("age-secret-key", ("AGE-SECRET-KEY-1",), "[A-Z0-9]{58}"),
    Published("telegram-bot-token", (":AA",), r"[\w-]{33}", before=("[0-9]", 8)),
    Published("ngrok-token", ("2",), "[A-Za-z0-9]{26}_[A-Za-z0-9]{21}", left=r"\w+/=.-", needs=("ngrok",)),
    Published("square-token", ("EAAA",), r"[\w-]{56,}", left=r"\w+/=.-"),
    Published("planetscale-token", ("pscale_pw_", "pscale_tkn_", "pscale_oauth_"), r"[\w.=-]{32,}"),
    Published("shopify-token", ("shpat_", "shpss_", "shpca_", "shppa_"), "[0-9a-fA-F]{32}"),
    Published("linear-key", ("lin_api_",), "[A-Za-z0-9]{40}"),
    # --- forms that are nobody's own ----------------------------------------------
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
    Published("swarm-token", ("SWMTKN-1-",), "[a-z0-9]{40,60}-[a-z0-9]{20,30}"),
    Published(
        "discord-webhook",
        ("discord.com/api/webhooks/", "discordapp.com/api/webhooks/"),
        r"[0-9]{5,24}/([\w-]{20,128})",
    ),
    Published("teams-webhook", ("webhook.office.com/webhookb2/",), r"([\w@/-]{20,512})"),
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
