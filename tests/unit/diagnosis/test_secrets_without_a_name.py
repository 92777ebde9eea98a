# ruff: noqa: RUF001 - a sign of another language
"""Secrets that stand in a place of their own: no name and no sign is before them."""

from __future__ import annotations

import pytest

from diagnosis.redact import SecretRedactor

REDACTOR = SecretRedactor(key=b"k")
SECRET = "Tr0ub4dor-And-three"
SEED = "JBSWY3DPEHPK3PXPGEZDGNBVGY3TQOJQ"
SAID = [
    "db.internal:5432:orders:app:@",
    "*:*:*:postgres:@",
    "cat ~/.pgpass: localhost:6432:app:reader:@",
    "login with credentials admin:@ was refused",
    "credentials: 'admin:@'",
    '{"credentials":"admin:@"}',
    "mysql -uroot -p'@' -e x",
    "user:password admin:@ is wrong",
    "basic auth: deploy:@",
    "requests.get(url, auth=('admin', '@'))",
    "htpasswd\nbob:rl.3StKT.4T8M\n".replace("rl.3StKT.4T8M", "@13"),
    "db: ENC[AES256_GCM,data:@,iv:a=,tag:b=,type:str]",
    '{"traversal":"var.api_token","statement":"is \\"@\\""}',
    '{"traversal":"local.creds[\\"password\\"]","statement":"is \\"@\\""}',
    'The given value is not suitable for var.db_password declared at main.tf:3,1-20: got "@".',
    "Invalid value at 'settings.root_password' (TYPE_STRING), \"@\"",
    "the root password has been set to @",
    "A temporary password is generated for root\x01localhost: @",
    "Generated initial admin password:\n\n  @\n\nSave it.",
    "Password for the elastic user (reset with `x`):\n│   @",
    "argocd login h --username admin --password @",
    "Server=x;UID=sa;PWD={@;}}c};",
    "license key: @",
    "pw=@",
    "Kennwort=@",
    "mot de passe : @",
    "contraseña: @",
    "пароль: @",
    "密码：@",
]
SEEDS = [
    "totp seed: @",
    '{"Base32StringSeed":"@"}',
    '  + totp_seed = "@"',
    "enter this in your authenticator: @",
]
KEPT = [
    "127.0.0.1:5432:5432/tcp is already allocated (postgres)",
    "postgres: mapping x:1000:1000:app:/home/app2:/bin/sh",
    "postgres at 2001:db8:0:1:1:1:1:1",
    "psql: project acme:europe-west1:orders-db:replica1",
    "credentials arn:aws:iam::123456789012:role/ci2",
    "credentials api.example.com:443/v1 were refused",
    "basic auth: enabled, tls:1.3 only",
    "MFA serial: GAHT12345678",
    "mfa device arn:aws:iam::123456789012:mfa/alice",
    "totp code EXPIRED in REGION EU2",
    "recovery code: path E1234 of the machine",
    "backup codebase v12 restored",
    "htpasswd failed\ndb:orders-server",
    "value of password_length is 8, got: 7",
    "password policy set to strict",
    "the password for user admin was refused:\n  on main.tf line 3",
    "no password for the database: db-prod-7",
    "digest sha256 response=200",
    "ENC[] is empty",
    "Das Passwort ist falsch: Versuch 3 von 5",
]
BLOCKS = [
    "$ANSIBLE_VAULT;1.1;AES256\n    @\n    @\n  next: 1",
    "│ $ANSIBLE_VAULT;1.2;AES256;prod\n│ @\n│ @\n",
    '"x": "$ANSIBLE_VAULT;1.1;AES256\\n@\\n@\\n"',
    "-----BEGIN AGE ENCRYPTED FILE-----\n@\n@\n-----END AGE ENCRYPTED FILE-----",
    "-----BEGIN PGP MESSAGE-----\n\n@\n@\n=Ab3d\n-----END PGP MESSAGE-----",
]


@pytest.mark.parametrize("said", SAID)
def test_a_secret_is_masked_by_its_place(said: str) -> None:
    secret = "rl.3StKT.4T8M" if "@13" in said else SECRET
    masked = REDACTOR.redact(said.replace("@13", secret).replace("@", secret).replace("\x01", "@"))
    assert secret not in masked
    assert "<secret:" in masked


@pytest.mark.parametrize("said", SEEDS)
def test_a_seed_of_one_time_codes_is_masked(said: str) -> None:
    assert SEED not in REDACTOR.redact(said.replace("@", SEED))
    assert SEED[:16] not in REDACTOR.redact(said.replace("@", SEED[:16]))


@pytest.mark.parametrize("seed", ["JBSW Y3DP EHPK 3PXP GEZD", "jbsw y3dp ehpk 3pxp gezd"])
def test_a_seed_in_groups_of_four_is_masked(seed: str) -> None:
    assert "<secret:" in REDACTOR.redact(f"MFA key: {seed}")
    assert seed[5:] not in REDACTOR.redact(f"MFA key: {seed}")


def test_digits_below_a_line_that_speaks_of_a_password_are_masked() -> None:
    digits = "2f8b1c4de27a6053b1f49ce870d2a6ee"
    assert digits not in REDACTOR.redact(f"Use this password to proceed:\n\n{digits}\n")


def test_all_codes_of_a_recovery_are_masked() -> None:
    for said in (
        "backup codes: a1b2c-3d4e5 f6g7h-8i9j0, k1l2m-3n4o5",
        "Recovery codes:\n│   82740192\n│   19283746\n",
    ):
        masked = REDACTOR.redact(said)
        assert not any(part in masked for part in ("a1b2c", "8i9j0", "k1l2m", "82740192", "19283746"))


@pytest.mark.parametrize(
    "said", ["password=[115 51 99 114 51 116]", "Secret:[]uint8{0x73, 0x33, 0x63, 0x72, 0x33}"]
)
def test_a_secret_that_a_program_prints_byte_by_byte_is_masked(said: str) -> None:
    assert "51 99" not in REDACTOR.redact(said)
    assert "0x33, 0x63" not in REDACTOR.redact(said)


@pytest.mark.parametrize("block", BLOCKS)
def test_an_encrypted_block_is_masked_as_a_whole(block: str) -> None:
    line = "66386439653865336434653962383065353164616431376639333265373437"
    masked = REDACTOR.redact(block.replace("@", line))
    assert line[:8] not in masked
    assert ("next: 1" in masked) == ("next: 1" in block)


@pytest.mark.parametrize("said", KEPT)
def test_what_only_stands_in_such_a_place_stays(said: str) -> None:
    assert REDACTOR.redact(said) == said
