"""Whoever a run calls can tell which run it was: clouds by the User-Agent, tools by TRACEPARENT."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from observability.spans import traceparent
from subagents.aws.calls import AwsCaller
from subagents.terraform.environment import environment_of, passes, signed
from tests.fakes.otlp_collector import collecting
from tests.fakes.this_machine import aws_mirror
from tests.observability.traced import World, told, traced, world_in
from tests.terraform.cli import write

SAYS = """
resource "terraform_data" "box" {
  provisioner "local-exec" { command = "echo \\"$TF_APPEND_USER_AGENT|$TRACEPARENT\\" > said" }
}
"""
ROLE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "us-east-1"
  max_retries                 = 1
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  endpoints {
    iam = "%s"
  }
}
resource "aws_iam_role" "r" {
  name               = "r"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}
"""
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing-secret", "AWS_REGION": "us-east-1"}


class _Refusing(BaseHTTPRequestHandler):
    """A cloud that refuses every call and remembers who called."""

    agents: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.agents.append(self.headers["user-agent"])
        self.wfile.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
        self.close_connection = True

    do_GET = do_HEAD = do_POST  # noqa: N815 - the base class' names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def refusing() -> Iterator[tuple[str, list[str]]]:
    """Its URL, and the User-Agent of each call."""
    handler = type("Handler", (_Refusing,), {"agents": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", handler.agents  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_in(tmp_path)


def said(world: World) -> tuple[str, str]:
    agent, _, trace = (world.module / "said").read_text(encoding="utf-8").strip().partition("|")
    return agent, trace


@pytest.mark.terraform
def test_terraform_is_told_the_run_after_what_the_user_says_and_the_trace_where_there_is_one(
    world: World,
) -> None:
    write(world.module, SAYS)
    with collecting() as collector:
        run = told(world("run", world.module, "--json", TF_APPEND_USER_AGENT="acme/1", **traced(collector)))
        trace = collector.only("invoke_workflow planner")
    assert said(world) == (f"acme/1 planner/0.1.0 run/{run.run_id}", traceparent(run.run_id))
    assert traceparent(run.run_id).split("-")[1:3] == [trace.trace, trace.id]


@pytest.mark.terraform
def test_without_a_trace_only_the_run_is_told(world: World) -> None:
    write(world.module, SAYS)
    run = told(world("run", world.module, "--json", TRACEPARENT="00-somebody-elses-01"))
    assert said(world) == (f"planner/0.1.0 run/{run.run_id}", "")


def test_who_calls_is_added_and_nothing_else_is_changed() -> None:
    plain = environment_of({"PATH": "/bin", "TF_APPEND_USER_AGENT": "acme/1"}, is_file=lambda _: False)
    assert signed(plain, "planner/1 run/r", None) == plain | {
        "TF_APPEND_USER_AGENT": "acme/1 planner/1 run/r"
    }
    assert signed({}, "us", "00-1-2-01") == {"TF_APPEND_USER_AGENT": "us", "TRACEPARENT": "00-1-2-01"}


@pytest.mark.parametrize(
    "name", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_API_TOKEN", "TRACEPARENT"]
)
def test_what_is_said_of_planners_own_traces_does_not_reach_terraform(name: str) -> None:
    assert not passes(name)


def test_a_check_of_aws_says_whose_it_is() -> None:
    with refusing() as (url, agents):
        caller = AwsCaller({**KEYS, "AWS_ENDPOINT_URL": url}, "planner/1 run/r")
        assert caller.call("sts.get_caller_identity", {})[0] is False
    assert agents[0].endswith(" planner/1 run/r")
    assert len(agents) == 1


@pytest.mark.aws
@pytest.mark.slow
@pytest.mark.terraform
def test_awss_provider_says_whose_call_it_is(world: World, tmp_path: Path) -> None:
    config = tmp_path / "cli.tfrc"
    config.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{aws_mirror()}"\n  }}\n}}\n',
        encoding="utf-8",
    )
    with refusing() as (url, agents):
        write(world.module, ROLE % url)
        run = told(
            world("run", world.module, "--json", "--max-retries", "0", TF_CLI_CONFIG_FILE=str(config), **KEYS)
        )
    assert run.state == "FAILED"
    assert agents
    assert all(run.run_id in agent for agent in agents), agents
