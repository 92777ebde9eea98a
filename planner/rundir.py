"""The private folder of one run: what must be on disk but may not be in the journal.

Holds the values of `--var` (they may be secret), the saved plan while it is
needed, and the output of running processes. Mode 0700, files 0600.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter

from contracts.errors import StoreError
from contracts.run import RunRequest
from contracts.terraform import Variable

_VARIABLES = TypeAdapter(tuple[Variable, ...])


class RunDir:
    """`HOME/runs/RUN_ID`."""

    def __init__(self, home: Path, run_id: str) -> None:
        self.home = home
        self.path = home / "runs" / run_id

    def create(self, request: RunRequest) -> None:
        """Make the folder and keep the values of the variables. Raises `StoreError`."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700)
            if request.variables:
                self._keep("variables.json", request.variables)
        except OSError as error:
            raise StoreError(
                f"the folder {self.path} cannot be written: {error}",
                remedy="name a writable folder with --home or PLANNER_HOME",
            ) from error

    def variables(self) -> tuple[Variable, ...]:
        """The variables the run was started with. Raises `StoreError` where they are damaged."""
        path = self.path / "variables.json"
        if not path.exists():
            return ()
        try:
            return _VARIABLES.validate_json(path.read_bytes())
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{path} cannot be read", remedy="start a new run with the same --var arguments"
            ) from error

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
        try:
            new.unlink(missing_ok=True)
            self._keep(new.name, (*kept, *variables))
            new.replace(self.path / "variables.json")
            self._sync()
        except OSError as error:
            raise StoreError(f"{new} cannot be written: {error}", remedy="free disk space") from error

    def drop_plan(self) -> None:
        """Remove the saved plan."""
        self.plan_file.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove what only a run that goes on needs."""
        self.sweep()
        (self.path / "variables.json").unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a process that was killed left lying, for it holds states and plans in the clear.

        The output of an apply stays: it may be the only copy of a state.
        """
        self.drop_plan()
        shutil.rmtree(self.sandbox, ignore_errors=True)
        for path in self.output.glob("*"):
            if not path.name.startswith("apply-"):
                shutil.rmtree(path, ignore_errors=True)

    def _keep(self, name: str, variables: tuple[Variable, ...]) -> None:
        """Write them to a new file, on the disk on return: a run without them would be another one."""
        with self._new(name) as file:
            file.write(_VARIABLES.dump_json(variables))
            file.flush()
            os.fsync(file.fileno())
        self._sync()

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
