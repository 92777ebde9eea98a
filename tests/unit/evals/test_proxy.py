"""What a fault of the network does to a client, and that everything else passes through as it was sent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from typing import Any

import pytest

from evals.faults import Http
from evals.proxy import Counted, Proxy
from evals.servers import Handler, Loopback, serving

BODY = b"0123456789"


class Behind(Loopback):
    """Keeps what it was asked, and answers as the path says."""

    def __init__(self) -> None:
        super().__init__(_Behind)
        self.asked: list[tuple[str, str, list[tuple[str, str]], bytes]] = []


class _Behind(Handler):
    server: Behind

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.requestline.split()[1]
        self.server.asked.append((self.command, path, self.headers.items(), body))
        if path == "/none":
            self.wfile.write(b"HTTP/1.1 204 Nothing\r\nX-A: 1\r\n\r\n")
        elif path == "/chunked":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        elif self.command == "HEAD":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n")
        else:
            head = b"HTTP/1.1 418 Tea pot\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 10\r\n\r\n"
            self.wfile.write(head + BODY)


class Stand:
    """A server, the proxy before it, and a client's way to ask."""

    def __init__(self, behind: Behind, proxy: Proxy) -> None:
        self.behind = behind
        self.proxy = proxy

    def client(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.proxy.server_port, timeout=20)

    def ask(self, path: str = "/", method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
        client = self.client()
        try:
            client.request(method, path, body)
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def strike(self, **parts: Any) -> None:
        fault = Http(name="f", server="web", **parts)
        self.proxy.rules[fault.name] = Counted(fault)


@contextmanager
def standing() -> Iterator[Stand]:
    behind = Behind()
    with serving(behind):
        proxy = Proxy(behind.server_port)
        with serving(proxy):
            yield Stand(behind, proxy)


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as made:
        yield made


def test_what_no_fault_strikes_passes_through_as_it_was_sent(stand: Stand) -> None:
    client = stand.client()
    client.putrequest("LOCK", "//a%2Fb/../c?x=1&y", skip_host=True, skip_accept_encoding=True)
    sent = [("Host", "queue.example:99"), ("x-Odd", "\xe9"), ("X-Odd", "two"), ("Content-Length", "4")]
    for name, value in sent:
        client.putheader(name, value.encode("latin-1"))
    client.endheaders(b"\x00\r\n\xff")
    answer = client.getresponse()
    got = (answer.status, answer.reason, answer.getheaders(), answer.read())
    client.close()
    cookies = [("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("Content-Length", "10")]
    assert got == (418, "Tea pot", cookies, BODY)
    method, path, headers, body = stand.behind.asked[0]
    assert (method, path, body) == ("LOCK", "//a%2Fb/../c?x=1&y", b"\x00\r\n\xff")
    assert headers == [*sent, ("Connection", "close")]


def test_one_connection_carries_many_requests_and_one_that_comes_in_chunks_arrives_whole(
    stand: Stand,
) -> None:
    client = stand.client()
    client.request("PUT", "/", iter([b"ab", b"c"]), {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    assert client.getresponse().read() == BODY
    first = client.sock
    client.request("GET", "/chunked")
    assert client.getresponse().read() == b"abc"
    assert client.sock is first
    client.close()
    assert [body for *_, body in stand.behind.asked] == [b"abc", b""]


def test_an_answer_without_a_body_has_none(stand: Stand) -> None:
    client = stand.client()
    client.request("HEAD", "/")
    answer = client.getresponse()
    assert (answer.headers["content-length"], answer.read()) == ("77", b"")
    client.request("GET", "/none")
    answer = client.getresponse()
    assert (answer.status, answer.headers["x-a"], answer.headers["content-length"]) == (204, "1", None)
    client.close()


def test_a_server_that_is_gone_is_a_bad_gateway() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        proxy = Proxy(unused.getsockname()[1])
        with serving(proxy):
            client = HTTPConnection("127.0.0.1", proxy.server_port, timeout=20)
            client.request("GET", "/")
            assert client.getresponse().status == 502
            client.close()


def test_a_status_is_answered_with_its_headers_and_body_and_the_server_is_not_asked(stand: Stand) -> None:
    stand.strike(status=503, headers={"Retry-After": "9"}, body="<no/>")
    client = stand.client()
    client.request("GET", "/")
    answer = client.getresponse()
    assert (answer.status, answer.reason, answer.read()) == (503, "Service Unavailable", b"<no/>")
    assert answer.headers["retry-after"] == "9"
    client.close()
    assert stand.behind.asked == []


def test_a_fault_strikes_so_many_after_so_many_of_those_that_fit(stand: Stand) -> None:
    stand.strike(method="POST", match="^POST /a|Action=Create", skip=1, times=2)
    fit = [stand.ask("/a", "POST"), stand.ask("/", "POST", b"Action=Create&x"), stand.ask("/a", "POST")]
    others = [stand.ask("/a"), stand.ask("/", "POST", b"z" * 5000 + b"Action=Create")]
    fit.append(stand.ask("/a", "POST"))
    assert [status for status, _ in fit] == [418, 500, 500, 418]
    assert [status for status, _ in others] == [418, 418], "another method, and too far into the body"


def test_requests_at_once_are_counted_one_by_one(stand: Stand) -> None:
    stand.strike(skip=5, times=7)
    with ThreadPoolExecutor(8) as pool:
        statuses = [status for status, _ in pool.map(lambda _: stand.ask(), range(24))]
    assert statuses.count(500) == 7
    assert len(stand.behind.asked) == 17


def test_a_fault_that_is_taken_back_strikes_no_more_and_of_two_the_first_is_met(stand: Stand) -> None:
    stand.strike(status=500)
    stand.proxy.rules["second"] = Counted(Http(name="second", server="web", status=429, times=1))
    assert stand.ask()[0] == 500
    del stand.proxy.rules["f"]
    assert [stand.ask()[0], stand.ask()[0]] == [429, 418]


def test_a_reset_is_one(stand: Stand) -> None:
    stand.strike(how="reset", times=1)
    with pytest.raises(ConnectionResetError) as seen:
        stand.ask()
    assert not isinstance(seen.value, RemoteDisconnected), "it was ended politely"
    assert stand.behind.asked == []
    assert stand.ask()[0] == 418


def test_a_truncated_answer_promises_all_and_gives_half_though_the_server_did_it(stand: Stand) -> None:
    stand.strike(how="truncated")
    with pytest.raises(IncompleteRead) as seen:
        stand.ask("/", "POST", b"x")
    assert (seen.value.partial, seen.value.expected) == (BODY[:5], 5)
    with pytest.raises(RemoteDisconnected):
        stand.ask("/none")
    assert len(stand.behind.asked) == 2


def test_a_slow_answer_comes_late(stand: Stand) -> None:
    stand.strike(how="slow", delay_s=0.3)
    began = time.monotonic()
    assert stand.ask() == (418, BODY)
    assert time.monotonic() - began >= 0.3


def test_closing_waits_neither_for_a_slow_answer_nor_for_an_idle_client() -> None:
    before = threading.active_count()
    with standing() as stand:
        idle = stand.client()
        idle.request("GET", "/")
        idle.getresponse().read()
        stand.strike(how="slow", delay_s=60)
        waiting = stand.client()
        waiting.request("GET", "/")
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert threading.active_count() == before
    idle.close()
    waiting.close()


def test_an_expression_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="is no regular expression"):
        Counted(Http(name="f", server="web", match="("))
