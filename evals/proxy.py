"""Stands before one server of a world, and is what breaks: everything else passes through as it was sent.

Decides which requests a fault strikes, counting them in the order in which they
come, and what a struck client sees. What servers answer is decided in
`evals.servers`, what AWS says to a wrong clock in `evals.skew`.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from email.message import Message
from http.client import HTTPException, HTTPResponse, responses
from typing import Any, NamedTuple

from evals.faults import Http
from evals.servers import Handler, Loopback

_SEEN = 4096
"""Bytes of a body that `match` sees."""
_UPSTREAM_S = 120.0
_OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",
    }
)
_BODILESS = frozenset({204, 304})


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: Message
    body: bytes


class Answer(NamedTuple):
    """One response."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


Rule = Callable[[Asked], Http | None]
"""What strikes a request, if anything. Called for one request after the other."""


class Counted:
    """The rule of one `Http` fault. Raises `ValueError` where its expression is none."""

    def __init__(self, fault: Http) -> None:
        self._fault = fault
        self._fitted = 0
        try:
            self._match = re.compile(fault.match)
        except re.error as error:
            raise ValueError(f"{fault.name}: {fault.match!r} is no regular expression: {error}") from error

    def __call__(self, asked: Asked) -> Http | None:
        """The fault, where this request fits and it is its turn."""
        fault = self._fault
        seen = (f"{asked.method} {asked.path}", asked.body[:_SEEN].decode(errors="replace"))
        if fault.method not in {"*", asked.method} or not any(map(self._match.search, seen)):
            return None
        self._fitted += 1
        struck = self._fitted - fault.skip
        return fault if struck > 0 and (fault.times is None or struck <= fault.times) else None


class Proxy(Loopback):
    """Before the server at a port of loopback."""

    def __init__(self, port: int) -> None:
        super().__init__(_Handler)
        self.port = port
        self.rules: dict[str, Rule] = {}
        """By the fault's name; the first one that strikes a request is the one it meets."""
        self.guard = threading.Lock()
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()

    def struck(self, asked: Asked) -> Http | None:
        """What a request meets."""
        with self.guard:
            return next((fault for rule in self.rules.values() if (fault := rule(asked))), None)

    def passed(self, asked: Asked) -> Answer:
        """What the server answers. Raises `OSError` and `HTTPException`."""
        kept = [(k, v) for k, v in asked.headers.items() if k.lower() not in _OF_THE_CONNECTION]
        if asked.body and not asked.headers.get("content-length"):
            kept.append(("Content-Length", str(len(asked.body))))  # it came in chunks
        head = _head(f"{asked.method} {asked.path} HTTP/1.1", [*kept, ("Connection", "close")])
        with socket.create_connection(("127.0.0.1", self.port), _UPSTREAM_S) as connection:
            connection.sendall(head + asked.body)
            with HTTPResponse(connection, method=asked.method) as response:
                response.begin()
                body = response.read()
                headers = [(k, v) for k, v in response.getheaders() if k.lower() not in _OF_THE_CONNECTION]
                return Answer(response.status, response.reason, headers, body)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection, and know of it meanwhile: an idle one must not outlive us."""
        with self.guard:
            if self.stopping.is_set():
                return
            self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            with self.guard:
                self._open.discard(request)

    def server_close(self) -> None:
        """Hang up on everybody."""
        with self.guard:
            self.stopping.set()
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Handler(Handler):
    server: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        path = self.requestline.split()[1]  # `self.path` is a tidied one
        asked = Asked(self.command, path, self.headers, self._body())
        fault = self.server.struck(asked)
        how = fault.how if fault else None
        if fault and how == "status":
            named = list(fault.headers.items())
            return self._answer(
                Answer(fault.status, responses.get(fault.status, ""), named, fault.body.encode())
            )
        if how == "reset":
            return self._reset()
        if fault and how == "slow" and self.server.stopping.wait(fault.delay_s):
            return None
        try:
            answer = self.server.passed(asked)
        except (OSError, HTTPException):
            answer = Answer(502, "Bad Gateway", [], b"")
        return self._cut(answer) if how == "truncated" else self._answer(answer)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", "").lower():
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # a trailer
        return b"".join(parts)

    def _answer(self, answer: Answer) -> None:
        headers = list(answer.headers)
        bodiless = self.command == "HEAD" or answer.status in _BODILESS
        if not bodiless and not any(name.lower() == "content-length" for name, _ in headers):
            headers.append(("Content-Length", str(len(answer.body))))
        head = _head(f"HTTP/1.1 {answer.status} {answer.reason}", headers)
        self.wfile.write(head if bodiless else head + answer.body)  # at once: two would meet the delayed ACK

    def _cut(self, answer: Answer) -> None:
        """An answer whose second half never comes; one without a body never begins."""
        self.close_connection = True
        if answer.body:
            self._answer(
                answer._replace(headers=_with_length(answer), body=answer.body[: len(answer.body) // 2])
            )

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())


def _with_length(answer: Answer) -> list[tuple[str, str]]:
    named = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    return [*named, ("Content-Length", str(len(answer.body)))]


def _head(first: str, headers: list[tuple[str, str]]) -> bytes:
    return "".join([f"{first}\r\n", *(f"{name}: {value}\r\n" for name, value in headers), "\r\n"]).encode(
        "latin-1"
    )
