"""What HTTP and TCP probes see, of real servers and sockets on loopback."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subagents.validator.probes import http_status, shown, tcp_connect

TIMEOUT_S = 2.0


class Handler(BaseHTTPRequestHandler):
    """Answers `/STATUS`, redirecting to `/200`; remembers what it was asked."""

    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        self.send_response(int(self.path[1:4]))
        self.send_header("Location", "/200")
        self.send_header("Content-Length", "1000000000")  # never sent: the body is not read
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by its base class
        """Keep quiet."""


class Server(NamedTuple):
    port: int
    asked: list[tuple[str, str | None]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def _running() -> Iterator[Server]:
    asked: list[tuple[str, str | None]] = []
    handler = type("Remembering", (Handler,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Server(server.server_port, asked)
        server.shutdown()
        thread.join()


@pytest.fixture
def server(_running: Server) -> Server:
    _running.asked.clear()
    return _running


@contextmanager
def answering(raw: bytes | None) -> Iterator[str]:
    """A server that answers one connection with these bytes and hangs up; None: says nothing."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                if raw is None:
                    done.wait(10)
                else:
                    connection.sendall(raw)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        done.set()
        thread.join()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections: bound, but not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_the_expected_status_passes(server: Server) -> None:
    assert http_status(f"{server.url}/200", 200, TIMEOUT_S) == (True, "status 200")
    assert http_status(f"{server.url}/404", 404, TIMEOUT_S) == (True, "status 404")


def test_another_status_is_seen_as_it_is(server: Server) -> None:
    assert http_status(f"{server.url}/503", 200, TIMEOUT_S) == (False, "status 503")


def test_a_redirect_is_an_answer_and_not_followed(server: Server) -> None:
    assert http_status(f"{server.url}/302", 200, TIMEOUT_S) == (False, "status 302")
    assert http_status(f"{server.url}/308", 308, TIMEOUT_S) == (True, "status 308")
    assert [path for path, _ in server.asked] == ["/302", "/308"]


def test_a_user_in_the_url_is_sent_as_basic_authentication(server: Server) -> None:
    url = f"http://me:p%40ss@127.0.0.1:{server.port}/200?a=b#part"
    assert http_status(url, 200, TIMEOUT_S) == (True, "status 200")
    assert server.asked == [("/200?a=b", f"Basic {base64.b64encode(b'me:p@ss').decode()}")]


def test_without_a_user_no_authentication_is_sent(server: Server) -> None:
    http_status(f"{server.url}/200", 200, TIMEOUT_S)
    assert server.asked == [("/200", None)]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_is_asked_for_this_machine(
    server: Server, closed_port: int, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    assert http_status(f"http://{host}:{server.port}/200", 200, TIMEOUT_S) == (True, "status 200")


def test_the_proxy_of_the_environment_is_asked_for_another_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy}")
        monkeypatch.delenv("no_proxy", raising=False)
        assert http_status("http://health.invalid/", 204, TIMEOUT_S) == (True, "status 204")


def test_a_refused_connection_is_an_answer(closed_port: int) -> None:
    expected = (False, "connection refused")
    assert http_status(f"http://127.0.0.1:{closed_port}/", 200, TIMEOUT_S) == expected
    assert tcp_connect(f"127.0.0.1:{closed_port}", TIMEOUT_S) == expected


def test_silence_ends_with_the_timeout() -> None:
    with answering(None) as address:
        assert http_status(f"http://{address}/", 200, 0.1) == (False, "no answer in time")


GARBAGE = {
    "no answer": (b"", "a connection closed without an answer"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", "an answer that is not HTTP"),
    "a status that is no number": (b"HTTP/1.1 two OK\r\n\r\n", "an answer that is not HTTP"),
    "headers without end": (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200, "an answer that is not HTTP"),
}


@pytest.mark.parametrize(("raw", "seen"), GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_an_answer(raw: bytes, seen: str) -> None:
    with answering(raw) as address:
        assert http_status(f"http://{address}/", 200, TIMEOUT_S) == (False, seen)


def test_http_where_tls_was_expected_is_an_answer() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address:
        ok, seen = http_status(f"https://{address}/", 200, TIMEOUT_S)
    assert not ok
    assert seen.startswith("a TLS error: ")


MALFORMED = {
    "a file": "file:///etc/passwd",
    "ftp": "ftp://127.0.0.1/x",
    "inline content": "data:text/plain,hunter2",
    "no scheme": "me:hunter2@127.0.0.1/",
    "no host": "http:///x",
    "a port that is no number": "http://127.0.0.1:hunter2/",
    "an unescaped slash in the password": "http://me:hun/ter2@127.0.0.1/",
    "an unescaped question mark in the password": "http://me:hunter2?x@127.0.0.1/",
    "an open bracket": "http://[::1/hunter2",
    "a blank in the path": "http://127.0.0.1:1/hunter2 x",
    "a port beyond the last": "http://127.0.0.1:70000/",
    "a host label that is too long": f"http://{'ü' * 80}.test/",
    "a letter beyond ASCII": "http://127.0.0.1:1/hünter2",
}


@pytest.mark.parametrize("url", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_http_url_is_refused_and_not_quoted(url: str) -> None:
    expected = (False, "a URL that is malformed, or neither http:// nor https://")
    assert http_status(url, 200, TIMEOUT_S) == expected


SHOWN = {
    "a plain one": ("http://a.test:8080/health", "http://a.test:8080/health"),
    "an address of six": ("http://[::1]:80/", "http://[::1]:80/"),
    "user and password": ("https://me:hunter2@a.test/x", "https://a.test/x"),
    "a query": ("http://a.test/x?token=hunter2", "http://a.test/x?…"),
    "a fragment": ("http://a.test/x#hunter2", "http://a.test/x"),
    "an unescaped slash in the password": ("http://me:hunter/2@a.test/", "(malformed URL)"),
    "an unescaped question mark in the password": ("http://me:hunter2?@a.test/", "(malformed URL)"),
    "no scheme": ("me:hunter2@a.test", "(malformed URL)"),
}


@pytest.mark.parametrize(("url", "text"), SHOWN.values(), ids=SHOWN.keys())
def test_a_url_is_shown_without_its_secrets(url: str, text: str) -> None:
    assert shown(url) == text


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12, max_size=20))
def test_a_password_is_never_shown(password: str) -> None:
    for url in (
        f"http://me:{password}@a.test/",
        f"http://me:x/{password}@a.test/",
        f"http://{password}@a.test",
    ):
        assert password not in shown(url)


@given(st.text())
def test_any_text_can_be_shown(url: str) -> None:
    assert shown(url)


def test_an_open_port_passes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert tcp_connect(f"127.0.0.1:{port}", TIMEOUT_S) == (True, "an open port")
        assert tcp_connect(f"localhost:{port}", TIMEOUT_S) == (True, "an open port")


def test_an_open_port_of_an_ipv6_address_passes() -> None:
    try:
        listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with listening:
        port = listening.getsockname()[1]
        assert tcp_connect(f"[::1]:{port}", TIMEOUT_S) == (True, "an open port")


TARGETS = [
    "",
    "host",
    "host:",
    ":80",
    "host:ssh",
    "host:0",
    "host:65536",
    "::1:80",
    "[]:80",
    "host:²",
    "a:b:80",
]


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_without_host_or_port_is_refused(target: str) -> None:
    assert tcp_connect(target, TIMEOUT_S) == (False, "a target that is neither HOST:PORT nor [IPV6]:PORT")


def test_a_host_that_cannot_be_a_name_is_an_answer() -> None:
    assert tcp_connect(f"{'a' * 80}:80", TIMEOUT_S) == (False, "a host name that is malformed")
