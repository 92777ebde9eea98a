"""What a trace must never do: tell a secret, fail a run, hold it up, be sent where nobody asked for it."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.otlp_collector import Collector, collecting
from tests.observability.traced import BOXES, World, script, told, traced, world_in
from tests.terraform.cli import result, write

pytestmark = pytest.mark.terraform

MISSING = "import sys; sys.modules['opentelemetry.sdk'] = None; from planner.cli import main; main()"
VARIABLE = "flag-canary-3Lm8pT"
OUTPUT = "output-canary-8Uf0eX"
PRINTED = "printed-canary-5Yd4nJ"
MODEL = "model-canary-1Gh6sC"
HEADER = "header-canary-2Zb7qN"
LEAKY = """
variable "db_password" { sensitive = true }
resource "terraform_data" "each" {
  for_each = toset(["it is ${nonsensitive(var.db_password)}"])
}
resource "terraform_data" "loud" {
  depends_on = [terraform_data.each]
  provisioner "local-exec" {
    command = "echo password=%s >&2; echo ${nonsensitive(var.db_password)}; kill -9 $$"
  }
}
output "leak" {
  value     = "%s"
  sensitive = true
}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_in(tmp_path)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as server:
        yield server


def test_no_byte_of_a_secret_is_in_what_is_sent(world: World, collector: Collector) -> None:
    write(
        world.module,
        LEAKY % (PRINTED, "api_token=" + OUTPUT),
    )
    model = script(
        world,
        evidence=[f"password={PRINTED}"],
        root_cause=f'The password {VARIABLE} is wrong; api_key = "{MODEL}".',
        summary=f"Set password={MODEL} and send {HEADER}.",
    )
    told(
        world(
            *("run", world.module, "--json", "--model", model),
            *("--var", f"db_password={VARIABLE}"),
            OTEL_EXPORTER_OTLP_HEADERS=f"authorization=Bearer%20{HEADER}",
            **traced(collector),
        )
    )
    assert collector.headers[0]["authorization"] == f"Bearer {HEADER}"
    apply = collector.only("execute_tool terraform apply")
    assert "<secret:" in str(apply.events), "the canaries never reached the trace"
    sent = b"".join(collector.bodies)
    assert [c for c in (VARIABLE, OUTPUT, PRINTED, MODEL, HEADER) if c.encode() in sent] == []


@contextmanager
def hanging() -> Iterator[str]:
    """Takes connections, and never answers one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def take() -> None:
            try:
                while True:
                    taken.append(server.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in taken:
                connection.close()


@contextmanager
def nobody() -> Iterator[str]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.mark.parametrize("away", [nobody, hanging])
def test_a_back_end_that_is_away_changes_nothing_and_costs_two_seconds_at_most(
    world: World, away: object
) -> None:
    assert callable(away)
    write(world.module, BOXES)
    began = time.monotonic()
    assert world("run", world.module, "--json").returncode == 0
    alone = time.monotonic() - began
    with away() as url:
        began = time.monotonic()
        done = world("run", world.module, "--json", OTEL_EXPORTER_OTLP_ENDPOINT=url)
        took = time.monotonic() - began
    assert (done.returncode, result(done).state) == (0, "SUCCESS")
    said = [line for line in done.stderr.splitlines() if "trace" in line]
    assert len(said) == 1
    assert said[0].startswith("the trace of this run is not whole: it was not taken within 2 s")
    assert took < alone + 3.5  # the rest is what a busy machine may add


def test_the_sdks_own_variable_shortens_the_wait(world: World) -> None:
    write(world.module, BOXES)
    with hanging() as url:
        done = world(
            *("run", world.module),
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{url}/v1/traces",
            OTEL_BSP_EXPORT_TIMEOUT="100",
        )
    assert done.returncode == 0
    assert "not taken within 0.1 s" in done.stderr


def test_without_the_extra_the_run_goes_on_and_one_line_says_what_to_install(world: World) -> None:
    write(world.module, BOXES)
    without = world._replace(program=(sys.executable, "-c", MISSING))
    done = without("run", world.module, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 0
    assert done.stderr.count("pip install -e '.[tracing]'") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("off", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}])
def test_traces_that_are_turned_off_are_not_sent(
    world: World, collector: Collector, off: dict[str, str]
) -> None:
    write(world.module, BOXES)
    assert told(world("run", world.module, "--json", **traced(collector), **off)).exit_code == 0
    assert collector.bodies == []


def test_names_and_sampling_are_what_the_users_variables_say(world: World, collector: Collector) -> None:
    write(world.module, BOXES)
    world(
        *("run", world.module),
        **traced(collector),
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=staging,service.name=infra",
        OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
    )
    assert collector.resource["deployment.environment.name"] == "staging"
    assert collector.resource["service.name"] == "infra"
    sent = len(collector.bodies)
    done = world(
        *("run", world.module),
        **traced(collector),
        OTEL_TRACES_SAMPLER="parentbased_traceidratio",
        OTEL_TRACES_SAMPLER_ARG="0",
    )
    assert (done.returncode, len(collector.bodies)) == (0, sent)
    assert "trace" not in done.stderr
