"""A module in trouble, what lies around it, and the command that is run on it with an obedient model.

The command is the real one, in a copy of this process to save Python's start;
Terraform and the module are real. What is told of a run is read from its own journal.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import diagnosis.clients.scripted  # noqa: F401 - these are imported once, for every command
import observability.logging  # noqa: F401
import planner.commands.run
import planner.mending
import planner.naming  # noqa: F401
from contracts.base import Contract
from contracts.incident import Evidence
from contracts.journal import EffectIntended, Entry
from contracts.result import RunResult
from contracts.run import Effect
from diagnosis.redact import SecretRedactor
from diagnosis.signatures.matcher import SignatureLibrary
from planner.cli import main
from planner.store import Store
from tests.fakes.this_machine import engine
from tests.security.attack_module import DOOR, MAIN, OTHER

_OURS = ("home", "home.out", "home.err", "calm", "answers.json", "planner.yaml")
_TERRAFORMS = (".terraform", ".terraform.lock.hcl")


class Run(NamedTuple):
    """What a command came to."""

    code: int
    result: RunResult
    entries: list[Entry]
    shown: str
    """All it printed."""

    def begun(self, *effects: Effect) -> list[str]:
        """What was begun of these effects, in order."""
        return [
            f"{entry.effect.value} {entry.what if entry.effect is not Effect.APPLY else ''}".strip()
            for entry in self.entries
            if isinstance(entry, EffectIntended) and (not effects or entry.effect in effects)
        ]

    @property
    def findings(self) -> dict[str, set[str]]:
        """What a person is asked about, by rule."""
        proposal = self.result.pending.proposal if self.result.pending else None
        found: dict[str, set[str]] = {}
        for finding in proposal.findings if proposal else ():
            found.setdefault(finding.rule, set()).add(finding.where)
        return found


class Victim:
    """One module, its neighbours, a home of its own."""

    def __init__(self, folder: Path, files: Mapping[str, str], said: str = "the gremlins are out") -> None:
        self.folder, self.module, self.home = folder, folder / "module", folder / "home"
        outside = folder / "outside"
        for name in ("module/shelf", "module/notes", "outside", "module-evil"):
            (folder / name).mkdir(parents=True)
        for place in (outside / "x.tf", folder / "module-evil" / "main.tf"):
            place.write_text(OTHER, encoding="utf-8")
        self.write({"main.tf": MAIN, "door.tf": DOOR, "shelf/main.tf": "", "said.txt": said} | dict(files))
        notes = self.module / "notes"
        (notes / "folder").symlink_to(outside)
        (notes / "link.tf").symlink_to(outside / "x.tf")
        (notes / "dangling.tf").symlink_to(outside / "made.tf")
        (notes / "hard.tf").hardlink_to(outside / "x.tf")

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.module / name).write_text(text, encoding="utf-8")

    def terraform(self, *arguments: str) -> str:
        done = subprocess.run(
            [engine(), *arguments],
            cwd=self.module,
            env={**os.environ, "TF_CLI_CONFIG_FILE": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, autonomy: str, answers: Sequence[dict[str, Any]], *options: str) -> Run:
        """`planner run`, with a model that gives these answers."""
        script = self.folder / "answers.json"
        script.write_text(json.dumps(answers), encoding="utf-8")
        if autonomy == "development":
            (self.folder / "planner.yaml").write_text("profile: development\n", encoding="utf-8")
            profile = ["--config", str(self.folder / "planner.yaml")]
        else:
            profile = ["--autonomy", autonomy]
        return self.call("run", self.module, "--model", f"scripted:{script}", *profile, *options)

    def call(self, *arguments: object) -> Run:
        """A command that ends with a run's result."""
        code, out, err = called(
            self.folder,
            *map(str, arguments),
            *("--json", "--home", str(self.home)),
            TF_CLI_CONFIG_FILE=str(self.folder / "there-is-no-such-file"),
        )
        result = RunResult.model_validate_json(out)
        store = Store(self.home / "planner.db")
        entries = [line.entry for line in store.lines(result.run_id)]
        store.close()
        return Run(code, result, entries, out + err)

    def seen(self) -> dict[str, str]:
        """Every file that neither planner's home nor Terraform keeps, with its text; a link with its end."""
        found = {}
        for place, folders, names in os.walk(self.folder):
            folders[:] = [name for name in folders if name not in (*_OURS, *_TERRAFORMS)]
            for name in (*names, *(name for name in folders if Path(place, name).is_symlink())):
                path = Path(place, name)
                if name not in (*_OURS, *_TERRAFORMS) and ".tfstate" not in name:
                    link = path.is_symlink()
                    found[str(path.relative_to(self.folder))] = (
                        str(path.readlink()) if link else path.read_bytes().decode(errors="replace")
                    )
        return found

    def objects(self) -> dict[str, str]:
        """The objects in the module's state, with their ids."""
        state = json.loads((self.module / "terraform.tfstate").read_text(encoding="utf-8"))
        return {
            f"{resource['name']}[{instance.get('index_key', '')}]": instance["attributes"]["id"]
            for resource in state["resources"]
            for instance in resource["instances"]
        }

    def tells(self, secret: str) -> list[str]:
        """The files of planner's home that hold a text."""
        kept = (path for path in self.home.rglob("*") if path.is_file())
        return [path.name for path in kept if secret.encode() in path.read_bytes()]


@cache
def _warm() -> None:
    """Make here, once, what every copy of this process would make again: patterns, schemas."""
    waiting = [Contract]
    while waiting:
        waiting += (one := waiting.pop()).__subclasses__()
        one.model_rebuild()
    SignatureLibrary.load().match(Evidence(stage=None, text="gremlins"))
    SecretRedactor(key=b"k", values=[]).redact("gremlins")
    gc.freeze()


def called(folder: Path, *arguments: str, **extra: str) -> tuple[int, str, str]:
    """The command in a process of its own: its exit code, and what it printed on both streams.

    The process is a copy of this one, in which planner is imported already.
    """
    _warm()
    out, err = folder / "home.out", folder / "home.err"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads; the copy runs the command alone
        child = os.fork()
    if child == 0:
        _become(out, err, arguments, extra)
    _, status = os.waitpid(child, 0)
    printed = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
    assert "Traceback" not in printed[1], printed[1]
    return os.waitstatus_to_exitcode(status), *printed


def _become(out: Path, err: Path, arguments: tuple[str, ...], extra: dict[str, str]) -> NoReturn:
    code = 70
    try:
        for number, path in ((1, out), (2, err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        os.environ.update(extra)
        sys.argv = ["planner", *arguments]
        main()
    except SystemExit as said:
        code = int(said.code or 0)
    except BaseException:  # noqa: BLE001 - the parent reads it, and fails
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
