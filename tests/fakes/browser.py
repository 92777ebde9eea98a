"""A real Chromium, driven over WebDriver's plain HTTP. No fake, but a fake's neighbour.

chromedriver listens on loopback and is ended by its own process id; a page is
only ever a file. What is missing skips a test, and fails it where CI is set.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.fakes.this_machine import need

_FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
--disable-background-networking --disable-component-update --disable-dev-shm-usage --hide-scrollbars"""
_LOGS = {"browser": "ALL", "performance": "ALL"}
_KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}
_PORT = re.compile(r"successfully on port (\d+)")


class BrowserError(Exception):
    """The browser could not do what was asked; says what it answered."""


class Browser:
    """One window."""

    def __init__(self, port: int, binary: str, profile: Path) -> None:
        self._port, self._session = port, "/session"
        options = {"binary": binary, "args": [*_FLAGS.split(), f"--user-data-dir={profile}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": _LOGS}
        made = self._send("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{made['sessionId']}"

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a file anew, and wait until it has loaded; what was logged before is forgotten."""
        self._send("POST", "/url", {"url": "about:blank"})
        self.complaints(), self.requests()
        self._send("POST", "/url", {"url": path.as_uri() + fragment})

    def run(self, script: str, *arguments: object) -> Any:
        """What a function's body returns; a promise is waited for."""
        return self._send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, *keys: str) -> None:
        """Press one key after another where the focus is: a name of `_KEYS` or a letter."""
        steps = [
            {"type": kind, "value": _KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")
        ]
        self._send("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": steps}]})

    def look(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Be a screen of this size, which prefers light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._cdp("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._cdp("Emulation.setEmulatedMedia", {"features": [scheme]})

    def complaints(self) -> list[str]:
        """What the console was told since the last look."""
        return [entry["message"] for entry in self._send("POST", "/se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """The URLs that were asked for since the last look."""
        logged = self._send("POST", "/se/log", {"type": "performance"})
        events = [json.loads(entry["message"])["message"] for entry in logged]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [each["request"]["url"] for each in sent]

    def close(self) -> None:
        """End Chromium."""
        self._send("DELETE", "")

    def _cdp(self, command: str, parameters: dict[str, Any]) -> Any:
        return self._send("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _send(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with closing(connection):
            connection.request(method, self._session + path, json.dumps(body) if body is not None else None)
            response = connection.getresponse()
            value = json.loads(response.read())["value"]
        if response.status != http.client.OK:
            raise BrowserError(f"{value['error']}: {value['message']}")
        return value


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A window until the end of the block; its profile is a new folder."""
    binary = need(shutil.which("chromium") or shutil.which("google-chrome"), "chromium")
    driver = need(shutil.which("chromedriver"), "chromedriver")
    environment = {**os.environ, "HOME": str(profile)}  # Chromium keeps its caches there
    with _driver(driver, environment) as port, closing(Browser(port, binary, profile / "profile")) as browser:
        yield browser


@contextmanager
def _driver(program: str, environment: dict[str, str]) -> Iterator[int]:
    """The port of a chromedriver; one whose port is taken on its other address ends: another is tried."""
    told: list[str] = []
    for _ in range(5):
        with subprocess.Popen(
            [program, "--port=0"],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ) as process:
            for line in process.stdout or ():
                told.append(line)
                if found := _PORT.search(line):
                    try:
                        yield int(found[1])
                    finally:
                        process.terminate()
                    return
    raise BrowserError(f"chromedriver tells no port: {''.join(told)}")
