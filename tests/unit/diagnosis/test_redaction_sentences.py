"""Secrets in what providers, programs and shells say: no name stands before a sign and a value there."""

from __future__ import annotations

import pytest

from diagnosis.redact import SecretRedactor

REDACTOR = SecretRedactor(key=bytes(16))
SECRET = "Tr0ub4dor-and-three"
SAID = [
    "expected length of master_password to be in the range (8 - 128), got @",
    "expected administrator_login_password to not be an empty string, got @",
    'expected "auth_token" to match regular expression "^[a-z]+$", got @',
    'Attribute admin_password value must be one of: ["a" "b"], got: "@"',
    '"password" must be at least 8 characters long: "@"',
    '"client_secret": must contain a digit, got "@"',
    'invalid value "@" for password',
    "Invalid value '@' for the parameter masterUserPassword",
    'value "@" of master_password is too short',
    "Error running command 'kubectl create secret generic x --from-literal=foo=@': exit status 1.",
    "Error running command 'aws secretsmanager put-secret-value --secret-id x --secret-string @': exit",
    "Error running command 'aws ssm put-parameter --type SecureString --name a --value \"@\"': exit status 1",
    "Error running command 'az keyvault secret set --vault-name v --name n --value @': exit status 1",
    "Error running command 'echo @ | docker login --password-stdin -u x': exit status 1",
    "Error running command 'echo \"root:@\" | chpasswd': exit status 1",
    "Error running command 'vault login @': exit status 2",
    "SECRET_KEY_BASE=@",
    'subscription_key = "@"',
    'fernet_key = "@"',
    'snmp_community = "@"',
    'db_pw = "@"',
    "bindpw=@",
    'registry_creds = "@"',
    'webhook_url = "https://example.webhook.test/@"',
]
KEPT = [
    "expected length of name to be in the range (8 - 128), got web",
    "expected password_length to be at least (8), got 4",
    "Attribute admin_password string length must be at least 8, got: 5",
    "expected token_url to be a valid URL, got ftp",
    '"password" must be at least 8 characters long: see the docs',
    'invalid value "t3.wrong" for instance_type',
    'invalid value "t3" for password_length',
    "Error running command 'kubectl create configmap x --from-file=a=b': exit status 1",
    "Error running command 'echo done | tee log': exit status 1",
    "vault login failed: the server is sealed",
    'community = "open"',
    'hook_name = "deploy"',
    "Error running command 'echo $TOKEN | docker login --password-stdin -u x': exit status 1",
]


@pytest.mark.parametrize("said", SAID)
def test_a_secret_in_a_sentence_or_a_command_is_masked(said: str) -> None:
    assert SECRET not in REDACTOR.redact(said.replace("@", SECRET))


@pytest.mark.parametrize("said", KEPT)
def test_what_only_speaks_of_a_secret_stays(said: str) -> None:
    assert REDACTOR.redact(said) == said


@pytest.mark.parametrize(
    "said",
    [
        "Unseal Key 1: Zx9Qv7LmPw2Rt5YkZx9Qv7LmPw2Rt5YkZx9Qv7LmPw2R",
        f"docker swarm join --token SWMTKN-1-{'3puhszjas1' * 5}-{'1awxwuwd3z9j1z3puu7rcgdbx'} 10.0.0.2",
        "Post https://discord.com/api/webhooks/123456789012345678/aZ0-bY1_cX2dW3eV4fU5gT6hS7iR8jQ9kP: EOF",
        "Post https://x.webhook.office.com/webhookb2/0f1e2d3c-4b5a@6978/IncomingWebhook/8a7b6c5d4e3f: EOF",
    ],
)
def test_tokens_of_more_services_are_masked(said: str) -> None:
    assert "<secret:" in REDACTOR.redact(said)
