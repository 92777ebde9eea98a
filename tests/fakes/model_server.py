"""A real HTTP server on loopback that answers as a test tells it, and keeps what it was sent."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from contracts.identity import EngineId
from contracts.model import Prompt
from contracts.permit import ModelPermit
from contracts.record import RunRecord
from contracts.run import RunRequest, RunState

PROMPT = Prompt(system="You diagnose.", user="why? " * 100, max_output_tokens=500, version="p")

Answering = Callable[[BaseHTTPRequestHandler], None]
"""Writes one whole HTTP response."""


class Server(ThreadingHTTPServer):
    """Answers every POST with `answer`, and keeps what it was sent."""

    daemon_threads = False  # closing waits for every connection's end
    address_family = socket.AF_INET

    def __init__(self, answer: Answering) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.requests: list[dict[str, Any]] = []
        self.forms: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.gone = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if body.startswith(b"{"):
            self.server.requests.append({"path": self.path, **json.loads(body)})
        else:
            self.server.forms.append(body.decode())
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        try:
            self.server.answer(self)
        except OSError:
            self.server.gone.set()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def serving(answer: Answering) -> Iterator[Server]:
    with Server(answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def raw(status: int, body: bytes, **headers: str) -> Answering:
    """A response in one send: two would meet the delayed ACK."""
    named = {"content-type": "application/json", "content-length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return lambda handler: _send(handler, f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body)


def _send(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    handler.wfile.write(data)


def as_json(status: int, body: object, **headers: str) -> Answering:
    return raw(status, json.dumps(body).encode(), **headers)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """A TCP reset in the middle of a body, where `reset` ends it politely."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")
    time.sleep(0.05)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")
    handler.connection.shutdown(socket.SHUT_RDWR)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def trickle(head: bytes) -> Answering:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        for _ in range(200):
            time.sleep(0.05)
            handler.wfile.write(b" ")

    return answer


def _silence(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    handler.rfile.read(1)  # until the other side gives up


def _nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)


SLOW: dict[str, Answering] = {
    "a body byte by byte": trickle(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"),
    "an error's body byte by byte": trickle(b"HTTP/1.1 500 X\r\ncontent-length: 1000\r\n\r\n"),
    "headers and then nothing": _silence,
    "nothing at all": _nothing,
}


def closed_url() -> str:
    """The URL of a port where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def permit(time_left_s: float = 600) -> ModelPermit:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    record = RunRecord(
        run_id="r1",
        request=RunRequest(module=Path("/module")),
        engine=EngineId(name="terraform", version="1.11.4"),
        started_at=at,
        last_at=at,
        state=RunState.DIAGNOSING,
    )
    return ModelPermit(record, time_left_s=time_left_s)
