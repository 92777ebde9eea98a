"""Makes the faults of `*.toml` on a real engine and keeps what was printed, a folder each.

Decides how a fault is made, so that the same engine records the same bytes
again. What each fault is, and what its cause is called, stands in the data.
Runs Terraform; nothing of planner is involved, so that the record says nothing
of how well planner does.

    python -m evals.recorded.record [CASE ...]
"""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - records what a person would see; planner's own door adds flags
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import yaml

from contracts.base import Contract
from evals.recorded.fault import Fault, Route, faults
from evals.recorded.level import levelled
from evals.scenario import SCENARIOS

FOLDERS = SCENARIOS / "recorded"
_AWS = (Path(__file__).parent / "aws_provider.tf").read_text(encoding="utf-8").strip()


class _Done(NamedTuple):
    returncode: int
    stdout: str


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # 1.0 closes after each answer, and a client may lose the race to read it
    routes: tuple[Route, ...] = ()

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0)).decode(errors="replace")
        fits = (
            r
            for r in self.routes
            if r.method in {"*", self.command} and r.path in self.path and r.sent in sent
        )
        route = next(fits, Route(status=404))
        body = route.body.encode()
        self.send_response(route.status)
        for name, value in {"content-length": str(len(body)), **route.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_LOCK = do_UNLOCK = _answer  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: standard error is for faults of the recorder."""


@contextmanager
def _serving(routes: tuple[Route, ...]) -> Iterator[str]:
    handler = type("Handler", (_Handler,), {"routes": routes})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def printed(fault: Fault, engine: str, mirror: str | None) -> str:
    """What the last command of a fault prints, levelled.

    Raises `RuntimeError` where an earlier one fails, or the last one succeeds.
    """
    with tempfile.TemporaryDirectory() as folder, _serving(fault.server) as url:
        module = Path(folder).resolve() / "module"
        module.mkdir()
        environment = _environment(Path(folder), mirror, fault, url)
        text, left = "", sum(len(step.run) for step in fault.step)
        for step in fault.step:
            for name, content in step.files.items():
                path = module / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(_filled(content, url), encoding="utf-8")
                path.chmod(0o755 if content.startswith("#!") else 0o644)
            for command in step.run:
                left -= 1
                done = _ran(_argv(engine, command, colour=fault.colour and not left), module, environment)
                if (left == 0) is (done.returncode == 0):
                    raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}")
                text = done.stdout
        names = {str(module): "/module", folder: "/tmp/x", url.removeprefix("http://"): "127.0.0.1:8080"}  # noqa: S108 - a name
        names |= {mirror: "/usr/share/providers"} if mirror else {}
        text = levelled(text, names, whole=bool(fault.through), colour=fault.colour)
        return _ran(["sh", "-c", fault.through], module, environment, text).stdout if fault.through else text


def _filled(text: str, url: str) -> str:
    return text.replace("@AWS@", _AWS).replace("@URL@", url).replace("@HOST@", url.removeprefix("http://"))


def _argv(engine: str, command: str, *, colour: bool) -> list[str]:
    name, *rest = command.split()
    plain = [] if colour else ["-no-color"]
    options = [] if name in {"workspace", "state"} else [*plain, "-input=false"]
    options += ["-auto-approve"] if name in {"apply", "destroy"} else []
    return [engine, name, *options, *rest]


def _ran(argv: list[str], module: Path, environment: dict[str, str], given: str = "") -> _Done:
    done = subprocess.run(  # noqa: S603 - the data is this project's own
        argv,
        cwd=module,
        env=environment,
        timeout=180,
        check=False,
        input=given.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return _Done(done.returncode, done.stdout.decode(errors="replace"))


def _environment(folder: Path, mirror: str | None, fault: Fault, url: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}  # noqa: TID251 - of the recorder
    config = folder / "cli.tfrc"
    source = f'filesystem_mirror {{\n path = "{mirror}"\n }}' if mirror else ""
    config.write_text(f"provider_installation {{\n {source}\n}}\n", encoding="utf-8")
    tools = folder / "bin"
    tools.mkdir()
    for name, script in fault.tools.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    own = {"TF_CLI_CONFIG_FILE": str(config), "TF_IN_AUTOMATION": "", "CHECKPOINT_DISABLE": "1"}
    own["PATH"] = os.pathsep.join([str(tools), *filter(None, [kept.get("PATH")])])
    return kept | own | {name: _filled(value, url) for name, value in fault.env.items()}


def keep(fault: Fault, text: str) -> None:
    """Write the folder of a fault that printed `text`."""
    folder = FOLDERS / fault.id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.yaml").write_text(_yaml(fault.scenario), encoding="utf-8")
    (folder / "expect.yaml").write_text(_yaml(fault.expect), encoding="utf-8")
    (folder / "failure.txt").write_bytes(text.encode())


def _yaml(content: Contract) -> str:
    data = content.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


def main() -> int:
    """Record all faults, or those named; returns the exit code. Folders of no fault go."""
    engine, mirror = shutil.which("terraform"), os.environ.get("TF_PLUGIN_MIRROR")  # noqa: TID251 - of the recorder
    known, named = faults(), set(sys.argv[1:])
    if unknown := named - {fault.name for fault in known}:
        print(f"no case is called {', '.join(sorted(unknown))}", file=sys.stderr)
        return 1
    if engine is None:
        print("no terraform on PATH", file=sys.stderr)
        return 1
    missed = 0
    for fault in [fault for fault in known if not named or fault.name in named]:
        try:
            keep(fault, printed(fault, engine, mirror))
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            print(f"{fault.name}: {error}", file=sys.stderr)  # the others are recorded all the same
            missed += 1
    kept = {
        fault.id for fault in faults()
    }  # read anew: recording takes long, and data may be added meanwhile
    for folder in FOLDERS.glob("r-*"):
        if folder.name not in kept:
            shutil.rmtree(folder)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
