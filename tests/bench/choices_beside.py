"""Experiments with two things at once: modules that share a plugin cache, a probe beside the re-plan."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.bench.cloud import MODULE, environment, mirror
from tests.bench.lab import AGAIN, ROUNDS, Env, Lab, each, run, spread, table


def cache(lab: Lab) -> Iterator[str]:
    """Eight modules that are initialised at once with one plugin cache, as from a registry."""
    packed = _packed(lab.scratch)
    env = environment(lab.env, lab.endpoint, str(packed), lab.scratch)
    sides = {
        "no cache, 8 at once": (8, False),
        "one cache, 8 at once": (8, True),
        "one cache, in turn": (1, True),
    }
    rows: dict[str, list[str]] = {}
    for name, (at_once, shared) in sides.items():
        seconds: list[float] = []
        failed = 0
        for number in range(ROUNDS):
            place = lab.scratch / f"cache-{name.replace(' ', '-')}-{number}"
            (place / "plugins").mkdir(parents=True)
            more = {"TF_PLUGIN_CACHE_DIR": str(place / "plugins")} if shared else {}
            began = time.perf_counter()
            failed += _initialised(place, env | more, at_once)
            seconds.append(time.perf_counter() - began)
            shutil.rmtree(place)
        rows[name] = [spread(seconds), f"{failed} of {8 * ROUNDS}"]
    yield from table(
        "init of 8 modules",
        rows,
        ("seconds", "failed, or (two of the eight were tried) could not load the plugin after"),
    )


def _packed(scratch: Path) -> Path:
    """The mirror's plugin as a registry would send it: a zip file, which each `init` has to unpack."""
    source = Path(mirror() or "")
    (folder,) = source.glob("*/hashicorp/aws/*/*")
    version, platform = folder.parent.name, folder.name
    place = scratch / "packed" / folder.parent.parent.relative_to(source)
    place.mkdir(parents=True)
    with zipfile.ZipFile(place / f"terraform-provider-aws_{version}_{platform}.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    return scratch / "packed"


def _initialised(place: Path, env: Env, at_once: int) -> int:
    """How many of eight copies could not be initialised, or not validated afterwards."""
    gate = threading.Semaphore(at_once)
    bad: list[int] = []

    def one(number: int) -> None:
        folder = place / f"module-{number}"
        shutil.copytree(MODULE, folder)
        with gate:
            command = ["terraform", "init", "-input=false"]
            if subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False).returncode:
                bad.append(number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in {0, 7} - set(bad):
        command = ["terraform", "validate"]
        folder = place / f"module-{number}"
        bad += [number] * bool(
            subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False).returncode
        )
    return len(bad)


def probe(lab: Lab) -> Iterator[str]:
    """A service that answers some time after the apply: waited for after the re-plan, or beside it."""
    module = lab.module()
    each(["terraform"], module, lab.env)
    rows: dict[str, list[str]] = {}
    for delay in (0.0, 3.0, 8.0, 12.0):
        after: list[float] = []
        beside: list[float] = []
        for _ in range(2):
            for row, at_once in ((after, False), (beside, True)):
                with service(delay) as url:
                    began = time.perf_counter()
                    waits = threading.Thread(target=_answered, args=(url,))
                    if at_once:
                        waits.start()
                    run(["terraform", *AGAIN], module, lab.env)
                    if not at_once:
                        waits.start()
                    waits.join()
                    row.append(time.perf_counter() - began)
        rows[f"it answers {delay:.0f} s after the apply"] = [spread(after), spread(beside)]
    yield from table("health probe", rows, ("after the re-plan", "beside it"))


def _answered(url: str) -> None:
    """Ask as the validator does: at once, then after 0.2 s, 0.4 s … 2 s."""
    pause = 0.2
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).read()  # noqa: S310 - loopback
        except urllib.error.HTTPError:
            time.sleep(pause)
            pause = min(2 * pause, 2.0)
        else:
            return


@contextmanager
def service(delay: float) -> Iterator[str]:
    """The URL of a server that answers 503 until its time has come."""
    ready = time.monotonic() + delay

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if time.monotonic() >= ready else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
