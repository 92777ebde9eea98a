"""An HTTP server for one page, `/metrics`, over whatever writes it.

On loopback unless somebody says otherwise. A client that stalls holds up
nobody else, and a page that cannot be written for a moment is a 503: the next
scrape asks again.
"""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Lock

Page = Callable[[str], tuple[bytes, str] | None]
"""The request's `Accept` → the page and its content type, or None where it cannot be written now."""
_PATH = "/metrics"
_STALLED_S = 10.0
_HOME = b'<!doctype html><meta charset="utf-8"><title>planner</title><a href="/metrics">metrics</a>\n'


class MetricsServer(ThreadingHTTPServer):
    """Bound and listening when made; `serve_forever` answers until `shutdown`."""

    daemon_threads = True

    def __init__(self, host: str, port: int, page: Page, tls: ssl.SSLContext | None = None) -> None:
        """Port 0: a free one. Raises `OSError` where it cannot listen."""
        self.page = page
        self.one_at_a_time = Lock()
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), _Handler)
        if tls is not None:  # the handshake is the handler's: a client that stalls in it waits alone
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        name = f"[{host}]" if ":" in host else host
        self.url = f"{'http' if tls is None else 'https'}://{name}:{self.server_address[1]}{_PATH}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, or spoke no TLS, is no news."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def context_of(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """What a server proves itself with, from PEM files. Raises `OSError` where they cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer
    timeout = _STALLED_S
    server_version = "planner"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer one request."""
        path = self.path.partition("?")[0]
        if path == "/":
            self._answer(HTTPStatus.OK, _HOME, "text/html; charset=utf-8")
        elif path != _PATH:
            self._say(HTTPStatus.NOT_FOUND, f"only {_PATH} is here")
        else:
            with self.server.one_at_a_time:
                page = self.server.page(self.headers.get("Accept", ""))
            if page is None:
                self._say(HTTPStatus.SERVICE_UNAVAILABLE, "the store cannot be read now")
            else:
                self._answer(HTTPStatus.OK, *page)

    def do_HEAD(self) -> None:
        """The same, without its body."""
        self.do_GET()

    def _say(self, status: HTTPStatus, text: str) -> None:
        self._answer(status, f"{text}\n".encode(), "text/plain; charset=utf-8")

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """A scrape every few seconds is no news."""
