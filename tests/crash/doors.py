"""The doors through which a planner process reaches the world, each with points on its way.

Installed once in a worker, and inherited by the processes it forks for each command of each case. Behind
the doors are the real command line, store, runner and promotion. What is replaced by a fake: Terraform, the
probes' network, and what a signature says of the faults that the scenarios make up.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import diagnosis.clients.scripted
import diagnosis.conversation
import observability.listeners
import planner.app
import planner.holders
import planner.naming
import planner.rundir
import planner.signals
import subagents.aws.calls
import subagents.clock
import subagents.identity
import subagents.launcher
import subagents.process
import subagents.validator.checks
import subagents.validator.probes
from contracts.ports import Command
from subagents.process import SystemProcessRunner
from tests.crash.deaths import Fate
from tests.crash.door import around, put
from tests.crash.door_files import install_files
from tests.crash.door_store import install_store
from tests.crash.processes import ForkedLauncher
from tests.crash.scenarios import named

_SLICE_S = 0.2
"""A wait between attempts is slept in slices of that; looking for an orphan takes shorter naps."""
_BREATH_S = 0.0005


def install(fate: Fate) -> None:
    """Take over the doors of this process, once."""
    _processes(fate)
    _clocks(fate)
    install_store(fate)
    install_files(fate)
    _probes(fate)
    _models(fate)
    _ends(fate)


def _processes(fate: Fate) -> None:
    ForkedLauncher.fate = fate
    for room in (subagents.process, subagents.launcher):
        put(room, "Launcher", ForkedLauncher)
    run = SystemProcessRunner.run

    def runs(self: Any, command: Command, **options: Any) -> Any:
        ForkedLauncher.next = command
        return run(self, command, **options)

    put(SystemProcessRunner, "run", runs)

    def oldest_of(_: object) -> datetime | None:
        """Of the Terraform processes of this world, not of the machine."""
        pid = fate.shared.get("terraform")
        return datetime.now(UTC) - timedelta(days=1) if pid and Path(f"/proc/{pid}").exists() else None

    put(planner.holders, "oldest_of", oldest_of)


def _clocks(fate: Fate) -> None:
    """Clocks that can jump ahead; a sleep is a jump, with a breath for those who really run."""
    shared, boot, clock = fate.shared, fate.world.boot, subagents.clock.SystemClock

    def sleep(self: Any, seconds: float) -> None:
        if seconds >= _SLICE_S:
            fate.passes(fate.numbered("wait:start"))
        if not self._wake.wait(min(seconds, _BREATH_S)):
            shared.jump(seconds)

    put(clock, "now", lambda _: datetime.fromtimestamp(time.time() + shared.offset_s, UTC))
    put(clock, "monotonic", lambda _: time.monotonic() + shared.offset_s)
    put(clock, "sleep", sleep)
    put(subagents.identity, "_BOOT_ID", boot)


def _probes(fate: Fate) -> None:
    def probe(name: str) -> tuple[bool, str]:
        fate.passes(f"{name}/start")
        fate.world.note("probe", kind=name)
        fate.passes(f"{name}/mid")
        fate.passes(f"{name}/done")
        return True, "as expected"

    put(subagents.validator.probes, "http_status", lambda *_: probe("health"))
    put(subagents.aws.calls.AwsCaller, "call", lambda *_: probe("aws"))
    real = subagents.validator.checks.state_results
    put(subagents.validator.checks, "state_results", lambda *args: list(real(*args)))
    around(fate, subagents.validator.checks, "state_results", ("state-check/start", "state-check/done"))


def _models(fate: Fate) -> None:
    client = diagnosis.clients.scripted.ScriptedClient
    ask = client.ask

    def asked(*args: Any) -> Any:
        fate.world.note("request", usd="0.002")
        fate.passes("request/sent")
        fate.passes("request/mid")
        reply = ask(*args)
        fate.passes("request/answered")
        return reply

    put(client, "ask", asked)
    around(fate, diagnosis.conversation, "parse", ("parse/start", "parse/done"))
    put(planner.naming, "signatures", partial(named, fate.world))


def _ends(fate: Fate) -> None:
    """What is done once a run is over, where one is taken up, and that a stop is acknowledged."""
    around(fate, observability.listeners.RunLog, "finish", ("report/start", "report/done"))
    around(fate, planner.rundir.RunDir, "forget", ("forget/before", "forget/after"))
    around(fate, planner.rundir.RunDir, "sweep", ("", "forget/half"))
    around(fate, planner.app.App, "resume", ("resume/start", ""))
    tell = lambda _: fate.world.note("stopping")  # noqa: E731 - one line of its own says less
    around(fate, planner.signals.StopRequest, "_acknowledge", ("", ""), tell)
