r"""The 121 shapes a secret has, as (secret, carrier) made from a seed.

A carrier is a line or a few as Terraform, a provider or a tool prints them; in
a shape, `@` is the secret and \x01 an at sign. No value is kept anywhere: only its shape and its seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

from tests.security.shapes_text import Maker

Shape = Callable[[Maker], tuple[str, str]]
"""A maker to (what must not be seen, the text that holds it)."""


def _in(carrier: str, *parts: tuple[str, int] | str) -> Shape:
    """A shape: `carrier` with the secret at `@`; parts are literals or (alphabet, count)."""

    def make(maker: Maker) -> tuple[str, str]:
        secret = "".join(part if isinstance(part, str) else maker.of(*part) for part in parts)
        return secret, carrier.replace("@", secret)

    return make


def _pem(kind: str, *, lines: int = 12, headers: str = "", escaped: bool = False) -> Shape:
    """A private key; the secret is its body."""

    def make(maker: Maker) -> tuple[str, str]:
        body = "\n".join([*(maker.of("b", 64) for _ in range(lines)), maker.of("b", 30) + "=="])
        block = f"-----BEGIN {kind}-----\n{headers}{body}\n-----END {kind}-----\n"
        if escaped:
            account = {"type": "service_account", "private_key": block, "client_email": "a@b.example"}
            return body, json.dumps(account)
        return body, f"private_key = <<EOT\n{block}EOT"

    return make


def _uuid(carrier: str) -> Shape:
    def make(maker: Maker) -> tuple[str, str]:
        secret = maker.uuid()
        return secret, carrier.replace("@", secret)

    return make


def _encoded(carrier: str, *parts: tuple[str, int] | str) -> Shape:
    """As `_in`, but the secret stands there in base64."""
    plain = _in("@", *parts)

    def make(maker: Maker) -> tuple[str, str]:
        secret = maker.encoded(plain(maker)[0])
        return secret, carrier.replace("@", secret)

    return make


def _padded(carrier: str, size: int) -> Shape:
    """As `_in`: base64 of so many random bytes."""

    def make(maker: Maker) -> tuple[str, str]:
        secret = maker.b64(size)
        return secret, carrier.replace("@", secret)

    return make


def _sas(maker: Maker) -> tuple[str, str]:
    secret = quote(maker.b64(32), safe="")
    return (
        secret,
        f"https://acct.blob.core.windows.net/c/b?sv=2024-11-04&sr=b&sp=r&sig={secret}&se=2026-01-01",
    )


def _passphrase(maker: Maker) -> tuple[str, str]:
    secret = maker.words(5)
    return secret, f'  passphrase = "{secret}"'


def _htpasswd(maker: Maker) -> tuple[str, str]:
    secret = maker.of("a", 53)
    return secret, f"admin:$2y$10${secret}"


def _webhook(maker: Maker) -> tuple[str, str]:
    secret = maker.of("a", 24)
    return secret, f"https://hooks.slack.com/services/T{maker.of('A', 10)}/B{maker.of('A', 10)}/{secret}"


def _jwt(carrier: str) -> Shape:
    def make(maker: Maker) -> tuple[str, str]:
        head = maker.encoded('{"alg":"RS256"}').rstrip("=")
        body = maker.encoded('{"sub":"' + maker.of("a", 40) + '"}').rstrip("=")
        secret = f"{head}.{body}.{maker.of('u', 86)}"
        return secret, carrier.replace("@", secret)

    return make


CLOUD: dict[str, Shape] = {
    "aws access key id": _in('  access_key = "@"', "AKIA", ("2", 16)),
    "aws temporary access key id": _in("The key @ is not valid", "ASIA", ("2", 16)),
    "aws secret key in HCL": _in('  secret_key = "@"', ("b", 40)),
    "aws secret key in an environment": _in("AWS_SECRET_ACCESS_KEY=@", ("b", 40)),
    "aws session token": _in('aws_session_token = "@"', "IQoJ", ("b", 320)),
    "aws signature in a header": _in(
        "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=@",
        ("h", 64),
    ),
    "aws presigned url": _in(
        "https://b.s3.amazonaws.com/k?X-Amz-Expires=900&X-Amz-Signature=@&X-Amz-SignedHeaders=host", ("h", 64)
    ),
    "aws bedrock key": _in("bedrock rejected @", "ABSK", ("b", 128)),
    "google api key": _in('key "@" is restricted', "AIza", ("u", 35)),
    "google service account": _pem("PRIVATE KEY", escaped=True),
    "google oauth token": _in("oauth token @ has expired", "ya29.", ("u", 140)),
    "google client secret": _in("got @ from the console", "GOCSPX-", ("u", 28)),
    "azure client secret": _in("AADSTS7000215: invalid @ provided", ("a", 3), "8Q~", ("u", 34)),
    "azure storage key": _in(
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=@;EndpointSuffix=core", ("b", 86), "=="
    ),
    "azure shared access signature": _sas,
    "azure cosmos key": _in(
        "AccountEndpoint=https://x.documents.azure.com:443/;AccountKey=@;", ("b", 86), "=="
    ),
    "azure service bus key": _in(
        "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=@", ("b", 43), "="
    ),
    "azure devops token": _in('personal_access_token = "@"', ("l", 52)),
    "alibaba access key id": _in("InvalidAccessKeyId @ not found", "LTAI", ("a", 20)),
    "digitalocean token": _in("unable to authenticate with @", "dop_v1_", ("h", 64)),
    "yandex iam token": _in("iam @ rejected", "t1.", ("u", 40), ".", ("u", 86)),
    "cloudflare token": _in('  api_token = "@"', ("u", 40)),
    "cloudflare global key": _in('  api_key = "@"', ("h", 37)),
    "cloudflare origin key": _in("origin @ refused", "v1.0-", ("h", 24), "-", ("h", 146)),
    "linode token": _in("LINODE_TOKEN=@", ("h", 64)),
    "heroku token": _in("heroku says @ is revoked", "HRKU-AA", ("u", 58)),
}
CODE: dict[str, Shape] = {
    "github personal token": _in("git::https://oauth2:@\x01github.com/x/y", "ghp_", ("a", 36)),
    "github oauth token": _in("with @ in it", "gho_", ("a", 36)),
    "github server token": _in("with @ in it", "ghs_", ("a", 36)),
    "github refresh token": _in("with @ in it", "ghr_", ("a", 36)),
    "github fine-grained token": _in("with @ in it", "github_pat_", ("a", 22), "_", ("a", 59)),
    "gitlab personal token": _in("with @ in it", "glpat-", ("u", 20)),
    "gitlab runner token": _in("with @ in it", "glrt-", ("u", 20)),
    "gitlab deploy token": _in("with @ in it", "gldt-", ("u", 20)),
    "gitlab trigger token": _in("with @ in it", "glptt-", ("h", 40)),
    "gitlab job token": _in("with @ in it", "glcbt-", ("a", 2), "_", ("u", 20)),
    "bitbucket app password": _in("with @ in it", "ATBB", ("a", 32)),
    "atlassian token": _in("with @ in it", "ATATT3", ("u", 186)),
    "npm token": _in("with @ in it", "npm_", ("l", 36)),
    "pypi token": _in("with @ in it", "pypi-AgEIcHlwaS5vcmc", ("u", 70)),
    "rubygems token": _in("with @ in it", "rubygems_", ("h", 48)),
    "docker hub token": _in("with @ in it", "dckr_pat_", ("u", 27)),
    "circleci token": _in("with @ in it", "CCIPAT_", ("a", 22), "_", ("h", 40)),
    "buildkite token": _in("with @ in it", "bkua_", ("h", 40)),
    "npmrc token": _in("//registry.example/:_authToken=@", ("u", 44)),
    "hcp terraform token": _in('  token = "@"', ("a", 14), ".atlasv1.", ("u", 67)),
    "vault service token": _in("permission denied for @", "hvs.", ("u", 95)),
    "vault batch token": _in("permission denied for @", "hvb.", ("u", 140)),
    "vault legacy token": _in("vault login with @ failed", "s.", ("a", 24)),
    "consul token": _uuid("CONSUL_HTTP_TOKEN=@"),
    "nomad token": _uuid("NOMAD_TOKEN=@"),
    "pulumi token": _in("with @ in it", "pul-", ("h", 40)),
    "infracost key": _in("with @ in it", "ico-", ("a", 32)),
    "spacelift secret": _in("SPACELIFT_API_KEY_SECRET=@", ("h", 64)),
    "anthropic key": _in("invalid x-api-key @", "sk-ant-api03-", ("u", 93), "AA"),
    "anthropic admin key": _in("with @ in it", "sk-ant-admin01-", ("u", 93), "AA"),
    "openai project key": _in("Incorrect API key provided: @", "sk-proj-", ("u", 74), "T3BlbkFJ", ("u", 74)),
    "openai key": _in("Incorrect API key provided: @", "sk-", ("a", 20), "T3BlbkFJ", ("a", 20)),
    "hugging face token": _in("with @ in it", "hf_", ("L", 34)),
    "openrouter key": _in("with @ in it", "sk-or-v1-", ("h", 64)),
    "groq key": _in("with @ in it", "gsk_", ("a", 52)),
    "replicate token": _in("with @ in it", "r8_", ("a", 37)),
}
SERVICES: dict[str, Shape] = {
    "slack bot token": _in("with @ in it", "xoxb-", ("d", 12), "-", ("d", 12), "-", ("a", 24)),
    "slack app token": _in("with @ in it", "xapp-1-A", ("A", 10), "-", ("d", 13), "-", ("h", 64)),
    "slack webhook": _webhook,
    "stripe secret key": _in("with @ in it", "sk_live_", ("a", 24)),
    "stripe restricted key": _in("with @ in it", "rk_live_", ("a", 24)),
    "twilio key": _in("twilio: @ not authorized", "SK", ("h", 32)),
    "sendgrid key": _in("with @ in it", "SG.", ("u", 22), ".", ("u", 43)),
    "mailgun key": _in("mailgun said no to @", "key-", ("h", 32)),
    "datadog application key": _in('  app_key = "@"', ("h", 40)),
    "datadog api key": _in("DD_API_KEY=@", ("h", 32)),
    "new relic key": _in("with @ in it", "NRAK-", ("A", 27)),
    "grafana service account": _in("with @ in it", "glsa_", ("a", 32), "_", ("h", 8)),
    "grafana cloud token": _encoded("with glc_@ in it", '{"o":"', ("d", 6), '","k":"', ("a", 40), '"}'),
    "okta token": _in("okta client: 401 for @", "00", ("u", 40)),
    "databricks token": _in("with @ in it", "dapi", ("h", 32)),
    "sentry token": _in("with @ in it", "sntrys_", ("b", 120), "_", ("b", 43)),
    "tailscale key": _in("with @ in it", "tskey-auth-", ("a", 12), "CNTRL-", ("a", 32)),
    "launchdarkly key": _uuid("with sdk-@ in it"),
    "doppler token": _in("with @ in it", "dp.pt.", ("a", 43)),
    "1password token": _in("with @ in it", "ops_eyJ", ("b", 260)),
    "age secret key": _in("with @ in it", "AGE-SECRET-KEY-1", ("A", 58)),
    "telegram token": _in("https://api.telegram.org/bot@/getMe", ("d", 10), ":AA", ("u", 33)),
    "pagerduty token": _in('PAGERDUTY_TOKEN="@"', "u+", ("a", 18)),
    "auth0 client secret": _in('  client_secret = "@"', ("u", 64)),
    "snowflake password": _in("SNOWFLAKE_PASSWORD=@", ("a", 14)),
    "ngrok token": _in("ngrok config add-authtoken @", "2", ("a", 26), "_", ("a", 21)),
    "fastly key": _in("FASTLY_API_KEY=@", ("u", 32)),
    "square token": _in("SQUARE_ACCESS_TOKEN=@", "EAAAl", ("u", 59)),
    "planetscale password": _in("with @ in it", "pscale_pw_", ("u", 43)),
    "shopify token": _in("with @ in it", "shpat_", ("h", 32)),
    "linear key": _in("with @ in it", "lin_api_", ("a", 40)),
}
GENERIC: dict[str, Shape] = {
    "rsa private key": _pem("RSA PRIVATE KEY"),
    "ec private key": _pem("EC PRIVATE KEY", lines=3),
    "openssh private key": _pem("OPENSSH PRIVATE KEY"),
    "encrypted private key": _pem("ENCRYPTED PRIVATE KEY"),
    "pgp private key": _pem("PGP PRIVATE KEY BLOCK", headers="Version: 1\n\n"),
    "jwt as bearer": _jwt("Authorization: Bearer @"),
    "jwt of a service account": _jwt("unexpected value @ for the cluster"),
    "basic header": _encoded("Authorization: Basic @", "user:", ("a", 18)),
    "postgres url": _in("postgres://app:@\x01db.internal:5432/app?sslmode=require", ("a", 16)),
    "mysql url": _in("mysql://root:@\x01db.internal:3306/app", ("a", 6), "#", ("a", 8)),
    "redis url": _in("redis://:@\x01cache.internal:6379/0", ("a", 20)),
    "mongo url": _in("mongodb+srv://app:@\x01cluster0.example.net/db", ("a", 18)),
    "amqp url": _in("amqp://app:@\x01mq.internal:5672/v", ("a", 18)),
    "jdbc url": _in("jdbc:postgresql://db:5432/app?user=app&password=@&ssl=true", ("a", 18)),
    "netrc": _in("machine api.example.com login deploy password @", ("a", 18)),
    "docker auth": _encoded('{"auths": {"r.example.com": {"auth": "@"}}}', "user:", ("a", 18)),
    "kubeconfig key": _padded("    client-key-data: @", 300),
    "cookie": _in("Cookie: session=@; theme=dark", ("a", 40)),
    "htpasswd": _htpasswd,
    "totp": _in("otpauth://totp/x:a?secret=@&issuer=x", ("2", 32)),
    "password in HCL": _in('  db_password = "@"', ("a", 16)),
    "master password in a plan": _in('  + master_password             = "@"', ("a", 16)),
    "password in JSON": _in('{"username": "app", "password": "@"}', ("a", 16)),
    "passphrase": _passphrase,
    "sshpass": _in("sshpass -p @ ssh deploy\x01host", ("a", 16)),
    "curl user": _in("curl -fsS -u deploy:@ https://x.example/y", ("a", 16)),
    "api key header": _in("X-Api-Key: @", ("a", 32)),
    "random password": _in(
        '# random_password.db will be created\n  + resource "random_password" "db" {\n      + result = "@"',
        ("!", 24),
    ),
}
SHAPES = {**CLOUD, **CODE, **SERVICES, **GENERIC}


def made(name: str, seed: int) -> tuple[str, str]:
    """The secret and the carrier of a shape, the same for the same seed."""
    secret, carrier = SHAPES[name](Maker(f"{name}/{seed}"))
    return secret, carrier.replace("\x01", "@")
