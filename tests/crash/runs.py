"""One case: planner is started, dies where it has to, and a person goes on with it until it ends.

Every command is a process of its own, forked from this one. The person looks at the world before every
answer, and mends by hand what planner names and may not touch.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import sys
import time
import traceback
from contextlib import suppress
from typing import Any, NamedTuple

from planner.cli import main
from tests.crash.deaths import Fate, Kind
from tests.crash.disk import Disk
from tests.crash.fake_terraform import LINEAGE
from tests.crash.scenarios import arguments
from tests.crash.world import World, instances, state_of, state_with

_MOST_COMMANDS = 14
_MOST_RUNS = 4
_LONGEST_S = 30.0
_LOOK_S = 0.05
_AT_ONCE_S = 8.0
_MAYBE = re.compile(r"may already have created (.+?), and the state")
_PAUSE_S = 60.0


class Step(NamedTuple):
    """One command that a person gave."""

    verb: str
    code: int | None
    """None where a signal ended it."""


class Person:
    """Gives the commands of one case."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self._world = fate.world
        self._shared = fate.shared
        self.steps: list[Step] = []

    def drives_it_to_its_end(self) -> bool:
        """Whether it came to one."""
        if self._world.scenario == "gated":
            self._says(arguments(self._world))
            if (first := self._newest()) is not None and first[1] == "DIAGNOSING":
                self._says(["resume", first[0]])  # somebody looks, and does not answer yet
        while len(self.steps) < _MOST_COMMANDS:
            command = self._next()
            if command is None:
                return True
            self._says(command)
        return False

    def _next(self) -> list[str] | None:
        """What to say next; None: it is over."""
        newest = self._newest()
        if newest is None:
            return arguments(self._world)
        run_id, state, reason, runs, last = newest
        if state == "SUCCESS":  # whose command was killed asks once more
            return ["resume", run_id] if self.steps[-1].code is None else None
        if state == "FAILED":
            if runs >= _MOST_RUNS:
                return None
            self._mends(f"{reason}\n{self._told()}")
            return arguments(self._world)
        if last["kind"] != "run_parked":
            return ["resume", run_id]
        self._looks(f"{reason}\n{self._told()}")
        return ["approve", run_id]

    def _told(self) -> str:
        """What the last command printed."""
        path = self._world.root / f"said-{len(self.steps) - 1}"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _newest(self) -> tuple[str, str, str, int, dict[str, Any]] | None:
        path = self._world.home / "planner.db"
        if not path.exists():
            return None
        db = sqlite3.connect(path)
        try:
            row = db.execute(
                "SELECT run_id, state, reason FROM runs ORDER BY started_at DESC, rowid DESC"
            ).fetchone()
            if row is None:
                return None
            count = db.execute("SELECT count(*) FROM runs").fetchone()[0]
            last = db.execute(
                "SELECT line FROM journal WHERE run_id = ? ORDER BY seq DESC", (row[0],)
            ).fetchone()
            return (*row, count, json.loads(last[0])["entry"])
        except sqlite3.OperationalError:
            return None  # no tables: it died before it began
        finally:
            db.close()

    # --- what a person does by hand -------------------------------------------------------------

    def _looks(self, question: str) -> None:
        """Before a yes: what may exist already is looked for, and taken into the state."""
        found = _MAYBE.search(question)
        if found:
            self._adopt(set(found[1].replace(" and ", ", ").split(", ")))

    def _adopt(self, addresses: set[str] | None = None) -> None:
        """`terraform import` by hand of what exists and the state does not know."""
        state = state_of(self._world.state)
        exists = self._world.objects()
        objects = {address: one for address, one in instances(state).items() if one["id"] in exists}
        for id_, (address, input_) in exists.items():
            if address not in objects and (addresses is None or address in addresses):
                objects[address] = {"id": id_, "input": input_}
        if objects != instances(state):
            serial = max((e["serial"] for e in self._world.events() if e["event"] == "state"), default=0)
            self._writes(
                state_with(
                    {"lineage": LINEAGE, "serial": serial} if state is None else state, objects, LINEAGE
                )
            )

    def _writes(self, state: dict[str, Any]) -> None:
        self._world.state.write_text(json.dumps(state, indent=1), encoding="utf-8")
        count = len(instances(state))
        self._world.note("state", serial=state["serial"], lineage=state["lineage"], count=count, person=True)

    def _mends(self, reason: str) -> None:
        """A run that failed named what a person has to do: it is done, before the next run."""
        unsaved = self._world.module / "errored.tfstate"
        if "unsaved state" in reason.lower() and unsaved.exists():
            state = state_of(unsaved)
            assert state is not None
            self._writes(state)
            unsaved.rename(self._world.root / "pushed.tfstate")
            self._world.note("pushed", serial=state["serial"])
        elif re.search(r"state file is (empty|damaged)", reason, re.IGNORECASE):
            self._adopt()
            if state_of(self._world.state) is None:
                self._world.state.unlink()  # the very first apply was cut off before it made anything
        elif "acquiring the state lock" in reason:
            with suppress(FileNotFoundError):
                self._world.lock.unlink()
                self._world.note("unlocked", id="by hand", forced=True)

    # --- commands -------------------------------------------------------------------------------

    def _says(self, command: list[str]) -> None:
        self._shared.set("command", len(self.steps))
        code = self.runs(command)
        self.steps.append(Step(command[0], code))
        if self._shared.get("step") and self._fate.disk is not None:
            self._power_is_back(self._fate.disk)

    def _power_is_back(self, disk: Disk) -> None:
        """After the cut: nothing runs any more, and the disk holds what was synced."""
        fell = [e for e in self._world.events() if e["event"] == "death" and e["kind"] == Kind.POWER.value]
        done = self._shared.get("cuts")
        if len(fell) > done:
            self._shared.set("cuts", len(fell))
            _reap_all()
            disk.restore()
            self._world.boot.write_text(f"boot-{len(fell) + 1}", encoding="ascii")
            now = time.time() + self._shared.offset_s + 1
            os.utime(self._world.boot, (now, now))
            self._shared.jump(120)
            disk.begin()

    def runs(self, command: list[str]) -> int | None:
        """One command in a process of its own; its exit code."""
        child = self.spawned(command, len(self.steps))
        until = time.monotonic() + _LONGEST_S
        while True:
            found, status = os.waitpid(-1, os.WUNTRACED | os.WNOHANG)
            if found == 0:
                if time.monotonic() > until:
                    self._world.note("bug", text=f"{command[0]} does not come to an end")
                    os.kill(child, signal.SIGKILL)
                signal.sigtimedwait({signal.SIGCHLD}, _LOOK_S)  # or until a child dies or stops
            elif found == child and os.WIFSTOPPED(status):
                self._while_it_stands_still()
                os.kill(child, signal.SIGCONT)
            elif found == child:
                self._shared.set("planner", 0)
                return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else None

    def _while_it_stands_still(self) -> None:
        """For a minute; and somebody else tries to take the run up meanwhile (I13)."""
        newest = self._newest()
        self._shared.jump(_PAUSE_S)
        if newest is None or newest[1] in {"SUCCESS", "FAILED"}:
            return
        mine = {name: self._shared.get(name) for name in ("planner", "terraform", "step")}
        before = len(self._world.events())
        rival = self.spawned(["resume", newest[0]], 90)
        code = self._in_time(rival)
        for name, value in mine.items():
            self._shared.set(name, value)
        begun = [e["event"] for e in self._world.events()[before:] if e["by"] == rival]
        self._world.note("rival", code=code, begun=begun)

    @staticmethod
    def _in_time(child: int) -> int | None:
        """The exit code of who should be turned away at once; None: it was not."""
        until = time.monotonic() + _AT_ONCE_S
        while time.monotonic() < until:
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            signal.sigtimedwait({signal.SIGCHLD}, _LOOK_S)  # or until a child dies or stops
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None

    def spawned(self, command: list[str], number: int) -> int:
        """Fork a planner process."""
        child = os.fork()
        if child:
            return child
        code = 70
        try:
            os.setpgid(0, 0)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            self._shared.set("planner", os.getpid())
            self._shared.set("terraform", 0)
            code = planner_process(self._world, command, number)
        except BaseException:  # noqa: BLE001 - a bug, of planner or of the test: told where somebody looks
            self._world.note("bug", text=traceback.format_exc())
        finally:
            os._exit(code)


def planner_process(world: World, command: list[str], number: int) -> int:
    """Be planner for one command; its exit code."""
    said = os.open(world.root / f"said-{number}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    os.environ.clear()
    os.environ |= {"PATH": "/usr/bin:/bin", "HOME": str(world.root), "USER": "ada"}
    sys.argv = ["planner", *command, "--home", str(world.home), "--terraform-bin", str(world.engine)]
    world.note("command", argv=command[:1])
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _reap_all() -> None:
    """Wait for every process that is left of the case."""
    until = time.monotonic() + _LONGEST_S
    while time.monotonic() < until:
        try:
            found, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not found:
            signal.sigtimedwait({signal.SIGCHLD}, _LOOK_S)  # or until a child dies or stops


def alive(world: World) -> list[int]:
    """The Terraform processes of a case that still run."""
    started = [event["pid"] for event in world.events() if event["event"] == "started"]
    return [pid for pid in started if _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123 - not a file of ours
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def settle() -> None:
    """Nothing of a case runs any more."""
    _reap_all()
