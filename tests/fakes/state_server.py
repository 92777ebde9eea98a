"""A state store with a lock on loopback, as Terraform's `http` backend takes it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LOCKED = 423


class StateServer(ThreadingHTTPServer):
    """One state and one lock; both can be looked at and set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/state"
        self.state: bytes | None = None
        self.lock: dict[str, Any] | None = None
        """What Terraform said of who holds it, such as `ID` and `Who`; None: it is free."""
        self.broken: list[str] = []
        """The ids of the locks that somebody else than their holder took away."""
        self.guard = threading.Lock()

    @property
    def backend(self) -> str:
        """The block for a module whose state lies here."""
        urls = (f'    {name} = "{self.url}"\n' for name in ("address", "lock_address", "unlock_address"))
        more = "    retry_max = 0\n"
        return f'terraform {{\n  backend "http" {{\n{"".join(urls)}{more}  }}\n}}\n'


class _Handler(BaseHTTPRequestHandler):
    server: StateServer

    def do_GET(self) -> None:
        if self.server.state is None:
            self._answer(404)
        else:
            self._answer(200, self.server.state)

    def do_POST(self) -> None:
        self.server.state = self._body()
        self._answer(200)

    def do_LOCK(self) -> None:
        wanted = json.loads(self._body())
        with self.server.guard:
            held = self.server.lock
            if held is None:
                self.server.lock = wanted
        self._answer(200 if held is None else _LOCKED, json.dumps(held or {}).encode())

    def do_UNLOCK(self) -> None:
        said = json.loads(self._body() or b"{}") or {}
        with self.server.guard:
            if not said.get("Operation"):  # `force-unlock` does not say who it is
                self.server.broken.append(str((self.server.lock or {}).get("ID")))
            self.server.lock = None
        self._answer(200)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def state_server() -> Iterator[StateServer]:
    with StateServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
