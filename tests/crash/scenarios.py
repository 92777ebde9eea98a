"""Twelve modules, each with another thing to do or to mend, and what a signature says of its fault."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from contracts.hypothesis import Category, Hypothesis, Source
from contracts.incident import Evidence, Named
from contracts.remediation import (
    Edit,
    EditConfig,
    Import,
    InitReconfigure,
    InitUpgrade,
    Remediation,
    Replace,
    SetVariable,
    WaitAndRetry,
)
from diagnosis.signatures.matcher import SignatureLibrary
from tests.crash.fake_terraform import LINEAGE
from tests.crash.world import CANARY, SIZE, World, state_with

_VARIABLES = 'variable "size" {{{default}}}\nvariable "db_password" {{\n  sensitive = true\n}}\n'
_RESOURCE = 'resource "terraform_data" "{name}" {{\n  input = var.size\n}}\n'
_OUTPUT = 'output "endpoint" {\n  value = "http://127.0.0.1:8080"\n}\n'
_SETTINGS = """\
version: 1
autonomy: fix
approve:
  edit_config: auto
  set_variable: auto
  init_upgrade: auto
  init_reconfigure: auto
  import: auto
  force_unlock: auto
checks:
  state: [{address: terraform_data.a}]
  outputs: [{name: endpoint, matches: "^http"}]
  health: [{http: "http://127.0.0.1:8080/health"}, {aws: s3.head_bucket, params: {Bucket: x}}]
limits: {max_retries: 3, max_usd: 0.05}
"""


class Scenario(NamedTuple):
    """What a module is when a run begins."""

    exists: tuple[str, ...] = ()
    """Objects that exist, by their resource's name."""
    in_state: tuple[str, ...] = ()
    """Those of them that the state knows."""
    broken: bool = False
    misspelt: bool = False
    asks_size: bool = False
    locked: bool = False
    """Whether somebody has left a lock before this machine was started."""
    more: tuple[str, ...] = ()
    """Further arguments of `planner run`."""


SCENARIOS = {
    "clean": Scenario(),
    "settled": Scenario(exists=("a", "b"), in_state=("a", "b")),
    "gated": Scenario(exists=("a", "b", "c"), in_state=("a", "b", "c")),
    "edit": Scenario(misspelt=True),
    "upgrade": Scenario(),
    "reconfigure": Scenario(),
    "value": Scenario(asks_size=True),
    "import": Scenario(exists=("a",)),
    "unlock": Scenario(locked=True),
    "replace": Scenario(exists=("a", "b"), in_state=("a", "b"), broken=True),
    "wait": Scenario(),
    "model": Scenario(more=("--model", "scripted:{root}/answers.json")),
}
_REMEDIES: dict[str, Callable[[], Remediation]] = {
    "Unsupported argument": lambda: EditConfig(
        summary="spell it right",
        edits=tuple(Edit(file=f"{n}.tf", search="inptu", replace="input") for n in "ab"),
    ),
    "Failed to query available provider packages": lambda: InitUpgrade(summary="upgrade"),
    "Backend configuration changed": lambda: InitReconfigure(summary="take the settings anew"),
    "No value for required variable": lambda: SetVariable(summary="give it", name="size", value=SIZE),
    "already exists": lambda: Import(summary="adopt it", address="terraform_data.a", id="terraform_data.a-0"),
    "Object is broken": lambda: Replace(summary="make it anew", address="terraform_data.a"),
    "Throttled": lambda: WaitAndRetry(summary="wait", wait_s=2),
}
_ANSWER = {
    "evidence": [],
    "root_cause": "the service was out of breath",
    "category": "timeout",
    "retryable": True,
    "confidence": 0.9,
    "remediation": "retry",
    "summary": "try again",
}
_LIBRARY = SignatureLibrary.load()


def named(world: World) -> Callable[[Evidence], Named | None]:
    """What the signatures say: of the made-up faults what is above, else what the packaged ones say."""

    def match(evidence: Evidence) -> Named | None:
        summary = next((d.summary for d in evidence.diagnostics if d.severity == "error"), "")
        if summary in _REMEDIES:
            waits = summary == "Throttled"
            hypothesis = Hypothesis(
                category=Category.THROTTLING if waits else Category.OTHER,
                retryable=waits,
                root_cause=summary,
                confidence=0.95,
                remediation=_REMEDIES[summary](),
            )
            return Named(hypothesis=hypothesis, source=Source.SIGNATURE, origin="made up")
        found = _LIBRARY.match(evidence)
        if found is None:
            return None
        return Named(hypothesis=found.hypothesis, source=Source.SIGNATURE, origin=found.id)

    return match


def laid_out(root: Path, name: str) -> World:
    """A new world in an empty folder, as it is before the run."""
    shutil.rmtree(root, ignore_errors=True)
    scenario, world = SCENARIOS[name], World(root)
    for folder in (world.module, world.home, world.engine.parent):
        folder.mkdir(parents=True)
    world.engine.write_bytes(b"\x7fELF: the fake is forked, never executed")
    world.engine.chmod(0o755)
    (root / "scenario").write_text(name, encoding="utf-8")
    world.boot.write_text("boot-1", encoding="ascii")
    yesterday = time.time() - 86_400
    os.utime(world.boot, (yesterday, yesterday))
    _module(world, scenario)
    if scenario.locked:
        lock = {
            "ID": "dead-0000",
            "Operation": "OperationTypeApply",
            "Who": f"ada@{socket.gethostname()}",
            "Created": "2020-01-01 00:00:00.5 +0000 UTC",
        }
        world.lock.write_text(json.dumps(lock), encoding="utf-8")
        world.note("locked", id="dead-0000", operation="OperationTypeApply")
    usage = {"calls": 1, "input_tokens": 100, "output_tokens": 50, "cost_usd": "0.002"}
    answers = [{"text": json.dumps(_ANSWER), "usage": usage, "repeat": True}]
    (root / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    return world


def _module(world: World, scenario: Scenario) -> None:
    default = "" if scenario.asks_size else '\n  default = "small"\n'
    main = _VARIABLES.format(default=default) + _OUTPUT
    (world.module / "main.tf").write_text(main, encoding="utf-8")
    for name in "ab":
        text = _RESOURCE.format(name=name)
        text = text.replace("input", "inptu") if scenario.misspelt else text
        (world.module / f"{name}.tf").write_text(text, encoding="utf-8")
    (world.module / "planner.yaml").write_text(_SETTINGS, encoding="utf-8")
    objects = {}
    for name in scenario.exists:
        address = f"terraform_data.{name}"
        broken = scenario.broken and name == "a"
        world.note("created", address=address, id=f"{address}-0", input=SIZE, broken=broken, before=True)
        if name in scenario.in_state:
            objects[address] = {"id": f"{address}-0", "input": SIZE}
    if objects:
        state = state_with(None, objects, LINEAGE)
        world.state.write_text(json.dumps(state, indent=1), encoding="utf-8")
        world.note("state", serial=state["serial"], lineage=LINEAGE, count=len(objects))


def arguments(world: World) -> list[str]:
    """The command that begins the run."""
    more = [part.format(root=world.root) for part in SCENARIOS[world.scenario].more]
    size = [] if SCENARIOS[world.scenario].asks_size else ["--var", f"size={SIZE}"]
    return ["run", str(world.module), "--var", f"db_password={CANARY}", *size, *more]
