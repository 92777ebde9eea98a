"""HCP Terraform's API on loopback, over TLS: one organization, whose workspaces plan and apply locally."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_API = "/api/v2"
_DAY = timedelta(days=1)
_YES = ("can-update", "can-lock", "can-unlock", "can-queue-apply", "can-read-settings")


class CloudServer:
    """Knows each workspace that is asked for; keeps the states that were saved in it, oldest first."""

    def __init__(self, folder: Path) -> None:
        """`folder` is for the certificate, and for Terraform's token."""
        self.states: dict[str, list[bytes]] = {}
        self._certificate, self._rc = folder / "cloud.pem", folder / "cloud.tfrc"
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_self_signed(self._certificate))
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.host = f"localhost:{self._http.server_port}"
        self._rc.write_text(f'credentials "{self.host}" {{\n  token = "a-token"\n}}\n', encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """With which Terraform trusts the server, and is known to it."""
        return {"SSL_CERT_FILE": str(self._certificate), "TF_CLI_CONFIG_FILE": str(self._rc)}

    def block(self, workspaces: str) -> str:
        """The configuration of a module whose state lies here."""
        where = f'hostname = "{self.host}"\n    organization = "acme"\n'
        return (
            f"terraform {{\n  cloud {{\n    {where}    workspaces {{\n      {workspaces}\n    }}\n  }}\n}}\n"
        )

    @contextmanager
    def serving(self) -> Iterator[CloudServer]:
        thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:  # noqa: C901, PLR0911 - a row a route
        """The status, and what is told: bytes as they are, all else as JSON."""
        match [method, *path.partition("?")[0].removeprefix(_API).strip("/").split("/")]:
            case ["GET", ".well-known", "terraform.json"]:
                return 200, {"tfe.v2": f"{_API}/", "tfe.v2.1": f"{_API}/", "tfe.v2.2": f"{_API}/"}
            case ["GET", "ping"]:
                return 200, {}
            case ["GET", "organizations", _, "entitlement-set"]:
                return 200, _data("entitlement-sets", "org", {"operations": False, "state-storage": True})
            case ["GET", "organizations", _, "workspaces", name]:
                return 200, _workspace(name)
            case ["POST", "workspaces", name, "actions", _]:
                return 200, _workspace(name)
            case ["GET", "workspaces", name, "current-state-version"] if self.states.get(name):
                return 200, self._version(name, len(self.states[name]) - 1)
            case ["POST", "workspaces", name, "state-versions"]:
                saved = json.loads(body)["data"]["attributes"].get("state") or ""
                self.states.setdefault(name, []).append(base64.b64decode(saved))
                return 201, self._version(name, len(self.states[name]) - 1)
            case ["GET", "state-versions", told]:
                name, _, at = told.rpartition(".")
                return 200, self._version(name, int(at))
            case ["PUT", "upload", name, at]:
                self.states[name][int(at)] = body
                return 200, {}
            case ["PUT", "upload-json", *_]:
                return 200, {}
            case ["GET", "download", name, at]:
                return 200, self.states[name][int(at)]
        return 404, {"errors": [{"status": "404", "title": "not found"}]}

    def _version(self, name: str, at: int) -> dict[str, Any]:
        links = {
            "hosted-state-download-url": f"https://{self.host}/download/{name}/{at}",
            "hosted-state-upload-url": f"https://{self.host}/upload/{name}/{at}",
            "hosted-json-state-upload-url": f"https://{self.host}/upload-json/{name}/{at}",
        }
        state = {"serial": at, "status": "finalized", "resources-processed": True}
        return _data("state-versions", f"{name}.{at}", state | links)


def _workspace(name: str) -> dict[str, Any]:
    runs = {"execution-mode": "local", "operations": False, "permissions": dict.fromkeys(_YES, True)}
    return _data("workspaces", name, {"name": name, "terraform-version": "latest", "locked": False} | runs)


def _data(kind: str, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"id": name, "type": kind, "attributes": attributes}}


def _handler(server: CloudServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, told = server.answer(self.command, self.path, body)
            raw = told if isinstance(told, bytes) else json.dumps(told).encode()
            is_api = self.path.startswith(_API)
            self.send_response(status)
            self.send_header("Content-Type", "application/vnd.api+json" if is_api else "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.send_header("TFP-API-Version", "2.6")
            self.send_header("TFP-AppName", "HCP Terraform")
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
            """Nothing of it is to be read."""

    return Handler


def _self_signed(path: Path) -> Path:
    """A certificate of localhost, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    places = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    )
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - _DAY).not_valid_after(now + _DAY)
    signed = builder.add_extension(places, critical=False).sign(key, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path
