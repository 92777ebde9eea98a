"""The servers of a world, each on loopback and a port of its own: a store of states, the web, AWS.

Decides what they answer while nothing is wrong. What goes wrong on the way to
them is decided in `evals.proxy`.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from evals.holding import Holder

_FORBIDDEN = 403
_LOCKED = 423
_WRONG_HOLDER = 409


class Loopback(ThreadingHTTPServer):
    """A server that nobody reaches from elsewhere; closing it waits for what it is answering."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is its own affair."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def serving(server: Loopback) -> Iterator[None]:
    """Let a server answer; afterwards nothing of it is left."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    with server:
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def aws(log: Path) -> Iterator[int]:
    """An AWS that nobody else has, in a process of its own; yields its port. Raises `ValueError`."""
    holder = Holder("aws", log=log)
    try:
        yield int(holder.told)
    finally:
        holder.close()


class Handler(BaseHTTPRequestHandler):
    """Answers every method for which it has no `do_METHOD` by `_serve`, if it has that; logs nothing."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nobody reads it."""


class _Plain(Handler):
    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class StateServer(Loopback):
    """States and their locks by path, as Terraform's `http` backend takes them."""

    def __init__(self) -> None:
        super().__init__(_States)
        self.states: dict[str, bytes] = {}
        self.locks: dict[str, dict[str, Any]] = {}
        """What was said of who holds it, such as `ID` and `Who`; a path that is not in here is free."""
        self.refuses = False
        """Whether it lets nobody write a state."""
        self.guard = threading.Lock()

    def take(self, path: str, info: dict[str, Any]) -> dict[str, Any] | None:
        """Take a lock; returns who holds it already, and None where it was free."""
        with self.guard:
            held = self.locks.get(path)
            if held is None:
                self.locks[path] = info
        return held

    def free(self, path: str, lock_id: str | None) -> bool:
        """Let go of a lock, whoever holds it where no id is given; tells whether it is free now."""
        with self.guard:
            if lock_id and self.locks.get(path, {}).get("ID", lock_id) != lock_id:
                return False
            self.locks.pop(path, None)
        return True


class _States(_Plain):
    server: StateServer

    def do_GET(self) -> None:
        state = self.server.states.get(self._at)
        self._answer(404 if state is None else 200, state or b"")

    def do_POST(self) -> None:
        body = self._body()
        if self.server.refuses:
            self._answer(_FORBIDDEN)
            return
        with self.server.guard:
            held = self.server.locks.get(self._at)
            said = parse_qs(urlsplit(self.path).query).get("ID", [None])[0]
            allowed = held is None or said == held.get("ID")
            if allowed:
                self.server.states[self._at] = body
        self._answer(200 if allowed else _WRONG_HOLDER)

    def do_DELETE(self) -> None:
        self.server.states.pop(self._at, None)
        self._answer(200)

    def do_LOCK(self) -> None:
        held = self.server.take(self._at, json.loads(self._body()))
        self._answer(200 if held is None else _LOCKED, json.dumps(held or {}).encode())

    def do_UNLOCK(self) -> None:
        said = json.loads(self._body() or b"{}") or {}  # `force-unlock` does not say whose
        self._answer(200 if self.server.free(self._at, said.get("ID")) else _WRONG_HOLDER)

    @property
    def _at(self) -> str:
        return urlsplit(self.path).path


class WebServer(Loopback):
    """Answers `ok` to everything."""

    def __init__(self) -> None:
        super().__init__(_Ok)


class _Ok(_Plain):
    def _serve(self) -> None:
        self._body()
        self._answer(200, b"ok")
