"""The six deaths, and the one place where they strike: a named point that a process really comes by.

Every process of a case inherits the same few numbers in shared memory, so that
a death planned in one strikes in whichever process reaches the point.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
from enum import StrEnum
from typing import NamedTuple

from tests.crash.disk import Disk
from tests.crash.world import World


class Kind(StrEnum):
    """How somebody dies."""

    PLANNER = "SIGKILL planner"
    TERRAFORM = "SIGKILL terraform"
    GROUP = "SIGKILL all"
    PAUSE = "SIGSTOP 60 s"
    POWER = "power loss"
    HANGUP = "SIGHUP"


class Death(NamedTuple):
    """One death: where, and which."""

    point: str
    kind: Kind
    command: int = 0
    """Not before this command of the person, from 0."""


class Shared:
    """Numbers that all processes of a case see."""

    _NAMES = ("planner", "terraform", "step", "doomed", "cuts", "processes", "command")

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 4096)

    def get(self, name: str) -> int:
        return int(struct.unpack_from("q", self._memory, 8 * self._NAMES.index(name))[0])

    def set(self, name: str, value: int) -> None:
        struct.pack_into("q", self._memory, 8 * self._NAMES.index(name), value)

    @property
    def offset_s(self) -> float:
        """How far the clocks have jumped ahead."""
        return float(struct.unpack_from("d", self._memory, 512)[0])

    def jump(self, seconds: float) -> None:
        struct.pack_into("d", self._memory, 512, self.offset_s + seconds)

    def clear(self) -> None:
        self._memory[:1024] = bytes(1024)


class Fate:
    """The deaths of one case, in their order, and the count of every point passed in this process.

    One object a worker, given to each process of each case by the fork.
    """

    def __init__(self, world: World, shared: Shared) -> None:
        self.world = world
        self.shared = shared
        self.deaths: tuple[Death, ...] = ()
        self.disk: Disk | None = None
        """What a power cut would leave; None where there will be none."""
        self._record = False
        self._passed: dict[str, int] = {}

    def begin(self, deaths: tuple[Death, ...], *, record: bool) -> None:
        """A new case; `record` notes every point that is passed."""
        self.deaths = deaths
        self._record = record
        self._passed = {}
        self.shared.clear()
        self.disk = Disk(self.world) if any(death.kind is Kind.POWER for death in deaths) else None
        if self.disk is not None:
            self.disk.begin()

    def numbered(self, name: str) -> str:
        """The name of what comes by now: its second time is `name#2`."""
        self._passed[name] = self._passed.get(name, 0) + 1
        return name if self._passed[name] == 1 else f"{name}#{self._passed[name]}"

    @property
    def next(self) -> Death | None:
        step = self.shared.get("step")
        due = self.deaths[step] if step < len(self.deaths) else None
        return due if due is None or self.shared.get("command") >= due.command else None

    def meets(self, command: str) -> bool:
        """Whether a call of Terraform may be met by a death, and has to be a process of its own."""
        if self._record:
            return True
        due = self.next
        return bool(self.shared.get("doomed")) or (
            due is not None and (due.point.partition("/")[0].partition(":")[2] == command)
        )

    def passes(self, point: str) -> Kind | None:
        """Somebody comes by a point: what has struck there, if this process outlived it."""
        if self._record:
            self.world.note("point", name=point)
        due = self.next
        if due is None or due.point != point:
            return None
        self.shared.set("step", self.shared.get("step") + 1)
        return self.strike(due.kind, point)

    def strike(self, kind: Kind, point: str) -> Kind:
        """Kill for real whom this death kills; it returns where that is somebody else."""
        planner, terraform = self.shared.get("planner"), self.shared.get("terraform")
        if kind is Kind.TERRAFORM and not terraform:
            self.shared.set("doomed", 1)  # none runs just now: the next one dies in the middle of its work
            self.world.note("doomed", point=point)
            return kind
        self.world.note("death", kind=kind.value, point=point)
        match kind:
            case Kind.TERRAFORM:
                os.kill(terraform, signal.SIGKILL)
            case Kind.GROUP | Kind.POWER:
                if terraform:
                    _kill_first(terraform, planner)
                os.kill(planner, signal.SIGKILL)
            case Kind.PLANNER:
                os.kill(planner, signal.SIGKILL)
            case Kind.PAUSE:
                os.kill(planner, signal.SIGSTOP)
            case Kind.HANGUP:
                os.kill(planner, signal.SIGHUP)
        return kind

    def strike_doomed(self, point: str) -> None:
        """Terraform is in the middle of its work: the time of one that was doomed before it began."""
        if self.shared.get("doomed"):
            self.shared.set("doomed", 0)
            self.world.note("death", kind=Kind.TERRAFORM.value, point=point)
            os.kill(os.getpid(), signal.SIGKILL)


def _kill_first(terraform: int, planner: int) -> None:
    """Who kills both must not be the first to die."""
    first, second = (terraform, planner) if os.getpid() == planner else (planner, terraform)
    os.kill(first, signal.SIGKILL)
    os.kill(second, signal.SIGKILL)
