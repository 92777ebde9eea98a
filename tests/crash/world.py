"""The world that a run acts on, and the log in which every real effect on it is written down.

The log is no part of planner: the fakes append to it what really happened, line
by line, and no death takes a line back. What exists is read off the log itself.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

CANARY = "kittiwake-7731-canary"
"""The value of the secret variable; Terraform prints it, and no artefact may hold it."""
SIZE = "large"
"""The value of the other one, which is not what it is by default: what is made with it can be told."""
ENDPOINT = {"sensitive": False, "type": "string", "value": "http://127.0.0.1:8080"}
"""The module's output, as a state keeps it and `output` prints it."""
Event = dict[str, Any]
State = dict[str, Any]


class World:
    """One folder: the module, planner's home, the log, the lock of the state store, the machine's boot."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.module = root / "module"
        self.home = root / "home"
        self.log = root / "world.jsonl"
        self.lock = root / "lock.json"
        self.boot = root / "boot"
        self.durable = root / "durable"
        self.state = self.module / "terraform.tfstate"
        self.engine = root / "bin" / "terraform"

    @property
    def scenario(self) -> str:
        return (self.root / "scenario").read_text(encoding="utf-8")

    def note(self, event: str, **facts: Any) -> None:
        line = json.dumps({"event": event, "by": os.getpid(), **facts}) + "\n"
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(log, line.encode())
        finally:
            os.close(log)

    def events(self) -> list[Event]:
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines]

    def objects(self) -> dict[str, tuple[str, str]]:
        """What exists: the address it was made for and its input, by id."""
        found: dict[str, tuple[str, str]] = {}
        for event in self.events():
            if event["event"] == "created":
                found[event["id"]] = (event["address"], event["input"])
            elif event["event"] == "destroyed":
                found.pop(event["id"], None)
        return found


def state_of(path: Path) -> State | None:
    """The state in a file; None where there is none, or no whole one."""
    try:
        state: State = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return state


def instances(state: State | None) -> dict[str, dict[str, str]]:
    """The objects that a state knows, by address."""
    return {
        f"{entry['type']}.{entry['name']}": entry["instances"][0]["attributes"]
        for entry in (state or {}).get("resources", ())
    }


def state_with(state: State | None, objects: dict[str, dict[str, str]], lineage: str) -> State:
    """The next version of a state: one serial on, with these objects."""
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": (state or {}).get("serial", 0) + 1,
        "lineage": (state or {}).get("lineage", lineage),
        "outputs": {"endpoint": ENDPOINT},
        "resources": [
            {
                "mode": "managed",
                "type": address.split(".")[0],
                "name": address.split(".")[1],
                "provider": 'provider["terraform.io/builtin/terraform"]',
                "instances": [{"schema_version": 0, "attributes": attributes}],
            }
            for address, attributes in sorted(objects.items())
        ],
    }
