"""`planner metrics` as its users have it: scraped over HTTP, written to a file, pushed to a Pushgateway."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fakes.metrics import samples
from tests.fakes.seeded_store import seed
from tests.fakes.this_machine import need

PLANNER = (sys.executable, "-m", "planner", "metrics")
WRITES = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from planner.store import Store
from tests.fakes.seeded_runs import Told
from tests.fakes.seeded_stories import STORIES
home, name, most = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
store = Store(home / "planner.db")
with store.transaction() as db:
    db.execute("DELETE FROM brakes")
for n in range(most):
    STORIES[n % len(STORIES)](Told(store, f"{name}-{n}", home / "m", datetime.now(UTC)))
    if n == 3:
        print("writing", flush=True)
"""


class Served(NamedTuple):
    process: subprocess.Popen[str]
    port: int

    def get(self, path: str = "/metrics", method: str = "GET", accept: str = "") -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, headers={"Accept": accept})
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response, body

    def values(self) -> dict[str, float]:
        response, body = self.get()
        assert response.status == 200, body
        return dict(samples(body))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return seed(tmp_path / "home", runs=45, now=datetime.now(UTC))


@pytest.fixture
def started(home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts processes that are killed, by their own ids, where they are left."""
    with ExitStack() as stack:

        def start(*command: str) -> subprocess.Popen[str]:
            child = stack.enter_context(
                subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            )
            stack.callback(child.kill)
            return child

        yield start


@pytest.fixture
def serve(started: Callable[..., subprocess.Popen[str]], home: Path) -> Callable[..., Served]:
    def do(*options: str) -> Served:
        child = started(*PLANNER, "serve", "--port", "0", "--home", str(home), *options)
        assert child.stderr is not None
        said = child.stderr.readline()
        assert said.startswith("metrics are at http"), said + child.stderr.read()
        return Served(child, int(said.split(":")[-1].split("/")[0]))

    return do


def planner(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*PLANNER, *arguments, "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def checked(said: str) -> str:
    """What Prometheus' own linter finds wrong with it."""
    promtool = need(shutil.which("promtool"), "promtool")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=said, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr if done.returncode or done.stdout else done.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- serving --------------------------------------------------------------------------------------


def test_a_scrape_tells_what_is_in_the_store(serve: Callable[..., Served]) -> None:
    served = serve()
    values = served.values()
    assert values["planner_runs_started_total"] == 45
    assert values["planner_approvals_pending"] == 2
    assert values['planner_breaker_open{provider="openai"}'] == 1
    assert values['planner_eval_net{model="signature-only",suite="executed"}'] == 0.25
    assert values["planner_store_size_bytes"] > 100_000


def test_only_the_metrics_are_there_and_a_page_that_leads_to_them(serve: Callable[..., Served]) -> None:
    served = serve()
    page, body = served.get("/")
    assert (page.status, 'href="/metrics"' in body) == (200, True)
    for path in ("/planner.db", "/metrics/", "/../etc/passwd", "/-/reload", "/metric"):
        assert served.get(path)[0].status == 404
    head, nothing = served.get(method="HEAD")
    assert (head.status, nothing) == (200, "")
    assert int(head.headers["Content-Length"]) > 10_000
    assert served.get(method="POST")[0].status == 501
    said = served.get(accept="application/openmetrics-text;version=1.0.0")[1]
    assert said.endswith("# EOF\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_in_order_when_it_is_told_to(serve: Callable[..., Served], number: signal.Signals) -> None:
    served = serve()
    served.values()
    served.process.send_signal(number)
    assert served.process.wait(10) == 0
    assert served.process.stderr is not None
    assert served.process.stderr.read() == ""


def test_a_port_that_is_taken_is_an_operators_error(serve: Callable[..., Served], home: Path) -> None:
    served = serve()
    done = planner(home, "serve", "--port", str(served.port))
    assert done.returncode == 1
    assert f"127.0.0.1:{served.port} cannot be listened on" in done.stderr
    assert "name another with --port" in done.stderr
    assert served.values()


def test_only_this_machine_is_answered_unless_somebody_says_otherwise(serve: Callable[..., Served]) -> None:
    served = serve()
    with socket.socket() as elsewhere:
        elsewhere.settimeout(5)
        assert elsewhere.connect_ex(("127.0.0.2", served.port)) != 0


def test_whoever_listens_elsewhere_without_tls_is_told_who_can_read(serve: Callable[..., Served]) -> None:
    served = serve("--host", "0.0.0.0")  # noqa: S104 - that is the question
    assert served.process.stderr is not None
    assert "--tls-cert" in served.process.stderr.readline()


def test_a_store_that_cannot_be_read_for_a_moment_is_a_503_and_no_end(
    serve: Callable[..., Served], home: Path
) -> None:
    served = serve()
    path = home / "planner.db"

    def version(number: int) -> int:
        with sqlite3.connect(path) as database:
            before = int(database.execute("PRAGMA user_version").fetchone()[0])
            database.execute(f"PRAGMA user_version={number}")
        database.close()
        return before

    ours = version(99)
    response, body = served.get()
    assert (response.status, body) == (503, "the store cannot be read now\n")
    version(ours)
    assert served.values()["planner_runs_started_total"] == 45


def test_a_client_that_says_nothing_holds_up_nobody(serve: Callable[..., Served]) -> None:
    served = serve()
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(socket.create_connection(("127.0.0.1", served.port)))
        began = time.monotonic()
        assert served.values()
        assert time.monotonic() - began < 5


def test_scrapes_while_runs_are_written_never_go_back_and_hold_up_no_run(
    serve: Callable[..., Served], started: Callable[..., subprocess.Popen[str]], home: Path
) -> None:
    served = serve()
    child = started(sys.executable, "-c", WRITES, str(home), "busy", "60")
    before = served.values()
    scrapes = 0
    while child.poll() is None:
        values = served.values()
        back = [n for n, v in before.items() if "_total" in n and values.get(n, 0) < v]
        assert back == [], "a counter went back"
        before, scrapes = values, scrapes + 1
    assert child.returncode == 0, child.communicate()[1]
    assert scrapes > 5
    assert served.values()["planner_runs_started_total"] == 45 + 60


def test_after_a_run_was_killed_in_the_middle_it_is_told_as_under_way(
    serve: Callable[..., Served], started: Callable[..., subprocess.Popen[str]], home: Path
) -> None:
    served = serve()
    unfinished = sum(v for n, v in served.values().items() if n.startswith("planner_runs_unfinished"))
    child = started(sys.executable, "-c", WRITES, str(home), "killed", "100000")
    assert child.stdout is not None
    assert child.stdout.readline() == "writing\n"
    child.kill()
    child.wait()
    values = served.values()
    now = sum(v for n, v in values.items() if n.startswith("planner_runs_unfinished"))
    ended = sum(v for n, v in values.items() if n.startswith("planner_runs_ended_total"))
    assert values["planner_runs_started_total"] == ended + now
    assert unfinished <= now <= unfinished + 3  # stories that end in waiting count too


def test_over_tls_it_proves_itself_and_plain_http_is_no_crash(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    cert, key = certificate(tmp_path)
    served = serve("--tls-cert", str(cert), "--tls-key", str(key))
    with pytest.raises((OSError, HTTPException)):
        served.get()
    with socket.create_connection(("127.0.0.1", served.port)):  # one that stalls in the handshake
        context = ssl.create_default_context(cafile=str(cert))
        connection = HTTPSConnection("127.0.0.1", served.port, timeout=20, context=context)
        connection.request("GET", "/metrics")
        assert b"planner_build_info" in connection.getresponse().read()
        connection.close()
    served.process.terminate()
    assert served.process.wait(10) == 0


@pytest.mark.parametrize("options", [("--tls-cert", "missing.pem"), ("--tls-key", "missing.pem")])
def test_a_certificate_that_cannot_be_used_is_an_operators_error(
    home: Path, options: tuple[str, str]
) -> None:
    done = planner(home, "serve", "--port", "0", *options)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "PEM" in done.stderr or "--tls-cert" in done.stderr


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    from cryptography import x509  # noqa: PLC0415 - only here
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "planner")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(signed.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


# --- a file, a gateway, the list ------------------------------------------------------------------


@pytest.mark.prometheus
def test_prometheus_own_linter_finds_nothing_wrong(home: Path, tmp_path: Path) -> None:
    assert planner(home, "textfile", str(tmp_path / "p.prom")).returncode == 0
    assert checked((tmp_path / "p.prom").read_text(encoding="utf-8")) == ""


def test_a_text_file_is_replaced_whole_and_others_may_read_it(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "collected" / "planner.prom"
    file.parent.mkdir()
    file.write_text("old", encoding="utf-8")
    file.chmod(0o600)
    old = file.stat().st_ino
    done = planner(home, "textfile", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert file.stat().st_ino != old, "a reader of the old one reads it to its end"
    assert list(file.parent.iterdir()) == [file]
    assert samples(file.read_text(encoding="utf-8"))["planner_runs_started_total"] == 45


def test_a_text_file_that_cannot_be_written_is_an_operators_error(home: Path, tmp_path: Path) -> None:
    done = planner(home, "textfile", str(tmp_path / "missing" / "p.prom"))
    assert done.returncode == 1
    assert "writable folder" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.prometheus
def test_a_pushgateway_keeps_what_each_instance_pushed_last(
    home: Path, tmp_path: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    binary = need(shutil.which("prometheus-pushgateway") or shutil.which("pushgateway"), "pushgateway")
    port = free_port()
    started(binary, f"--web.listen-address=127.0.0.1:{port}")
    deadline = time.monotonic() + 20
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    url = f"http://ana:hunter2@127.0.0.1:{port}"
    other = seed(tmp_path / "other", runs=20, now=datetime.now(UTC))
    for root, instance in ((home, "here"), (other, "there"), (home, "here")):
        done = planner(root, "push", url, "--instance", instance)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    body = Served(started("true"), port).get()[1]
    kept = samples(body)
    assert kept['planner_runs_started_total{instance="here",job="planner"}'] == 45
    assert kept['planner_runs_started_total{instance="there",job="planner"}'] == 20
    assert "hunter2" not in body


def test_a_push_that_nobody_takes_is_an_operators_error_without_the_password(home: Path) -> None:
    port = free_port()
    done = planner(home, "push", f"http://ana:hunter2@127.0.0.1:{port}/x")
    assert done.returncode == 1
    assert f"127.0.0.1:{port} did not take the metrics: " in done.stderr
    assert "Pushgateway" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_the_list_has_every_metric() -> None:
    from observability.catalog import ALL  # noqa: PLC0415 - only here

    done = subprocess.run([*PLANNER, "list"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [metric.name for metric in ALL]
