"""The modules of the tree do what their README says, with a real engine.

Where the engine or the AWS provider is missing the test is skipped, but where
the variable CI is set it fails: there they must be installed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from contracts.settings import ModuleSettings
from tests.fakes.this_machine import aws_mirror, engine

MODULES = Path(__file__).parents[2] / "modules"
ROOTS = sorted({file.parent.relative_to(MODULES).as_posix() for file in MODULES.rglob("*.tf")})
PROXMOX = [root for root in ROOTS if root.startswith("proxmox/")]
KEY = 'ssh_keys=["ssh-ed25519 AAAA someone"]'
STATE_BUCKET = "planner-example-state"


class Root:
    """A copy of one root module, and the engine in it; nothing of the caller's environment but PATH."""

    def __init__(self, name: str, tmp: Path, only: str = "*") -> None:
        self.engine = engine()
        self.path = tmp / "module"
        self.path.mkdir()
        for file in (MODULES / name).glob(only):
            shutil.copy(file, self.path)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(tmp), "CHECKPOINT_DISABLE": "1"}
        self.env |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.engine, *argv, "-no-color"],
            cwd=self.path,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def must(self, *argv: str) -> str:
        done = self.run(*argv)
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    def errors(self, *argv: str) -> list[str]:
        """`SUMMARY: DETAIL` of every error in the `-json` stream of a command that must fail."""
        done = self.run(*argv, "-json")
        assert done.returncode == 1, done.stdout
        found = [
            line["diagnostic"] for line in map(json.loads, done.stdout.splitlines()) if "diagnostic" in line
        ]
        return [f"{d['summary']}: {d['detail']}" for d in found if d["severity"] == "error"]


@pytest.fixture
def emulator() -> Iterator[str]:
    """URL of an empty AWS emulator on loopback."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - takes a second that the other tests need not pay

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def status(url: str, method: str = "GET") -> int:
    asked = urllib.request.Request(url, method=method)  # noqa: S310 - our own server on loopback
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_every_module_has_a_line_in_the_readme() -> None:
    told = re.findall(r"^\| `([^`]+)` \|", (MODULES / "README.md").read_text(), re.MULTILINE)
    assert sorted(told) == ROOTS


@pytest.mark.parametrize(
    "file", sorted(MODULES.rglob("planner*.yaml")), ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_every_planner_yaml_is_valid_and_names_what_the_module_declares(file: Path) -> None:
    settings = ModuleSettings.model_validate(yaml.safe_load(file.read_text()))
    source = "".join(tf.read_text() for tf in file.parent.glob("*.tf"))
    assert settings.checks.state
    for check in settings.checks.state:
        assert 'resource "{}" "{}"'.format(*check.address.split(".")) in source
    for output in settings.checks.outputs:
        assert f'output "{output.name}"' in source


@pytest.mark.parametrize("root", ROOTS)
def test_every_variable_is_declared_described_and_used(root: str) -> None:
    source = "".join(tf.read_text() for tf in (MODULES / root).glob("*.tf"))
    declared = re.findall(r'^variable "(\w+)" {\n  description = "', source, re.MULTILINE)
    outside_rules = re.sub(r"\n  validation {.*?\n  }", "", source, flags=re.DOTALL)
    assert set(declared) == set(re.findall(r"\bvar\.(\w+)", outside_rules))
    assert len(declared) == source.count('\nvariable "') + source.startswith('variable "')


@pytest.mark.terraform
def test_every_module_is_formatted() -> None:
    argv = [engine(), "fmt", "-check", "-recursive", str(MODULES)]
    done = subprocess.run(argv, env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.terraform
@pytest.mark.parametrize("root", PROXMOX)
def test_a_module_without_its_provider_is_at_least_read_without_an_error(root: str, tmp_path: Path) -> None:
    assert "bpg/proxmox" in Root(root, tmp_path).must("providers")


@pytest.mark.terraform
def test_the_local_fleet_applies_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    fleet = Root("local-fleet", tmp_path)
    fleet.must("init")
    fleet.must("apply", "-auto-approve")
    fleet.must("plan", "-detailed-exitcode")
    outputs = json.loads(fleet.must("output", "-json"))
    assert outputs["endpoint"]["value"] == "http://127.0.0.1:8731"
    assert outputs["names"]["value"] == ["box-01", "box-02", "box-03", "box-04", "box-05"]


def test_the_health_server_answers_on_health_alone_and_stops_when_told() -> None:
    argv = [sys.executable, str(MODULES / "local-fleet/health.py"), "0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        assert status(url) == 200
        assert status(f"{url}/other") == 404
        server.terminate()
    assert server.returncode


@pytest.mark.terraform
def test_the_broken_fleet_has_one_fault_that_one_edit_mends(tmp_path: Path) -> None:
    fleet = Root("broken-fleet", tmp_path)
    fleet.must("init")
    (error,) = fleet.errors("plan")
    assert error.startswith('Reference to undeclared resource: A managed resource "terraform_data" "box"')
    outputs = fleet.path / "outputs.tf"
    assert outputs.read_text().count("terraform_data.box") == 1
    outputs.write_text(outputs.read_text().replace("terraform_data.box", "terraform_data.node"))
    fleet.must("apply", "-auto-approve")
    fleet.must("plan", "-detailed-exitcode")


REFUSED = {
    "a node that is no name": ("*", "node=pve 1", "node must be the name of a node"),
    "no key to log in with": ("*", "ssh_keys=[]", "at least one public key"),
    "a gateway with a prefix": ("*", "gateway=10.0.0.1/24", "IPv4 address without a prefix"),
    "a fixed address without a prefix": ("lxc-single", "address=10.0.0.5", "with its prefix"),
    "a host name with a dot": ("ubuntu-vm", "hostname=a.b", "DNS label"),
    "half a core": ("ubuntu-vm", "cores=0.5", "whole number from 1 to 128"),
    "an image over plain http": ("ubuntu-vm", "image_url=http://a/b.img", "https URL"),
    "a template that is a path": ("lxc-single", "template=/tmp/a.tar", "DATASTORE:vztmpl/FILE"),
    "two containers with one address": (
        "lxc-fleet",
        'containers={a={address="10.0.0.5/24"},b={address="10.0.0.5/16"}}',
        "same address",
    ),
}


@pytest.mark.terraform
@pytest.mark.parametrize("root", PROXMOX)
def test_the_variables_of_a_proxmox_module_accept_what_is_right(root: str, tmp_path: Path) -> None:
    right = ["-var=node=pve1", f"-var={KEY}", "-var=gateway=10.0.0.1"]
    right.append(
        '-var=containers={a={address="10.0.0.5/24"}}' if "fleet" in root else "-var=address=10.0.0.5/24"
    )
    Root(root, tmp_path, only="variables.tf").must("plan", *right)


@pytest.mark.terraform
@pytest.mark.parametrize("case", REFUSED)
def test_the_variables_of_a_proxmox_module_refuse(case: str, tmp_path: Path) -> None:
    which, value, reason = REFUSED[case]
    for number, root in enumerate(root for root in PROXMOX if which in {"*", root.split("/")[1]}):
        place = tmp_path / str(number)
        place.mkdir()
        variables = Root(root, place, only="variables.tf")
        (error,) = variables.errors("plan", "-var=node=pve1", f"-var={KEY}", f"-var={value}")
        assert reason in " ".join(error.split())


@pytest.mark.terraform
@pytest.mark.parametrize("name", ["aws-s3", "minio"])
def test_a_second_process_is_refused_while_the_first_holds_the_lock(
    name: str, emulator: str, tmp_path: Path
) -> None:
    root = Root(f"backends/{name}", tmp_path)
    assert status(f"{emulator}/{STATE_BUCKET}", "PUT") == 200
    if name == "minio":
        root.must("init", f'-backend-config=endpoints={{s3="{emulator}"}}')
    else:
        root.env["AWS_ENDPOINT_URL"] = emulator
        root.must("init")
    root.must("apply", "-auto-approve")
    # An apply that waits for its answer holds the lock.
    argv = [root.engine, "apply", "-no-color", "-var=release=2"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        argv, cwd=root.path, env=root.env, text=True, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet
    ) as holder:
        lock = f"{emulator}/{STATE_BUCKET}/example/terraform.tfstate.tflock"
        deadline = time.monotonic() + 60
        while status(lock) == 404 and time.monotonic() < deadline:
            time.sleep(0.1)
        (error,) = root.errors("plan")
        holder.communicate("no\n")
    assert error.startswith("Error acquiring the state lock")
    assert "StatusCode: 412" in error
    root.must("plan", "-detailed-exitcode")
    assert not list(root.path.glob("*.tfstate"))


@pytest.mark.aws
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_aws_bucket_applies_has_nothing_to_do_then_and_goes_away(emulator: str, tmp_path: Path) -> None:
    root = Root("aws-bucket", tmp_path)
    settings = tmp_path / "cli.tfrc"
    mirror = f'filesystem_mirror {{\n path = "{aws_mirror()}"\n include = ["*/*/*"]\n}}'
    settings.write_text(f"provider_installation {{\n{mirror}\n}}\n")
    root.env |= {"TF_CLI_CONFIG_FILE": str(settings), "GOGC": "400"}
    endpoint = f"-var=endpoint={emulator}"
    bucket = f"{emulator}/planner-example-store"
    root.must("init")
    root.must("plan", endpoint, "-out=saved.tfplan")
    root.must("apply", "saved.tfplan")
    root.must("plan", endpoint, "-detailed-exitcode")
    assert status(bucket, "HEAD") == 200
    root.must("destroy", endpoint, "-auto-approve")
    assert status(bucket, "HEAD") == 404
