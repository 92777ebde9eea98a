"""A state whose lock somebody holds: who is dead for certain is unlocked, everybody else is asked about."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from contracts.result import RunResult
from tests.fakes.state_server import state_server
from tests.terraform.broken_modules import BOX
from tests.terraform.cli import Run, power_cut, result, until, write

pytestmark = pytest.mark.terraform

SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "echo begun >> ../effects; test -e ../quick || sleep 30" }
}
"""
ADA = {
    "ID": "6f1a9d1c-0000-4000-8000-00000000a1b2",
    "Operation": "OperationTypeApply",
    "Who": "ada@elsewhere",
    "Version": "1.11.4",
    "Created": "2026-11-20T10:00:00Z",
    "Path": "states/box",
    "Info": "",
}


class Bucket:
    """A bucket with a state and its lock file, on loopback."""

    def __init__(self, url: str) -> None:
        self._s3: Any = boto3.client("s3", endpoint_url=url, **KEYS)
        self._name = f"states-{secrets.token_hex(8)}"  # moto keeps its buckets for the whole process
        self._s3.create_bucket(Bucket=self._name)
        self.backend = (
            f'terraform {{\n  backend "s3" {{\n    bucket = "{self._name}"\n    key = "box"\n'
            '    region = "us-east-1"\n    use_lockfile = true\n    use_path_style = true\n'
            "    skip_credentials_validation = true\n    skip_requesting_account_id = true\n"
            "    skip_metadata_api_check = true\n    skip_s3_checksum = true\n"
            f'    endpoints = {{ s3 = "{url}" }}\n  }}\n}}\n'
        )

    def hold(self, lock: dict[str, str]) -> None:
        self._s3.put_object(Bucket=self._name, Key="box.tflock", Body=json.dumps(lock))

    def holder(self) -> str | None:
        """The id of the lock; None: nobody holds it."""
        try:
            raw = self._s3.get_object(Bucket=self._name, Key="box.tflock")["Body"].read()
        except ClientError:
            return None
        return str(json.loads(raw)["ID"])


KEYS: dict[str, Any] = {
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
    "region_name": "us-east-1",
}


@pytest.fixture
def bucket(env: dict[str, str]) -> Iterator[Bucket]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    env |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1"}
    yield Bucket(f"http://{host}:{port}")
    server.stop()


def asked(told: RunResult) -> list[str]:
    """What the gates found about what is asked."""
    assert told.exit_code == 3, told.reason
    assert told.pending is not None
    assert told.pending.proposal is not None
    return [finding.what for finding in told.pending.proposal.findings]


def test_the_lock_of_an_earlier_run_that_is_dead_is_released_for_nothing(
    planner: Run, started: Callable[..., subprocess.Popen[str]], bucket: Bucket, module: Path
) -> None:
    write(module, bucket.backend + SLOW)
    child = started("run", module)
    until((module.parent / "effects").exists)
    power_cut(child)
    lock = bucket.holder()
    assert lock is not None
    write(module.parent, "", "quick")

    parked = result(planner("run", module, "--autonomy", "fix", "--model", "none", "--json"))
    waits = [i.remediation.kind for i in parked.incidents[:-1]]
    if said := asked(parked):  # a Terraform of somebody else on this machine, as old as the lock
        assert said[0].startswith("nobody can tell from here whether its holder, ")
        assert set(waits) == {"wait_and_retry"}, "it is waited for first"
    else:
        assert parked.pending is not None
        assert parked.pending.proposal is not None
        assert "of an earlier run of planner, is dead" in parked.pending.proposal.proof[0]
    assert bucket.holder() == lock, "nothing is released before somebody said yes"

    unlocked = result(planner("approve", parked.run_id, "--json"))
    assert bucket.holder() is None
    assert "may already have created terraform_data.slow" in unlocked.reason, "its apply was cut off"
    done = result(planner("approve", parked.run_id, "--json"))
    assert (done.state, done.usage.model_calls) == ("SUCCESS", 0), done.reason
    decided = {incident.remediation.kind: incident.decision for incident in done.incidents}
    assert decided["force_unlock"] == "approved"
    again = result(planner("run", module, "--json"))
    assert (again.state, len(again.attempts)) == ("SUCCESS", 1)


@pytest.mark.slow
def test_beside_another_terraform_as_old_as_the_lock_a_person_is_asked_after_a_wait(
    planner: Run, started: Callable[..., subprocess.Popen[str]], bucket: Bucket, module: Path
) -> None:
    other = module.parent / "other" / "terraform"
    other.parent.mkdir()
    shutil.copy(shutil.which("sleep") or "", other)
    write(module, bucket.backend + SLOW)
    write(module, "limits: {max_retries: 2}\n", "planner.yaml")
    with subprocess.Popen([other, "300"]) as somebody:
        child = started("run", module)
        until((module.parent / "effects").exists)
        power_cut(child)
        lock = bucket.holder()
        parked = result(planner("run", module, "--autonomy", "fix", "--model", "none", "--json"))
        somebody.kill()
    [said] = asked(parked)
    assert said.startswith("nobody can tell from here whether its holder, ")
    assert [(i.remediation.kind, i.decision) for i in parked.incidents] == [
        ("wait_and_retry", "applied"),
        ("force_unlock", "parked"),
    ]
    assert bucket.holder() == lock is not None


@pytest.mark.slow
def test_the_lock_of_another_machine_is_waited_for_then_asked_about(
    planner: Run, bucket: Bucket, module: Path
) -> None:
    write(module, bucket.backend + BOX)
    bucket.hold(ADA)
    write(module, "approve: {force_unlock: auto}\nlimits: {max_retries: 2}\n", "planner.yaml")
    parked = result(planner("run", module, "--autonomy", "fix", "--model", "none", "--json"))
    assert asked(parked) == ["nobody can tell from here whether its holder, ada@elsewhere, still runs"]
    assert [(i.remediation.kind, i.decision) for i in parked.incidents] == [
        ("wait_and_retry", "applied"),
        ("force_unlock", "parked"),
    ]
    assert bucket.holder() == ADA["ID"]
    done = result(planner("approve", parked.run_id, "--json"))
    assert (done.state, bucket.holder()) == ("SUCCESS", None), done.reason


def test_a_lock_is_not_released_because_a_store_describes_who_asked_in_the_place_of_who_holds_it(
    planner: Run, module: Path
) -> None:
    """The `http` backend prints the id, host and time of the very process that could not take the lock."""
    with state_server() as store:
        write(module, store.backend + BOX)
        store.lock = dict(ADA)
        write(module, "approve: {force_unlock: auto}\nlimits: {max_retries: 0}\n", "planner.yaml")
        done = result(planner("run", module, "--autonomy", "fix", "--model", "none", "--json"))
        assert done.exit_code == 2, done.reason
        assert [i.remediation.kind for i in done.incidents] == ["wait_and_retry"], done.incidents
        assert ADA["ID"] in done.incidents[0].root_cause
        assert (store.lock, store.broken) == (ADA, [])


@pytest.mark.slow
def test_a_lock_that_planners_own_dead_process_left_with_a_store_that_tells_no_holder_is_told_as_its(
    planner: Run, started: Callable[..., subprocess.Popen[str]], module: Path
) -> None:
    with state_server() as store:
        write(module, store.backend + SLOW)
        child = started("run", module)
        until((module.parent / "effects").exists)
        power_cut(child)
        assert store.lock is not None
        write(module.parent, "", "quick")
        write(module, "approve: {force_unlock: auto}\nlimits: {max_retries: 2}\n", "planner.yaml")
        parked = result(planner("run", module, "--autonomy", "fix", "--model", "none", "--json"))
        [said] = asked(parked)
        assert "of an earlier run of planner (OperationTypeApply, started " in said
        assert store.broken == [], "it is no proof: a person is asked"
        unlocked = result(planner("approve", parked.run_id, "--json"))
        assert "may already have created terraform_data.slow" in unlocked.reason
        assert result(planner("approve", parked.run_id, "--json")).state == "SUCCESS"


@pytest.mark.slow
def test_a_yes_to_the_release_of_one_lock_releases_no_other_that_came_since(
    planner: Run, module: Path
) -> None:
    """The `http` backend's `force-unlock` says to nobody which lock it means."""
    other = ADA | {"ID": "6f1a9d1c-0000-4000-8000-00000000b2c3", "Who": "bob@elsewhere"}
    with state_server() as store:
        write(module, store.backend + BOX)
        store.lock = dict(ADA)
        write(module, "limits: {max_retries: 2}\n", "planner.yaml")
        parked = result(planner("run", module, "--model", "none", "--json"))
        assert asked(parked) == ["nobody can tell from here whether its holder, unknown, still runs"]
        store.lock = dict(other)
        done = result(planner("approve", parked.run_id, "--json"))
        assert done.exit_code == 2
        assert other["ID"] in done.reason
        assert (store.lock, store.broken) == (other, [])


@pytest.mark.slow
def test_a_lock_whose_holder_lets_go_in_time_is_waited_for(
    planner: Run, bucket: Bucket, module: Path, env: dict[str, str]
) -> None:
    held = module.parent / "holder"
    held.mkdir()
    write(held, bucket.backend + SLOW.replace("sleep 30", "sleep 6"))
    subprocess.run(["terraform", "init"], cwd=held, env=env, capture_output=True, check=True)
    command = ["terraform", "apply", "-auto-approve"]
    with subprocess.Popen(command, cwd=held, env=env, stdout=subprocess.DEVNULL) as holder:
        until((module.parent / "effects").exists)
        write(module, bucket.backend + SLOW)
        done = result(planner("run", module, "--autonomy", "fix", "--model", "none", "--json"))
        assert holder.wait(30) == 0, "the holder lived"
    assert done.state == "SUCCESS", done.reason
    assert [(i.remediation.kind, i.decision) for i in done.incidents] == [("wait_and_retry", "applied")]


@pytest.mark.slow
def test_nobody_is_asked_to_release_a_local_lock_whose_holder_the_system_knows_to_run(
    planner: Run, module: Path, env: dict[str, str]
) -> None:
    write(module, SLOW)
    command = ["terraform", "apply", "-auto-approve"]
    with subprocess.Popen(command, cwd=module, env=env, stdout=subprocess.DEVNULL) as holder:
        until((module.parent / "effects").exists)
        done = result(planner("run", module, "--autonomy", "fix", "--max-retries", "1", "--json"))
        assert holder.poll() is None
        write(module.parent, "", "quick")
        holder.terminate()
    assert (done.state, done.pending) == ("FAILED", None)
    assert [i.remediation.kind for i in done.incidents] == ["wait_and_retry", "wait_and_retry"]
