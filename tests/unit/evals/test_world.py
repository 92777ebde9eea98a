"""The world of a scenario, with real servers and processes, and real Terraform where it is about that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from evals.faults import Clock, FullDisk, HeldLock, Http, KilledProvider, Request
from evals.world import World
from tests.fakes.this_machine import aws_mirror, engine

BOX = 'resource "terraform_data" "box" {\n  input = "a"\n}\n'
ROLE = "Action=CreateRole&Version=2010-05-08&RoleName=other&AssumeRolePolicyDocument=%7B%7D"
UNROLE = "Action=DeleteRole&Version=2010-05-08&RoleName=other"
MINE = {"ID": "6f1a9d1c-0000-4000-8000-00000000a1b2", "Operation": "OperationTypePlan", "Who": "me@here"}

Made = Callable[..., World]


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "module"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def made(tmp_path: Path, module: Path) -> Iterator[Made]:
    entered: list[World] = []

    def make(*serve: str, mirror: Path | None = None) -> World:
        scratch = tmp_path / f"world-{len(entered)}"
        scratch.mkdir()
        world = World(serve=serve, scratch=scratch, module=module, mirror=mirror)
        entered.append(world.__enter__())
        return world

    yield make
    for world in entered:
        world.__exit__(None, None, None)


def ask(url: str, method: str = "GET", body: str = "", **headers: str) -> tuple[int, str]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, f"{parts.path or '/'}?{parts.query}", body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def roles(world: World) -> str:
    scope = "Credential=testing/20260101/us-east-1/iam/aws4_request"
    signed = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
    form = {"Authorization": signed, "Content-Type": "application/x-www-form-urlencoded"}
    return ask(world.fill("@AWS@"), "POST", "Action=ListRoles&Version=2010-05-08", **form)[1]


def terraform(world: World, module: Path, *arguments: str) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
    done = subprocess.run(
        [engine(), *arguments, "-no-color"],
        cwd=module,
        env=kept | world.env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def test_terraform_is_told_where_providers_and_aws_are(made: Made, tmp_path: Path) -> None:
    mirror = tmp_path / 'a "mirror"'
    world = made("aws", mirror=mirror)
    rc = Path(world.env["TF_CLI_CONFIG_FILE"]).read_text(encoding="utf-8")
    assert f"filesystem_mirror {{\n    path = {json.dumps(str(mirror))}\n" in rc
    assert world.env["AWS_ENDPOINT_URL"] == world.fill("@AWS@")
    assert world.env.keys() >= {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "CHECKPOINT_DISABLE",
    }
    bare = made()
    assert Path(bare.env["TF_CLI_CONFIG_FILE"]).read_text(encoding="utf-8") == ""
    assert sorted(bare.env) == ["CHECKPOINT_DISABLE", "TF_CLI_CONFIG_FILE"]


def test_the_urls_of_servers_are_put_in_and_those_of_servers_that_are_not_there_are_left(made: Made) -> None:
    world = made("web", "state")
    assert ask(world.fill("@WEB@/any/where")) == (200, "ok")
    assert world.fill("@STATE@").endswith("/state")
    assert world.fill("@AWS@ x") == "@AWS@ x"


def test_states_are_kept_by_path_and_locked_for_who_holds_the_lock_alone(made: Made) -> None:
    at = made("state").fill("@STATE@")
    lock = json.dumps(MINE)
    assert ask(at)[0] == 404
    assert ask(at, "LOCK", lock)[0] == 200
    assert ask(at, "LOCK", json.dumps({**MINE, "ID": "x"})) == (423, lock)
    assert ask(at, "POST", "{}")[0] == 409
    assert ask(f"{at}?ID={MINE['ID']}", "POST", "{}")[0] == 200
    assert ask(f"{at}/other", "POST", "[]")[0] == 200
    assert (ask(at)[1], ask(f"{at}/other")[1]) == ("{}", "[]")
    assert ask(at, "UNLOCK", '{"ID": "x"}')[0] == 409
    assert ask(at, "UNLOCK")[0] == 200, "force-unlock says no id"
    assert ask(at, "LOCK", lock)[0] == 200
    assert (ask(at, "DELETE")[0], ask(at)[0]) == (200, 404)


def test_a_lock_that_no_fault_took_is_left_over(made: Made) -> None:
    world = made("state")
    world.strike(HeldLock(name="lock", where="state"))
    assert ask(world.fill("@STATE@"), "LOCK", json.dumps(MINE))[0] == 423
    assert world.leftovers() == ()
    world.heal("lock")
    assert ask(world.fill("@STATE@"), "LOCK", json.dumps(MINE))[0] == 200
    assert world.leftovers() == ("lock on the state server",)
    with pytest.raises(ValueError, match="somebody holds that lock already"):
        world.strike(HeldLock(name="lock", where="state"))


def test_a_lock_is_let_go_after_its_time_and_may_be_healed_all_the_same(made: Made, module: Path) -> None:
    world = made("state")
    world.strike(HeldLock(name="there", where="state", for_s=0.1))
    world.strike(HeldLock(name="here", for_s=0.1))
    until(lambda: ask(world.fill("@STATE@"), "LOCK", json.dumps(MINE))[0] == 200)
    until(lambda: not list(module.iterdir()))
    world.heal("there")
    world.heal("here")
    assert world.leftovers() == ("lock on the state server",), "healing takes nobody else's lock"


@pytest.mark.terraform
def test_terraform_meets_the_lock_that_it_takes_itself_on_a_local_state(made: Made, module: Path) -> None:
    world = made()
    (module / "main.tf").write_text(BOX, encoding="utf-8")
    assert terraform(world, module, "init")[0] == 0
    for _ in range(2):
        world.strike(HeldLock(name="lock", who="bob@elsewhere"))
        code, said = terraform(world, module, "plan", "-lock-timeout=0s")
        assert code == 1
        assert "Error acquiring the state lock" in said
        assert "bob@elsewhere" in said
        world.heal("lock")
        assert terraform(world, module, "plan", "-lock-timeout=0s")[0] == 0
    assert [path.name for path in module.iterdir()] == ["main.tf"], "no trace is left"


@pytest.mark.terraform
def test_terraform_keeps_its_state_on_the_state_server_and_meets_the_lock_there(
    made: Made, module: Path
) -> None:
    world = made("state")
    names = ("address", "lock_address", "unlock_address")
    urls = "".join(f'    {name} = "{world.fill("@STATE@")}"\n' for name in names)
    backend = f'terraform {{\n  backend "http" {{\n{urls}  }}\n}}\n'
    (module / "main.tf").write_text(backend + BOX, encoding="utf-8")
    assert terraform(world, module, "init")[0] == 0
    assert terraform(world, module, "apply", "-auto-approve")[0] == 0
    assert '"terraform_data"' in ask(world.fill("@STATE@"))[1]
    assert world.leftovers() == ()
    world.strike(HeldLock(name="lock", where="state"))
    code, said = terraform(world, module, "plan", "-lock-timeout=0s")
    assert (code, "Error acquiring the state lock" in said) == (1, True)
    world.heal("lock")
    assert terraform(world, module, "plan", "-detailed-exitcode")[0] == 0


def test_a_fault_of_the_network_has_its_urls_and_is_taken_back(made: Made) -> None:
    world = made("web")
    moved = Http(name="moved", server="web", status=302, headers={"Location": "@WEB@/new"}, body="at @WEB@")
    world.strike(moved)
    assert ask(world.fill("@WEB@")) == (302, world.fill("at @WEB@"))
    with pytest.raises(ValueError, match="has struck already"):
        world.strike(moved)
    world.heal("moved")
    assert ask(world.fill("@WEB@")) == (200, "ok")
    with pytest.raises(ValueError, match="has not struck"):
        world.heal("moved")
    with pytest.raises(ValueError, match="no server 'aws'"):
        world.strike(Clock(name="clock", skew_s=900))


def test_somebody_makes_a_role_and_takes_it_away_and_no_other_world_has_it(made: Made) -> None:
    world, other = made("aws"), made("aws")
    world.strike(Http(name="down", server="aws", match="CreateRole"))
    request = {"server": "aws", "headers": {"X-Service": "iam"}}
    world.strike(Request.model_validate({"name": "role", "body": ROLE, "undo": UNROLE, **request}))
    assert "<RoleName>other</RoleName>" in roles(world)
    assert "<RoleName>" not in roles(other)
    with pytest.raises(ValueError, match=r"twice: it was answered 409: .*EntityAlreadyExists"):
        world.strike(Request.model_validate({"name": "twice", "body": ROLE, **request}))
    world.heal("role")
    assert "<RoleName>" not in roles(world)
    world.strike(Request.model_validate({"name": "for good", "body": ROLE, **request}))
    with pytest.raises(ValueError, match="for good cannot be taken back"):
        world.heal("for good")


def test_a_queue_has_a_url_that_leads_through_the_world(made: Made) -> None:
    world = made("aws")
    sqs = {"server": "aws", "headers": {"X-Service": "sqs"}}
    body = "Action=CreateQueue&Version=2012-11-05&QueueName=jobs"
    world.strike(Request.model_validate({"name": "queue", "body": body, **sqs}))
    body = "Action=PurgeQueue&Version=2012-11-05&QueueUrl=@AWS@/123456789012/jobs"
    world.strike(Request.model_validate({"name": "purge", "body": body, **sqs}))


def test_a_clock_that_is_wrong_refuses_what_is_signed_now(made: Made) -> None:
    world = made("aws")
    world.strike(Clock(name="clock", skew_s=-900))
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    form = {"X-Amz-Date": stamp, "Content-Type": "application/x-www-form-urlencoded"}
    status, said = ask(world.fill("@AWS@"), "POST", "Action=ListRoles", **form)
    assert (status, "Signature not yet current" in said) == (403, True)
    world.heal("clock")
    assert "<Roles" in roles(world)


@pytest.fixture
def dummy(tmp_path: Path) -> Iterator[Callable[[World | None], subprocess.Popen[bytes]]]:
    """Starts a process that looks like a provider, of a world or of nobody's."""
    program = tmp_path / "terraform-provider-dummy_v1"
    shutil.copy(shutil.which("sleep") or "", program)
    started: list[subprocess.Popen[bytes]] = []

    def start(world: World | None) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([program, "60"], env=world.env if world else {}))
        return started[-1]

    yield start
    for child in started:
        child.kill()
        child.wait()


def test_so_many_providers_of_this_world_are_killed_and_nobody_elses(
    made: Made, dummy: Callable[[World | None], subprocess.Popen[bytes]]
) -> None:
    world = made()
    others = [dummy(None), dummy(made())]
    world.strike(KilledProvider(name="kill", times=2))
    killed = [dummy(world), dummy(world)]
    assert [child.wait(10) for child in killed] == [-9, -9]
    spared = dummy(world)
    time.sleep(0.2)
    assert [child.poll() for child in (spared, *others)] == [None, None, None]
    world.heal("kill")
    world.strike(KilledProvider(name="kill"))
    assert spared.wait(10) == -9


@pytest.mark.terraform
@pytest.mark.aws
def test_terraform_fails_where_its_provider_is_killed_and_not_afterwards(made: Made, module: Path) -> None:
    world = made(mirror=aws_mirror())
    source = 'required_providers { aws = { source = "hashicorp/aws" } }'
    (module / "main.tf").write_text(
        f'terraform {{\n  {source}\n}}\ndata "aws_region" "here" {{}}\n', encoding="utf-8"
    )
    assert terraform(world, module, "init")[0] == 0
    world.strike(KilledProvider(name="kill"))
    code, said = terraform(world, module, "validate")
    assert (code, "Failed to read any lines from plugin's stdout" in said) == (1, True)
    assert terraform(world, module, "validate")[0] == 0


@pytest.mark.terraform
@pytest.mark.parametrize("folder", [".", "kept"])
def test_terraform_finds_no_space_on_a_full_disk_until_it_is_healed(
    made: Made, module: Path, folder: str
) -> None:
    world = made()
    backend = 'terraform {\n  backend "local" {\n    path = "kept/terraform.tfstate"\n  }\n}\n'
    (module / "main.tf").write_text((backend if folder == "kept" else "") + BOX, encoding="utf-8")
    (module / "kept").mkdir()
    (module / "kept" / "link").symlink_to("../main.tf")
    assert terraform(world, module, "init")[0] == 0
    before = sorted(path.name for path in module.rglob("*"))
    try:
        world.strike(FullDisk(name="full", folder=folder))
    except ValueError as error:  # it takes root, on Linux
        pytest.skip(str(error))
    assert sorted(path.name for path in module.rglob("*")) == before
    code, said = terraform(world, module, "apply", "-auto-approve")
    assert (code, "no space left on device" in said) == (1, True)
    world.heal("full")
    assert not (module / folder).is_mount()
    assert terraform(world, module, "apply", "-auto-approve")[0] == 0
    assert (module / "kept" / "link").is_symlink()


def test_what_cannot_be_held_is_told(made: Made, module: Path) -> None:
    world = made()
    with pytest.raises(ValueError, match="No such file or directory"):
        world.strike(HeldLock(name="lock", state="no/such/folder.tfstate"))
    world.strike(HeldLock(name="lock"))
    with pytest.raises(ValueError, match="temporarily unavailable"):
        world.strike(HeldLock(name="second"))


def test_nothing_of_a_world_outlives_it(module: Path, tmp_path: Path) -> None:
    before = threading.active_count()
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    had = children.read_text(encoding="utf-8") if children.exists() else ""
    with World(serve=("aws", "state", "web"), scratch=tmp_path, module=module, mirror=None) as world:
        url = world.fill("@AWS@")
        world.strike(HeldLock(name="here", for_s=600))
        world.strike(HeldLock(name="there", where="state", for_s=600))
        world.strike(KilledProvider(name="kill"))
        world.strike(Http(name="http", server="web"))
    assert threading.active_count() == before
    assert (children.read_text(encoding="utf-8") if children.exists() else "") == had
    assert list(module.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        ask(url)


def test_a_lock_is_let_go_even_where_the_harness_is_killed(module: Path, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from evals.world import World\n"
        "from evals.faults import HeldLock\n"
        "scratch, module = map(Path, sys.argv[1:])\n"
        "with World(serve=(), scratch=scratch, module=module, mirror=None) as world:\n"
        "    world.strike(HeldLock(name='lock')); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path, module]) as harness:
        until((module / ".terraform.tfstate.lock.info").exists)
        harness.kill()
    until(lambda: not list(module.iterdir()))
