"""What the Planner asks of the Terraform sub-agent while a fix is proven and put in place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from contracts.base import Contract
from contracts.terraform import Variable
from contracts.text import CleanText


class _Request(Contract):
    module: Path
    timeout: timedelta


class ValidateRequest(_Request):
    """`terraform validate`."""


class FormatRequest(_Request):
    """`terraform fmt`."""

    files: tuple[str, ...]
    """Relative to the module."""


class ImportRequest(_Request):
    """`terraform import`."""

    address: str
    id: str
    variables: tuple[Variable, ...] = ()
    var_files: tuple[Path, ...] = ()


class StateRequest(_Request):
    """`terraform state mv`, or `state rm` where there is no destination."""

    source: str
    destination: str | None = None


class UnlockRequest(_Request):
    """`terraform force-unlock`."""

    lock_id: str


class StateChange(Contract):
    """What a fix changed in the state, or which lock it released."""

    verb: Literal["import", "rm", "mv", "unlock"]
    source: CleanText
    """The address, or the lock's id."""
    destination: CleanText | None = None
    """The new address, or the id of the object that was imported."""

    @property
    def command(self) -> str:
        """How a person would write it."""
        words = {"import": "import", "rm": "state rm", "mv": "state mv", "unlock": "force-unlock"}
        return " ".join(filter(None, ("terraform", words[self.verb], self.source, self.destination)))

    @property
    def back(self) -> StateChange | None:
        """What takes it back; None where nothing can: of what was forgotten the id is gone."""
        if self.verb == "import":
            return StateChange(verb="rm", source=self.source)
        if self.verb == "mv" and self.destination:
            return StateChange(verb="mv", source=self.destination, destination=self.source)
        return None


class FileChange(Contract):
    """One file of the module that a fix replaced; the digests are SHA-256 in hexadecimal digits."""

    name: CleanText
    before: str
    after: str


ChangeRequest = FormatRequest | ImportRequest | StateRequest | UnlockRequest
"""What tells nothing but whether it was done."""

FixRequest = ValidateRequest | ChangeRequest
