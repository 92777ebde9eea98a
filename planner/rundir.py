"""The private folder of one run: what must be on disk but may not be in the journal.

Holds the values of `--var` and checks with secrets in them, digests of the
environment's, the saved plan while it is needed, and the output of running processes. Mode 0700, files 0600.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

from pydantic import TypeAdapter

from contracts.errors import StoreError
from contracts.terraform import Variable
from contracts.validation import Checks

_T = TypeVar("_T")
_VARIABLES = TypeAdapter(tuple[Variable, ...])
_WRITABLE = "make it writable and free disk space, or name another folder with --home or PLANNER_HOME"


class RunDir:
    """`HOME/runs/RUN_ID`."""

    def __init__(self, home: Path, run_id: str) -> None:
        self.home = home
        self.path = home / "runs" / run_id

    def create(self) -> None:
        """Make the folder. Raises `StoreError`."""
        with _told(f"the folder {self.path} cannot be made", _WRITABLE):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700)

    def keep_variables(self, variables: tuple[Variable, ...]) -> None:
        """Keep the values that a run was started with; its journal must be open. Raises `StoreError`."""
        with _told(f"the folder {self.path} cannot be written", _WRITABLE):
            if variables:
                self._keep("variables.json", _VARIABLES.dump_json(variables))

    def keep_checks(self, checks: Checks) -> None:
        """Keep the checks whole: the journal masks what is secret in them. Raises `StoreError`."""
        with _told(f"the folder {self.path} cannot be written", _WRITABLE):
            self._keep("checks.json", checks.model_dump_json().encode())

    def checks(self) -> Checks | None:
        """The checks that were kept; None: the journal has them whole. Raises `StoreError`."""
        return self._kept("checks.json", "checks of this run", Checks.model_validate_json, "start a new run")

    def variables(self) -> tuple[Variable, ...]:
        """The variables the run was started with. Raises `StoreError` where they cannot be read."""
        again = "start a new run with the same --var arguments"
        what = "values of this run's variables"
        return self._kept("variables.json", what, _VARIABLES.validate_json, again) or ()

    def keep_environment(self, chosen: Mapping[str, str]) -> None:
        """Keep the digests of what the environment says of the run. Raises `StoreError`."""
        with (
            _told(f"the folder {self.path} cannot be written", _WRITABLE),
            self._new("environment.json") as file,
        ):
            file.write(json.dumps(chosen).encode())

    def environment(self) -> dict[str, str] | None:
        """What was kept; None where it is gone: it need not survive a power cut."""
        try:
            told = json.loads((self.path / "environment.json").read_bytes())
        except (OSError, ValueError):
            return None
        return told if isinstance(told, dict) else None

    @property
    def output(self) -> Path:
        """Where the output of Terraform processes goes."""
        return self.path / "out"

    @property
    def plan_file(self) -> Path:
        """The saved plan; it may hold secrets, so it is removed once it is of no use."""
        return self.path / "tfplan"

    @property
    def sandbox(self) -> Path:
        """Where the copy of the module lies while a fix is proven; gone afterwards, for it holds a state."""
        return self.path / "sandbox"

    def backup(self, number: int) -> Path:
        """Where the old texts of the run's promotion `number`, from 0, are kept for `planner undo`."""
        return self.path / "backup" / str(number)

    def add_variables(self, variables: tuple[Variable, ...]) -> None:
        """Give the run more values, kept where its own ones are. Raises `StoreError`."""
        names = {variable.name for variable in variables}
        kept = tuple(variable for variable in self.variables() if variable.name not in names)
        new = self.path / "variables.json.new"
        with _told(f"{new} cannot be written", "make its folder writable or free disk space, and try again"):
            new.unlink(missing_ok=True)
            self._keep(new.name, _VARIABLES.dump_json((*kept, *variables)))
            new.replace(self.path / "variables.json")
            self._sync()

    def drop_plan(self) -> None:
        """Remove the saved plan. Raises `StoreError`, like what follows."""
        with self._removing():
            self.plan_file.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove what only a run that goes on needs."""
        self.sweep()
        with self._removing():
            for name in ("variables.json", "checks.json", "environment.json"):
                (self.path / name).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a process that was killed left lying, for it holds states and plans in the clear.

        The output of an apply stays: it may be the only copy of a state.
        """
        self.drop_plan()
        shutil.rmtree(self.sandbox, ignore_errors=True)
        with self._removing():
            for path in self.output.glob("*"):
                if not path.name.startswith("apply-"):
                    shutil.rmtree(path, ignore_errors=True)

    def _removing(self) -> AbstractContextManager[None]:
        what = f"what may be secret cannot be removed from {self.path}"
        return _told(what, "make the folder writable and try again, or remove it by hand")

    def _keep(self, name: str, content: bytes) -> None:
        """Write it to a new file, on the disk on return: a run without it would be another one."""
        with self._new(name) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._sync()

    def _kept(self, name: str, what: str, parse: Callable[[bytes], _T], again: str) -> _T | None:
        """What a file holds; None where there is none."""
        path = self.path / name
        with _told(f"the {what} cannot be read", f"make them readable, or {again}"):
            try:
                return parse(path.read_bytes())
            except FileNotFoundError:
                return None
            except ValueError as error:  # of JSON: its text quotes the values
                raise StoreError(f"{path} is damaged", remedy=again) from error

    def _sync(self) -> None:
        """Have the names in the folder on the disk, and the folder's own."""
        for folder in (self.path, self.path.parent, self.path.parent.parent):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _new(self, name: str) -> BinaryIO:
        return os.fdopen(os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextmanager
def _told(what: str, remedy: str) -> Iterator[None]:
    """What the system refuses, as an operator's error."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{what}: {error}", remedy=remedy) from error
