"""People are told over a webhook: on a real HTTP server, by the real command."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from observability.webhook import post
from tests.terraform.cli import Run, write

pytestmark = pytest.mark.terraform

MISSPELT = 'resource "terraform_data" "box" {\n  inptu = "calm"\n}\n'
UNKNOWN = (
    'resource "terraform_data" "box" {\n  provisioner "local-exec" { command = "echo hm; kill -9 $$" }\n}\n'
)


@contextmanager
def hook(status: int = 200, headers: dict[str, str] | None = None) -> Iterator[tuple[str, list[Any]]]:
    """A server's URL, and what it was sent so far."""
    taken: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - http.server's names

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/services/T0/B0/hook-c4n4ry", taken
    finally:
        server.shutdown()
        server.server_close()


def test_a_parked_run_tells_what_waits_with_its_diff_and_how_to_answer(planner: Run, module: Path) -> None:
    write(module, MISSPELT)
    with hook() as (url, taken):
        done = planner("run", module, "--model", "none", PLANNER_WEBHOOK_URL=url)
    assert done.returncode == 3
    [text] = [message["text"] for message in taken]
    assert "*planner: parked*" in text
    assert "+  input = " in text
    assert "planner approve 2" in text


def test_a_failed_run_tells_what_to_do_next(planner: Run, module: Path) -> None:
    write(module, UNKNOWN)
    with hook() as (url, taken):
        done = planner("run", module, "--model", "none", "--max-retries", "0", PLANNER_WEBHOOK_URL=url)
    assert done.returncode == 2
    assert [message["text"].splitlines()[0].split("  ")[0] for message in taken] == ["*planner: failed*"]


def test_a_fix_without_a_person_is_told_and_a_clean_run_is_not(planner: Run, module: Path) -> None:
    write(module, MISSPELT)
    with hook() as (url, taken):
        fixed = planner("run", module, "--model", "none", "--autonomy", "fix", PLANNER_WEBHOOK_URL=url)
        clean = planner("run", module, "--model", "none", PLANNER_WEBHOOK_URL=url)
    assert (fixed.returncode, clean.returncode) == (0, 0)
    assert [message["text"].split("  ")[0] for message in taken] == ["*planner: fixed*"]


def test_notify_tells_of_a_fix_whatever_else_is_wanted_and_names_another_variable(
    planner: Run, module: Path
) -> None:
    write(module, MISSPELT)
    settings = "version: 1\napprove: {edit_config: notify}\nnotify: {url_env: OUR_HOOK, about: [failed]}\n"
    write(module, settings, "planner.yaml")
    with hook() as (url, taken):
        assert planner("run", module, "--model", "none", OUR_HOOK=url).returncode == 0
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("status", "headers"), [(500, {}), (302, {"Location": "http://127.0.0.1:1/elsewhere"})]
)
def test_a_webhook_that_refuses_changes_nothing_and_its_url_is_shown_nowhere(
    planner: Run, module: Path, tmp_path: Path, status: int, headers: dict[str, str]
) -> None:
    write(module, MISSPELT)
    with hook(status, headers) as (url, taken):
        done = planner("run", module, "--model", "none", PLANNER_WEBHOOK_URL=url)
    assert done.returncode == 3
    assert len(taken) == 1
    assert f"the webhook answered {status}" in done.stderr
    kept = [path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert not [
        text for text in (*kept, done.stdout.encode(), done.stderr.encode()) if b"hook-c4n4ry" in text
    ]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "file:///etc/passwd", "gopher://x", "http://[::1", ""]
)
def test_what_is_no_webhook_is_told_without_its_url(url: str) -> None:
    why = post(url, "x", str)
    assert why
    assert "passwd" not in why


def test_a_secret_in_a_message_is_masked_before_it_leaves() -> None:
    with hook() as (url, taken):
        assert post(url, "the password is hunter2", lambda text: text.replace("hunter2", "<secret>")) is None
    assert taken == [{"text": "the password is &lt;secret&gt;"}]


def test_no_word_of_a_message_calls_everybody_or_is_a_link() -> None:
    with hook() as (url, taken):
        assert post(url, "<!channel> see <https://evil.example/x|here> & <@U1>", str) is None
    [text] = [message["text"] for message in taken]
    assert text == "&lt;!channel&gt; see &lt;https://evil.example/x|here&gt; &amp; &lt;@U1&gt;"
