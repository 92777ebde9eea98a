"""A Terraform that is a real process, with the habits that were measured of the real one.

It locks the state store, writes its state in place, saves it and frees the lock when it is interrupted,
and leaves the lock, and half a state, when it is killed. It prints a secret. What it does to the world
goes to the world's log. `scenario` decides what is wrong with the module.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

from tests.crash.deaths import Fate, Kind
from tests.crash.world import CANARY, ENDPOINT, instances, state_of, state_with
from tests.fakes.plan_json import change, plan, resource

_DECLARED = re.compile(r'^resource "terraform_data" "(\w+)"', re.MULTILINE)
_ADOPTED = re.compile(r'import \{\n  to = (\S+)\n  id = "([^"]+)"')
_WORDS = {
    "create": ("create",),
    "update": ("update",),
    "delete": ("delete",),
    "replace": ("delete", "create"),
    "import": ("no-op",),
}
LINEAGE = "11111111-2222-4333-8444-555555555555"
Changes = list[tuple[str, str]]


class _InterruptedError(Exception):
    """Somebody sent SIGINT: stop in order."""


class FakeTerraform:
    """One call."""

    def __init__(
        self, fate: Fate, command: str, argv: list[str], cwd: Path, output: tuple[TextIO, TextIO]
    ) -> None:
        self._fate = fate
        self._world = fate.world
        self._command = command
        self._argv = argv
        self._cwd = cwd
        self._state_file = cwd / "terraform.tfstate"
        self._variables = dict(a.split("=", 1) for b, a in pairwise(argv) if b == "-var")
        self._stopping = False
        self._refused = False
        self._out, self._err = output

    def listens(self) -> None:
        """From now on an interrupt stops it in order."""
        signal.signal(signal.SIGINT, self._on_interrupt)

    def run(self) -> int:
        """Do it; the exit code."""
        verb = self._argv[1]
        if verb == "version":
            print(json.dumps({"terraform_version": "1.11.4"}), file=self._out, flush=True)
            return 0
        self._pass("start")
        call: dict[str, Callable[[], int]] = {
            "init": self._init,
            "plan": self._plan,
            "apply": self._apply,
            "output": self._output,
            "validate": self._validate,
            "show": self._show,
            "fmt": self._fmt,
            "import": self._import,
            "force-unlock": self._unlock,
        }
        try:
            code = call[verb]()
        except _InterruptedError:
            self._free()
            code = self._failed("execution halted", "Interrupted.")
        self._pass("end")
        return code

    # --- the commands ---------------------------------------------------------------------------

    def _init(self) -> int:
        self._say({"type": "version", "terraform": "1.11.4"})
        self._middle()
        mode = next((m for m in ("upgrade", "reconfigure") if f"-{m}" in self._argv), "plain")
        self._world.note("init", mode=mode, folder=str(self._cwd))
        (self._cwd / ".terraform").mkdir(exist_ok=True)
        if self._world.scenario == "settled":  # elsewhere: the outputs of a local state are read without us
            backend = json.dumps({"backend": {"type": "fake", "config": {}}})
            (self._cwd / ".terraform/terraform.tfstate").write_text(backend, encoding="utf-8")
        done = {e["mode"] for e in self._events("init") if e["folder"] == str(self._cwd)}
        for fault, summary in (
            ("upgrade", "Failed to query available provider packages"),
            ("reconfigure", "Backend configuration changed"),
        ):
            if self._world.scenario == fault and fault not in done:
                return self._failed(summary, f"run init -{fault}")
        return 0

    def _plan(self) -> int:
        self._say({"type": "version", "terraform": "1.11.4"})
        if not self._lock("OperationTypePlan"):
            return 1
        self._middle()
        known = self._refreshed()
        for address in known:
            for phase in ("start", "complete"):
                hook = {"resource": {"addr": address}, "action": "refresh"}
                self._say({"type": f"refresh_{phase}", "hook": hook})
        if (fault := self._fault()) is not None:
            self._free()
            return self._failed(*fault)
        changes = self._changes(known)
        for address, action in changes:
            told = {"resource": {"addr": address}, "action": action}
            self._say({"type": "planned_change", "change": told})
        self._say({"type": "change_summary"})
        self._say(
            {
                "type": "outputs",
                "outputs": {"endpoint": {"sensitive": False, "action": "create" if not known else "noop"}},
            }
        )
        out = next((a.removeprefix("-out=") for a in self._argv if a.startswith("-out=")), None)
        if out:
            self._save_plan(Path(out), changes)
        self._free()
        return 0

    def _refreshed(self) -> dict[str, dict[str, str]]:
        """What the state knows, less what exists no more."""
        exists = self._world.objects()
        known = instances(state_of(self._state_file))
        return {address: one for address, one in known.items() if one["id"] in exists}

    def _save_plan(self, path: Path, changes: Changes) -> None:
        state = state_of(self._state_file) or {}
        body = {
            "nonce": uuid.uuid4().hex,
            "base": [state.get("lineage"), state.get("serial")],
            "changes": changes,
            "size": self._size,
            "timestamp": self._now().isoformat(),
        }
        path.write_text(json.dumps(body), encoding="utf-8")

    def _apply(self) -> int:
        self._say({"type": "version", "terraform": "1.11.4"})
        text = Path(self._argv[-1]).read_bytes()
        saved = json.loads(text)
        if not self._lock("OperationTypeApply"):
            return 1
        state = state_of(self._state_file) or {}
        if [state.get("lineage"), state.get("serial")] != saved["base"]:
            self._free()
            return self._failed("Saved plan is stale", "The state was changed after the plan was created.")
        digest = hashlib.sha256(text).hexdigest()
        self._world.note("apply", digest=digest, planner=os.getppid())
        self._say_text(f"provisioner says {CANARY}")
        self._size_planned = saved["size"]
        self._objects = instances(state)
        errors = [self._change(address, action) for address, action in saved["changes"] if not self._stopping]
        if self._refused:
            self._save_beside()
            return self._failed("Failed to save state", "The state was written to errored.tfstate.")
        if not saved["changes"]:
            self._middle()
        if not any(errors):
            self._say({"type": "change_summary"})
        self._say({"type": "outputs", "outputs": {"endpoint": ENDPOINT}})
        self._free()
        if self._stopping:
            return self._failed("execution halted", "Interrupted.")
        return 1 if any(errors) else 0

    def _change(self, address: str, action: str) -> bool:
        """Change one object; whether that failed."""
        if self._world.scenario == "import" and action == "create" and self._existing(address):
            self._hook("start", address, action)
            self._hook("errored", address, action)
            self._failed("already exists", f"{address} already exists: {self._existing(address)}", address)
            return True
        objects = self._objects
        if action in {"delete", "replace"}:
            self._hook("start", address, "delete")
            self._world.note("destroyed", address=address, id=objects[address]["id"])
            del objects[address]
            self._outlive("destroyed")
            self._hook("complete", address, "delete")
        if action != "delete":
            self._makes(address, "update" if action == "update" else "create")
        self._refused = self._refused or self._outlive("refused") is not None
        if not self._refused:
            self._save(objects)
        return False

    def _makes(self, address: str, action: str) -> None:
        self._hook("start", address, action)
        new = action == "create"
        made = f"{address}-{len(self._world.events())}" if new else self._objects[address]["id"]
        event = "created" if new else "updated"
        self._world.note(event, address=address, id=made, input=self._size_planned)
        self._objects[address] = {"id": made, "input": self._size_planned}
        self._outlive(event)
        self._hook("complete", address, action)

    def _hook(self, phase: str, address: str, action: str) -> None:
        hook = {"resource": {"addr": address}, "action": action}
        self._say({"type": f"apply_{phase}", "hook": hook})

    def _output(self) -> int:
        self._middle()
        print(json.dumps({"endpoint": ENDPOINT}), file=self._out, flush=True)
        return 0

    def _validate(self) -> int:
        self._middle()
        print(
            json.dumps({"format_version": "1.0", "valid": True, "diagnostics": []}),
            file=self._out,
            flush=True,
        )
        return 0

    def _show(self) -> int:
        saved = json.loads(Path(self._argv[-1]).read_bytes())
        known = self._refreshed()
        changes = [change(address, *_WORDS[action]) for address, action in saved["changes"]]
        adopted = dict(_ADOPTED.findall(self._texts))
        for one, (address, action) in zip(changes, saved["changes"], strict=True):
            if action == "import":
                one["change"]["importing"] = {"id": adopted[address]}
        entries = [resource(f"terraform_data.{name}") for name in self._declared]
        root = {
            "outputs": {"endpoint": {"expression": {"constant_value": ENDPOINT["value"]}}},
            "variables": {"size": {}, "db_password": {"sensitive": True}},
        }
        document = plan(*changes, resources=tuple(entries), root=root) | {"timestamp": saved["timestamp"]}
        held = [
            {"address": address, "mode": "managed", "values": known[address]} for address in sorted(known)
        ]
        document["prior_state"]["values"]["root_module"]["resources"] = held
        print(json.dumps(document)[:40], end="", file=self._out, flush=True)
        self._middle()
        print(json.dumps(document)[40:], file=self._out, flush=True)
        return 0

    def _fmt(self) -> int:
        self._middle()
        return 0

    def _import(self) -> int:
        if not self._lock("OperationTypeImport"):
            return 1
        address, found = self._argv[-2:]
        self._outlive("mid")
        objects = instances(state_of(self._state_file))
        if address in objects:
            self._free()
            return self._failed("Resource already managed by Terraform", address)
        self._world.note("imported", address=address, id=found)
        self._save(objects | {address: {"id": found, "input": self._size}})
        self._free()
        return 0

    def _unlock(self) -> int:
        held = self._held()
        if held is None or held["ID"] != self._argv[-1]:
            return self._failed("Failed to unlock state", "no such lock")
        self._world.note("unlocked", id=held["ID"], forced=True)
        self._world.lock.unlink()
        self._middle()
        return 0

    # --- the module -----------------------------------------------------------------------------

    @property
    def _texts(self) -> str:
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted(self._cwd.glob("*.tf")))

    @property
    def _declared(self) -> list[str]:
        return _DECLARED.findall(self._texts)

    @property
    def _size(self) -> str:
        return self._variables.get("size", "small")

    def _fault(self) -> tuple[str, str] | None:
        """What is wrong with a plan of the module as it is."""
        scenario = self._world.scenario
        if "inptu" in self._texts:
            return "Unsupported argument", 'An argument named "inptu" is not expected here.'
        if 'variable "size" {}' in self._texts and "size" not in self._variables:
            return "No value for required variable", 'The root module input variable "size" is not set.'
        if scenario in {"wait", "model"} and not self._events("faulted"):
            self._world.note("faulted")
            return ("Throttled" if scenario == "wait" else "Strange failure"), f"password was {CANARY}"
        if scenario == "replace" and not any(a.startswith("-replace=") for a in self._argv):
            marked = {e["id"] for e in self._events("created") if e.get("broken")}
            if marked & set(self._world.objects()):
                return "Object is broken", "terraform_data.a has to be replaced"
        return None

    def _changes(self, known: dict[str, dict[str, str]]) -> Changes:
        wanted = [f"terraform_data.{name}" for name in self._declared]
        replaced = {a.removeprefix("-replace=") for a in self._argv if a.startswith("-replace=")}
        found: Changes = [(address, "delete") for address in known if address not in wanted]
        adopted = dict(_ADOPTED.findall(self._texts))
        for address in wanted:
            if address not in known and address in adopted:
                found.append((address, "import"))
            elif address not in known:
                found.append((address, "create"))
            elif address in replaced:
                found.append((address, "replace"))
            elif known[address]["input"] != self._size:
                found.append((address, "update"))
        return sorted(found)

    def _existing(self, address: str) -> str | None:
        return next((id_ for id_, (at, _) in self._world.objects().items() if at == address), None)

    def _events(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self._world.events() if event["event"] == name]

    # --- the state and its lock -----------------------------------------------------------------

    def _save(self, objects: dict[str, dict[str, str]]) -> None:
        """In place, as Terraform does it."""
        state = state_with(state_of(self._state_file), objects, LINEAGE)
        text = json.dumps(state, indent=1)
        if self._state_file.exists() and self._state_file.stat().st_size:
            backup = self._state_file.with_name("terraform.tfstate.backup")
            backup.write_bytes(self._state_file.read_bytes())
        with self._state_file.open("wb", buffering=0) as file:
            half = len(text) // 2
            file.write(text[:half].encode())
            self._outlive("saving")
            file.write(text[half:].encode())
            os.fsync(file.fileno())
        folder = os.open(self._cwd, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        if self._cwd == self._world.module:
            facts = {"serial": state["serial"], "lineage": state["lineage"], "count": len(objects)}
            self._world.note("state", **facts)

    def _save_beside(self) -> None:
        """Once, at the end, where the state store refuses it; readable for all, as it was measured."""
        state = state_with(state_of(self._state_file), self._objects, LINEAGE)
        (self._cwd / "errored.tfstate").write_text(json.dumps(state, indent=1), encoding="utf-8")
        self._world.note("unsaved", serial=state["serial"])

    def _held(self) -> dict[str, str] | None:
        try:
            held: dict[str, str] = json.loads(self._world.lock.read_bytes())
        except (OSError, ValueError):
            return None
        return held

    def _lock(self, operation: str) -> bool:
        info = {
            "ID": str(uuid.uuid4()),
            "Operation": operation,
            "Who": f"ada@{socket.gethostname()}",
            "Created": f"{self._now():%Y-%m-%d %H:%M:%S}.5 +0000 UTC",
        }
        aside = self._world.lock.with_name(f"lock-{os.getpid()}")
        aside.write_text(json.dumps(info), encoding="utf-8")
        try:
            os.link(aside, self._world.lock)
        except FileExistsError:
            held = self._held() or {"ID": "unknown"}
            lines = "".join(f"  {name}: {value}\n" for name, value in held.items())
            said = f"Error message: the state is locked\n\nLock Info:\n{lines}"
            self._failed("Error acquiring the state lock", said)
            return False
        finally:
            aside.unlink()
        self._world.note("locked", id=info["ID"], operation=operation)
        self._mine = info["ID"]
        return True

    def _free(self) -> None:
        held = self._held()
        if held is not None and held["ID"] == getattr(self, "_mine", None):
            self._world.lock.unlink()
            self._world.note("unlocked", id=held["ID"], forced=False)

    # --- being killed ---------------------------------------------------------------------------

    def _on_interrupt(self, _number: int, _frame: object) -> None:
        self._stopping = True
        self._world.note("interrupted", command=self._command)

    def _pass(self, where: str) -> Kind | None:
        struck = self._fate.passes(f"tf:{self._command}/{where}")
        if struck in {Kind.PLANNER, Kind.HANGUP}:  # work that lasts long enough to be interrupted
            until = time.monotonic() + 2
            while not self._stopping and time.monotonic() < until:
                time.sleep(0.002)
        return struck

    def _outlive(self, where: str) -> Kind | None:
        """A point within a change: who is interrupted here finishes it first."""
        self._fate.strike_doomed(f"tf:{self._command}/{where}")
        return self._pass(where)

    def _middle(self) -> None:
        """In the middle of work that changes nothing: an interrupt ends it."""
        self._outlive("mid")
        if self._stopping:
            raise _InterruptedError

    # --- what it prints -------------------------------------------------------------------------

    def _failed(self, summary: str, detail: str, address: str | None = None) -> int:
        told = {"severity": "error", "summary": summary, "detail": detail, "address": address}
        if self._argv[1] in {"import", "force-unlock", "validate", "show", "fmt"}:
            print(f"Error: {summary}\n\n{detail}", file=self._err, flush=True)
        else:
            self._say({"type": "diagnostic", "diagnostic": told})
        return 1

    def _say(self, message: dict[str, Any]) -> None:
        self._say_text(json.dumps(message))

    def _say_text(self, line: str) -> None:
        print(line, file=self._out, flush=True)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self._fate.shared.offset_s, UTC)
