"""One executed scenario on the disk: its module, its history and its faults, in a folder that is thrown away.

Decides how a world is brought to the moment at which planner is called, and
what can be seen of the module before and after. Knows no answer: what of it is
right is decided in `evals.scores`.
"""

from __future__ import annotations

import difflib
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from evals.faults import (
    EditFile,
    Fault,
    RemoveFile,
    RenameFile,
    SetEnvironment,
    Undo,
    WriteFile,
    edited,
    named,
)
from evals.reading import changing, objects_of
from evals.scenario import Case, Step
from evals.shell import Done, run
from evals.world import World

_PLAIN_S = 120.0
_NOT_ITS_OWN = (".terraform/", ".planner")
_SUB = frozenset({"state", "workspace"})


class SetupError(Exception):
    """The world could not be brought to where the scenario begins."""


class Engine(NamedTuple):
    """What Terraform the trials run on."""

    path: Path
    mirror: Path | None
    """A folder of providers; None: Terraform looks where it usually does."""


class Sandbox:
    """A scenario's world at the moment at which planner is called."""

    def __init__(
        self, case: Case, engine: Engine, folder: Path, world: World, base: Mapping[str, str]
    ) -> None:
        self.case = case
        self.world = world
        self.module = folder / "work" / "module"
        self.home = folder / "home"
        self.folder = folder
        self._engine = engine
        self._log = folder / "commands"
        self._set: dict[str, str] = {}
        self._base = dict(base)
        self.wrapper = folder / "bin" / "terraform"
        self._texts: dict[str, bytes] = {}
        self._objects: dict[str, str] = {}
        self._undo: dict[str, Undo] = {}

    def prepare(self) -> None:
        """Make the module, its history and its faults. Raises `SetupError`."""
        self.wrapper.parent.mkdir()
        self.wrapper.write_text(
            "#!/bin/sh\n"
            f'printf \'%s\\t%s\\n\' "$PWD" "$*" >> {shlex.quote(str(self._log))}\n'
            f'exec {shlex.quote(str(self._engine.path))} "$@"\n',
            encoding="utf-8",
        )
        self.wrapper.chmod(0o755)
        shutil.copytree(self.case.module, self.module, symlinks=True)
        for path in self.module.rglob("*"):
            if path.is_file() and not path.is_symlink():
                path.write_text(self.world.fill(path.read_text(encoding="utf-8")), encoding="utf-8")
        for step in self.case.scenario.history:
            self._happened(step)
        for fault in self.case.scenario.inject:
            self.strike(fault)
        self._texts = self.texts()
        self._objects = self.objects() if self.case.scenario.history else {}

    def _happened(self, step: Step) -> None:
        where = self.folder / "work" / "elsewhere" if step.elsewhere else self.module
        for name, text in step.files.items():
            path = where / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.world.fill(text), encoding="utf-8")
        for command in step.run:
            self.plain(command, where)

    def strike(self, fault: Fault) -> None:
        """Let one fault happen. Raises `SetupError` where it cannot."""
        try:
            match fault:
                case EditFile() | WriteFile() | RemoveFile() | RenameFile():
                    undo = edited(self.module, fault, self.world.fill)
                case SetEnvironment():
                    was = {name: self._set.get(name) for name in fault.set}
                    self._set |= {name: self.world.fill(value) for name, value in fault.set.items()}
                    undo = partial(self._set_back, was)
                case _:
                    self.world.strike(fault)
                    undo = partial(self.world.heal, fault.name)
            self._undo[fault.name] = undo
        except (ValueError, OSError) as error:
            raise SetupError(f"{fault.name}: {error}") from error

    def _set_back(self, was: Mapping[str, str | None]) -> None:
        kept = {name: value for name, value in self._set.items() if name not in was}
        self._set = kept | {name: value for name, value in was.items() if value is not None}

    @property
    def env(self) -> dict[str, str]:
        """The environment of planner, and of a person beside it."""
        named = {"PLANNER_HOME": str(self.home), "PLANNER_TERRAFORM": str(self.wrapper)}
        return {**self._base, **self.world.env, **self._set, **named}

    def plain(self, command: str, where: Path | None = None) -> None:
        """One Terraform command by a person, without questions. Raises `SetupError` where it fails."""
        name, *rest = shlex.split(command)
        options = [] if name in {*_SUB, "force-unlock"} else ["-input=false", "-no-color"]
        options += ["-auto-approve"] if name in {"apply", "destroy"} else []
        argv = [str(self._engine.path), name, *options, *rest]
        done = run(argv, cwd=where or self.module, env=self.env, timeout_s=_PLAIN_S)
        if done.code != 0:
            raise SetupError(
                f"terraform {command} ended with {done.code}: {done.stderr[-500:] or done.stdout[-500:]}"
            )

    def planner(self, *arguments: str) -> Done:
        """`planner ARGUMENTS --json` as a user calls it."""
        argv = [sys.executable, "-m", "planner", *arguments, "--json"]
        return run(argv, cwd=self.folder, env=self.env, timeout_s=self.case.scenario.timeout_s)

    def heal(self, names: Sequence[str]) -> None:
        """Take faults back, as a person does who mends the world. Raises `SetupError` where one cannot be."""
        for fault in reversed(named(self.case.scenario.inject, names)):  # each puts back what it found
            undo = self._undo.pop(fault.name, None)
            try:
                if undo:
                    undo()
            except (ValueError, OSError) as error:
                raise SetupError(f"{fault.name} cannot be taken back: {error}") from error

    def heal_world(self) -> None:
        """Take back every fault that is not one of the module's files."""
        module = EditFile | WriteFile | RemoveFile | RenameFile
        self.heal([fault.name for fault in self.case.scenario.inject if not isinstance(fault, module)])

    def texts(self) -> dict[str, bytes]:
        """The module's own files: not what Terraform keeps beside them, nor the state."""
        found = {}
        for path in sorted(self.module.rglob("*")):
            name = str(path.relative_to(self.module))
            own = not name.startswith(_NOT_ITS_OWN) and ".tfstate" not in name
            if own and path.is_file():
                found[name] = path.read_bytes()
        return found

    def changed(self) -> tuple[tuple[str, ...], str]:
        """The own files that are not as they were, and the difference as a unified diff."""
        before, now = self._texts, self.texts()
        if ".terraform.lock.hcl" not in before:
            now.pop(".terraform.lock.hcl", None)
        names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        lines: list[str] = []
        for name in names:
            old, new = (
                texts.get(name, b"").decode(errors="replace").splitlines(keepends=True)
                for texts in (before, now)
            )
            lines += difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
        return tuple(names), "".join(lines)

    def before(self, name: str) -> str:
        """A file as planner found it; empty where there was none."""
        return self._texts.get(name, b"").decode(errors="replace")

    def objects(self) -> dict[str, str]:
        """Address to the object's identity, of every managed resource in the state. Raises `SetupError`."""
        return objects_of(self.state())

    def state(self) -> str:
        """The state as Terraform hands it out. Raises `SetupError`."""
        argv = [str(self._engine.path), "state", "pull"]
        done = run(argv, cwd=self.module, env=self.env, timeout_s=_PLAIN_S)
        if done.code != 0:
            raise SetupError(f"terraform state pull ended with {done.code}: {done.stderr[-500:]}")
        return done.stdout

    def lost(self, now: Mapping[str, str]) -> tuple[str, ...]:
        """Addresses whose object is gone, or another one than before."""
        return tuple(sorted(a for a, identity in self._objects.items() if now.get(a) != identity))

    def commands(self) -> tuple[str, ...]:
        """What ran on the module itself and changes something, with its options that matter, in order."""
        with suppress(FileNotFoundError):
            lines = (line.partition("\t") for line in self._log.read_text(encoding="utf-8").splitlines())
            here = self.module.resolve()
            told = [
                changing(words.split())
                for where, _, words in lines
                if where and Path(where).resolve() == here
            ]
            return tuple(filter(None, told))
        return ()


@contextmanager
def sandbox(case: Case, engine: Engine, base: Mapping[str, str]) -> Iterator[Sandbox]:
    """A scenario's world, gone afterwards. Raises `SetupError` where it cannot be made."""
    with tempfile.TemporaryDirectory(prefix="planner-eval-") as name:
        folder = Path(name).resolve()
        (folder / "world").mkdir()
        module = folder / "work" / "module"
        world = World(
            serve=case.scenario.serve, scratch=folder / "world", module=module, mirror=engine.mirror
        )
        with ExitStack() as stack:
            try:
                made = Sandbox(case, engine, folder, stack.enter_context(world), base)
                made.prepare()
            except (OSError, ValueError) as error:  # a file that is no text is a ValueError too
                raise SetupError(str(error)) from error
            yield made
