"""A service that says that it is starting is waited for: nothing is wrong with the module."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform

BOX = 'resource "terraform_data" "box" {\n  input = "x"\n}\n'


class _Starting(socketserver.BaseRequestHandler):
    """PostgreSQL's answer to everybody, for as long as it starts."""

    def handle(self) -> None:
        (length,) = struct.unpack("!I", self.request.recv(4))
        self.request.recv(length - 4)
        said = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
        self.request.sendall(b"E" + struct.pack("!I", len(said) + 4) + said)


@pytest.fixture
def port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Starting) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_database_that_starts_up_under_the_pg_backend_is_waited_for(
    planner: Run, module: Path, port: int
) -> None:
    place = f"postgres://ada@127.0.0.1:{port}/states?sslmode=disable"
    write(module, f'terraform {{\n  backend "pg" {{\n    conn_str = "{place}"\n  }}\n}}\n' + BOX)
    told = result(planner("run", module, "--model", "none", "--max-retries", "1", "--json"))
    assert (told.exit_code, len(told.attempts)) == (2, 2), told.reason
    for incident in told.incidents:
        assert (incident.category, incident.retryable) == ("network", True)
        assert "the database system is starting up" in incident.root_cause
        assert incident.remediation.kind == "wait_and_retry"
    assert told.incidents[0].decision == "applied"


def test_a_database_that_does_not_listen_yet_is_waited_for(planner: Run, module: Path) -> None:
    place = "postgres://ada@127.0.0.1:1/states?sslmode=disable"
    write(module, f'terraform {{\n  backend "pg" {{\n    conn_str = "{place}"\n  }}\n}}\n' + BOX)
    told = result(planner("run", module, "--model", "none", "--max-retries", "0", "--json"))
    [incident] = told.incidents
    assert (incident.category, incident.retryable, incident.remediation.kind) == (
        "network",
        True,
        "wait_and_retry",
    )
