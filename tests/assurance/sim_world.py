"""What a simulated run acts on: clock, cloud, state, processes, people; and a log of what really happened.

Nothing here knows of planner's record: `invariants` compares this log with the journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from contracts.identity import ProcessId
from contracts.terraform import ChangeAction, PlannedChange, StateMark
from tests.assurance.fate import Died, Fate
from tests.fakes.clock import START

WANTED = ("terraform_data.a", "terraform_data.b", "terraform_data.c")
OLD = "terraform_data.old"
BOOT = "this boot"


class Happened(NamedTuple):
    """One thing that was done to the world."""

    what: str
    """`apply`, `create`, `delete`, `ask`, `kill`, `start`, `process`, `promote`."""
    detail: str
    at: int
    """How many journal entries were durable then."""
    session: int


class JumpingClock:
    """Both clocks stand still but for waits; the one for people jumps when somebody sets it."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self.wrong = timedelta(0)
        self.waited: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return START + self.wrong + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        return self.elapsed_s

    def sleep(self, seconds: float) -> None:
        self.elapsed_s += max(0.0, seconds)
        self.waited()


class Cloud:
    """What exists, what the state tells of, and the plans that were saved."""

    def __init__(self, *, with_old: bool, unique_names: bool, saves_each: bool) -> None:
        """`unique_names`: no second object of a name is made; `saves_each`: the state follows each object."""
        self.objects: Counter[str] = Counter({OLD: 1} if with_old else {})
        self.state: set[str] = {OLD} if with_old else set()
        self.serial = 1
        self.unique_names = unique_names
        self.saves_each = saves_each
        self.plans: dict[str, tuple[int, tuple[PlannedChange, ...]]] = {}

    def changes(self, replace: tuple[str, ...] = ()) -> tuple[PlannedChange, ...]:
        """What a plan that refreshes first would do."""
        self.state = {address for address in self.state if self.objects[address]}
        missing = [
            PlannedChange(address=a, action=ChangeAction.CREATE) for a in WANTED if a not in self.state
        ]
        surplus = [
            PlannedChange(address=a, action=ChangeAction.DELETE) for a in sorted(self.state - {*WANTED})
        ]
        return (*missing, *surplus)

    def save(self, state: set[str]) -> None:
        self.state = set(state)
        self.serial += 1

    def mark(self) -> StateMark:
        return StateMark(lineage="l", serial=self.serial, instances=len(self.state))

    @property
    def settled(self) -> bool:
        """Whether the world and the state are what the configuration says."""
        return set(self.state) == {*WANTED} == {a for a, count in self.objects.items() if count}


class Orphan(NamedTuple):
    """A process that outlived the planner which started it."""

    ends_at: float
    finish: Callable[[], None]


class World:
    """One module's world."""

    def __init__(self, fate: Fate, cloud: Cloud) -> None:
        self.fate = fate
        self.clock = JumpingClock()
        self.cloud = cloud
        self.log: list[Happened] = []
        self.alive: dict[int, Orphan] = {}
        self.boot = BOOT
        self.session = 0
        self.dead = False
        self.kill: Callable[[], None] = lambda: None
        self.interrupt: Callable[[], None] = lambda: None
        self.rival: Callable[[], None] = lambda: None
        self.written: Callable[[], int] = lambda: 0
        self._pids = 1000
        self._meddling = False

    def did(self, what: str, detail: str = "") -> None:
        self.log.append(Happened(what, detail, self.written(), self.session))

    def point(self, where: str, times: int = 1) -> None:
        """A moment at which planner may die, and anybody do anything; death comes so many times as often."""
        if self._meddling and not self.dead:
            return
        fate = self.fate
        self.death(where, 0.004 * times)
        self._meddling = True
        try:
            if fate.happens("kill switch", 0.002):
                self.kill()
                self.did("kill")
            if fate.happens("interrupt", 0.0015):
                self.interrupt()
            if where == "while Terraform runs" and fate.happens("another resume", 0.004):
                self.rival()
            if fate.happens("clock set back a day", 0.0015):
                self.clock.wrong -= timedelta(days=1)
            if fate.happens("clock set on a day", 0.0015):
                self.clock.wrong += timedelta(days=1)
        finally:
            self._meddling = False

    def death(self, where: str, often: float) -> None:
        """planner may die here; then it writes no more, though a `finally` of Python still runs."""
        if self.dead or self.fate.happens(f"death {where}", often):
            self.dead = True
            raise Died

    # --- processes ------------------------------------------------------------------------------

    def process(self) -> ProcessId:
        """A new process of ours. No other one may work on the module then."""
        others = [
            pid for pid in list(self.alive) if self.is_alive(ProcessId(pid=pid, start="", boot_id=self.boot))
        ]
        self._pids += 1
        self.did("process", "beside another one" if others else "")
        return ProcessId(pid=self._pids, start=str(self._pids), boot_id=self.boot)

    def orphaned(self, process: ProcessId, seconds: float, finish: Callable[[], None]) -> None:
        """It works on alone for so long, and then has done `finish`."""
        self.alive[process.pid] = Orphan(self.clock.elapsed_s + seconds, finish)

    def is_alive(self, process: ProcessId) -> bool:
        """Stands for `subagents.identity.is_alive`."""
        orphan = self.alive.get(process.pid)
        if orphan is None or process.boot_id != self.boot:
            return False
        if self.clock.elapsed_s < orphan.ends_at:
            return True
        self.alive.pop(process.pid).finish()
        return False

    def power_cut(self) -> None:
        """The machine is off and on again: nothing runs any more."""
        self.alive.clear()
        self.boot += "'"

    def boot_id(self) -> str:
        """Stands for `subagents.identity.boot_id`."""
        return self.boot
