"""Kinds of text that look like a secret and are none, made from a seed.

Who debugs needs them: a lock id to release, a digest to compare, a name to
look up. Kinds under `UNTOUCHABLE` may never be masked, not once.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.security.shapes_text import Maker

Near = Callable[[Maker], str]


def _of(pattern: str, *parts: tuple[str, int]) -> Near:
    """`pattern` with each `@` replaced by the next random part."""

    def make(maker: Maker) -> str:
        pieces = pattern.split("@")
        texts = [maker.of(*part) for part in parts]
        return "".join(a + b for a, b in zip(pieces, [*texts, ""], strict=True))

    return make


def _uuid(pattern: str) -> Near:
    return lambda maker: pattern.replace("@", maker.uuid())


def _b64(pattern: str, size: int) -> Near:
    return lambda maker: pattern.replace("@", maker.b64(size))


def _word(pattern: str) -> Near:
    return lambda maker: pattern.replace("@", maker.word()).replace("#", str(maker.number(1, 99)))


UNTOUCHABLE: dict[str, Near] = {
    "lock id": _uuid(
        "Lock Info:\n  ID:        @\n  Path:      terraform.tfstate\n  Operation: OperationTypeApply"
    ),
    "lock id in a command": _uuid("terraform force-unlock @"),
    "resource address": _word('module.net["@"].aws_iam_access_key.@_token[#]: Creating...'),
    "address of a secret's type": _word("aws_secretsmanager_secret_version.@_password: Refreshing state..."),
    "role arn": _of("arn:aws:iam::@:role/@-ci", ("d", 12), ("a", 12)),
    "secret arn": _of("arn:aws:secretsmanager:eu-west-1:@:secret:prod/db/password-@", ("d", 12), ("a", 6)),
    "kms key arn": lambda maker: f"kms_key = arn:aws:kms:eu-west-1:{maker.of('d', 12)}:key/{maker.uuid()}",
    "secret arn as a value": _of(
        '  password_secret_arn = "arn:aws:secretsmanager:eu-west-1:@:secret:db-@"', ("d", 12), ("a", 6)
    ),
    "image id": _of('  ami = "ami-@"', ("h", 17)),
}
IDS: dict[str, Near] = {
    "commit": _of("HEAD is now at @ Add a bucket", ("h", 40)),
    "module source with a commit": _of("git::https://git.example/net.git?ref=@", ("h", 40)),
    "image digest": _of(
        "registry.example/app@sha256:\x01".replace("@", "\x02").replace("\x01", "@"), ("h", 64)
    ),
    "lock file h1": _b64('    "h1:@",', 32),
    "lock file zh": _of('    "zh:@",', ("h", 64)),
    "etag": _of('  etag = "@"', ("h", 32)),
    "request id": _uuid("api error InvalidParameterValue, StatusCode: 400, RequestID: @"),
    "lineage": _uuid('  "lineage": "@",'),
    "instance id": _of("aws_instance.web: Creation complete after 12s [id=i-@]", ("h", 17)),
    "vpc id": _of("vpc-@ has dependencies and cannot be deleted", ("h", 17)),
    "subnet id": _of("The subnet ID 'subnet-@' does not exist", ("h", 17)),
    "security group id": _of('  vpc_security_group_ids = ["sg-@"]', ("h", 17)),
    "interface id": _of("eni-@ is currently in use", ("h", 17)),
    "snapshot id": _of("snap-@ is in use by ami-@", ("h", 17), ("h", 17)),
    "account id": _of("User in account @ is not authorized", ("d", 12)),
    "role id": _of("AROA@:session", ("2", 17)),
    "user id": _of("AIDA@ has no such policy", ("2", 17)),
    "zone id": _of("no matching Route53Zone found: Z@", ("A", 20)),
    "distribution id": _of("aws_cloudfront_distribution.cdn: Still modifying... [id=E@]", ("A", 13)),
    "s3 host id": _b64("StatusCode: 403, HostID: @", 56),
    "authorization message": _b64("Encoded authorization failure message: @", 300),
    "data image": _b64("data:image/png;base64,@", 200),
    "user data": lambda maker: (
        '  user_data_base64 = "' + maker.encoded("#!/bin/sh\necho " + maker.words(20)) + '"'
    ),
    "ssh public key": _of('  public_key = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ@ a\x02b"', ("b", 340)),
    "certificate": lambda maker: (
        "-----BEGIN CERTIFICATE-----\n"
        + "\n".join(maker.of("b", 64) for _ in range(8))
        + "\n-----END CERTIFICATE-----"
    ),
    "key fingerprint": _b64("SHA256:@", 32),
    "md5 fingerprint": lambda maker: ":".join(maker.of("h", 2) for _ in range(16)),
    "thumbprint": _of('  thumbprint_list = ["@"]', ("h", 40)),
    "ecr digest": _of("@.dkr.ecr.eu-west-1.amazonaws.com/app\x02sha256:@", ("d", 12), ("h", 64)),
    "eks endpoint": _of("https://@.gr7.eu-west-1.eks.amazonaws.com", ("A", 32)),
    "load balancer name": _of("k8s-ingress-@-1234567890.eu-west-1.elb.amazonaws.com", ("h", 10)),
    "state serial and digest": _of('"serial": 41, "source_code_hash": "@"', ("b", 43)),
}
PROSE: dict[str, Near] = {
    "variable as a value": _word("  password = var.@_password"),
    "resource as a value": _word("  password = random_password.@.result"),
    "data as a value": _word('  token = data.vault_generic_secret.@.data["token"]'),
    "function as a value": _word('  private_key = file("${path.module}/@.pem")'),
    "sensitive value": _word("  + @_password = (sensitive value)"),
    "value known later": _word("  + @_token = (known after apply)"),
    "reference in quotes": _word('  password = "${var.@_password}"'),
    "type of a variable": _word("  type = object({ @_password = string, token = optional(string) })"),
    "expired token": _word("ExpiredToken: The security token included in the request for @ is expired"),
    "password rule": _word(
        "InvalidParameterValue: The parameter MasterUserPassword for @ must be 8-41 characters"
    ),
    "invalid token": _word("Error: Invalid expression: unexpected token: expected @ here"),
    "key name": _word('  key_name = "@-deployer-key"'),
    "hash and range key": _word('  hash_key = "@Identifier"\n  range_key = "@CreatedAt"'),
    "kms key id": _uuid('  kms_key_id = "@"'),
    "secret name": _word('  secret_name = "prod/@/database-password"'),
    "password length": _word("  minimum_password_length = #\n  password_reuse_prevention = #"),
    "token url": _word('  token_url = "https://login.example/@/oauth2/token"'),
    "path of a key": _word('  private_key_path = "/etc/@/tls/server.key"'),
    "timestamp": lambda maker: (
        f"2026-11-{maker.number(10, 28)}T10:{maker.number(10, 59)}:07.123456789Z [INFO]  provider"
    ),
    "version": _word("- Installed hashicorp/aws v5.#.0 (signed by HashiCorp) for @"),
    "stack trace": _of("goroutine 1 [running]:\nmain.main()\n\t/go/src/x/main.go:42 +0x@", ("h", 12)),
    "addresses": lambda maker: (
        f"2001:db8:{maker.of('h', 4)}::{maker.of('h', 4)}/64 and 10.{maker.number(0, 255)}.0.0/16"
    ),
    "object in a bucket": _word("s3://@-state/env:/prod/@/terraform.tfstate"),
}
NEAR = {**UNTOUCHABLE, **IDS, **PROSE}


def near(name: str, seed: int) -> str:
    """One text of a kind, the same for the same seed."""
    return NEAR[name](Maker(f"{name}/{seed}")).replace("\x02", "@")
