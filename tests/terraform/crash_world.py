"""A world that is told apart from what planner says of it: what Terraform was told, and what came of it.

Holds a Terraform that writes down its commands before it becomes the real one,
a resource that goes on until it is let go, a store of states that answers when
and how a test wants, and a terminal that can be typed into and closed.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select
from typing import Any

from contracts.identity import ProcessId
from evals import servers
from tests.fakes.state_server import StateServer
from tests.fakes.this_machine import engine
from tests.terraform.cli import PLANNER

BOX = 'resource "terraform_data" "box" {\n  count = %d\n}\n'
_SCRIBE = """#!/bin/sh
plan=
case "$1" in apply) for plan; do :; done; plan=" $(sha256sum <"$plan")";; esac
echo "$1$plan" >>'%s'
exec '%s' "$@"
"""
_LOOP = "n=0; until test -e ../go || test $n = 600; do %s n=$((n+1)); sleep 0.05; done"
_SLOW = f"""
resource "terraform_data" "slow" {{
  provisioner "local-exec" {{ command = "echo begun >>../effects; {_LOOP}; echo ended >>../effects" }}
}}
"""
SLOW = _SLOW % ""
"""Goes on until it is let go, for half a minute at most."""
CHATTY = _SLOW % "echo still at it;"
"""The same, and prints all the while."""


class World:
    """One module with a Terraform that is written down."""

    def __init__(self, module: Path, env: dict[str, str]) -> None:
        """`env` is what planner will be started with; from now on it names the Terraform of this world."""
        self.module = module
        self._folder = module.parent
        self._env = env
        self._log = self._folder / "commands"
        scribe = self._folder / "scribe"
        scribe.write_text(_SCRIBE % (self._log, shutil.which(engine())), encoding="utf-8")
        scribe.chmod(0o700)
        env["PLANNER_TERRAFORM"] = str(scribe)

    def told(self, command: str) -> list[str]:
        """What Terraform was told to do, for each time it was this; of an apply with its plan's digest."""
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        return [line for line in lines if line.split()[0] == command]

    def effects(self) -> list[str]:
        """What the slow resource has done."""
        path = self._folder / "effects"
        return path.read_text(encoding="utf-8").split() if path.exists() else []

    def begun(self) -> bool:
        """Whether the slow resource is at work."""
        return "begun" in self.effects()

    def let_go(self) -> None:
        """Let the slow resource end, now and from now on."""
        (self._folder / "go").touch()

    def by_hand(self, *arguments: str) -> None:
        """What a person does with plain Terraform; not written down."""
        for one in (("init",), arguments):
            subprocess.run(
                [engine(), *one], cwd=self.module, env=self._env, check=True, capture_output=True, timeout=60
            )

    def entries(self) -> list[dict[str, Any]]:
        """The journal of all runs."""
        with sqlite3.connect(self._folder / "home/planner.db") as store:
            return [json.loads(line)["entry"] for (line,) in store.execute("SELECT line FROM journal")]

    def run_id(self) -> str:
        """The one run there was."""
        with sqlite3.connect(self._folder / "home/planner.db") as store:
            ((run_id,),) = store.execute("SELECT DISTINCT run_id FROM journal")
        return str(run_id)

    def applying(self) -> ProcessId:
        """The process of the latest apply, as the journal has it."""
        found = [e for e in self.entries() if e["kind"] == "effect_started" and e["effect"] == "apply"]
        return ProcessId.model_validate(found[-1]["process"])

    @contextmanager
    def output(self) -> Iterator[Output]:
        """What the apply that runs prints, also after planner has removed it."""
        (path,) = (self._folder / "home").glob("runs/*/out/apply-*/stdout")
        with path.open("rb") as file:
            yield Output(path, file.fileno())

    def lock_left(self) -> bool:
        """Whether a local state is still locked, or says so."""
        return (self.module / ".terraform.tfstate.lock.info").exists()

    def state(self) -> dict[str, Any]:
        """The local state."""
        return dict(json.loads((self.module / "terraform.tfstate").read_bytes()))


class Output:
    """What one Terraform process has printed."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def text(self) -> str:
        """All of it."""
        size = os.fstat(self._descriptor).st_size
        return os.pread(self._descriptor, size, 0).decode()

    def interrupts(self) -> int:
        """How many interrupts Terraform itself has counted."""
        text = self.text()
        return text.count("Interrupt received.") + text.count("Two interrupts received.")

    def complete(self) -> set[str]:
        """The addresses that Terraform called complete."""
        lines = [json.loads(line) for line in self.text().splitlines()]
        return {e["hook"]["resource"]["addr"] for e in lines if e.get("type") == "apply_complete"}


def addresses(state: dict[str, Any]) -> set[str]:
    """The instances in a state."""
    return {
        f"{r['type']}.{r['name']}" + (f"[{i['index_key']}]" if "index_key" in i else "")
        for r in state["resources"]
        for i in r["instances"]
    }


def ended(process: ProcessId) -> bool:
    """Whether a process runs no more; who has to bury it may not have done so yet."""
    stat = _stat(process.pid)
    return not stat or stat[0] == "Z" or stat[19] != process.start


def all_ended(process: ProcessId) -> bool:
    """Whether nothing runs any more of what a process started as the leader of its group."""
    stats = [_stat(int(entry.name)) for entry in Path("/proc").glob("[0-9]*")]
    return not any(stat and stat[0] != "Z" and int(stat[2]) == process.pid for stat in stats)


def _stat(pid: int) -> list[str]:
    """State, parent, group and so on; empty where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


# --- a store of states -----------------------------------------------------------------------------


class Store(StateServer):
    """Writes a state when it is open, and answers as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.RequestHandlerClass = _Writes
        self.open = threading.Event()
        self.open.set()
        self.asked = threading.Event()
        """Set once somebody wanted to write."""
        self.fault: int | None = None
        """The status that every write is answered with; 0: it hangs up without one."""

    @property
    def state(self) -> dict[str, Any] | None:
        """The state that is kept."""
        return next((dict(json.loads(raw)) for raw in self.states.values()), None)


class _Writes(servers._States):
    server: Store

    def do_POST(self) -> None:  # noqa: N802 - the base class calls it so
        self.server.asked.set()
        self.server.open.wait(30)
        if self.server.fault is None:
            super().do_POST()
            return
        self._body()
        if self.server.fault:
            self._answer(self.server.fault)
        self.close_connection = True


@contextmanager
def store() -> Iterator[Store]:
    """A store, while it is needed."""
    made = Store()
    with servers.serving(made):
        try:
            yield made
        finally:
            made.open.set()


# --- a terminal ------------------------------------------------------------------------------------


class Terminal:
    """planner as the foreground job of a terminal of its own; all it shows is kept."""

    def __init__(self, env: dict[str, str], *arguments: object) -> None:
        self._master, self._slave = os.openpty()
        self._shown = bytearray()
        self._closed = threading.Event()
        joins = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(self._slave)]  # it opens it: it is its
        self.planner = subprocess.Popen(
            [*joins, *PLANNER, *map(str, arguments)],
            env=env | {"TERM": "xterm", "COLUMNS": "200"},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def press_ctrl_c(self) -> None:
        """As a person does it."""
        os.write(self._master, b"\x03")

    def shows(self, text: str) -> bool:
        """Whether this was to be read at some time."""
        return text in self._shown.decode(errors="replace")

    def close(self) -> None:
        """Hang up, as a window that is closed does; once is enough."""
        if not self._closed.is_set():
            self._closed.set()
            self._reader.join()
            os.close(self._master)
            os.close(self._slave)

    def _read(self) -> None:
        while not self._closed.is_set():
            if select([self._master], [], [], 0.05)[0]:
                with suppress(OSError):
                    self._shown += os.read(self._master, 1 << 16)


@contextmanager
def terminal(env: dict[str, str], *arguments: object) -> Iterator[Terminal]:
    """A terminal with planner in it; afterwards neither is left."""
    made = Terminal(env, *arguments)
    try:
        yield made
    finally:
        made.close()
        if made.planner.poll() is None:
            made.planner.kill()
        made.planner.wait()
