"""planner on the real AWS provider, against moto on loopback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from contracts.drift import DriftReport
from contracts.result import RunResult
from tests.fakes.this_machine import aws_mirror

pytestmark = [pytest.mark.aws, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def env(tmp_path: Path, endpoint: str) -> dict[str, str]:
    config = tmp_path / "cli.tfrc"
    config.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{aws_mirror()}"\n  }}\n}}\n',
        encoding="utf-8",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
    return kept | {
        "PLANNER_HOME": str(tmp_path / "home"),
        "TF_CLI_CONFIG_FILE": str(config),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing-secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
    }


def run(env: dict[str, str], module: Path, *options: str) -> RunResult:
    return command(env, "run", str(module), *options)


def command(env: dict[str, str], *arguments: str) -> RunResult:
    done = subprocess.run(
        [sys.executable, "-m", "planner", *arguments, "--json"],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return RunResult.model_validate_json(done.stdout)


def drift(env: dict[str, str], module: Path, *options: str) -> DriftReport:
    done = subprocess.run(
        [sys.executable, "-m", "planner", "drift", str(module), *options, "--json"],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return DriftReport.model_validate_json(done.stdout)


@pytest.mark.timeout(600)
def test_a_bucket_is_made_checked_found_unchanged_and_taken_down(
    env: dict[str, str], endpoint: str, tmp_path: Path
) -> None:
    module = tmp_path / "aws-bucket"
    shutil.copytree(ROOT / "modules/aws-bucket", module)
    with_endpoint = ("--var", f"endpoint={endpoint}")

    made = run(env, module, *with_endpoint)
    assert (made.state, made.usage.model_calls) == ("SUCCESS", 0), made.reason
    health = next(check for check in made.checks if check.kind == "health")
    assert health.passed
    assert "s3.head_bucket" in health.name

    again = run(env, module, *with_endpoint)
    assert again.state == "SUCCESS"
    assert again.terraform_s < made.terraform_s

    assert drift(env, module, *with_endpoint).state == "in_sync"
    name = str(made.outputs["bucket_arn"]).rpartition(":")[2]
    keys: dict[str, Any] = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing-secret"}
    other = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
    other.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "by", "Value": "hand"}]})
    found = drift(env, module, *with_endpoint)
    assert (found.state, found.exit_code) == ("drifted", 2), found.reason
    assert {c.address for c in found.drifted} == {c.address for c in found.changes} == {"aws_s3_bucket.store"}
    assert other.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "by", "Value": "hand"}]

    gone = run(env, module, *with_endpoint, "--destroy", "--yes")
    assert gone.state == "SUCCESS", gone.reason


@pytest.mark.timeout(300)
def test_a_name_that_is_taken_is_diagnosed_from_the_providers_own_message(
    env: dict[str, str], endpoint: str, tmp_path: Path
) -> None:
    other = boto3.client(
        "iam",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing-secret",
    )
    other.create_role(RoleName="planner-taken", AssumeRolePolicyDocument="{}")
    module = tmp_path / "role"
    module.mkdir()
    (module / "main.tf").write_text(ROLE.format(endpoint=endpoint, name="planner-taken"), encoding="utf-8")
    failed = run(env, module, "--model", "none", "--autonomy", "observe")
    assert (failed.state, failed.exit_code) == ("FAILED", 2)
    incident = failed.incidents[0]
    assert (incident.category, incident.source) == ("already_exists", "signature")
    assert incident.stage == "apply"


@pytest.mark.timeout(600)
def test_a_lock_file_that_holds_back_and_a_role_that_exists_are_both_mended_for_nothing(
    env: dict[str, str], endpoint: str, tmp_path: Path
) -> None:
    """Two causes in one run: `init -upgrade` is allowed here, the import is asked about."""
    keys: dict[str, Any] = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing-secret"}
    other = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1", **keys)
    other.create_role(RoleName="planner-held", AssumeRolePolicyDocument=json.dumps(NOBODY))
    module = tmp_path / "role"
    module.mkdir()
    (module / "main.tf").write_text(ROLE.format(endpoint=endpoint, name="planner-held"), encoding="utf-8")
    (module / ".terraform.lock.hcl").write_text(OLD_LOCK, encoding="utf-8")
    (module / "planner.yaml").write_text("approve: {init_upgrade: auto}\n", encoding="utf-8")

    parked = run(env, module, "--model", "none", "--autonomy", "fix")
    assert parked.exit_code == 3, parked.reason
    assert [i.remediation.kind for i in parked.incidents] == ["init_upgrade", "import"]
    done = command(env, "approve", parked.run_id)
    assert (done.state, done.usage.model_calls) == ("SUCCESS", 0), done.reason
    assert [i.decision for i in done.incidents] == ["applied", "approved"]
    states = json.loads((module / "terraform.tfstate").read_text(encoding="utf-8"))["resources"]
    assert [(one["type"], one["name"]) for one in states] == [("aws_iam_role", "r")]


NOBODY = {"Version": "2012-10-17", "Statement": []}
ROLE = """
terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }}
  }}
}}
provider "aws" {{
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  endpoints {{
    iam = "{endpoint}"
    sts = "{endpoint}"
  }}
}}
resource "aws_iam_role" "r" {{
  name               = "{name}"
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [] }})
}}
"""
OLD_LOCK = """
provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.99.0"
  constraints = "5.99.0"
  hashes = [
    "h1:GaKrPTuVZg7aX0MgbuWhwRoRkRV4lNGpBPrX1PBQvMI=",
  ]
}
"""
