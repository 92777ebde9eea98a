"""Answers 200 on /health, on loopback, until whoever started it stops it.

Use: python3 health.py [PORT]     (8731 without one; 0 takes any free port)
The first line printed is the URL that it serves.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Health(BaseHTTPRequestHandler):
    """GET /health is 200; every other path is 404."""

    def do_GET(self) -> None:
        """One answer."""
        found = self.path == "/health"
        body = b"ok\n" if found else b"not found\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal belongs to the run."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8731), Health)
    print(f"http://127.0.0.1:{server.server_port}/health", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
