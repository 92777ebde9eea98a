"""A secret is masked in every form that tools, statements and settings give it; what only looks alike stays.

In a form, `@` is the secret and \x01 an at sign.
"""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from diagnosis.redact import SecretRedactor
from tests.security.shapes_contexts import visible
from tests.security.shapes_services import TOKENS, token
from tests.security.shapes_text import Maker

REDACTOR = SecretRedactor(key=b"k")
SECRET = "Tr0ub4dory65tefK21b"
FORMS = (
    "password='it'\\''s @'",
    "DB_PASSWORD='it'\"'\"'s @'",
    'password = sensitive("@")',
    "::add-mask::@",
    "##vso[task.setvariable variable=x;issecret=true]@",
    "Key         Value\nusername    v-app\npassword    @\n",
    "password\t@",
    "| password | @ |",
    "password [@] is not allowed",
    "&quot;password&quot;:&quot;@&quot;",
    "&#34;password&#34;:&#34;@&#34;",
    "sqlplus app/@\u0001db.internal:1521/ORCL",
    "jdbc:oracle:thin:app/@\u0001//db.internal:1521/svc",
    "app:@\u0001(db:3306)/x",
    "lftp -u app,@ sftp://h",
    "smbclient //h/s -U 'DOM\\\\app%@'",
    "sqlcmd -S x -U sa -P '@' -Q 'select 1'",
    "bcp t in f -S x -U sa -P @ -c",
    "mongosh --host x -u admin -p @ --eval 1",
    "cqlsh h -u cassandra -p @",
    "rabbitmqctl add_user app @",
    "rabbitmqadmin -u app -p @ list queues",
    "CREATE USER 'app'\u0001'%' IDENTIFIED BY '@'",
    "ALTER USER 'root'\u0001'localhost' IDENTIFIED WITH mysql_native_password BY '@';",
    "CREATE LOGIN app WITH PASSWORD = N'@'",
    "ALTER LOGIN sa WITH PASSWORD=N'@'",
    'CREATE USER app IDENTIFIED BY "@" DEFAULT TABLESPACE x',
    "CREATE USER app IDENTIFIED BY @;",
    "redis-server --requirepass @ --port 6379",
    "requirepass @",
    "masterauth @",
    "ACL SETUSER app on >@ ~* +\u0001all",
    "machine h login u account a password @",
    "snmp-server community @ RO",
    "set psksecret @",
    "tacacs-server key @",
    "radius-server key 0 @",
    '1.2.3.4 5.6.7.8 : PSK "@"',
    'password = """\n@\n"""',
    "x-functions-key: @",
    "map[X-Auth-Token:[@] Accept:[*/*]]",
    'Secret:[]byte("@")',
    'password: Some("@")',
    '["password"]=>\n  string(19) "@"',
    '<param name="password">@</param>',
    '<entry key="password">@</entry>',
    "<password><![CDATA[@]]></password>",
    '<ns:Password Type="x">@</ns:Password>',
    '<wsse:Password Type="http://docs#PasswordText">@</wsse:Password>',
    "ConvertTo-SecureString '@' -AsPlainText -Force",
    'ConvertTo-SecureString -String "@" -AsPlainText -Force',
    "New-LocalUser -Name x -Password @",
    "net user admin @ /add",
    "net use Z: \\\\\\\\h\\\\s @ /user:app",
    "schtasks /create /ru u /rp @ /tn x",
    "cmdkey /add:h /user:u /pass:@",
    "psexec \\\\h -u adm -p @ cmd",
    "winrs -r:h -u:adm -p:@ dir",
    "openssl enc -aes-256-cbc -k @ -in a",
    "keytool -genkey -storepass @ -keypass x -alias a",
    "keytool -import -keypass @ -alias a",
    "keytool -list -srcstorepass @",
    "echo @ | gpg --passphrase-fd 0 -d f",
    "echo @ | sudo -S apt update",
    "echo '@' | passwd --stdin app",
    "useradd -m -p '@' app",
    "usermod -p @ app",
    "net ads join -U Administrator%@",
    "echo '@' | realm join -U adm x.local",
    "echo @ | kinit adm\u0001X",
    "ssh-keygen -t rsa -N '@' -f id",
    "ssh-keygen -p -P @ -N '' -f id",
    "zip -P @ a.zip f",
    "7z x a.7z -p@ -y",
    "unzip -P @ a.zip",
    "unrar x -p@ a.rar",
    "printf '@' | docker secret create db -",
    "aws configure set aws_secret_access_key @",
    "az sql server create -u adm -p @ -n x",
    "az storage blob list --account-key @ -c x",
    "echo -n '@' | gcloud secrets versions add x --data-file=-",
    "vault kv put secret/app value=@",
    "gh secret set X --body @",
    "gh secret set X -b '@'",
    "npm config set //r/:_authToken @",
    "twine upload -u u -p @ dist/*",
    "poetry config http-basic.x u @",
    "poetry config pypi-token.pypi @",
    "cargo login @",
    "gem push --key @ x.gem",
    "nuget push x.nupkg -ApiKey @ -Source y",
    "snyk auth @",
    "sonar-scanner -Dsonar.login=@",
    "fly secrets set DB=@",
    "echo @ | wrangler secret put X",
    "doctl auth init -t @",
    "doctl -t @ compute droplet list",
    "tailscale up --authkey @",
    "curl --proxy-user app:@ x",
    "curl -x p -U app:@ x",
    "curl -b 'session=@' https://x",
    "http -a app:@ https://x",
    "snmpwalk -v2c -c @ h",
    "snmpget -v3 -u a -A @ -X other h",
    "ipmitool -H h -U a -P @ power status",
    "racadm -r h -u root -p @ x",
    "virsh secret-set-value --secret u --base64 @",
    "https://fn.azurewebsites.net/api/x?code=@",
    "https://maps.example/api?key=@&x=1",
    "https://x/api?auth=@",
)
KEPT = (
    "db-password   Opaque   1   5d",
    "token    expired",
    "password | yes | no",
    "password [optional]",
    "a &quot;quoted&quot; word &amp; more",
    'private_key = file("key1.pem")',
    "terraform_data.password  will be created",
    "mkdir -p /opt/app && cp -p a b",
    "ssh -p 2222 user@host",
    "docker run -p 8080:80 nginx",
    "7z x archive.7z -o/tmp/out -y",
    "zip -r archive.zip folder",
    "curl -b cookies.txt https://example.com/path",
    "curl -X POST -d @payload.json https://api.example.com/v1/users?key=name",
    "https://example.com/search?key=terraform&code=404",
    'Resource identified by "my-db" was not found',
    "password 7 characters long at least is needed",
    "key 5 of map is not known",
    "<Code>InvalidAccessKeyId</Code><Message>The key does not exist</Message>",
    "<PasswordPolicy><MinimumLength>8</MinimumLength></PasswordPolicy>",
    "map[password:[] user:[a b]]",
    "tags: map[Name:[web] key:[terraform-state-lock-123]]",
    "net user admin /delete",
    "vault kv get -field=value secret/app/config2024",
    "npm config set registry https://registry.npmjs.org/",
    "AUTH failed for user app",
    "user 'app'@'10.0.0.1' (using password: YES)",
    "sl.example.com is not reachable",
    "d41d8cd98f00b204e9800998ecf8427e-us-east-1",
    "/hooks/pre-commit-terraform-docs-go",
)


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_of_a_service_is_masked_without_a_telling_name(name: str) -> None:
    said = token(name)
    masked = REDACTOR.redact(f"request with {said} was refused")
    assert masked.startswith("request with ")
    assert masked.endswith(" was refused")
    assert visible(said, masked) <= 11, "a prefix may stay"


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_masked_in_the_form_of_a_tool(form: str) -> None:
    assert SECRET not in REDACTOR.redact(form.replace("@", SECRET).replace("\x01", "@"))


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_such_a_form_stays(text: str) -> None:
    assert REDACTOR.redact(text) == text


SETTINGS = json.dumps({"auths": {"r.example": {"username": "ci", "password": SECRET}}})
PACKED = {
    "base64": base64.b64encode(SETTINGS.encode()).decode(),
    "base64 of a URL": base64.urlsafe_b64encode(SETTINGS.encode()).decode(),
    "a command of PowerShell": base64.b64encode(f"$password = '{SECRET}'; ls".encode("utf-16-le")).decode(),
    "gzip in base64": base64.b64encode(gzip.compress(SETTINGS.encode(), mtime=0)).decode(),
}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_a_secret_in_a_text_that_stands_in_base64_is_masked(packed: str) -> None:
    masked = REDACTOR.redact(f"user_data = {packed} ok")
    assert "<secret:" in masked
    assert masked.endswith(" ok")
    before, _, after = masked.removeprefix("user_data = ").removesuffix(" ok").partition("<secret:")
    assert SECRET[:4] not in _read(before)
    assert len(after) < 40


def _read(piece: str) -> str:
    whole = piece.translate(str.maketrans("-_", "+/")).rstrip("=")
    raw = base64.b64decode(whole[: len(whole) // 4 * 4])
    return raw.decode("latin-1") + raw[::2].decode("latin-1")


def test_of_a_text_in_base64_without_a_secret_nothing_is_masked() -> None:
    told = base64.b64encode(b"#!/bin/sh\napt-get update && apt-get install -y nginx\n").decode()
    assert REDACTOR.redact(f'user_data = "{told}"') == f'user_data = "{told}"'


def test_what_unpacks_to_much_more_than_it_is_costs_no_time() -> None:
    bomb = base64.b64encode(gzip.compress(bytes(10_000_000), mtime=0)).decode()
    assert REDACTOR.redact(f"{bomb} " * 60) == f"{bomb} " * 60


KEYS = (
    "-----BEGIN USER NKEY SEED-----\n@\n------END USER NKEY SEED------",
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n@\n---- END SSH2 ENCRYPTED PRIVATE KEY ----",
    "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n@\nPrivate-MAC: 00",
    "-----BEGIN OpenVPN Static key V1-----\n@\n-----END OpenVPN Static key V1-----",
)


@pytest.mark.parametrize("key", KEYS)
def test_a_private_key_of_another_kind_is_masked(key: str) -> None:
    body = Maker(key).of("h", 64)
    assert visible(body, REDACTOR.redact(key.replace("@", body))) <= 4


def test_a_signature_is_masked_to_its_end() -> None:
    signature = Maker("a signature").of("h", 256)
    masked = REDACTOR.redact(f"https://storage.example/b/o?X-Goog-Signature={signature}&x=1")
    assert visible(signature, masked) <= 4
    assert masked.endswith("&x=1")
