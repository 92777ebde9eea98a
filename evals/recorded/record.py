"""Makes the faults of `*.toml` on a real engine and keeps what was printed: `failures.jsonl`.

Decides how a fault is made and which volatile words are levelled, so that the
same engine records the same file again. What each fault is, and what its cause
is called, stands in the data. Runs Terraform; nothing of planner is involved,
so that the record says nothing of how well planner does.

    python -m evals.recorded.record [CASE ...]
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess  # noqa: TID251 - records what a person would see; planner's own door adds flags
import sys
import tempfile
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pydantic import Field

from contracts.base import Contract
from contracts.hypothesis import Category
from contracts.remediation import RemediationKind

HERE = Path(__file__).parent
RECORDS = HERE / "failures.jsonl"
_LEVEL = (
    (re.compile(r"127\.0\.0\.1:\d+->"), "127.0.0.1:50000->"),
    (
        re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
        "5f0c1d7e-0000-4000-8000-000000000000",
    ),
    (
        re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.\d]*(?: ?[+-]\d{4})?(?:Z| UTC)?"),
        "2026-11-20 10:00:00 UTC",
    ),
    (re.compile(r"\bin \d+(?:\.\d+)?m?s\b"), "in 10ms"),
    (re.compile(r"\(\d+m?\d*s elapsed\)|after \d+s\b"), "after 1s"),
    (re.compile(r"lookup ([\w.-]+) on [\d.]+:53"), r"lookup \1 on 127.0.0.53:53"),
    (re.compile(r"\b\d+ms\b"), "10ms"),
    (re.compile(r"(Who: +)\S+"), r"\1ci@runner-7"),
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
)


class Route(Contract):
    """What the loopback server answers to one kind of request."""

    method: str = "*"
    path: str = ""
    """Part of the path; empty: any."""
    status: int
    body: str = ""
    headers: dict[str, str] = Field(default_factory=dict)


class Step(Contract):
    """Files to write, then commands to run in order; all but the last of a case must succeed."""

    files: dict[str, str] = Field(default_factory=dict)
    run: tuple[str, ...] = ()


class Case(Contract):
    """One fault, and what is true of it."""

    name: str
    step: tuple[Step, ...]
    server: tuple[Route, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)
    stage: str
    provider: str = "core"
    category: Category
    also_accept: tuple[Category, ...] = ()
    retryable: bool = False
    root_cause: str
    fix_kind: RemediationKind
    also_fix: tuple[RemediationKind, ...] = ()
    keywords: tuple[str, ...]
    group: str
    """Faults of one message template share a group."""
    red_herring: bool = False
    surface_category: Category | None = None

    @property
    def id(self) -> str:
        """Says nothing of the answer."""
        return "r-" + hashlib.sha256(self.name.encode()).hexdigest()[:8]


class _Handler(BaseHTTPRequestHandler):
    routes: tuple[Route, ...] = ()

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        fits = (r for r in self.routes if r.method in {"*", self.command} and r.path in self.path)
        route = next(fits, Route(status=404))
        body = route.body.encode()
        self.send_response(route.status)
        for name, value in {"content-length": str(len(body)), **route.headers}.items():
            self.send_header(name, value)
        self.end_headers()
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


def cases() -> list[Case]:
    """All of them, in the order of files."""
    found = []
    for path in sorted(HERE.glob("*.toml")):
        found += [Case.model_validate(case) for case in tomllib.loads(path.read_text("utf-8"))["case"]]
    return found


def printed(case: Case, engine: str, mirror: str | None) -> str:
    """What the last command of a case prints, levelled. Raises where an earlier one fails, or it succeeds."""
    with tempfile.TemporaryDirectory() as folder, _serving(case.server) as url:
        module = Path(folder).resolve() / "module"
        module.mkdir()
        environment = _environment(Path(folder), mirror, case.env, url)
        commands = [(step, command) for step in case.step for command in step.run]
        text = ""
        for step in case.step:
            for name, content in step.files.items():
                path = module / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content.replace("@URL@", url), encoding="utf-8")
            for command in step.run:
                last = (step, command) == commands[-1]
                done = _ran(engine, command, module, environment)
                if last is (done.returncode == 0):
                    raise RuntimeError(f"{case.name}: {command} ended with {done.returncode}:\n{done.stdout}")
                text = done.stdout
    return _levelled(text, folder, url, mirror)


def _ran(
    engine: str, command: str, module: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    name, *rest = command.split()
    options = [] if name == "workspace" else ["-no-color", "-input=false"]
    options += ["-auto-approve"] if name == "apply" else []
    argv = [engine, name, *options, *rest]
    return subprocess.run(  # noqa: S603 - the data is this project's own
        argv,
        cwd=module,
        env=environment,
        text=True,
        timeout=180,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _environment(folder: Path, mirror: str | None, more: dict[str, str], url: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}  # noqa: TID251 - of the recorder
    config = folder / "cli.tfrc"
    source = f'filesystem_mirror {{\n path = "{mirror}"\n }}' if mirror else ""
    config.write_text(f"provider_installation {{\n {source}\n}}\n", encoding="utf-8")
    own = {"TF_CLI_CONFIG_FILE": str(config), "TF_IN_AUTOMATION": "", "CHECKPOINT_DISABLE": "1"}
    return kept | own | {name: value.replace("@URL@", url) for name, value in more.items()}


def _levelled(text: str, folder: str, url: str, mirror: str | None) -> str:
    """The failure without what changes from run to run; progress before the first error goes."""
    text = text.replace(str(Path(folder).resolve() / "module"), "/module").replace(folder, "/tmp/x")  # noqa: S108 - a name
    text = text.replace(url.removeprefix("http://"), "127.0.0.1:8080")
    if mirror:
        text = text.replace(mirror, "/usr/share/providers")
    for pattern, plain in _LEVEL:
        text = pattern.sub(plain, text)
    starts = [at for mark in ("\n╷\n", "\nError: ", "\nWarning: ") if (at := ("\n" + text).find(mark)) >= 0]
    return text[min(starts) if starts else 0 :].strip()


def record_of(case: Case, text: str) -> dict[str, object]:
    """One line of the file, in the form of the shared corpus."""
    return {
        "id": case.id,
        "source_url": None,
        "stage": case.stage,
        "provider": case.provider,
        "category": case.category.value,
        "also_accept": [category.value for category in case.also_accept],
        "retryable": case.retryable,
        "error_text": text,
        "root_cause": case.root_cause,
        "fix_kind": case.fix_kind.value,
        "also_fix": [kind.value for kind in case.also_fix],
        "keywords": list(case.keywords),
        "template": case.group,
        "split_group": "g-" + hashlib.sha256(case.group.encode()).hexdigest()[:6],
        "confirmed_by": "recorded",
        "cause_in_text": "no" if case.red_herring else "yes",
        "red_herring": case.red_herring,
        "surface_category": case.surface_category.value if case.surface_category else None,
    }


def main() -> int:
    """Record all cases, or those named into the file as it is; returns the exit code."""
    engine, mirror = shutil.which("terraform"), os.environ.get("TF_PLUGIN_MIRROR")  # noqa: TID251 - of the recorder
    if engine is None:
        print("no terraform on PATH", file=sys.stderr)
        return 1
    chosen = [case for case in cases() if not sys.argv[1:] or case.name in sys.argv[1:]]
    kept = {}
    if RECORDS.exists():
        kept = {json.loads(line)["id"]: line for line in RECORDS.read_text("utf-8").splitlines()}
    lines, missed = [], 0
    for case in cases():
        if case in chosen:
            try:
                line = json.dumps(record_of(case, printed(case, engine, mirror)), ensure_ascii=False)
            except (
                RuntimeError,
                subprocess.TimeoutExpired,
            ) as error:  # the fault was not made: the others are recorded all the same
                print(error, file=sys.stderr)
                missed += 1
                continue
        else:
            line = kept.get(case.id, "")
        lines.append(line)
    RECORDS.write_text("\n".join(filter(None, lines)) + "\n", encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
