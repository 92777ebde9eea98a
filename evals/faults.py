"""What can break, as data: named edits of a module, and named faults of the world around it.

Each can be taken back: an edit by its inverse, a fault of the world by healing
it. Decides the vocabulary, and does the edits. What a fault of the world does
is decided in `evals.world`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal, assert_never

from pydantic import Field

from contracts.base import Contract

Undo = Callable[[], None]


class _Fault(Contract):
    name: str
    """Unique in its scenario; `heal` names it."""


class EditFile(_Fault):
    """Replace a text that occurs exactly once in a file."""

    kind: Literal["edit"] = "edit"
    file: str
    search: str
    replace: str


class WriteFile(_Fault):
    """Write a file, over what was there."""

    kind: Literal["write"] = "write"
    file: str
    text: str


class RemoveFile(_Fault):
    """Take a file away."""

    kind: Literal["remove"] = "remove"
    file: str


class RenameFile(_Fault):
    """Give a file another name."""

    kind: Literal["rename"] = "rename"
    file: str
    to: str


class SetEnvironment(_Fault):
    """Set variables of planner's environment."""

    kind: Literal["env"] = "env"
    set: dict[str, str]


class Http(_Fault):
    """Requests to one of the world's servers that fit are not answered as they should be."""

    kind: Literal["http"] = "http"
    server: Literal["aws", "state", "web"]
    method: str = "*"
    match: str = ""
    """A regular expression found in `METHOD path` or in the first 4 KiB of the body; empty: every request."""
    skip: int = 0
    """So many that fit are let through first."""
    times: int | None = None
    """How many requests it strikes; None: all, until it is healed."""
    how: Literal["status", "reset", "slow", "truncated"] = "status"
    status: int = 500
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    delay_s: float = 1.0
    """Of `slow`: the answer comes, so much later."""


class HeldLock(_Fault):
    """Somebody else holds the state's lock."""

    kind: Literal["lock"] = "lock"
    where: Literal["local", "state"] = "local"
    """`local`: the file `state` in the module; `state`: the world's state server."""
    state: str = "terraform.tfstate"
    for_s: float | None = None
    """Let go after so long; None: until it is healed."""
    who: str = "alice@build-7"


class Request(_Fault):
    """Somebody else does something: one HTTP request to a server of the world, answered below 400."""

    kind: Literal["request"] = "request"
    server: Literal["aws", "state", "web"]
    method: str = "POST"
    path: str = "/"
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    undo: str | None = None
    """The body of the request that takes it back; None: it cannot be healed."""


class KilledProvider(_Fault):
    """The provider's process is killed as soon as it is seen."""

    kind: Literal["kill_provider"] = "kill_provider"
    times: int = 1


class FullDisk(_Fault):
    """Where Terraform writes one of its files there is no space left."""

    kind: Literal["disk_full"] = "disk_full"
    folder: str = "."
    """Of the module: a small file system is mounted, or its like is made."""


class Clock(_Fault):
    """The server's clock is another one: requests signed outside its window are refused."""

    kind: Literal["clock"] = "clock"
    server: Literal["aws"] = "aws"
    skew_s: int


ModuleFault = EditFile | WriteFile | RemoveFile | RenameFile
WorldFault = Http | HeldLock | Request | KilledProvider | FullDisk | Clock
Fault = Annotated[ModuleFault | SetEnvironment | WorldFault, Field(discriminator="kind")]


def edited(  # noqa: C901 - one arm an edit
    module: Path, fault: ModuleFault, fill: Callable[[str], str] = str
) -> Undo:
    """Do one edit and return what takes it back, byte for byte. `fill` puts in the world's URLs.

    Raises `ValueError` where the module is not as the edit needs it.
    """
    path = module / fault.file
    before = path.read_bytes() if path.is_file() else None
    match fault:
        case EditFile():
            text = (before or b"").decode()
            if text.count(fault.search) != 1:
                raise ValueError(f"{fault.name}: {fault.file} does not hold {fault.search!r} exactly once")
            path.write_text(text.replace(fault.search, fill(fault.replace)), encoding="utf-8")
        case WriteFile():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fill(fault.text), encoding="utf-8")
        case RemoveFile():
            path.unlink()
        case RenameFile():
            if (module / fault.to).exists():
                raise ValueError(f"{fault.name}: {fault.to} is there already")
            path.rename(module / fault.to)
        case _:
            assert_never(fault)

    def undo() -> None:
        if isinstance(fault, RenameFile):
            (module / fault.to).rename(path)
        elif before is None:
            path.unlink()
        else:
            path.write_bytes(before)

    return undo


def named(faults: Sequence[Fault], names: Sequence[str]) -> list[Fault]:
    """The faults of these names, in their order. Raises `ValueError` for a name that none has."""
    for name in names:
        if not any(fault.name == name for fault in faults):
            raise ValueError(f"no fault is called {name!r}")
    return [fault for fault in faults if fault.name in names]
